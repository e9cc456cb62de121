//! Why a login failed, and at which stage.

use thyra_oauth::{FetchError, RegistrationError, SigningKeyError, TokenError};

use crate::assertion::AssertionError;
use crate::authorize::AuthorizationError;
use crate::client::ClientError;
use crate::discovery::DiscoveryError;
use crate::dpop::DpopError;
use crate::hop::LoginStage;
use crate::store::StoreError;

/// Why a login failed. [`LoginError::stage`] names the part, and the text says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoginError {
    /// The login page did not lead to a code.
    #[error("authorization failed: {0}")]
    Authorization(#[from] AuthorizationError),
    /// There is nothing to show to the authorization server.
    #[error("token failed: {0}")]
    Assertion(#[from] AssertionError),
    /// There is no code with which a person could log in on another device.
    #[error("authorization failed: {0}")]
    DeviceCode(#[source] TokenError),
    /// The client that the program is set up with cannot be used.
    #[error("client registration failed: {0}")]
    Client(#[from] ClientError),
    /// The authorization server cannot be found or trusted.
    #[error("{stage} failed: {source}")]
    Discovery {
        /// Which document is at fault.
        stage: LoginStage,
        /// What is wrong.
        source: Box<DiscoveryError>,
    },
    /// There is no token that is bound to a key, or no proof of it.
    #[error("token failed: {0}")]
    Dpop(#[from] DpopError),
    /// A server could not be reached.
    #[error("{stage} failed: {source}")]
    Fetch {
        /// What it was needed for.
        stage: LoginStage,
        /// What went wrong.
        source: FetchError,
    },
    /// The program is ending, and with it the renewal of its tokens.
    #[error("the renewal of the token was interrupted, because the program is ending")]
    Interrupted,
    /// A user of a web application has to log in: [`Login::begin`] says where.
    ///
    /// [`Login::begin`]: crate::Login::begin
    #[error(
        "authorization failed: the user has to log in; begin a login, and redirect the browser to its page"
    )]
    LoginRequired,
    /// The authorization server has no codes for other devices.
    #[error(
        "authorization failed: the authorization server {issuer} offers no login on another device (it has no device_authorization_endpoint that may be used); log in with a browser on this machine"
    )]
    NoDeviceFlow {
        /// The issuer.
        issuer: String,
    },
    /// The login is not that of a web application.
    #[error(
        "authorization failed: the login has no redirect URI to come back to; set it up with OAuth::web"
    )]
    NoRedirectUri,
    /// The authorization server lets nobody log in.
    #[error("authorization failed: the authorization server {issuer} has no login page")]
    NoLoginPage {
        /// The issuer.
        issuer: String,
    },
    /// The tokens are forgotten here, and may still be good.
    #[error("revocation failed: {0}; the tokens are forgotten here, and end in their time")]
    NotRevoked(TokenError),
    /// The authorization server did not register the program.
    #[error("client registration failed: {0}")]
    Registration(#[from] RegistrationError),
    /// The authorization server does not let clients register themselves.
    #[error(
        "client registration failed: the authorization server {issuer} has no registration_endpoint; set the program up with a client that is registered there, or ask its operator to switch dynamic client registration on"
    )]
    RegistrationNotOffered {
        /// The issuer.
        issuer: String,
    },
    /// The resource demands scopes that were asked for already.
    #[error(
        "authorization failed: the scopes {scopes} were asked for a moment ago, and the resource still demands them; have them granted, and try again in a minute"
    )]
    ScopesAskedAlready {
        /// The scopes.
        scopes: String,
    },
    /// The client's key does not sign.
    #[error("token failed: {0}")]
    SigningKey(#[from] SigningKeyError),
    /// Credentials cannot be kept, or read back.
    #[error("the credential store failed: {0}")]
    Store(#[from] StoreError),
    /// The token endpoint gave no token.
    #[error("token failed: {0}")]
    Token(#[from] TokenError),
}

impl LoginError {
    /// The part of the login that failed.
    pub fn stage(&self) -> LoginStage {
        match self {
            Self::Authorization(_)
            | Self::DeviceCode(_)
            | Self::LoginRequired
            | Self::NoDeviceFlow { .. }
            | Self::NoLoginPage { .. }
            | Self::NoRedirectUri
            | Self::ScopesAskedAlready { .. } => LoginStage::Authorization,
            Self::Discovery { stage, .. } | Self::Fetch { stage, .. } => *stage,
            Self::Client(_) | Self::Registration(_) | Self::RegistrationNotOffered { .. } => {
                LoginStage::Registration
            }
            Self::NotRevoked(_) => LoginStage::Revocation,
            Self::Store(_) => LoginStage::Store,
            Self::Assertion(_)
            | Self::Dpop(_)
            | Self::Interrupted
            | Self::SigningKey(_)
            | Self::Token(_) => LoginStage::Token,
        }
    }
}
