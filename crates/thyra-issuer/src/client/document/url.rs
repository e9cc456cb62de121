//! The URL of a client metadata document, which is the identifier of its client.

use std::hash::{Hash, Hasher};

use thyra_oauth::{is_loopback, page_url};
use url::Url;

use super::{DocumentError, DocumentReach};
use crate::client::redirect::{has_dot_segment, path};

/// The longest, in bytes.
const MAX_LENGTH: usize = 2000;

/// The URL of a client metadata document, byte for byte as it came.
#[derive(Clone, Debug)]
pub(super) struct DocumentUrl {
    text: String,
    url: Url,
}

impl DocumentUrl {
    /// `https`, with a path, and without a fragment, a user name and dot segments.
    pub(super) fn parse(text: &str, reach: DocumentReach) -> Result<Self, DocumentError> {
        let refused = |problem| Err(DocumentError::Url(problem));
        if text.len() > MAX_LENGTH {
            return refused("it is longer than 2000 bytes");
        }
        let url = page_url(text).map_err(DocumentError::Url)?;
        let may_be_plain = reach == DocumentReach::PublicAndLoopback && is_loopback(&url);
        if url.scheme() != "https" && !may_be_plain {
            return refused("it is not https");
        }
        if text.contains('#') {
            return refused("it has a fragment");
        }
        let path = path(text);
        if matches!(path, "" | "/") {
            return refused("it has no path");
        }
        if has_dot_segment(path) {
            return refused("its path has a dot segment");
        }
        let text = text.to_owned();
        Ok(Self { text, url })
    }

    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    pub(super) fn as_url(&self) -> &Url {
        &self.url
    }

    pub(super) fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    pub(super) fn is_loopback(&self) -> bool {
        is_loopback(&self.url)
    }
}

impl PartialEq for DocumentUrl {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for DocumentUrl {}

impl Hash for DocumentUrl {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}
