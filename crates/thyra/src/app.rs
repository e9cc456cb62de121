//! A server once it is built: checked, and shared by all requests.

mod door;
mod greeting;
mod own_server;

use std::sync::Arc;

use thyra_auth::Clock;
use thyra_protocol::LoggingLevel;

#[cfg(test)]
pub(crate) use self::door::testing;
pub(crate) use self::door::{Door, Identity};
pub(crate) use self::greeting::Greeting;
pub(crate) use self::own_server::OwnApp;
use crate::catalog::live::ServerHandle;
use crate::closing::Closing;
use crate::context::OwnServer;
use crate::extension::Extensions;
use crate::limits::Limits;
use crate::middleware::Chain;
use crate::request_state::Sealer;
use crate::state::StateMap;
use crate::task::Tasks;

/// A server that is ready to answer. What it offers can change ([`ServerHandle`]); nothing else
/// does.
///
/// A clone is the same server, served another way.
#[derive(Clone, Debug)]
pub(crate) struct App {
    /// The least level of log messages for clients of the handshake era that have set none.
    pub(crate) client_log_level: LoggingLevel,
    pub(crate) clock: Arc<dyn Clock>,
    /// The end of this way to serve it. The handle has the end of the server.
    pub(crate) closing: Closing,
    pub(crate) door: Arc<Door>,
    pub(crate) extensions: Extensions,
    pub(crate) greeting: Arc<Greeting>,
    pub(crate) handle: ServerHandle,
    /// Whether `initialize` over HTTP opens a session.
    pub(crate) has_sessions: bool,
    pub(crate) limits: Limits,
    pub(crate) mask_error_details: bool,
    pub(crate) middleware: Chain,
    pub(crate) name: String,
    /// What handlers may use of the server.
    pub(crate) own_server: Arc<dyn OwnServer>,
    /// The path of the HTTP endpoint.
    pub(crate) path: String,
    pub(crate) sealer: Arc<Sealer>,
    pub(crate) state: StateMap,
    pub(crate) tasks: Arc<Tasks>,
}

impl App {
    /// The same server for another way to serve it, which ends by itself.
    pub(crate) fn beside(&self) -> Self {
        Self {
            closing: Closing::default(),
            ..self.clone()
        }
    }

    /// Waits until the server, or this way to serve it, is about to end.
    pub(crate) fn closed(&self) -> impl Future<Output = ()> + Send + use<> {
        let (server, own) = (self.handle.closed(), self.closing.closed());
        async move {
            tokio::select! {
                () = server => {}
                () = own => {}
            }
        }
    }
}
