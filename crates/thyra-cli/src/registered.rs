//! A client that somebody registered at an authorization server.

use std::ffi::OsString;

use thyra_client::login::Client;
use thyra_client::{Printable, Secret};

use crate::failure::Failure;

/// The options that say as which client the program logs in, where it does not register itself.
#[derive(Debug, clap::Args)]
pub(crate) struct Registered {
    /// Log in as this client, which the authorization server knows already
    #[arg(long, value_name = "ID")]
    client_id: Option<String>,

    /// Only at this authorization server, as its metadata writes it. With a secret, it must be said
    #[arg(long, value_name = "URL", requires = "client_id")]
    client_issuer: Option<String>,

    /// The secret of the client is in this variable
    #[arg(long, value_name = "VARIABLE", requires = "client_issuer")]
    client_secret_env: Option<String>,

    /// The browser comes back to http://127.0.0.1:PORT/callback [default: any free port]
    #[arg(long, value_name = "PORT", requires = "client_id")]
    callback_port: Option<u16>,
}

impl Registered {
    /// The client, if one is named.
    pub(crate) fn client(
        &self,
        environment: &dyn Fn(&str) -> Option<OsString>,
    ) -> Result<Option<Client>, Failure> {
        let Some(id) = &self.client_id else {
            return Ok(None);
        };
        let client = match &self.client_issuer {
            Some(issuer) => Client::new(issuer, id),
            None => Client::at_any_issuer(id),
        };
        let Some(name) = &self.client_secret_env else {
            return Ok(Some(client));
        };
        let secret = environment(name).and_then(|secret| secret.into_string().ok());
        match secret.filter(|secret| !secret.is_empty()) {
            Some(secret) => Ok(Some(client.secret(Secret::new(secret)))),
            None => Err(Failure::Usage(format!(
                "--client-secret-env names the variable {:.100}, which holds no secret",
                Printable(name)
            ))),
        }
    }

    pub(crate) fn callback_port(&self) -> Option<u16> {
        self.callback_port
    }

    pub(crate) fn is_asked_for(&self) -> bool {
        self.client_id.is_some()
    }
}
