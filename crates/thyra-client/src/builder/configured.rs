//! How a client is set up of which a file says how it reaches its server.

use thyra_login::{OAuth, SystemBrowser};
use thyra_oauth::Fetcher;

use super::{ClientBuilder, RemoteServer};
use crate::client::Client;
use crate::error::ClientError;
use crate::stdio::ServerCommand;

/// How a file says that a server is reached: as a program, or over HTTP
/// ([`McpServer::client`](crate::McpServer::client)).
#[derive(Debug)]
pub struct ConfiguredServer(Kind);

#[derive(Debug)]
enum Kind {
    Command(Box<ServerCommand>),
    Remote {
        server: Box<RemoteServer>,
        /// Whether the file says that the client logs in.
        logs_in: bool,
    },
}

impl ClientBuilder<ServerCommand> {
    pub(crate) fn configured(self) -> ClientBuilder<ConfiguredServer> {
        self.map(|command| ConfiguredServer(Kind::Command(Box::new(command))))
    }
}

impl ClientBuilder<RemoteServer> {
    pub(crate) fn configured(self) -> ClientBuilder<ConfiguredServer> {
        self.map(|server| {
            ConfiguredServer(Kind::Remote {
                server: Box::new(server),
                logs_in: false,
            })
        })
    }
}

impl ClientBuilder<ConfiguredServer> {
    /// The file says that the client logs in.
    pub(crate) fn logging_in(mut self) -> Self {
        if let Kind::Remote { logs_in, .. } = &mut self.transport.0 {
            *logs_in = true;
        }
        self
    }

    /// Logs in when the server asks for a token. It is not used where the file itself says who is
    /// calling, with a token or a header `Authorization`, and not for a program.
    ///
    /// Where the file says `"auth": "oauth"` and this is not called, the login page opens in the
    /// browser of the desktop ([`SystemBrowser`]).
    pub fn oauth(mut self, oauth: OAuth) -> Self {
        if let Kind::Remote { server, .. } = &mut self.transport.0
            && !server.says_who_calls()
        {
            server.log_in(oauth);
        }
        self
    }

    /// Sends all HTTP requests with `fetcher`
    /// ([`ClientBuilder::fetcher`](ClientBuilder::<RemoteServer>::fetcher)), which brings a proxy
    /// or a certificate authority. It is not used for a program.
    pub fn fetcher(mut self, fetcher: Fetcher) -> Self {
        if let Kind::Remote { server, .. } = &mut self.transport.0 {
            server.send_with(fetcher);
        }
        self
    }

    /// The client. Nothing is sent yet, and no program started.
    ///
    /// # Errors
    ///
    /// [`ClientError::Url`], [`ClientError::Header`] and [`ClientError::Fetcher`], as for a client
    /// over HTTP.
    pub fn build(self) -> Result<Client, ClientError> {
        let settings = self.settings;
        match self.transport.0 {
            Kind::Command(command) => Ok(Client::assemble(settings, *command)),
            Kind::Remote {
                mut server,
                logs_in,
            } => {
                if logs_in && !server.says_who_calls() {
                    server.log_in(OAuth::new(SystemBrowser::new()));
                }
                let transport = *server;
                ClientBuilder {
                    transport,
                    settings,
                }
                .build()
            }
        }
    }
}
