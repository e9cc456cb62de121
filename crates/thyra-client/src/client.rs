//! The client, and its operations.

mod completion;
mod pages;
mod prompts;
mod request;
mod resources;
mod rounds;
mod tools;
mod value;

use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::time::Duration;

use serde::Serialize;
use serde_json::value::RawValue;
use thyra_protocol::{DiscoverResult, RequestMeta, method as methods};

use crate::answers::Answers;
use crate::error::ClientError;
use crate::hop::SharedObserver;
use crate::log::Log;
use crate::transport::Transport;

/// A client of one MCP server.
///
/// Its methods may be called at the same time. A clone is the same client: it is cheap, and shares
/// the login.
#[derive(Clone, Debug)]
pub struct Client(pub(crate) Arc<Parts>);

/// What a client is made of.
#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) transport: Box<dyn Transport>,
    pub(crate) call_time: Duration,
    pub(crate) observer: SharedObserver,
    pub(crate) introduction: Introduction,
    pub(crate) answers: Answers,
    pub(crate) log: Option<Log>,
    pub(crate) next_id: AtomicI64,
    pub(crate) next_progress_token: AtomicI64,
}

/// What every request says about the client, written once.
#[derive(Debug)]
pub(crate) struct Introduction {
    pub(crate) info: Box<RawValue>,
    pub(crate) capabilities: Box<RawValue>,
}

impl Client {
    /// Asks the server what it is and what it can do (MCP `server/discover`).
    ///
    /// # Errors
    ///
    /// [`ClientError`], which names the stage that failed.
    pub async fn discover(&self) -> Result<DiscoverResult, ClientError> {
        #[derive(Serialize)]
        struct Params<'a> {
            #[serde(rename = "_meta")]
            meta: RequestMeta<'a>,
        }

        let params = Params {
            meta: self.meta(None),
        };
        self.request(methods::DISCOVER, &params).await
    }
}
