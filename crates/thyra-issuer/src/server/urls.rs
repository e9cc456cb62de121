//! Where the authorization server and its endpoints are.

use thyra_oauth::ResourceUrl;

pub(crate) const AUTHORIZE: &str = "/authorize";
pub(crate) const CONSENT: &str = "/consent";
pub(crate) const JWKS: &str = "/.well-known/jwks.json";
pub(crate) const REGISTER: &str = "/register";
pub(crate) const REVOKE: &str = "/revoke";
pub(crate) const TOKEN: &str = "/token";

/// Where the authorization server and its endpoints are, as clients and browsers reach them.
#[derive(Clone, Debug)]
pub(crate) struct Urls {
    base: ResourceUrl,
    issuer: String,
    redirect_path: String,
}

impl Urls {
    /// `issuer` is kept byte for byte. `redirect_path` begins with a slash.
    pub(crate) fn new(base: ResourceUrl, issuer: String, redirect_path: String) -> Self {
        Self {
            base,
            issuer,
            redirect_path,
        }
    }

    /// The issuer identifier (RFC 8414 section 2), byte for byte.
    pub(crate) fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Scheme, host and port, as browsers send them in `Origin`.
    pub(crate) fn origin(&self) -> &str {
        self.base.origin()
    }

    /// The path of the base URL, without a slash at its end.
    pub(crate) fn base_path(&self) -> &str {
        self.base.path().trim_end_matches('/')
    }

    /// The path of an endpoint, on this server.
    pub(crate) fn path(&self, endpoint: &str) -> String {
        format!("{}{endpoint}", self.base_path())
    }

    /// The URL of an endpoint.
    pub(crate) fn url(&self, endpoint: &str) -> String {
        format!("{}{}", self.base.origin(), self.path(endpoint))
    }

    /// The endpoint that the identity provider sends browsers back to.
    pub(crate) fn redirect_path(&self) -> &str {
        &self.redirect_path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_are_below_the_base_url() {
        for (base, path, url) in [
            ("https://h", "/token", "https://h/token"),
            ("https://h/", "/token", "https://h/token"),
            ("https://h/a/b", "/a/b/token", "https://h/a/b/token"),
            ("https://h/a/b/", "/a/b/token", "https://h/a/b/token"),
            (
                "http://127.0.0.1:8000",
                "/token",
                "http://127.0.0.1:8000/token",
            ),
        ] {
            let base_url = ResourceUrl::new(base, "").unwrap();
            let urls = Urls::new(base_url, base.to_owned(), "/auth/callback".to_owned());
            assert_eq!(
                (urls.path(TOKEN), urls.url(TOKEN)),
                (path.to_owned(), url.to_owned())
            );
            assert_eq!(urls.issuer(), base);
        }
    }
}
