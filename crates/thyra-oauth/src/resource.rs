//! The URL that identifies a protected resource (RFC 8707 section 2, RFC 9728 section 1.2).

use std::fmt;

use thiserror::Error;
use url::Url;

use crate::fetch::address;

/// The URL that identifies a protected resource: what tokens are issued for, what the metadata
/// names, and what clients compare.
///
/// It is kept and published byte for byte as it was configured: nothing adds or removes a slash.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ResourceUrl {
    text: String,
    /// Where the path begins, or the length of the text when there is none.
    path_start: usize,
}

/// Why a URL cannot identify a protected resource.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum ResourceUrlError {
    /// It is empty, or only white space.
    #[error("it is blank")]
    Blank,
    /// It holds a user name or a password.
    #[error("it holds a user name or password; remove everything up to the `@`")]
    Credentials,
    /// It is plain `http` to another machine.
    #[error("it must begin with `https://`; `http://` is accepted for localhost only")]
    Insecure,
    /// The path at which the resource is served is not a path.
    #[error(
        "the path of the endpoint must begin with `/` and hold no `?`, `#`, spaces and dot segments"
    )]
    EndpointPath,
    /// It is not an absolute URL, or not spelled as a client would spell it.
    #[error("it is not an absolute URL such as `https://mcp.example.com`")]
    NotAbsolute,
    /// Clients would spell its path differently.
    #[error("its path is not written as clients will send it; write the path as `{0}`")]
    PathSpelling(String),
    /// It has a query or a fragment.
    #[error("it has a query or a fragment; leave away what follows the path")]
    QueryOrFragment,
}

impl ResourceUrl {
    /// The resource that is reached at `endpoint_path` under a public base URL.
    ///
    /// A base URL whose path already ends with `endpoint_path` is the resource itself, so
    /// `https://h` and `https://h/mcp` both give `https://h/mcp` for `/mcp`. An empty
    /// `endpoint_path` means the base URL itself. White space around the base URL is ignored.
    ///
    /// # Errors
    ///
    /// [`ResourceUrlError`] when the base URL is not an absolute `https` URL (`http` for a loopback
    /// host), or holds credentials, a query or a fragment, or when either path is not written in
    /// its canonical form.
    pub fn new(base_url: &str, endpoint_path: &str) -> Result<Self, ResourceUrlError> {
        let base = base_url.trim();
        if !endpoint_path.is_empty() && !endpoint_path.starts_with('/') {
            return Err(ResourceUrlError::EndpointPath);
        }
        let base = Self::parse(base)?;
        if endpoint_path.is_empty() {
            return Ok(base);
        }
        let bare_path = endpoint_path.trim_end_matches('/');
        let base_path = base.path().trim_end_matches('/');
        let slash = if endpoint_path.ends_with('/') {
            "/"
        } else {
            ""
        };
        let joined = if !bare_path.is_empty() && base_path.ends_with(bare_path) {
            format!("{}{base_path}{slash}", base.origin())
        } else {
            format!("{}{base_path}{endpoint_path}", base.origin())
        };
        // The base was good, so what is wrong now is wrong with the path.
        Self::parse(&joined).map_err(|_| ResourceUrlError::EndpointPath)
    }

    fn parse(text: &str) -> Result<Self, ResourceUrlError> {
        if text.is_empty() {
            return Err(ResourceUrlError::Blank);
        }
        let url = Url::parse(text).map_err(|_| ResourceUrlError::NotAbsolute)?;
        if !matches!(url.scheme(), "http" | "https") || !text.bytes().all(|b| b.is_ascii_graphic())
        {
            return Err(ResourceUrlError::NotAbsolute);
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(ResourceUrlError::QueryOrFragment);
        }
        if !url.username().is_empty() || url.password().is_some() || text.contains('@') {
            return Err(ResourceUrlError::Credentials);
        }
        let after_scheme = text
            .find("://")
            .map(|at| at + 3)
            .ok_or(ResourceUrlError::NotAbsolute)?;
        let authority_and_path = text.get(after_scheme..).unwrap_or_default();
        if authority_and_path.starts_with(['/', '\\']) {
            return Err(ResourceUrlError::NotAbsolute);
        }
        let path_start = authority_and_path
            .find('/')
            .map_or(text.len(), |at| after_scheme + at);
        let path = text.get(path_start..).unwrap_or_default();
        if path != url.path() && !(path.is_empty() && url.path() == "/") {
            return Err(ResourceUrlError::PathSpelling(url.path().to_owned()));
        }
        if url.scheme() == "http" && !is_loopback(&url) {
            return Err(ResourceUrlError::Insecure);
        }
        Ok(Self {
            text: text.to_owned(),
            path_start,
        })
    }

    /// The URL, byte for byte.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Scheme, host and port as configured, without a slash at the end.
    pub fn origin(&self) -> &str {
        self.text.get(..self.path_start).unwrap_or_default()
    }

    /// The path as configured; empty when the URL has none.
    pub fn path(&self) -> &str {
        self.text.get(self.path_start..).unwrap_or_default()
    }

    /// Where a well-known document about this resource is served: the well-known path with the
    /// resource's path appended, as RFC 9728 section 3.1 and RFC 8414 section 3.1 insert it.
    pub fn well_known_path(&self, name: &str) -> String {
        let path = match self.path() {
            "/" => "",
            path => path,
        };
        format!("/.well-known/{name}{path}")
    }

    /// The absolute URL of [`ResourceUrl::well_known_path`].
    pub fn well_known_url(&self, name: &str) -> String {
        format!("{}{}", self.origin(), self.well_known_path(name))
    }
}

impl fmt::Debug for ResourceUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}

impl fmt::Display for ResourceUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Whether a URL leads to this machine: `localhost`, a name under it, or a loopback address. What
/// goes there does not leave the machine and need not be encrypted.
pub fn is_loopback(url: &Url) -> bool {
    url.host().is_some_and(|host| address::is_loopback(&host))
}

#[cfg(test)]
mod tests;
