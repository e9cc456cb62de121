//! From an answer to a client.

use std::time::Duration;

use http::{HeaderMap, StatusCode, header};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use thyra_auth::{Jwks, KeySet, KeySetUrl, KeySource};
use thyra_oauth::{FetchLimits, Fetched, Trust};

use super::url::DocumentUrl;
use super::{DocumentError, Inner};
use crate::client::configured::Credential;
use crate::client::metadata::{Metadata, MetadataRefused};
use crate::client::{Client, ClientKind};

pub(super) const LIMITS: FetchLimits = FetchLimits {
    max_bytes: 5 * 1024,
    timeout: Duration::from_secs(5),
};

/// A document that describes a client.
pub(super) struct Document {
    pub(super) client: Client,
    /// Where its keys are, if they are somewhere else.
    keys: Option<(String, Jwks)>,
}

/// What only documents have. The rest is the metadata of a registration.
#[derive(Deserialize)]
struct Members<'a> {
    client_id: String,
    client_secret: Option<IgnoredAny>,
    client_secret_expires_at: Option<IgnoredAny>,
    #[serde(borrow)]
    jwks: Option<&'a RawValue>,
    jwks_uri: Option<String>,
}

impl Inner {
    /// The document in `answer`. Keys that are somewhere else stay those of the old document, if
    /// they are still there.
    pub(super) fn read(
        &self,
        url: &DocumentUrl,
        answer: &Fetched,
        old: Option<&Document>,
    ) -> Result<Document, DocumentError> {
        if answer.status != StatusCode::OK {
            let status = answer.status.as_u16();
            return Err(DocumentError::Status { status });
        }
        if !is_json(&answer.headers) {
            return Err(DocumentError::MediaType);
        }
        let metadata = Metadata::read(&answer.body)?;
        let members: Members<'_> =
            serde_json::from_slice(&answer.body).map_err(MetadataRefused::Syntax)?;
        if members.client_id != url.as_str() {
            return Err(DocumentError::ClientId);
        }
        let refused = |problem| Err(MetadataRefused::Member(problem).into());
        if members.client_secret.is_some() || members.client_secret_expires_at.is_some() {
            return refused("a public document cannot hold a `client_secret`");
        }
        if metadata.name.is_none() {
            return refused("`client_name` is missing");
        }
        let wild = |uri: &str| uri.contains('*');
        if metadata.redirect_uris.iter().any(|uri| wild(uri.as_str())) {
            return refused("`redirect_uris` cannot have wildcards");
        }
        let mut keys = None;
        let credential = match metadata.authentication_method.as_deref() {
            None | Some("none") => Credential::None,
            Some("private_key_jwt") => {
                let source;
                (source, keys) = self.keys(&members, old)?;
                let verifier = self.assertions.verifier(url.as_str(), source);
                let verifier = verifier
                    .map_err(|_| DocumentError::Keys("none of them can be used for assertions"))?;
                Credential::Keys(verifier)
            }
            Some(_) => {
                return refused("`token_endpoint_auth_method` must be `none` or `private_key_jwt`");
            }
        };
        let host = url.host().to_owned();
        let client = Client {
            id: url.as_str().to_owned(),
            name: metadata.name,
            kind: ClientKind::Document { host },
            application_type: metadata.application_type,
            scopes: self.offered.scopes(metadata.scopes.as_ref()),
            grant_types: self.offered.grant_types(metadata.grant_types),
            redirect_uris: metadata.redirect_uris.into(),
            redirect_patterns: None,
            credential,
            use_must_be_noted: false,
        };
        Ok(Document { client, keys })
    }

    fn keys(
        &self,
        members: &Members<'_>,
        old: Option<&Document>,
    ) -> Result<(KeySource, Option<(String, Jwks)>), DocumentError> {
        match (members.jwks, &members.jwks_uri) {
            (Some(jwks), None) => {
                let keys = KeySet::from_jwks(jwks.get().as_bytes());
                let keys = keys.map_err(|_| DocumentError::Keys("`jwks` has none that verify"))?;
                Ok((keys.into(), None))
            }
            (None, Some(uri)) => {
                let known = old.and_then(|old| old.keys.as_ref());
                let jwks = match known.filter(|(known, _)| known == uri) {
                    Some((_, jwks)) => jwks.clone(),
                    None => self.jwks(uri)?,
                };
                Ok((jwks.clone().into(), Some((uri.clone(), jwks))))
            }
            (None, None) => Err(DocumentError::Keys(
                "there is neither `jwks` nor `jwks_uri`",
            )),
            (Some(_), Some(_)) => Err(DocumentError::Keys(
                "there are both `jwks` and `jwks_uri` (RFC 7591 section 2)",
            )),
        }
    }

    /// The key set at a URL that a stranger's document names.
    fn jwks(&self, uri: &str) -> Result<Jwks, DocumentError> {
        let url = DocumentUrl::parse(uri, self.reach).map_err(|_| {
            DocumentError::Keys("`jwks_uri` is not an https URL with a path of a public host")
        })?;
        let place = if self.trust(&url) == Trust::Configured {
            KeySetUrl::configured(uri)
        } else {
            KeySetUrl::public(uri)
        };
        let place = place.map_err(|_| DocumentError::Keys("`jwks_uri` is not an absolute URL"))?;
        Ok(Jwks::builder(place)
            .fetcher(self.fetcher.clone())
            .clock(self.clock.clone())
            .build())
    }
}

/// Whether the answer is `application/json`, or of a type that ends with `+json`.
fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    let essence = essence.to_ascii_lowercase();
    essence == "application/json"
        || (essence.starts_with("application/") && essence.ends_with("+json"))
}
