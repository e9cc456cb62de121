//! What a client shows to its server.

use std::sync::Arc;

use thyra_login::{Login, LoginError, Tokens};
use thyra_oauth::Secret;

/// Where the token comes from.
#[derive(Debug)]
pub(crate) enum Credentials {
    Bearer(Secret),
    /// A header of the user's own says who is calling.
    Header,
    None,
    OAuth(Box<Login>),
}

impl Credentials {
    /// The token of a login, renewed when its end is near.
    pub(super) async fn tokens(&self) -> Result<Option<Arc<Tokens>>, LoginError> {
        match self {
            Self::OAuth(login) => login.tokens().await,
            Self::Bearer(_) | Self::Header | Self::None => Ok(None),
        }
    }

    /// What to send.
    pub(super) fn token<'a>(&'a self, tokens: Option<&'a Arc<Tokens>>) -> Option<&'a Secret> {
        match self {
            Self::Bearer(token) => Some(token),
            Self::Header | Self::None => None,
            Self::OAuth(_) => tokens.map(|tokens| tokens.access()),
        }
    }

    /// The way to another token; otherwise what the user should do.
    pub(super) fn login(&self) -> Result<&Login, &'static str> {
        match self {
            Self::Bearer(_) => Err("give the client a token that is valid for this server"),
            Self::Header => Err("give the client a header `Authorization` that the server accepts"),
            Self::None => Err("the server wants a token; set the client up with .oauth(...)"),
            Self::OAuth(login) => Ok(login),
        }
    }
}
