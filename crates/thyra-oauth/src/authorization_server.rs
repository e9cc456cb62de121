//! What an authorization server says about itself (RFC 8414 section 2).

use serde::{Deserialize, Serialize};

use crate::members::{or_absent, or_ignored};

/// Authorization server metadata (RFC 8414 section 2, and what later RFCs added).
///
/// An authorization server writes it; clients, proxies and resource servers read it. Reading checks
/// the form only: whether the document may be trusted is up to the reader. `issuer` is kept byte
/// for byte, because that is how it is compared.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct AuthorizationServerMetadata {
    /// The URL that identifies the authorization server.
    pub issuer: String,
    /// Where a person logs in.
    #[serde(
        default,
        deserialize_with = "or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub authorization_endpoint: Option<String>,
    /// Where grants become tokens.
    #[serde(
        default,
        deserialize_with = "or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub token_endpoint: Option<String>,
    /// Where a program asks for codes with which a person logs in on another device (RFC 8628).
    #[serde(
        default,
        deserialize_with = "or_ignored",
        skip_serializing_if = "Option::is_none"
    )]
    pub device_authorization_endpoint: Option<String>,
    /// Where its public keys are.
    #[serde(
        default,
        deserialize_with = "or_ignored",
        skip_serializing_if = "Option::is_none"
    )]
    pub jwks_uri: Option<String>,
    /// Where clients register themselves (RFC 7591).
    #[serde(
        default,
        deserialize_with = "or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub registration_endpoint: Option<String>,
    /// The scopes that it knows.
    #[serde(
        default,
        deserialize_with = "or_absent",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub scopes_supported: Vec<String>,
    /// The response types of its authorization endpoint.
    #[serde(
        default,
        deserialize_with = "or_ignored",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub response_types_supported: Vec<String>,
    /// How it brings the authorization response back.
    #[serde(
        default,
        deserialize_with = "or_ignored",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub response_modes_supported: Vec<String>,
    /// The grants that its token endpoint takes.
    #[serde(
        default,
        deserialize_with = "or_ignored",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub grant_types_supported: Vec<String>,
    /// How clients may authenticate at its token endpoint.
    #[serde(
        default,
        deserialize_with = "or_ignored",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub token_endpoint_auth_methods_supported: Vec<String>,
    /// With which algorithms clients may sign assertions there.
    #[serde(
        default,
        deserialize_with = "or_ignored",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub token_endpoint_auth_signing_alg_values_supported: Vec<String>,
    /// A page for developers.
    #[serde(
        default,
        deserialize_with = "or_ignored",
        skip_serializing_if = "Option::is_none"
    )]
    pub service_documentation: Option<String>,
    /// Where tokens are revoked (RFC 7009).
    #[serde(
        default,
        deserialize_with = "or_ignored",
        skip_serializing_if = "Option::is_none"
    )]
    pub revocation_endpoint: Option<String>,
    /// Where resource servers ask about tokens (RFC 7662).
    #[serde(
        default,
        deserialize_with = "or_ignored",
        skip_serializing_if = "Option::is_none"
    )]
    pub introspection_endpoint: Option<String>,
    /// The PKCE methods that it checks (RFC 7636).
    #[serde(
        default,
        deserialize_with = "or_absent",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub code_challenge_methods_supported: Vec<String>,
    /// With which algorithms clients may sign proofs that a token is theirs (RFC 9449).
    #[serde(
        default,
        deserialize_with = "or_ignored",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub dpop_signing_alg_values_supported: Vec<String>,
    /// Whether authorization responses name the issuer (RFC 9207).
    #[serde(
        default,
        deserialize_with = "or_absent",
        skip_serializing_if = "std::ops::Not::not"
    )]
    pub authorization_response_iss_parameter_supported: bool,
    /// Whether a URL of client metadata may be the client identifier.
    #[serde(
        default,
        deserialize_with = "or_ignored",
        skip_serializing_if = "std::ops::Not::not"
    )]
    pub client_id_metadata_document_supported: bool,
}

impl AuthorizationServerMetadata {
    /// A document that names its issuer only.
    pub fn new(issuer: impl Into<String>) -> Self {
        Self {
            issuer: issuer.into(),
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let mut metadata = AuthorizationServerMetadata::new("https://login.example.org/");
        metadata.authorization_endpoint = Some("https://login.example.org/authorize".to_owned());
        metadata.code_challenge_methods_supported = vec!["S256".to_owned()];
        metadata.authorization_response_iss_parameter_supported = true;
        let text = serde_json::to_string(&metadata).unwrap();
        insta::assert_snapshot!(text, @r#"{"issuer":"https://login.example.org/","authorization_endpoint":"https://login.example.org/authorize","code_challenge_methods_supported":["S256"],"authorization_response_iss_parameter_supported":true}"#);
        let back: AuthorizationServerMetadata = serde_json::from_str(&text).unwrap();
        assert_eq!(back, metadata);
    }

    #[test]
    fn only_what_a_login_needs_must_have_the_right_form() {
        let read = serde_json::from_str::<AuthorizationServerMetadata>;
        let lenient = read(r#"{"issuer":"i","token_endpoint":null,"jwks_uri":1}"#).unwrap();
        assert_eq!(lenient, AuthorizationServerMetadata::new("i"));
        for wrong in [
            "{}",
            r#"{"issuer":null}"#,
            r#"{"issuer":"i","token_endpoint":1}"#,
            r#"{"issuer":"i","scopes_supported":"a b"}"#,
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
