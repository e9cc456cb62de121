//! Logs a program in at any OAuth 2.1 protected resource that publishes RFC 9728 metadata.
//!
//! A [`Login`] holds the tokens of one program for one resource. Send the token that
//! [`Login::tokens`] gives. When the resource refuses it with 401, or with 403 and
//! `insufficient_scope`, pass the challenge to [`Login::obtain`]: it finds the authorization
//! server, registers the program there (RFC 7591), takes a person to the login page, and exchanges
//! the code for a token. Tokens are renewed while they can be.
//!
//! ```no_run
//! use thyra_login::{Need, Login, OAuth, PrintUrl};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let login = Login::new("https://mcp.example.com/mcp", OAuth::new(PrintUrl))?;
//! login.obtain(Need::Token(None), None).await?;
//! if let Some(tokens) = login.tokens().await? {
//!     println!("the token allows {:?}", tokens.scopes());
//! }
//! # Ok(())
//! # }
//! ```
//!
//! [`discovery`] can be used alone; it does no I/O.

mod assertion;
mod authorize;
mod browser;
mod callback;
mod client;
mod device;
pub mod discovery;
mod dpop;
mod error;
mod hop;
mod identity_provider;
mod login;
mod oauth;
mod scopes;
mod store;
mod tokens;
mod way;

/// For the fuzz targets. It changes without notice.
#[doc(hidden)]
pub mod __private {
    pub use crate::callback::read_callback;
}

#[doc(no_inline)]
pub use thyra_oauth::{
    Challenge, FetchError, NoRandomness, RegistrationError, ScopeSet, Secret, SigningKey,
    SigningKeyError, TokenError, UrlRefused,
};

pub use self::assertion::{AssertionError, AssertionFile, AssertionRequest, AssertionSource};
pub use self::authorize::AuthorizationError;
pub use self::browser::{Browser, BrowserError, FollowRedirects, PrintUrl, SystemBrowser};
pub use self::client::{Client, ClientError};
pub use self::device::{DeviceCode, DevicePrompt};
pub use self::dpop::{Dpop, DpopError};
pub use self::error::LoginError;
pub use self::hop::{GrantKind, LoginHop, LoginObserver, LoginStage};
pub use self::identity_provider::IdentityProvider;
pub use self::login::{Login, LoginPage, Need, Obtained, Presentation};
pub use self::oauth::OAuth;
#[cfg(feature = "keyring")]
pub use self::store::KeyringStore;
pub use self::store::{FileStore, MemoryStore, StoreError, StoreKey, StoreLock, TokenStore};
pub use self::tokens::Tokens;
