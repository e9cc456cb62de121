//! What the document must say.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;
use thyra_auth::KeySetUrl;
use thyra_oauth::{AuthorizationServerMetadata, Trust, UrlRefused, learned_url, printable};
use url::Url;

use super::{DiscoveryError, Found, Rules};
use crate::upstream::endpoints::{Place, Places};

/// The metadata, and what only `OpenID` Connect has.
#[derive(Deserialize)]
pub(super) struct Document {
    #[serde(flatten)]
    metadata: AuthorizationServerMetadata,
    subject_types_supported: Option<Value>,
    id_token_signing_alg_values_supported: Option<Value>,
}

impl Document {
    pub(super) fn read(body: &[u8], place: &Url) -> Result<Self, DiscoveryError> {
        serde_json::from_slice(body).map_err(|source| DiscoveryError::Malformed {
            url: place.to_string(),
            source,
        })
    }

    /// What it names, if it may.
    pub(super) fn judge(self, place: &Url, rules: &Rules) -> Result<Found, DiscoveryError> {
        let metadata = &self.metadata;
        if !rules.issuers.contains(&metadata.issuer) {
            return Err(DiscoveryError::OtherIssuer {
                url: place.to_string(),
                named: printable(&metadata.issuer),
            });
        }
        if rules.strict {
            self.check_whole(place)?;
        }
        let learned = |member, text: &Option<String>| learned(member, text.as_deref(), place);
        let needed = |member, text: &Option<String>| {
            learned(member, text)?.ok_or_else(|| missing(place, member))
        };
        let at = |url| Place {
            url,
            trust: Trust::Learned {
                from: place.clone(),
            },
        };
        let token = needed("token_endpoint", &metadata.token_endpoint)?;
        let revocation = learned("revocation_endpoint", &metadata.revocation_endpoint)?;
        let keys = learned("jwks_uri", &metadata.jwks_uri)?;
        let keys = keys.map(|url| KeySetUrl::learned(url.as_str(), place.as_str()));
        let places = Places {
            issuer: Some(metadata.issuer.clone()),
            names_itself: metadata.authorization_response_iss_parameter_supported,
            authorization: needed("authorization_endpoint", &metadata.authorization_endpoint)?,
            token: at(token),
            revocation: revocation.map(at),
        };
        Ok(Found {
            issuer: self.metadata.issuer,
            places: Arc::new(places),
            // Both are URLs.
            keys: keys.and_then(Result::ok),
        })
    }

    /// What `OpenID` Connect Discovery section 3 demands besides.
    fn check_whole(&self, place: &Url) -> Result<(), DiscoveryError> {
        let is_list = |value: &Option<Value>| {
            let list = value.as_ref().and_then(Value::as_array);
            list.is_some_and(|items| !items.is_empty())
        };
        for (member, is_there) in [
            ("jwks_uri", self.metadata.jwks_uri.is_some()),
            (
                "response_types_supported",
                !self.metadata.response_types_supported.is_empty(),
            ),
            (
                "subject_types_supported",
                is_list(&self.subject_types_supported),
            ),
            (
                "id_token_signing_alg_values_supported",
                is_list(&self.id_token_signing_alg_values_supported),
            ),
        ] {
            if !is_there {
                return Err(missing(place, member));
            }
        }
        Ok(())
    }
}

fn learned(
    member: &'static str,
    text: Option<&str>,
    place: &Url,
) -> Result<Option<Url>, DiscoveryError> {
    let url = text.map(|text| learned_url(text, place)).transpose();
    url.map_err(|source: UrlRefused| DiscoveryError::Url {
        url: place.to_string(),
        member,
        source,
    })
}

fn missing(place: &Url, member: &'static str) -> DiscoveryError {
    DiscoveryError::Missing {
        url: place.to_string(),
        member,
    }
}
