//! Dynamic client registration (RFC 7591).

use http::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::charset::is_of_credentials;
use crate::client_authentication::{ClientAuthentication, ClientCredentials};
use crate::printable::printable;
use crate::resource::is_loopback;
use crate::secret::Secret;

/// The longest client identifier and secret, in bytes.
const MAX_CREDENTIAL: usize = 2048;

/// What a client says about itself when it registers (RFC 7591 section 2).
/// [`ClientMetadata::headers`] and [`ClientMetadata::body`] are what to post.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ClientMetadata<'a> {
    /// `native` or `web`.
    pub application_type: &'a str,
    /// The client's name for people.
    pub client_name: &'a str,
    /// The grants that it uses.
    pub grant_types: Vec<&'a str>,
    /// Where browsers may come back to.
    pub redirect_uris: Vec<&'a str>,
    /// What it wants from the authorization endpoint.
    pub response_types: Vec<&'a str>,
    /// How it authenticates at the token endpoint.
    pub token_endpoint_auth_method: &'a str,
}

impl<'a> ClientMetadata<'a> {
    /// A native, public client that uses codes and refresh tokens (RFC 8252 section 8.4).
    pub fn native(client_name: &'a str, redirect_uri: &'a str) -> Self {
        Self {
            application_type: "native",
            client_name,
            grant_types: vec!["authorization_code", "refresh_token"],
            redirect_uris: vec![redirect_uri],
            response_types: vec!["code"],
            token_endpoint_auth_method: "none",
        }
    }

    /// A web application, which uses codes and refresh tokens and can keep a secret. One that runs
    /// on this machine counts as native (MCP `basic/authorization/client-registration`).
    pub fn web(client_name: &'a str, redirect_uri: &'a str) -> Self {
        let is_local = Url::parse(redirect_uri).is_ok_and(|url| is_loopback(&url));
        Self {
            application_type: if is_local { "native" } else { "web" },
            token_endpoint_auth_method: "client_secret_basic",
            ..Self::native(client_name, redirect_uri)
        }
    }

    /// A native, public client of people who log in on another device, with refresh tokens (RFC
    /// 8628).
    pub fn device(client_name: &'a str) -> Self {
        Self {
            application_type: "native",
            client_name,
            grant_types: vec![
                "urn:ietf:params:oauth:grant-type:device_code",
                "refresh_token",
            ],
            redirect_uris: Vec::new(),
            response_types: Vec::new(),
            token_endpoint_auth_method: "none",
        }
    }

    /// The headers of a registration request.
    pub fn headers(&self) -> HeaderMap {
        let json = HeaderValue::from_static("application/json");
        HeaderMap::from_iter([(ACCEPT, json.clone()), (CONTENT_TYPE, json)])
    }

    /// The body of a registration request.
    pub fn body(&self) -> Vec<u8> {
        // A struct of strings serialises.
        serde_json::to_vec(self).unwrap_or_default()
    }
}

impl ClientCredentials {
    /// Reads the HTTP status and the body of the answer to a registration (RFC 7591 section 3.2).
    ///
    /// The server's choice of authentication counts, not the client's: some servers give a secret
    /// to everybody.
    ///
    /// # Errors
    ///
    /// [`RegistrationError`] when there are no credentials in it that can be used.
    pub fn read_registration(status: u16, body: &[u8]) -> Result<Self, RegistrationError> {
        match status {
            200 | 201 => serde_json::from_slice::<Information>(body)
                .map_err(|_| RegistrationError::Malformed)?
                .credentials(),
            _ => Err(RegistrationError::refused(status, body)),
        }
    }
}

/// RFC 7591 section 3.2.1, as far as it matters here.
#[derive(Deserialize)]
struct Information {
    client_id: String,
    client_secret: Option<String>,
    token_endpoint_auth_method: Option<String>,
}

impl Information {
    fn credentials(self) -> Result<ClientCredentials, RegistrationError> {
        let secret = self.client_secret.map(Secret::new);
        let secret_length = secret.as_ref().map_or(0, |secret| secret.expose().len());
        if self.client_id.is_empty()
            || self.client_id.len() > MAX_CREDENTIAL
            || secret_length > MAX_CREDENTIAL
        {
            return Err(RegistrationError::Malformed);
        }
        let secret_text = secret.as_ref().map_or("", |secret| secret.expose());
        for (member, text) in [
            ("client_id", self.client_id.as_str()),
            ("client_secret", secret_text),
        ] {
            if !is_of_credentials(text) {
                return Err(RegistrationError::Character { member });
            }
        }
        let authentication = match (secret, self.token_endpoint_auth_method.as_deref()) {
            (_, Some("none")) | (None, None) => ClientAuthentication::None,
            (Some(secret), Some("client_secret_post")) => ClientAuthentication::Post(secret),
            // RFC 7591 section 2: the default when no method is named.
            (Some(secret), Some("client_secret_basic") | None) => {
                ClientAuthentication::Basic(secret)
            }
            (_, Some(method)) => {
                return Err(RegistrationError::Authentication {
                    method: printable(method),
                });
            }
        };
        Ok(ClientCredentials {
            client_id: self.client_id,
            authentication,
        })
    }
}

/// Why an authorization server did not register a client.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RegistrationError {
    /// The server wants the client to authenticate in a way that is not supported.
    #[error(
        "the authorization server wants the client to authenticate with `{method}`, which this client does not know"
    )]
    Authentication {
        /// The method.
        method: String,
    },
    /// The identifier or the secret holds a character that it must not have.
    #[error(
        "the `{member}` that the authorization server gave holds a character that none has (RFC 6749 appendix A)"
    )]
    Character {
        /// `client_id` or `client_secret`.
        member: &'static str,
    },
    /// The answer does not follow RFC 7591.
    #[error("the answer is not client information as RFC 7591 section 3.2.1 has it")]
    Malformed,
    /// The server takes no client with such a redirect URI (RFC 7591 section 3.2.2).
    #[error(
        "the authorization server takes no client with the redirect URI that was asked for{reason}; have a client \
         registered there with one that it takes, and set that client up"
    )]
    RedirectUri {
        /// A colon and what the server said, or nothing.
        reason: String,
    },
    /// The server refused.
    #[error("the authorization server refused to register the client with status {status}{reason}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// A colon and what the server said, or nothing.
        reason: String,
    },
}

impl RegistrationError {
    fn refused(status: u16, body: &[u8]) -> Self {
        #[derive(Deserialize)]
        struct Problem {
            error: Option<String>,
            error_description: Option<String>,
            message: Option<String>,
        }

        let mut reason = String::new();
        let mut is_redirect_uri = false;
        if let Ok(problem) = serde_json::from_slice::<Problem>(body) {
            is_redirect_uri = problem.error.as_deref() == Some("invalid_redirect_uri");
            let said = [problem.error, problem.error_description.or(problem.message)];
            for text in said.into_iter().flatten() {
                reason.push_str(": ");
                reason.push_str(&printable(&text));
            }
        }
        if is_redirect_uri {
            return Self::RedirectUri { reason };
        }
        Self::Refused { status, reason }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn authentication(information: &Value) -> Result<String, String> {
        let body = information.to_string();
        let credentials = ClientCredentials::read_registration(201, body.as_bytes())
            .map_err(|error| format!("{error:?}"))?;
        assert_eq!(credentials.client_id, "c");
        match credentials.authentication {
            ClientAuthentication::Assertion(_) => Ok("assertion".to_owned()),
            ClientAuthentication::Basic(secret) => Ok(format!("basic {}", secret.expose())),
            ClientAuthentication::None => Ok("none".to_owned()),
            ClientAuthentication::Post(secret) => Ok(format!("post {}", secret.expose())),
        }
    }

    #[test]
    fn the_servers_choice_of_authentication_counts() {
        let cases = [
            (json!({ "client_id": "c" }), "none"),
            (json!({ "client_id": "c", "client_secret": null }), "none"),
            (
                json!({ "client_id": "c", "token_endpoint_auth_method": "none" }),
                "none",
            ),
            (
                json!({ "client_id": "c", "client_secret": "s", "token_endpoint_auth_method": "none" }),
                "none",
            ),
            (json!({ "client_id": "c", "client_secret": "s" }), "basic s"),
            (
                json!({ "client_id": "c", "client_secret": "s", "token_endpoint_auth_method": "client_secret_post" }),
                "post s",
            ),
            (
                json!({ "client_id": "c", "client_secret": "s", "token_endpoint_auth_method": "client_secret_basic" }),
                "basic s",
            ),
        ];
        for (information, wanted) in cases {
            assert_eq!(
                authentication(&information).unwrap(),
                wanted,
                "{information}"
            );
        }
    }

    #[test]
    fn what_cannot_be_used_is_refused() {
        for information in [
            json!({}),
            json!({ "client_id": "" }),
            json!({ "client_id": 1 }),
            json!({ "client_id": "x".repeat(MAX_CREDENTIAL + 1) }),
            json!({ "client_id": "c", "client_secret": "x".repeat(MAX_CREDENTIAL + 1) }),
            json!({ "client_id": "c", "token_endpoint_auth_method": "private_key_jwt" }),
            json!({ "client_id": "c", "token_endpoint_auth_method": "client_secret_basic" }),
        ] {
            assert!(authentication(&information).is_err(), "{information}");
        }
    }

    #[test]
    fn an_identifier_and_a_secret_are_visible_ascii() {
        for odd in ["\u{1b}]0;x\u{7}", "a\r\nb", "\u{202e}", "\u{e9}", "\u{7f}"] {
            for member in ["client_id", "client_secret"] {
                let mut information = json!({ "client_id": "c" });
                information[member] = odd.into();
                let body = information.to_string();
                assert_eq!(
                    ClientCredentials::read_registration(201, body.as_bytes()).unwrap_err(),
                    RegistrationError::Character { member }
                );
            }
        }
        assert!(authentication(&json!({ "client_id": "c", "client_secret": "a b~!" })).is_ok());
    }

    #[test]
    fn a_web_application_is_native_on_this_machine_only() {
        for (uri, wanted) in [
            ("https://app.example.com/callback", "web"),
            ("http://127.0.0.1:3000/callback", "native"),
            ("http://localhost:3000/callback", "native"),
        ] {
            let body = ClientMetadata::web("app", uri).body();
            let body: Value = serde_json::from_slice(&body).unwrap();
            assert_eq!(body["application_type"], wanted, "{uri}");
            assert_eq!(body["token_endpoint_auth_method"], "client_secret_basic");
            assert_eq!(body["redirect_uris"], json!([uri]));
        }
        let body = ClientMetadata::native("app", "http://127.0.0.1:3000/callback");
        assert_eq!(body.application_type, "native");
    }

    #[test]
    fn a_refusal_repeats_what_the_server_says() {
        let said = |body: &str| {
            ClientCredentials::read_registration(400, body.as_bytes())
                .unwrap_err()
                .to_string()
        };
        let prefix = "the authorization server refused to register the client with status 400";
        assert_eq!(said("<html>"), prefix);
        assert_eq!(
            said(r#"{"error":"invalid_client_metadata","error_description":"no\n"}"#),
            format!("{prefix}: invalid_client_metadata: no\\n")
        );
        let said_of_uri = said(r#"{"error":"invalid_redirect_uri","error_description":"no\n"}"#);
        let wanted = "redirect URI that was asked for: invalid_redirect_uri: no\\n; have a client";
        assert!(said_of_uri.contains(wanted), "{said_of_uri}");
        assert_eq!(
            said(r#"{"code":7,"message":"switched off"}"#),
            format!("{prefix}: switched off")
        );
    }
}
