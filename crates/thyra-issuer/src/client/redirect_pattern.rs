//! Which redirect URIs an operator allows, whatever clients register.

use std::fmt;

use thiserror::Error;
use thyra_oauth::{is_of_urls, printable};
use url::Url;

use super::redirect::{RedirectUri, has_dot_segment, is_loopback};

/// The redirect URIs that clients of a server may use. A client must still have registered the one
/// that it uses. An empty list allows none.
///
/// A pattern is compared component by component, never as text:
///
/// - the scheme must be the same;
/// - the host must be the same, or a subdomain where the pattern says `*.example.com`;
/// - the port must be the same; `*` is any; without one it is that of the scheme, and any on this
///   machine (`http://localhost`, RFC 8252 section 7.3);
/// - the path must be the same, where `*` stands for any text; without one, or with `/`, it is any.
///
/// The query is the client's own affair.
///
/// ```
/// use thyra_issuer::RedirectPatterns;
///
/// let patterns = RedirectPatterns::new([
///     "http://localhost:*",
///     "https://*.example.com/oauth/*",
///     "cursor://anysphere.cursor-retrieval/oauth/*",
/// ])?;
/// assert!(RedirectPatterns::new(["https://*"]).is_err());
/// # Ok::<(), thyra_issuer::RedirectPatternError>(())
/// ```
#[derive(Clone)]
pub struct RedirectPatterns(Vec<Pattern>);

impl RedirectPatterns {
    /// Reads patterns.
    ///
    /// # Errors
    ///
    /// [`RedirectPatternError`] says which one cannot be used, and why.
    pub fn new<S: AsRef<str>>(
        patterns: impl IntoIterator<Item = S>,
    ) -> Result<Self, RedirectPatternError> {
        let patterns = patterns.into_iter();
        let patterns = patterns.map(|pattern| Pattern::parse(pattern.as_ref()));
        patterns.collect::<Result<_, _>>().map(Self)
    }

    /// Whether nothing is allowed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn allow(&self, uri: &RedirectUri) -> bool {
        self.0.iter().any(|pattern| pattern.matches(uri))
    }
}

impl fmt::Debug for RedirectPatterns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts = self.0.iter().map(|pattern| &pattern.text);
        f.debug_list().entries(texts).finish()
    }
}

/// Why a pattern of redirect URIs cannot be used.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("the redirect URI pattern `{pattern}` cannot be used: {problem}")]
pub struct RedirectPatternError {
    pattern: String,
    problem: &'static str,
}

#[derive(Clone)]
struct Pattern {
    text: String,
    scheme: String,
    /// `None` where there is no `//`.
    authority: Option<Authority>,
    /// Empty for any.
    path: String,
}

#[derive(Clone)]
struct Authority {
    host: Host,
    port: Port,
}

#[derive(Clone)]
enum Host {
    Exactly(String),
    /// With its leading dot.
    Under(String),
}

#[derive(Clone, Copy)]
enum Port {
    Any,
    /// `None` where the scheme has none of its own.
    Exactly(Option<u16>),
}

impl Pattern {
    fn parse(text: &str) -> Result<Self, RedirectPatternError> {
        Self::read(text).map_err(|problem| RedirectPatternError {
            pattern: printable(text),
            problem,
        })
    }

    fn read(text: &str) -> Result<Self, &'static str> {
        if !is_of_urls(text) {
            return Err("it holds a character that no URL has");
        }
        if text.contains(['?', '#']) {
            return Err("it has a query or a fragment; leave them out, any query is allowed");
        }
        let (scheme, rest) = text
            .split_once(':')
            .ok_or("it has no scheme; begin it with https:// or http://localhost")?;
        let scheme = scheme.to_ascii_lowercase();
        // The scheme is judged as that of a redirect URI would be.
        let sample = format!("{scheme}://a.example/");
        RedirectUri::parse(&sample).map_err(|_| "its scheme is not one of applications")?;
        let (authority, path) = match rest.strip_prefix("//") {
            None => (None, rest),
            Some(rest) => {
                let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
                (Some(Authority::read(&scheme, authority)?), path)
            }
        };
        if authority.is_none() && matches!(&*scheme, "http" | "https") {
            return Err("two slashes must follow its scheme");
        }
        if has_dot_segment(path) {
            return Err("its path holds a dot segment, `.` or `..`");
        }
        let path = if path == "/" { "" } else { path };
        Ok(Self {
            text: text.to_owned(),
            scheme,
            authority,
            path: path.to_owned(),
        })
    }

    fn matches(&self, uri: &RedirectUri) -> bool {
        self.scheme == uri.scheme()
            && match (&self.authority, uri.authority()) {
                (None, None) => true,
                (Some(pattern), Some(_)) => pattern.matches(uri),
                (None, Some(_)) | (Some(_), None) => false,
            }
            && (self.path.is_empty() || is_like(uri.path(), &self.path))
    }
}

impl Authority {
    fn read(scheme: &str, text: &str) -> Result<Self, &'static str> {
        if text.contains('@') {
            return Err("it has a user name or a password");
        }
        // An IPv6 address is full of colons, and ends with a bracket.
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
            _ => (text, None),
        };
        let wild = host.strip_prefix("*.");
        let named = wild.unwrap_or(host);
        if named.contains('*') {
            return Err(
                "only a whole label at the beginning of the host can be free: https://*.example.com",
            );
        }
        // Parsed as a redirect URI is, so that both are spelled alike.
        let url = Url::parse(&format!("{scheme}://{named}/"));
        let url = url.map_err(|_| "its host cannot be read")?;
        let is_web = matches!(scheme, "http" | "https");
        let read = url.host_str().unwrap_or_default();
        if is_web && !read.eq_ignore_ascii_case(named) {
            return Err("its host is not spelled as a browser spells it");
        }
        if wild.is_some() && !matches!(url.host(), Some(url::Host::Domain(_))) && is_web {
            return Err("addresses have no subdomains");
        }
        if wild.is_some() && read.is_empty() {
            return Err("it does not say whose subdomains are allowed");
        }
        let port = match port {
            Some("*") => Port::Any,
            Some(port) => match port.parse() {
                Ok(port) => Port::Exactly(Some(port)),
                Err(_) => return Err("its port is neither a number nor `*`"),
            },
            None if is_loopback(&url) => Port::Any,
            None => Port::Exactly(url.port_or_known_default()),
        };
        let host = match wild {
            Some(_) => Host::Under(format!(".{read}")),
            None => Host::Exactly(read.to_owned()),
        };
        Ok(Self { host, port })
    }

    fn matches(&self, uri: &RedirectUri) -> bool {
        let host = uri.host().unwrap_or_default();
        let is_host = match &self.host {
            Host::Exactly(wanted) => host == wanted,
            Host::Under(suffix) => host.len() > suffix.len() && host.ends_with(suffix.as_str()),
        };
        let is_port = match self.port {
            Port::Any => true,
            Port::Exactly(wanted) => uri.port() == wanted,
        };
        is_host && is_port
    }
}

/// Whether `text` is `pattern`, where each `*` stands for any text.
fn is_like(text: &str, pattern: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else {
        return text == pattern;
    };
    let Some(mut text) = text.strip_prefix(first) else {
        return false;
    };
    let mut pieces = rest.split('*').peekable();
    while let Some(piece) = pieces.next() {
        if pieces.peek().is_none() {
            return text.ends_with(piece);
        }
        // The earliest place leaves most to those that follow.
        let Some(at) = text.find(piece) else {
            return false;
        };
        text = text.get(at + piece.len()..).unwrap_or_default();
    }
    true
}

#[cfg(test)]
mod tests;
