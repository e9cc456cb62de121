//! Errors between `Server::new` and the first request.

use std::error::Error as _;
use std::fmt;
use std::io;

use thyra_auth::ProviderError;

use crate::catalog::CatalogError;
use crate::extension::ExtensionError;

/// Why a server could not be built or served. The text says what to change.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// `--http` or `THYRA_HTTP` holds something that is not an address.
    #[error(
        "`{value}` is not an address to listen on; write a port, or host and port, as in {source_name}127.0.0.1:8000"
    )]
    Address {
        /// The value given.
        value: String,
        /// Where: `--http` or `THYRA_HTTP`.
        source_name: &'static str,
    },
    /// The auth provider cannot protect this server.
    #[error(transparent)]
    Auth(#[from] ProviderError),
    /// The address is taken, or this process may not use it.
    #[error("cannot listen on {address}: {source}")]
    Bind {
        /// The address asked for.
        address: String,
        /// What the system said.
        source: io::Error,
    },
    /// A component cannot be offered.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// An extension cannot be installed.
    #[error(transparent)]
    Extension(#[from] ExtensionError),
    /// Something that begins with the server could not begin.
    #[error("what begins with the server could not begin: {source}")]
    Lifespan {
        /// Why not.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The server has a lifespan, and was put into another program before it began.
    #[error(
        "this server has a lifespan: write `.start().await?` before it is put into another program"
    )]
    NotStarted,
    /// Only a server that listens by itself serves routes of the author's own.
    #[error(
        "`Server::routes` is for a server that listens by itself; here, merge the router into your application"
    )]
    RoutesNotServed,
    /// `--http` is the last argument, or an empty one follows it.
    #[error(
        "--http needs an address to listen on: a port, or host and port, as in --http 127.0.0.1:8000"
    )]
    NoAddress,
    /// The endpoint's path is not an absolute path.
    #[error(
        "`{path}` cannot be the path of the endpoint; write an absolute path without query, as in /mcp"
    )]
    Path {
        /// The value given.
        path: String,
    },
    /// Reading, writing or accepting failed for good.
    #[error("the transport failed: {0}")]
    Transport(#[source] io::Error),
}

/// The result of building or serving a server.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What a person reads when `main` returns the error: the sentence of `Display`, and then those of
/// its causes that it does not say already.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut said = self.to_string();
        f.write_str(&said)?;
        let mut heading = "\n\nCaused by:";
        let mut next = self.source();
        while let Some(cause) = next {
            let sentence = cause.to_string();
            if !said.contains(&sentence) {
                write!(f, "{heading}\n    {sentence}")?;
                heading = "";
                said.push('\n');
                said.push_str(&sentence);
            }
            next = cause.source();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use thyra_auth::VerifierError;

    use super::*;

    /// A cause with a cause of its own.
    #[derive(Debug, thiserror::Error)]
    #[error("the disk is gone")]
    struct Outer(#[source] io::Error);

    #[test]
    fn debug_adds_the_causes_that_the_sentence_leaves_out() {
        let error = Error::from(ProviderError::Verifier(VerifierError::Algorithms));
        let cause = VerifierError::Algorithms;
        assert_eq!(
            format!("{error:?}"),
            format!("{error}\n\nCaused by:\n    {cause}")
        );
    }

    #[test]
    fn debug_lists_a_chain_of_causes_from_the_nearest_on() {
        let error = Error::from(ProviderError::EnvironmentFile {
            path: ".env".into(),
            source: Box::new(Outer(io::Error::other("unplugged"))),
        });
        assert_eq!(
            format!("{error:?}"),
            format!("{error}\n\nCaused by:\n    the disk is gone\n    unplugged")
        );
    }

    #[test]
    fn debug_repeats_nothing() {
        let error = Error::Bind {
            address: "127.0.0.1:80".to_owned(),
            source: io::Error::other("permission denied"),
        };
        assert_eq!(format!("{error:?}"), error.to_string());
        assert_eq!(
            format!("{:?}", Error::NoAddress),
            Error::NoAddress.to_string()
        );
    }
}
