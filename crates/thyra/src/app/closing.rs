//! The end of a server, for what has no end of its own.

use tokio::sync::watch;

/// Whether a server is about to end. Streams that have no end of their own end with it.
#[derive(Debug)]
pub(crate) struct Closing(watch::Sender<bool>);

impl Closing {
    /// Ready when the server is about to end.
    pub(crate) fn closed(&self) -> impl Future<Output = ()> + use<> {
        let mut closing = self.0.subscribe();
        async move {
            // An error says that the server is gone already.
            let _ = closing.wait_for(|closing| *closing).await;
        }
    }

    /// Ends the streams that have no end of their own.
    pub(crate) fn close(&self) {
        self.0.send_replace(true);
    }
}

impl Default for Closing {
    fn default() -> Self {
        Self(watch::Sender::new(false))
    }
}
