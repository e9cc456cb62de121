//! Where a browser may be sent back to, and how the answer is written into that place.
//!
//! A redirect URI is read once, strictly, and compared by its components ever after. What browsers
//! would mend (WHATWG URL) is refused, so that what was judged is what is opened.

use std::fmt;
use std::iter;

use percent_encoding::percent_decode_str;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;
use thyra_oauth::{is_of_urls, page_url};
use url::{Host, Url, form_urlencoded};

use super::ApplicationType;

/// The longest redirect URI, in bytes.
const MAX_LENGTH: usize = 2000;
/// How often a path is decoded in search of a dot segment.
const MAX_DECODINGS: usize = 4;

/// Schemes that browsers run, or read files or themselves with, and those of mail, telephones, file
/// shares and the like. No application of OAuth has them.
const NEVER: [&str; 26] = [
    "about",
    "blob",
    "chrome",
    "chrome-extension",
    "data",
    "file",
    "filesystem",
    "ftp",
    "intent",
    "jar",
    "javascript",
    "ldap",
    "mailto",
    "mhtml",
    "moz-extension",
    "resource",
    "search-ms",
    "sftp",
    "smb",
    "sms",
    "ssh",
    "tel",
    "vbscript",
    "view-source",
    "ws",
    "wss",
];
/// How the schemes begin that open parts of Windows and of Office, whatever follows.
const NEVER_BEGINNING: &str = "ms-";

/// A redirect URI, byte for byte as it came (RFC 6749 section 3.1.2).
#[derive(Clone)]
pub(crate) struct RedirectUri {
    text: String,
    url: Url,
}

impl RedirectUri {
    /// Reads a redirect URI. It is absolute, has no fragment, no user name, no dot segment and at
    /// most 2000 bytes, all of them characters of URLs. A web address must show its host as a
    /// browser reads it.
    pub(crate) fn parse(text: &str) -> Result<Self, RedirectRefused> {
        if text.len() > MAX_LENGTH {
            return Err(RedirectRefused::Length);
        }
        if !is_of_urls(text) {
            return Err(RedirectRefused::Character);
        }
        let url = Url::parse(text).map_err(|_| RedirectRefused::NotAbsolute)?;
        if NEVER.contains(&url.scheme()) || url.scheme().starts_with(NEVER_BEGINNING) {
            return Err(RedirectRefused::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(RedirectRefused::UserName);
        }
        if matches!(url.scheme(), "http" | "https") {
            page_url(text).map_err(|_| RedirectRefused::Host)?;
        } else if authority(text).is_some_and(|authority| authority.contains('@')) {
            return Err(RedirectRefused::UserName);
        }
        if text.contains('#') {
            return Err(RedirectRefused::Fragment);
        }
        if has_dot_segment(path(text)) {
            return Err(RedirectRefused::DotSegment);
        }
        let text = text.to_owned();
        Ok(Self { text, url })
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// In lower case.
    pub(crate) fn scheme(&self) -> &str {
        self.url.scheme()
    }

    /// The host, if it has one: in lower case for the web, and as it came elsewhere.
    pub(crate) fn host(&self) -> Option<&str> {
        self.url.host_str().filter(|host| !host.is_empty())
    }

    /// The port that it names, or the one that its scheme implies.
    pub(super) fn port(&self) -> Option<u16> {
        self.url.port_or_known_default()
    }

    /// What stands between `//` and the path; `None` without `//`.
    pub(super) fn authority(&self) -> Option<&str> {
        authority(&self.text)
    }

    /// The path, byte for byte as it came.
    pub(super) fn path(&self) -> &str {
        path(&self.text)
    }

    /// Whether it leads to the machine of whoever opens it, by `http` or `https`.
    pub(crate) fn is_loopback(&self) -> bool {
        is_loopback(&self.url)
    }

    /// Whether an answer that goes there reaches the client that asked, and no other program of the
    /// person's computer: neither a loopback port nor a private scheme says who listens (RFC 8252
    /// section 8.6).
    pub(crate) fn is_of_one_client(&self) -> bool {
        self.scheme() == "https" && !self.is_loopback()
    }

    /// Whether a client of this type may have it (SEP-837).
    pub(crate) fn check_for(&self, application: ApplicationType) -> Result<(), RedirectRefused> {
        match (application, self.scheme()) {
            (ApplicationType::Web, "https") if self.is_loopback() => {
                Err(RedirectRefused::WebLoopback)
            }
            (ApplicationType::Web, "https") => Ok(()),
            (ApplicationType::Web, _) => Err(RedirectRefused::WebScheme),
            (ApplicationType::Native, "http") if !self.is_loopback() => {
                Err(RedirectRefused::NativeHttp)
            }
            (ApplicationType::Native, _) => Ok(()),
        }
    }

    /// Whether this is `registered`: byte for byte, or on this machine with another port (RFC 8252
    /// section 7.3).
    pub(crate) fn is(&self, registered: &Self) -> bool {
        if self.text == registered.text {
            return true;
        }
        self.is_loopback()
            && registered.is_loopback()
            && self.scheme() == registered.scheme()
            && self.host() == registered.host()
            && rooted(self.behind_authority()) == rooted(registered.behind_authority())
    }

    /// Path and query, byte for byte as they came.
    fn behind_authority(&self) -> &str {
        behind_authority(&self.text)
    }

    /// The URI with these parameters in its query. What is there stays as it is, to the byte,
    /// except for parameters of the same names: those give way, so that each name comes once.
    pub(crate) fn with(&self, parameters: &[(&str, &str)]) -> String {
        let (base, query) = self.text.split_once('?').unwrap_or((&self.text, ""));
        let stays = |piece: &&str| {
            let name = form_urlencoded::parse(piece.as_bytes()).next();
            let gives_way = |(name, _): (_, _)| parameters.iter().any(|(given, _)| name == *given);
            !name.is_some_and(gives_way)
        };
        let mut query: Vec<_> = query.split('&').filter(stays).map(str::to_owned).collect();
        // A query that is empty, or ends with `&`, has a place for the next one.
        if query.last().is_some_and(String::is_empty) {
            query.pop();
        }
        for (name, value) in parameters {
            query.push(format!("{}={}", encoded(name), encoded(value)));
        }
        format!("{base}?{}", query.join("&"))
    }
}

impl fmt::Debug for RedirectUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The query is the client's own, and may hold what it keeps to itself.
        let shown = self.text.split('?').next().unwrap_or_default();
        f.debug_tuple("RedirectUri").field(&shown).finish()
    }
}

impl PartialEq for RedirectUri {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for RedirectUri {}

impl<'de> Deserialize<'de> for RedirectUri {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(D::Error::custom)
    }
}

impl Serialize for RedirectUri {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

/// Why a redirect URI is not accepted. The text is safe to show, and repeats nothing of the URI.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub(crate) enum RedirectRefused {
    #[error("it holds a character that no URL has (RFC 3986 section 2)")]
    Character,
    #[error("its path holds a dot segment, `.` or `..`; write the path that is meant")]
    DotSegment,
    #[error("it has a fragment, which a redirect URI must not have (RFC 6749 section 3.1.2)")]
    Fragment,
    #[error(
        "it does not begin with its host as a browser reads it, such as https://app.example.com or http://127.0.0.1"
    )]
    Host,
    #[error("it is longer than {MAX_LENGTH} bytes")]
    Length,
    #[error(
        "http is for this machine only; use https, or a loopback address such as http://127.0.0.1"
    )]
    NativeHttp,
    #[error("it is not an absolute URL")]
    NotAbsolute,
    #[error("this server accepts no such redirect URI; its operator decides which")]
    NotAllowed,
    #[error("it is none of those that the client registered")]
    NotRegistered,
    #[error("its scheme is not one of applications")]
    Scheme,
    #[error("it has a user name or a password")]
    UserName,
    #[error(
        "a client with the `application_type` `web` cannot be on this machine; register it as `native`"
    )]
    WebLoopback,
    #[error(
        "a client with the `application_type` `web` must have https; register it as `native` for other schemes"
    )]
    WebScheme,
}

/// Whether a web address leads to the machine of whoever opens it. A dot at the end of a name says
/// only that it is complete.
pub(super) fn is_loopback(url: &Url) -> bool {
    if !matches!(url.scheme(), "http" | "https") {
        return false;
    }
    match url.host() {
        Some(Host::Domain(name)) => {
            let name = name.strip_suffix('.').unwrap_or(name);
            name == "localhost" || name.ends_with(".localhost")
        }
        Some(_) => thyra_oauth::is_loopback(url),
        None => false,
    }
}

/// What stands between `//` and the path of an absolute URL; `None` without `//`.
fn authority(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once(':')?;
    let rest = rest.strip_prefix("//")?;
    rest.split(['/', '?', '#']).next()
}

/// What follows the authority of an absolute URL, or its scheme where it has none.
fn behind_authority(text: &str) -> &str {
    let rest = text.split_once(':').map_or("", |(_, rest)| rest);
    let Some(rest) = rest.strip_prefix("//") else {
        return rest;
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    rest.get(end..).unwrap_or_default()
}

/// The path of an absolute URL, byte for byte as it came.
pub(super) fn path(text: &str) -> &str {
    let rest = behind_authority(text);
    rest.split(['?', '#']).next().unwrap_or_default()
}

/// The root is the same place with and without its slash.
fn rooted(path_and_query: &str) -> (&str, &str) {
    let (path, query) = match path_and_query.find('?') {
        Some(at) => path_and_query.split_at(at),
        None => (path_and_query, ""),
    };
    (if path.is_empty() { "/" } else { path }, query)
}

/// Whether any reader of `path`, however often it decodes, finds a segment `.` or `..` in it.
pub(super) fn has_dot_segment(path: &str) -> bool {
    let is_dots = |segment: &str| matches!(segment, "." | "..");
    let once = |path: &String| {
        let decoded = percent_decode_str(path).decode_utf8_lossy();
        (decoded != *path).then(|| decoded.into_owned())
    };
    let mut readings = iter::successors(Some(path.to_owned()), once);
    let found = readings
        .by_ref()
        .take(MAX_DECODINGS)
        .any(|path| path.split(['/', '\\']).any(is_dots));
    // What is still encoded then was encoded to hide something.
    found || readings.next().is_some()
}

/// Form-encoded, with `%20` for a space: readers of custom schemes do not all know the plus sign.
fn encoded(text: &str) -> String {
    let encoded: String = form_urlencoded::byte_serialize(text.as_bytes()).collect();
    encoded.replace('+', "%20")
}

#[cfg(test)]
mod tests;
