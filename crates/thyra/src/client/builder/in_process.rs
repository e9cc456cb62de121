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

    /// On whose behalf the client calls. What the caller may do and see is judged as over HTTP: the scopes that every request needs
    /// and those of what is called, so a tool with scopes needs [`Server::auth`] too. The token alone is not checked, for there is none.
    ///
    /// Without a principal the caller is whoever runs the process, as on stdio: no scope is asked for.
    pub fn principal(mut self, principal: impl Into<Arc<Principal>>) -> Self {
        self.server.principal = Some(principal.into());
        self
    }

    /// The client. The server is checked as at its start, on HTTP when there is a principal; nothing is called yet.
    ///
    /// # Errors
    ///
    /// [`ClientError::Server`] when the server cannot be built.
    pub fn build(self) -> Result<Client, ClientError> {
        let reach = match &self.server.principal {
            Some(_) => Reach::Network,
            None => Reach::Local,
        };
        let app = App::build(&self.server.server, reach).map_err(ClientError::Server)?;
        let server = InProcess::new(Arc::new(app), self.server.principal);
        let transport = Transport::in_process(server, self.settings.call_time);
        Ok(Client::assemble(
            self.settings,
            transport,
            Credentials::None,
        ))
    }
}
