//! Dynamic client registration (RFC 7591).

use serde::{Deserialize, Serialize};
use thyra_auth::Secret;

use super::super::discovery::AuthorizationServerMetadata;
use super::super::outbound::{Body, Http, HttpError};
use super::super::printable::printable;

/// The longest client identifier and secret, in bytes.
const MAX_CREDENTIAL: usize = 2048;

/// What an authorization server knows this client by. It is of use at that server only.
#[derive(Debug)]
pub(super) struct Registration {
    /// The server that made it, byte for byte.
    pub(super) issuer: String,
    pub(super) client_id: String,
    pub(super) authentication: Authentication,
    /// The port of the redirect URI that was registered.
    pub(super) port: u16,
}

/// How the client proves at the token endpoint who it is (RFC 7591 section 2).
#[derive(Debug)]
pub(super) enum Authentication {
    Basic(Secret),
    None,
    Post(Secret),
}

/// Registers a native, public client (RFC 8252 section 8.4).
pub(super) async fn register(
    http: &Http,
    server: &AuthorizationServerMetadata,
    name: &str,
    redirect_uri: &str,
    port: u16,
) -> Result<Registration, RegistrationError> {
    let Some(endpoint) = &server.registration_endpoint else {
        return Err(RegistrationError::NotOffered {
            issuer: printable(&server.issuer),
        });
    };
    let metadata = ClientMetadata {
        application_type: "native",
        client_name: name,
        grant_types: ["authorization_code", "refresh_token"],
        redirect_uris: [redirect_uri],
        response_types: ["code"],
        token_endpoint_auth_method: "none",
    };
    // A struct of strings serialises.
    let body = serde_json::to_vec(&metadata).unwrap_or_default();
    let reply = http.post(endpoint, Body::Json(body)).await?;
    match reply.status {
        200 | 201 => {
            let information: Information =
                serde_json::from_slice(&reply.body).map_err(|_| RegistrationError::Malformed)?;
            information.registration(&server.issuer, port)
        }
        status => Err(RegistrationError::refused(status, &reply.body)),
    }
}

#[derive(Serialize)]
struct ClientMetadata<'a> {
    application_type: &'static str,
    client_name: &'a str,
    grant_types: [&'static str; 2],
    redirect_uris: [&'a str; 1],
    response_types: [&'static str; 1],
    token_endpoint_auth_method: &'static str,
}

/// RFC 7591 section 3.2.1, as far as it matters here.
#[derive(Deserialize)]
struct Information {
    client_id: String,
    client_secret: Option<Credential>,
    token_endpoint_auth_method: Option<String>,
}

#[derive(Deserialize)]
#[serde(from = "String")]
struct Credential(Secret);

impl From<String> for Credential {
    fn from(text: String) -> Self {
        Self(Secret::new(text))
    }
}

impl Information {
    /// What the server decided counts, not what was asked for: some give a secret to everybody.
    fn registration(self, issuer: &str, port: u16) -> Result<Registration, RegistrationError> {
        let secret = self.client_secret.map(|Credential(secret)| secret);
        let secret_length = secret.as_ref().map_or(0, |secret| secret.expose().len());
        if self.client_id.is_empty()
            || self.client_id.len() > MAX_CREDENTIAL
            || secret_length > MAX_CREDENTIAL
        {
            return Err(RegistrationError::Malformed);
        }
        let authentication = match (secret, self.token_endpoint_auth_method.as_deref()) {
            (_, Some("none")) | (None, None) => Authentication::None,
            (Some(secret), Some("client_secret_post")) => Authentication::Post(secret),
            // RFC 7591 section 2: the method that counts when none is named.
            (Some(secret), Some("client_secret_basic") | None) => Authentication::Basic(secret),
            (_, Some(method)) => {
                return Err(RegistrationError::Authentication {
                    method: printable(method),
                });
            }
        };
        Ok(Registration {
            issuer: issuer.to_owned(),
            client_id: self.client_id,
            authentication,
            port,
        })
    }
}

/// Why the client is not registered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegistrationError {
    /// The server wants a proof of identity that this client cannot give.
    #[error(
        "the authorization server wants the client to authenticate with `{method}`, which this client does not know"
    )]
    Authentication {
        /// The method.
        method: String,
    },
    /// No HTTP reply.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The answer is not that of RFC 7591.
    #[error("the answer is not client information as RFC 7591 section 3.2.1 has it")]
    Malformed,
    /// The server does not let clients register themselves.
    #[error(
        "the authorization server {issuer} has no registration_endpoint; ask its operator to switch dynamic client registration on"
    )]
    NotOffered {
        /// The issuer.
        issuer: String,
    },
    /// The server said no.
    #[error("the authorization server refused to register the client with status {status}{reason}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// What it said, behind a colon, or nothing.
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
        if let Ok(problem) = serde_json::from_slice::<Problem>(body) {
            let said = [problem.error, problem.error_description.or(problem.message)];
            for text in said.into_iter().flatten() {
                reason.push_str(": ");
                reason.push_str(&printable(&text));
            }
        }
        Self::Refused { status, reason }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn authentication(information: Value) -> Result<String, String> {
        let information: Information =
            serde_json::from_value(information).map_err(|error| error.to_string())?;
        match information
            .registration("https://a", 1)
            .map_err(|error| format!("{error:?}"))?
            .authentication
        {
            Authentication::Basic(secret) => Ok(format!("basic {}", secret.expose())),
            Authentication::None => Ok("none".to_owned()),
            Authentication::Post(secret) => Ok(format!("post {}", secret.expose())),
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
                authentication(information.clone()).unwrap(),
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
            assert!(
                authentication(information.clone()).is_err(),
                "{information}"
            );
        }
    }

    #[test]
    fn a_refusal_repeats_what_the_server_says() {
        let said = |body: &str| RegistrationError::refused(400, body.as_bytes()).to_string();
        let prefix = "the authorization server refused to register the client with status 400";
        assert_eq!(said("<html>"), prefix);
        assert_eq!(
            said(r#"{"error":"invalid_redirect_uri","error_description":"no\n"}"#),
            format!("{prefix}: invalid_redirect_uri: no ")
        );
        assert_eq!(
            said(r#"{"code":7,"message":"switched off"}"#),
            format!("{prefix}: switched off")
        );
    }
}
