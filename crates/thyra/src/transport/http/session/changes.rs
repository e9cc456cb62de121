//! The task of a session that tells its client what changes.

use std::sync::Arc;

use tokio::sync::mpsc;

use crate::app::App;
use crate::dispatch;
use crate::dispatch::Listener;
use crate::sessions::{HttpSession, StreamWriter};

/// How many changes may wait to be written.
const WAITING_CHANGES: usize = 64;

/// Writes changes to the stream that belongs to no call, until the server ends.
pub(super) async fn tell(app: Arc<App>, held: Arc<HttpSession>, mut writer: StreamWriter) {
    let (sender, mut changes) = mpsc::channel(WAITING_CHANGES);
    let writing = async {
        while let Some(change) = changes.recv().await {
            writer.push(change).await;
        }
    };
    tokio::join!(
        dispatch::follow(app, Listener::Session(held), sender),
        writing
    );
}
