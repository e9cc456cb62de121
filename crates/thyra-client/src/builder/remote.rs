//! How a client over HTTP is set up.

use thyra_login::{Login, OAuth};
use thyra_oauth::{Secret, Trust, is_confidential, printable};
use url::Url;

use super::ClientBuilder;
use crate::client::Client;
use crate::error::ClientError;
use crate::streamable_http::Credentials;
use crate::streamable_http::{Endpoint, StreamableHttp};

/// What only a [`ClientBuilder`] over HTTP has: a URL, and where the token comes from
/// ([`Client::builder`]).
#[derive(Debug)]
pub struct RemoteServer {
    url: String,
    access: Access,
    max_bytes: usize,
}

/// Where the token comes from.
#[derive(Debug)]
enum Access {
    Bearer(Secret),
    None,
    OAuth(Box<OAuth>),
}

impl ClientBuilder {
    pub(crate) fn remote(url: String) -> Self {
        Self::new(RemoteServer {
            url,
            access: Access::None,
            max_bytes: 16 * 1024 * 1024,
        })
    }

    /// Logs in when the server asks for a token.
    pub fn oauth(mut self, oauth: OAuth) -> Self {
        self.transport.access = Access::OAuth(Box::new(oauth));
        self
    }

    /// Sends this token with every request, instead of logging in.
    pub fn bearer(mut self, token: Secret) -> Self {
        self.transport.access = Access::Bearer(token);
        self
    }

    /// The largest message that the client reads, in bytes. Default 16 MiB.
    pub fn max_bytes(mut self, bytes: usize) -> Self {
        self.transport.max_bytes = bytes;
        self
    }

    /// The client. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// [`ClientError::Url`] when the URL cannot be an MCP endpoint, or would send tokens
    /// unencrypted.
    pub fn build(self) -> Result<Client, ClientError> {
        let Self {
            transport: server,
            settings,
        } = self;
        let url = server.endpoint()?;
        let trust = match server.access {
            Access::None => Trust::WithoutSecrets,
            Access::Bearer(_) | Access::OAuth(_) => Trust::Configured,
        };
        let credentials = match server.access {
            Access::Bearer(token) => Credentials::Bearer(token),
            Access::None => Credentials::None,
            Access::OAuth(oauth) => {
                let info = &settings.info;
                let login = Login::new(url.as_str(), *oauth)
                    .map_err(|refused| ClientError::Url {
                        url: printable(url.as_str()),
                        problem: refused.reason(),
                    })?
                    .client_name(info.title.as_ref().unwrap_or(&info.name))
                    .observer(settings.observer.clone());
                Credentials::OAuth(Box::new(login))
            }
        };
        let endpoint = Endpoint::new(url, trust, server.max_bytes);
        let transport = StreamableHttp::new(endpoint, credentials, settings.observer.clone());
        Ok(Client::assemble(settings, transport))
    }
}

impl RemoteServer {
    /// The URL, when requests may go there.
    fn endpoint(&self) -> Result<Url, ClientError> {
        let refused = |problem| ClientError::Url {
            url: printable(&self.url),
            problem,
        };
        let url = Url::parse(&self.url).map_err(|_| refused("it is not an absolute URL"))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(refused("its scheme is neither https nor http"));
        }
        if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
            return Err(refused(
                "it must not hold a user name, a password or a fragment",
            ));
        }
        if !matches!(self.access, Access::None) && !is_confidential(&url) {
            return Err(refused(
                "tokens are sent with https only, except on this machine",
            ));
        }
        Ok(url)
    }
}
