//! How a client is set up.

use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::time::Duration;

use serde_json::value::{RawValue, to_raw_value};
use thyra_auth::{Principal, Secret};
use thyra_protocol::{ClientCapabilities, Implementation, Revision};
use url::Url;

use super::credentials::Credentials;
use super::error::ClientError;
use super::hop::{Observer, SharedObserver};
use super::learned::is_confidential;
use super::oauth::{Login, OAuth};
use super::outbound::Http;
use super::printable::printable;
use super::transport::{InProcess, Transport};
use super::{Client, Introduction};
use crate::server::app::App;

/// Sets up a [`Client`]; made by [`Client::builder`].
#[derive(Debug)]
#[must_use = "there is no client before `build`"]
pub struct ClientBuilder {
    url: String,
    info: Implementation,
    access: Access,
    observer: SharedObserver,
    call_time: Duration,
    max_bytes: usize,
}

impl ClientBuilder {
    pub(super) fn new(url: String) -> Self {
        Self {
            url,
            info: Implementation::new("thyra", env!("CARGO_PKG_VERSION")),
            access: Access::None,
            observer: SharedObserver::default(),
            call_time: Duration::from_mins(5),
            max_bytes: 16 * 1024 * 1024,
        }
    }

    /// Who the client says it is, to servers and on login pages. Default: thyra.
    pub fn info(mut self, info: Implementation) -> Self {
        self.info = info;
        self
    }

    /// Logs in when the server asks for it.
    pub fn oauth(mut self, oauth: OAuth) -> Self {
        self.access = Access::OAuth(oauth);
        self
    }

    /// Sends this token with every request, in place of a login.
    pub fn bearer(mut self, token: Secret) -> Self {
        self.access = Access::Bearer(token);
        self
    }

    /// Is told of every hop.
    pub fn observer(mut self, observer: impl Observer + 'static) -> Self {
        self.observer = SharedObserver::new(observer);
        self
    }

    /// How long one request may take; a login is not counted. Default 5 minutes.
    pub fn call_time(mut self, time: Duration) -> Self {
        self.call_time = time;
        self
    }

    /// The largest message that is read, in bytes. Default 16 MiB.
    pub fn max_bytes(mut self, bytes: usize) -> Self {
        self.max_bytes = bytes;
        self
    }

    /// The client. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// [`ClientError::Url`] when the URL is not one of an MCP endpoint, or would show tokens to the
    /// network; [`ClientError::Setup`] when the machine's root certificates cannot be read.
    pub fn build(self) -> Result<Client, ClientError> {
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
        let credentials = match self.access {
            Access::Bearer(token) => Credentials::Bearer(token),
            Access::None => Credentials::None,
            Access::OAuth(oauth) => {
                let http = Http::new(&url);
                let name = self.info.title.as_ref().unwrap_or(&self.info.name).clone();
                let observer = self.observer.clone();
                Credentials::OAuth(Box::new(Login::new(
                    oauth,
                    http,
                    url.clone(),
                    name,
                    observer,
                )))
            }
        };
        let raw = |value: serde_json::Result<Box<RawValue>>| {
            value.map_err(|_| refused("the client's own description cannot be written as JSON"))
        };
        Ok(Client {
            introduction: Introduction {
                info: raw(to_raw_value(&self.info.for_revision(Revision::V2026_07_28)))?,
                capabilities: raw(to_raw_value(
                    &ClientCapabilities::default().for_revision(Revision::V2026_07_28),
                ))?,
            },
            transport: Transport::new(url, self.max_bytes, self.call_time)
                .map_err(ClientError::Setup)?,
            credentials,
            observer: self.observer,
            next_progress_token: AtomicI64::new(1),
        })
    }
}

impl Client {
    /// A client of a server within this process, called by `principal`; without one, by whoever runs the process.
    pub(crate) fn in_process(
        app: Arc<App>,
        principal: Option<Arc<Principal>>,
    ) -> serde_json::Result<Self> {
        let info = Implementation::new("thyra", env!("CARGO_PKG_VERSION"));
        let capabilities = ClientCapabilities::default();
        Ok(Self {
            introduction: Introduction {
                info: to_raw_value(&info.for_revision(Revision::V2026_07_28))?,
                capabilities: to_raw_value(&capabilities.for_revision(Revision::V2026_07_28))?,
            },
            transport: Transport::in_process(
                InProcess::new(app, principal),
                Duration::from_mins(5),
            ),
            credentials: Credentials::None,
            observer: SharedObserver::default(),
            next_progress_token: AtomicI64::new(1),
        })
    }
}

/// Where the token comes from.
#[derive(Debug)]
enum Access {
    Bearer(Secret),
    None,
    OAuth(OAuth),
}
