//! How a client proves at a token endpoint who it is (OAuth 2.1 section 2.4, RFC 7591 section 2).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use url::form_urlencoded;

use crate::secret::Secret;

/// RFC 7523 section 2.2.
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// What an authorization server knows a client by. It is of use at that server only.
#[derive(Clone, Debug)]
pub struct ClientCredentials {
    /// The client's identifier.
    pub client_id: String,
    /// How the client proves that the identifier is its own.
    pub authentication: ClientAuthentication,
}

/// How a client authenticates.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ClientAuthentication {
    /// `private_key_jwt`: a [`client_assertion`](crate::client_assertion) that was made for this
    /// request goes into the form.
    Assertion(Secret),
    /// `client_secret_basic`: the secret goes into the `Authorization` header.
    Basic(Secret),
    /// `none`: a public client sends its identifier only.
    None,
    /// `client_secret_post`: the secret goes into the form.
    Post(Secret),
}

impl ClientCredentials {
    /// The headers of a form that the client posts and that is answered with JSON.
    pub(crate) fn form_headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("application/x-www-form-urlencoded"),
        );
        headers.extend(self.authorization().map(|value| (AUTHORIZATION, value)));
        headers
    }

    /// The `Authorization` header of [`ClientAuthentication::Basic`]. OAuth 2.1 section 2.4.1 has
    /// both parts form-encoded first.
    fn authorization(&self) -> Option<HeaderValue> {
        let ClientAuthentication::Basic(secret) = &self.authentication else {
            return None;
        };
        let encoded =
            |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let pair = Secret::new(format!(
            "{}:{}",
            encoded(&self.client_id),
            encoded(secret.expose())
        ));
        let mut value =
            HeaderValue::from_str(&format!("Basic {}", STANDARD.encode(pair.expose()))).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    /// The form fields of the other methods.
    pub(crate) fn append_to(&self, form: &mut form_urlencoded::Serializer<'_, String>) {
        match &self.authentication {
            ClientAuthentication::Assertion(assertion) => {
                // It names the client, so the form need not (RFC 7521 section 4.2).
                form.append_pair("client_assertion_type", ASSERTION_TYPE)
                    .append_pair("client_assertion", assertion.expose());
            }
            ClientAuthentication::Basic(_) => {}
            ClientAuthentication::None => {
                form.append_pair("client_id", &self.client_id);
            }
            ClientAuthentication::Post(secret) => {
                form.append_pair("client_id", &self.client_id)
                    .append_pair("client_secret", secret.expose());
            }
        }
    }
}
