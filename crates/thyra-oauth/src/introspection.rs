//! Token introspection (RFC 7662): a resource server asks what a token is.

use std::fmt;

use http::HeaderMap;
use http::header::{ACCEPT, HeaderValue};
use url::form_urlencoded;

use crate::client_authentication::ClientCredentials;
use crate::secret::Secret;

/// The media type of signed answers (RFC 9701 section 4), without `application/`: their `typ`.
pub const INTROSPECTION_JWT: &str = "token-introspection+jwt";

/// A request to an introspection endpoint (RFC 7662 section 2.1).
/// [`IntrospectionRequest::headers`] and [`IntrospectionRequest::body`] are what to post.
#[derive(Clone, Copy)]
pub struct IntrospectionRequest<'a> {
    /// The access token that somebody showed.
    pub token: &'a str,
    /// Who asks: the resource server, as the authorization server knows it.
    pub client: &'a ClientCredentials,
    /// Whether the answer should be signed (RFC 9701).
    pub signed: bool,
}

impl IntrospectionRequest<'_> {
    /// The headers, which hold the client's secret when it authenticates with `Basic`.
    pub fn headers(&self) -> HeaderMap {
        let mut headers = self.client.form_headers();
        if self.signed {
            let accept = HeaderValue::from_static("application/token-introspection+jwt");
            headers.insert(ACCEPT, accept);
        }
        headers
    }

    /// The form.
    pub fn body(&self) -> Secret {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("token", self.token)
            .append_pair("token_type_hint", "access_token");
        self.client.append_to(&mut form);
        Secret::new(form.finish())
    }
}

/// Does not show the token.
impl fmt::Debug for IntrospectionRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IntrospectionRequest")
            .field("client", self.client)
            .field("signed", &self.signed)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use http::header::AUTHORIZATION;

    use super::*;
    use crate::client_authentication::ClientAuthentication;

    /// What is posted for this client.
    fn posted(authentication: fn(Secret) -> ClientAuthentication) -> (HeaderMap, Secret) {
        let client = client(authentication);
        let request = IntrospectionRequest {
            token: "a+b",
            client: &client,
            signed: false,
        };
        (request.headers(), request.body())
    }

    fn client(authentication: fn(Secret) -> ClientAuthentication) -> ClientCredentials {
        ClientCredentials {
            client_id: "api:1".to_owned(),
            authentication: authentication(Secret::new("p% w".to_owned())),
        }
    }

    #[test]
    fn the_client_is_named_in_the_way_it_authenticates() {
        let (headers, body) = posted(ClientAuthentication::Basic);
        // `api%3A1:p%25+w`: RFC 6749 section 2.3.1 has both parts encoded first.
        assert_eq!(headers[AUTHORIZATION], "Basic YXBpJTNBMTpwJTI1K3c=");
        assert!(headers[AUTHORIZATION].is_sensitive());
        assert_eq!(headers[ACCEPT], "application/json");
        assert_eq!(body.expose(), "token=a%2Bb&token_type_hint=access_token");
        let (headers, body) = posted(ClientAuthentication::Post);
        assert!(!headers.contains_key(AUTHORIZATION));
        assert_eq!(
            body.expose(),
            "token=a%2Bb&token_type_hint=access_token&client_id=api%3A1&client_secret=p%25+w"
        );
        let (_, body) = posted(ClientAuthentication::Assertion);
        let end = "jwt-bearer&client_assertion=p%25+w";
        assert!(body.expose().ends_with(end));
    }

    #[test]
    fn a_signed_answer_is_asked_for_by_its_type() {
        let request = IntrospectionRequest {
            token: "a",
            client: &client(ClientAuthentication::Basic),
            signed: true,
        };
        assert_eq!(
            request.headers()[ACCEPT],
            format!("application/{INTROSPECTION_JWT}").as_str()
        );
    }
}
