//! Token revocation (RFC 7009): a client tells that it needs a token no more.

use http::HeaderMap;
use url::form_urlencoded;

use crate::client_authentication::ClientCredentials;
use crate::secret::Secret;
use crate::token::{TokenError, check_status};

/// A request to a revocation endpoint. [`Revocation::headers`] and [`Revocation::body`] are what to
/// post.
#[derive(Clone, Copy, Debug)]
pub struct Revocation<'a> {
    /// A refresh token, with which most servers revoke its access tokens too, or an access token.
    pub token: &'a Secret,
    /// Whom it was given to.
    pub client: &'a ClientCredentials,
}

impl Revocation<'_> {
    /// The headers, which hold the client's secret when it authenticates with `Basic`.
    pub fn headers(&self) -> HeaderMap {
        self.client.form_headers()
    }

    /// The form.
    pub fn body(&self) -> Secret {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("token", self.token.expose());
        self.client.append_to(&mut form);
        Secret::new(form.finish())
    }

    /// Reads the HTTP status and the body of an answer.
    ///
    /// # Errors
    ///
    /// [`TokenError`] when the token may still be good.
    pub fn read(status: u16, body: &[u8]) -> Result<(), TokenError> {
        check_status(status, body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client_authentication::ClientAuthentication;

    #[test]
    fn the_form_holds_the_token_and_the_client() {
        let client = ClientCredentials {
            client_id: "c".to_owned(),
            authentication: ClientAuthentication::Post(Secret::new("s".to_owned())),
        };
        let revocation = Revocation {
            token: &Secret::new("refresh".to_owned()),
            client: &client,
        };
        let body = revocation.body();
        assert_eq!(body.expose(), "token=refresh&client_id=c&client_secret=s");
        assert_eq!(
            revocation.headers()["content-type"],
            "application/x-www-form-urlencoded"
        );
        assert_eq!(Revocation::read(200, b""), Ok(()));
        assert!(Revocation::read(503, b"").unwrap_err().is_transient());
        assert!(Revocation::read(400, b"").is_err());
    }
}
