//! What a client shows to its server.

use std::sync::Arc;

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use thyra_login::{Login, LoginError, Presentation, Tokens};
use thyra_oauth::Secret;
use url::Url;

use crate::transport::{Identity, TransportError};

/// Where the token comes from.
#[derive(Debug)]
pub(crate) enum Credentials {
    Bearer(Secret),
    /// A header of the user's own says who is calling.
    Header,
    None,
    OAuth(Arc<Login>),
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
    pub(super) fn token<'a>(&'a self, tokens: Option<&'a Arc<Tokens>>) -> Shown<'a> {
        match (self, tokens) {
            (Self::Bearer(token), _) => Shown::Bearer(token),
            (Self::OAuth(login), Some(tokens)) => Shown::Tokens(login, tokens),
            (Self::Header | Self::None, _) | (Self::OAuth(_), None) => Shown::Nothing,
        }
    }

    /// Whose answers the server gives.
    pub(super) fn identity(&self, tokens: Option<&Arc<Tokens>>) -> Identity {
        match self.token(tokens) {
            Shown::Bearer(token) => Identity::of_token(token),
            Shown::Nothing => Identity::default(),
            Shown::Tokens(_, tokens) => Identity::of_token(tokens.access()),
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

/// What a request shows.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shown<'a> {
    Bearer(&'a Secret),
    Nothing,
    Tokens(&'a Login, &'a Tokens),
}

impl Shown<'_> {
    pub(super) fn is_nothing(self) -> bool {
        matches!(self, Self::Nothing)
    }

    /// Shows it in one request.
    pub(super) fn present(self, method: &Method, url: &Url) -> Result<Presented, TransportError> {
        match self {
            Self::Bearer(token) => {
                let mut bearer = HeaderValue::from_str(&format!("Bearer {}", token.expose()))
                    .map_err(|_| TransportError::Unsendable("token"))?;
                bearer.set_sensitive(true);
                Ok(Presented::Headers(HeaderMap::from_iter([(
                    AUTHORIZATION,
                    bearer,
                )])))
            }
            Self::Nothing => Ok(Presented::Headers(HeaderMap::new())),
            Self::Tokens(login, tokens) => {
                let presented = login.present(tokens, method, url.as_str())?;
                Ok(Presented::Tokens(presented))
            }
        }
    }
}

/// What one request shows.
#[derive(Debug)]
pub(super) enum Presented {
    Headers(HeaderMap),
    Tokens(Presentation),
}

impl Presented {
    pub(super) fn headers(&self) -> &HeaderMap {
        match self {
            Self::Headers(headers) => headers,
            Self::Tokens(presented) => presented.headers(),
        }
    }

    /// Takes note of the headers of the answer. Whether the server wants the request once more,
    /// with the nonce that it has just given: a server that has not refused the request may have
    /// carried it out.
    pub(super) fn answered(&self, status: StatusCode, headers: &HeaderMap) -> bool {
        match self {
            Self::Headers(_) => false,
            Self::Tokens(presented) => {
                presented.answered(headers) && status == StatusCode::UNAUTHORIZED
            }
        }
    }
}
