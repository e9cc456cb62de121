//! How servers on other machines are reached.

use thyra_client::{Fetcher, FetcherError};

use crate::failure::Failure;
use crate::input;

/// The options that say how servers on other machines are reached.
#[derive(Debug, clap::Args)]
pub(crate) struct Network {
    /// Trust the certificate authorities in this PEM file too. May be repeated
    #[arg(long = "ca", value_name = "FILE")]
    authorities: Vec<String>,
}

impl Network {
    /// What reaches other machines: through the proxy that the environment names, as other programs
    /// do.
    pub(crate) fn fetcher(&self) -> Result<Fetcher, Failure> {
        let mut fetcher = Fetcher::builder().proxy_from_env();
        for file in &self.authorities {
            fetcher = fetcher.certificate_authority(input::read(file)?);
        }
        let refused = |error: FetcherError| Failure::Usage(error.to_string());
        fetcher.build().map_err(refused)
    }

    /// Whether there is an option that is for servers on other machines only.
    pub(crate) fn is_asked_for(&self) -> bool {
        !self.authorities.is_empty()
    }
}
