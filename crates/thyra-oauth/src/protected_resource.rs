//! What a protected resource says about itself (RFC 9728 section 2).

use serde::{Deserialize, Serialize};

use crate::members::{or_absent, or_ignored};
use crate::resource::ResourceUrl;
use crate::scope::{OFFLINE_ACCESS, ScopeSet};

/// Protected resource metadata (RFC 9728 section 2).
///
/// A resource server writes it and clients read it. The members are written in the order of the
/// fields, and lists without elements are left out (section 3.2). `resource` and
/// `authorization_servers` are kept byte for byte, because that is how they are compared.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct ProtectedResourceMetadata {
    /// The URL that identifies the resource.
    pub resource: String,
    /// The issuer identifiers of the authorization servers that give out tokens for the resource.
    #[serde(
        default,
        deserialize_with = "or_absent",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub authorization_servers: Vec<String>,
    /// The scopes that clients may ask for.
    #[serde(
        default,
        deserialize_with = "or_absent",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub scopes_supported: Vec<String>,
    /// How a token may be sent: `header` only.
    #[serde(
        default,
        deserialize_with = "or_ignored",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub bearer_methods_supported: Vec<String>,
    /// With which algorithms clients may sign proofs that a token is theirs (RFC 9449).
    #[serde(
        default,
        deserialize_with = "or_ignored",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub dpop_signing_alg_values_supported: Vec<String>,
    /// Whether each token must be bound to a key of the client.
    #[serde(
        default,
        deserialize_with = "or_ignored",
        skip_serializing_if = "std::ops::Not::not"
    )]
    pub dpop_bound_access_tokens_required: bool,
    /// The resource's name for people.
    #[serde(
        default,
        deserialize_with = "or_ignored",
        skip_serializing_if = "Option::is_none"
    )]
    pub resource_name: Option<String>,
    /// The URL of a page for developers.
    #[serde(
        default,
        deserialize_with = "or_ignored",
        skip_serializing_if = "Option::is_none"
    )]
    pub resource_documentation: Option<String>,
}

impl ProtectedResourceMetadata {
    /// Metadata of a resource that takes tokens of these issuers in the `Authorization` header.
    pub fn new<S: Into<String>>(
        resource: &ResourceUrl,
        authorization_servers: impl IntoIterator<Item = S>,
    ) -> Self {
        Self {
            resource: resource.as_str().to_owned(),
            authorization_servers: authorization_servers.into_iter().map(Into::into).collect(),
            scopes_supported: Vec::new(),
            bearer_methods_supported: vec!["header".to_owned()],
            dpop_signing_alg_values_supported: Vec::new(),
            dpop_bound_access_tokens_required: false,
            resource_name: None,
            resource_documentation: None,
        }
    }

    /// Names the scopes that clients may ask for. `offline_access` is left out: it asks the
    /// authorization server for a refresh token and says nothing about this resource.
    #[must_use]
    pub fn with_scopes(mut self, scopes: &ScopeSet) -> Self {
        self.scopes_supported = scopes
            .iter()
            .filter(|scope| *scope != OFFLINE_ACCESS)
            .map(str::to_owned)
            .collect();
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resource() -> ResourceUrl {
        ResourceUrl::new("https://my.example.com", "/mcp").unwrap()
    }

    #[test]
    fn lists_without_elements_are_left_out() {
        let metadata = ProtectedResourceMetadata::new(&resource(), ["https://e/resources/res_1"]);
        insta::assert_snapshot!(
            serde_json::to_string(&metadata).unwrap(),
            @r#"{"resource":"https://my.example.com/mcp","authorization_servers":["https://e/resources/res_1"],"bearer_methods_supported":["header"]}"#
        );
        let mut bare = ProtectedResourceMetadata::new::<String>(&resource(), []);
        bare.bearer_methods_supported.clear();
        let written = serde_json::to_string(&bare).unwrap();
        assert_eq!(written, r#"{"resource":"https://my.example.com/mcp"}"#);
        // What is left out is read as empty.
        let read: ProtectedResourceMetadata = serde_json::from_str(&written).unwrap();
        assert_eq!(read, bare);
    }

    #[test]
    fn the_members_keep_their_order() {
        let mut metadata =
            ProtectedResourceMetadata::new(&resource(), ["https://issuer.example.com/"])
                .with_scopes(&ScopeSet::from_iter(["read", "offline_access", "openid"]));
        metadata.resource_name = Some("Notes".to_owned());
        metadata.resource_documentation = Some("https://my.example.com/docs".to_owned());
        insta::assert_snapshot!(
            serde_json::to_string_pretty(&metadata).unwrap(),
            @r#"
        {
          "resource": "https://my.example.com/mcp",
          "authorization_servers": [
            "https://issuer.example.com/"
          ],
          "scopes_supported": [
            "read",
            "openid"
          ],
          "bearer_methods_supported": [
            "header"
          ],
          "resource_name": "Notes",
          "resource_documentation": "https://my.example.com/docs"
        }
        "#
        );
    }

    #[test]
    fn what_is_written_is_read_back() {
        let mut metadata = ProtectedResourceMetadata::new(&resource(), ["https://e/"])
            .with_scopes(&ScopeSet::parse("read write"));
        metadata.resource_name = Some("Notes".to_owned());
        let text = serde_json::to_string(&metadata).unwrap();
        let back: ProtectedResourceMetadata = serde_json::from_str(&text).unwrap();
        assert_eq!(back, metadata);
    }

    #[test]
    fn only_what_clients_need_must_have_the_right_form() {
        let read = serde_json::from_str::<ProtectedResourceMetadata>;
        let lenient = read(
            r#"{"resource":"r","authorization_servers":null,"bearer_methods_supported":1,"resource_name":{}}"#,
        )
        .unwrap();
        assert!(lenient.authorization_servers.is_empty());
        assert!(lenient.bearer_methods_supported.is_empty());
        assert_eq!(lenient.resource_name, None);
        for wrong in [
            "{}",
            r#"{"resource":1}"#,
            r#"{"resource":"r","authorization_servers":"https://e"}"#,
            r#"{"resource":"r","scopes_supported":"a b"}"#,
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
