//! Where a program gets what others say about it.

use std::path::PathBuf;
use std::{fmt, io};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use thyra_oauth::{FetchError, ScopeSet, Secret, SigningKeyError, TokenError};
use tokio::fs::File;
use tokio::io::AsyncReadExt as _;

/// The longest assertion, in bytes.
const MAX: usize = 16 * 1024;

/// Gives what somebody has signed about the program, or about the person who uses it: an assertion
/// of a workload identity provider, or a token to exchange.
///
/// A [`Secret`] always gives itself, and an [`AssertionFile`] what is in a file. Implement it to
/// ask the metadata server of a cloud.
pub trait AssertionSource: Send + Sync + fmt::Debug {
    /// An assertion that is good now.
    fn assertion<'a>(
        &'a self,
        wanted: AssertionRequest<'a>,
    ) -> BoxFuture<'a, Result<Secret, AssertionError>>;
}

/// What an assertion is for.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct AssertionRequest<'a> {
    /// The issuer of the authorization server that is to accept it, byte for byte: its audience.
    pub audience: &'a str,
    /// The resource that a token is wanted for, byte for byte.
    pub resource: &'a str,
    /// The scopes that are wanted.
    pub scopes: Option<&'a ScopeSet>,
}

/// Why there is no assertion. The text holds no secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AssertionError {
    /// The identity provider could not be reached.
    #[error("the identity provider could not be asked: {0}")]
    Fetch(#[from] FetchError),
    /// The file could not be read.
    #[error("the assertion in {} cannot be read: {source}", .file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// A reason of a source that is not one of this crate.
    #[error("{0}")]
    Other(String),
    /// The client's key does not sign.
    #[error(transparent)]
    SigningKey(#[from] SigningKeyError),
    /// The identity provider refused.
    #[error("the identity provider gave no assertion: {0}")]
    Token(#[from] TokenError),
}

impl AssertionSource for Secret {
    fn assertion<'a>(
        &'a self,
        _: AssertionRequest<'a>,
    ) -> BoxFuture<'a, Result<Secret, AssertionError>> {
        async { Ok(self.clone()) }.boxed()
    }
}

/// An assertion in a file that somebody keeps fresh, as Kubernetes does with the token of a service
/// account. It is read for each token. White space around it is left out.
#[derive(Clone, Debug)]
pub struct AssertionFile(PathBuf);

impl AssertionFile {
    /// The assertion in `file`.
    pub fn new(file: impl Into<PathBuf>) -> Self {
        Self(file.into())
    }

    async fn read(&self) -> io::Result<Secret> {
        let mut text = String::new();
        let mut file = File::open(&self.0).await?.take(MAX as u64 + 1);
        file.read_to_string(&mut text).await?;
        let text = Secret::new(text);
        let assertion = text.expose().trim();
        if assertion.is_empty() || assertion.len() > MAX {
            return Err(io::Error::other("it is empty, or longer than 16 KiB"));
        }
        Ok(Secret::new(assertion.to_owned()))
    }
}

impl AssertionSource for AssertionFile {
    fn assertion<'a>(
        &'a self,
        _: AssertionRequest<'a>,
    ) -> BoxFuture<'a, Result<Secret, AssertionError>> {
        async {
            self.read().await.map_err(|source| AssertionError::File {
                file: self.0.clone(),
                source,
            })
        }
        .boxed()
    }
}
