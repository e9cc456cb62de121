//! A client of a server within this process.

use std::sync::Arc;

use thyra_auth::Principal;

use super::ClientBuilder;
use crate::client::Client;
use crate::client::credentials::Credentials;
use crate::client::error::ClientError;
use crate::client::transport::{InProcess, Transport};
use crate::server::Server;
use crate::server::app::{App, Reach};

/// A [`ClientBuilder`]'s server within this process ([`Client::in_process`]).
#[derive(Debug)]
pub struct InProcessServer {
    server: Box<Server>,
    principal: Option<Arc<Principal>>,
}

impl ClientBuilder<InProcessServer> {
    pub(in crate::client) fn in_process(server: Server) -> Self {
        Self::of(InProcessServer {
            server: Box::new(server),
            principal: None,
        })
    }

    /// On whose behalf the client calls. What the caller may do and see is judged as over HTTP, so a tool that needs scopes needs
    /// [`Server::auth`] too; the token alone is not checked, for there is none.
    ///
    /// Without a principal the caller is whoever runs the process, as on stdio: no scope is asked for.
    pub fn principal(mut self, principal: impl Into<Arc<Principal>>) -> Self {
        self.server.principal = Some(principal.into());
        self
    }

    /// The client. The server is checked as at its start; nothing is called yet.
    ///
    /// # Errors
    ///
    /// [`ClientError::Server`] when the server cannot be built.
    pub fn build(self) -> Result<Client, ClientError> {
        let app = App::build(&self.server.server, Reach::Local).map_err(ClientError::Server)?;
        let server = InProcess::new(Arc::new(app), self.server.principal);
        let transport = Transport::in_process(server, self.settings.call_time);
        Ok(Client::assemble(
            self.settings,
            transport,
            Credentials::None,
        ))
    }
}
