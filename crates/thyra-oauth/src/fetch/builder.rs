//! How a fetcher is set up: whom it trusts, and through which proxy it goes.

use std::fmt;
use std::sync::Arc;

use reqwest::{Certificate, NoProxy, Proxy};
use thiserror::Error;
use url::Url;

use super::Fetcher;
use super::address::Reach;
use super::clients::Clients;
use super::resolve::{Lookup, SystemLookup};
use crate::secret::Secret;

/// Sets up a [`Fetcher`].
///
/// ```
/// use thyra_oauth::Fetcher;
///
/// # fn build() -> Result<(), Box<dyn std::error::Error>> {
/// let fetcher = Fetcher::builder()
///     .proxy("http://proxy.example.com:3128")
///     .no_proxy("intra.example.com, 10.0.0.0/8")
///     .build()?;
/// # Ok(())
/// # }
/// # build().unwrap();
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "there is no fetcher before `build`"]
pub struct FetcherBuilder {
    authorities: Vec<Vec<u8>>,
    /// The URL of the proxy for `http`, and of that for `https`. They may hold a password.
    http: Option<Secret>,
    https: Option<Secret>,
    no_proxy: Option<String>,
}

/// Why a fetcher cannot be set up. It names no URL, since that may hold a password.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FetcherError {
    /// A certificate authority cannot be read.
    #[error(
        "the certificate authority cannot be used: it must be certificates in PEM form, which begin with `-----BEGIN CERTIFICATE-----`"
    )]
    CertificateAuthority,
    /// The HTTP client cannot be made with these settings.
    #[error("the HTTP client cannot be set up")]
    Client {
        /// What went wrong.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A proxy cannot be used.
    #[error("the proxy cannot be used: {problem}")]
    Proxy {
        /// What is wrong with its URL.
        problem: &'static str,
    },
}

/// What a fetcher was set up with.
#[derive(Default)]
pub(super) struct Outward {
    authorities: Vec<Certificate>,
    proxies: Vec<Proxy>,
    /// The hosts of the proxies.
    pub(super) proxy_hosts: Arc<[String]>,
}

impl FetcherBuilder {
    /// Trusts this certificate authority, too, beside those that the machine trusts: one or more
    /// certificates in PEM form.
    pub fn certificate_authority(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.authorities.push(pem.into());
        self
    }

    /// Goes through the proxy at `url`: `http` or `https`, with a user name and a password if it
    /// wants them. This machine is reached without it.
    ///
    /// The proxy resolves the names of hosts, so it is the proxy that decides where they lead. The
    /// fetcher still refuses URLs with an address that must not be reached.
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        let url = Secret::new(url.into());
        self.http = Some(url.clone());
        self.https = Some(url);
        self
    }

    /// Reaches these hosts without the proxy: names, which stand for their subdomains too,
    /// addresses and networks, with commas between them; `*` for all.
    pub fn no_proxy(mut self, hosts: impl Into<String>) -> Self {
        self.no_proxy = Some(hosts.into());
        self
    }

    /// Goes through the proxies that the environment names in `HTTP_PROXY`, `HTTPS_PROXY`,
    /// `ALL_PROXY` and `NO_PROXY`, or in the same in lower case, if it names any.
    pub fn proxy_from_env(self) -> Self {
        self.proxy_from(|name| std::env::var(name).ok())
    }

    /// The same, with the variables that `variable` gives.
    pub fn proxy_from(mut self, variable: impl Fn(&str) -> Option<String>) -> Self {
        let named = |upper: &str| {
            let lower = upper.to_ascii_lowercase();
            // In CGI, a client can set this one with a header `Proxy`.
            let is_foreign = upper == "HTTP_PROXY" && variable("REQUEST_METHOD").is_some();
            let upper = if is_foreign { None } else { variable(upper) };
            upper
                .or_else(|| variable(&lower))
                .filter(|value| !value.trim().is_empty())
        };
        let proxy = |name: &str| {
            let url = named(name).or_else(|| named("ALL_PROXY"))?;
            // People leave the scheme out.
            let has_scheme = url.contains("://");
            Some(Secret::new(if has_scheme {
                url
            } else {
                format!("http://{url}")
            }))
        };
        self.http = proxy("HTTP_PROXY");
        self.https = proxy("HTTPS_PROXY");
        self.no_proxy = named("NO_PROXY");
        self
    }

    /// The fetcher. With a certificate authority of your own, it reads those of the machine now.
    ///
    /// # Errors
    ///
    /// [`FetcherError`], when the settings cannot be used.
    pub fn build(self) -> Result<Fetcher, FetcherError> {
        self.build_with(Arc::new(SystemLookup))
    }

    pub(super) fn build_with(self, lookup: Arc<dyn Lookup>) -> Result<Fetcher, FetcherError> {
        let has_authorities = !self.authorities.is_empty();
        let clients = Clients::new(lookup, self.outward()?);
        if has_authorities {
            let made = clients.get(Reach::Operator);
            made.map_err(|error| FetcherError::Client {
                source: error.into(),
            })?;
        }
        Ok(Fetcher::ours(clients))
    }

    fn outward(&self) -> Result<Outward, FetcherError> {
        let mut outward = Outward::default();
        for pem in &self.authorities {
            let read = Certificate::from_pem_bundle(pem);
            let read = read.map_err(|_| FetcherError::CertificateAuthority)?;
            if read.is_empty() {
                return Err(FetcherError::CertificateAuthority);
            }
            outward.authorities.extend(read);
        }
        let no_proxy = self.no_proxy.as_deref().and_then(NoProxy::from_string);
        let mut hosts = Vec::new();
        let proxies = [
            (&self.http, Proxy::http::<Url> as fn(Url) -> _),
            (&self.https, Proxy::https::<Url>),
        ];
        for (url, proxy) in proxies {
            let Some(url) = url else { continue };
            let url = proxy_url(url.expose())?;
            hosts.extend(url.host_str().map(str::to_owned));
            let proxy = proxy(url).map_err(|_| FetcherError::Proxy {
                problem: "the HTTP client does not take its URL",
            })?;
            outward.proxies.push(proxy.no_proxy(no_proxy.clone()));
        }
        outward.proxy_hosts = hosts.into();
        Ok(outward)
    }
}

fn proxy_url(url: &str) -> Result<Url, FetcherError> {
    let refused = |problem| FetcherError::Proxy { problem };
    let url = Url::parse(url).map_err(|_| refused("its URL is no absolute URL"))?;
    match url.scheme() {
        "http" | "https" => Ok(url),
        _ => Err(refused("the scheme of its URL must be http or https")),
    }
}

impl Outward {
    /// Sets the HTTP client for requests within `reach` up.
    pub(super) fn apply(
        &self,
        reach: Reach,
        mut client: reqwest::ClientBuilder,
    ) -> reqwest::ClientBuilder {
        if !self.authorities.is_empty() {
            client = client.tls_certs_merge(self.authorities.iter().cloned());
        }
        // Nobody else reaches this machine's own servers.
        if reach != Reach::Loopback {
            for proxy in &self.proxies {
                client = client.proxy(proxy.clone());
            }
        }
        client
    }
}

impl fmt::Debug for Outward {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outward").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
