//! What a client shows to its server.

use std::sync::Arc;

use thyra_auth::Secret;

use super::error::{ClientError, unauthorized};
use super::oauth::{Login, Tokens};

/// Where the token comes from.
#[derive(Debug)]
pub(super) enum Credentials {
    Bearer(Secret),
    None,
    OAuth(Box<Login>),
}

impl Credentials {
    /// The token of a login, renewed when its end is near.
    pub(super) async fn tokens(&self) -> Result<Option<Arc<Tokens>>, ClientError> {
        match self {
            Self::OAuth(login) => login.tokens().await,
            Self::Bearer(_) | Self::None => Ok(None),
        }
    }

    /// What to send.
    pub(super) fn token<'a>(&'a self, tokens: Option<&'a Arc<Tokens>>) -> Option<&'a Secret> {
        match self {
            Self::Bearer(token) => Some(token),
            Self::None => None,
            Self::OAuth(_) => tokens.map(|tokens| &tokens.access),
        }
    }

    /// The way to another token, if there is one.
    pub(super) fn login(&self, method: &str) -> Result<&Login, ClientError> {
        match self {
            Self::Bearer(_) => Err(unauthorized(
                method,
                "give the client a token that is valid for this server",
            )),
            Self::None => Err(unauthorized(
                method,
                "the server wants a token; set the client up with .oauth(...)",
            )),
            Self::OAuth(login) => Ok(login),
        }
    }
}
