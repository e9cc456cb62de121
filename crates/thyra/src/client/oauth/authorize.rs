//! The authorization request (OAuth 2.1 section 4.1.1, RFC 7636, RFC 8707) and the judgement of its
//! answer (RFC 9207).

use std::io;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use thyra_auth::{ScopeSet, Secret};
use thyra_oauth::{NoRandomness, unguessable};
use url::Url;

use super::super::discovery::AuthorizationServerMetadata;
use super::super::printable::printable;
use super::browser::BrowserError;
use super::callback::Callback;

/// One attempt to log in. Its secrets are used once.
#[derive(Debug)]
pub(super) struct AuthorizationRequest {
    /// Where the browser goes.
    pub(super) url: Url,
    pub(super) state: Secret,
    pub(super) verifier: Secret,
}

impl AuthorizationRequest {
    pub(super) fn new(
        server: &AuthorizationServerMetadata,
        client_id: &str,
        redirect_uri: &str,
        scopes: Option<&ScopeSet>,
        resource: &str,
    ) -> Result<Self, NoRandomness> {
        let state = unguessable::<16>()?;
        let verifier = unguessable::<32>()?;
        let mut url = server.authorization_endpoint.clone();
        let mut query = url.query_pairs_mut();
        query
            .append_pair("response_type", "code")
            .append_pair("client_id", client_id)
            .append_pair("redirect_uri", redirect_uri)
            .append_pair("state", state.expose())
            .append_pair("code_challenge", &code_challenge(&verifier))
            .append_pair("code_challenge_method", "S256")
            .append_pair("resource", resource);
        if let Some(scopes) = scopes {
            query.append_pair("scope", &scopes.to_string());
        }
        drop(query);
        Ok(Self {
            url,
            state,
            verifier,
        })
    }
}

/// The code of a callback, when it comes from `server`.
///
/// The issuer is judged first: what somebody else's authorization server says about an error is not
/// repeated.
pub(super) fn judge(
    callback: Callback,
    server: &AuthorizationServerMetadata,
) -> Result<Secret, AuthorizationError> {
    match &callback.issuer {
        Some(issuer) if *issuer != server.issuer => return Err(AuthorizationError::IssuerMismatch),
        None if server.names_issuer_in_responses => return Err(AuthorizationError::IssuerMissing),
        Some(_) | None => {}
    }
    callback.code.map_err(|denied| AuthorizationError::Denied {
        error: printable(&denied.error),
        description: denied
            .description
            .map(|description| format!(": {}", printable(&description)))
            .unwrap_or_default(),
    })
}

/// Why a login ended without a code.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuthorizationError {
    /// The login page could not be shown, or did not lead back.
    #[error(transparent)]
    Browser(#[from] BrowserError),
    /// The authorization server, or the person, said no.
    #[error("the authorization server refused with `{error}`{description}")]
    Denied {
        /// The code of OAuth 2.1 section 4.1.2.1.
        error: String,
        /// More for people, behind a colon, or nothing.
        description: String,
    },
    /// The answer is of another authorization server (RFC 9207 section 2.4).
    #[error(
        "the answer came from another authorization server than the one that was asked; it is not used"
    )]
    IssuerMismatch,
    /// The answer should name its authorization server, and does not.
    #[error(
        "the answer does not name its authorization server, which this one always does; it is not used"
    )]
    IssuerMissing,
    /// No port to wait for the answer at.
    #[error("no port on 127.0.0.1 could be opened for the answer: {0}")]
    Listen(#[source] io::Error),
    /// No randomness for the secrets of the request.
    #[error(transparent)]
    Random(#[from] NoRandomness),
    /// Nobody answered.
    #[error("nobody logged in within {limit:?}{}", if *.strays { "; answers to another login came instead" } else { "" })]
    TimedOut {
        /// How long the client waited.
        limit: Duration,
        /// Whether answers with a wrong `state` came.
        strays: bool,
    },
}

/// RFC 7636 section 4.2.
fn code_challenge(verifier: &Secret) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.expose().as_bytes()))
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::super::callback::Denied;
    use super::*;

    fn server(promises_issuer: bool) -> AuthorizationServerMetadata {
        AuthorizationServerMetadata {
            issuer: "https://login.example.org".to_owned(),
            authorization_endpoint: Url::parse("https://login.example.org/authorize?tenant=1")
                .unwrap(),
            token_endpoint: Url::parse("https://login.example.org/token").unwrap(),
            registration_endpoint: None,
            names_issuer_in_responses: promises_issuer,
            offers_offline_access: false,
        }
    }

    #[test]
    fn the_url_holds_all_that_the_request_needs() {
        let scopes = ScopeSet::parse("a b");
        let redirect = "http://127.0.0.1:1234/callback";
        let request = AuthorizationRequest::new(
            &server(true),
            "m2m 1&",
            redirect,
            Some(&scopes),
            "https://mcp.example.com/mcp",
        )
        .unwrap();
        let query: HashMap<_, _> = request.url.query_pairs().into_owned().collect();
        assert_eq!(query.len(), 9);
        assert_eq!(query["tenant"], "1");
        assert_eq!(query["response_type"], "code");
        assert_eq!(query["client_id"], "m2m 1&");
        assert_eq!(query["redirect_uri"], redirect);
        assert_eq!(query["resource"], "https://mcp.example.com/mcp");
        assert_eq!(query["scope"], "a b");
        assert_eq!(query["code_challenge_method"], "S256");
        assert_eq!(query["code_challenge"], code_challenge(&request.verifier));
        assert_eq!(query["state"], *request.state.expose());
        // RFC 7636 section 4.1: 43 characters at least.
        assert_eq!(request.verifier.expose().len(), 43);

        let other = AuthorizationRequest::new(&server(true), "m2m_1", redirect, None, "r").unwrap();
        assert_ne!(other.state.expose(), request.state.expose());
        assert_ne!(other.verifier.expose(), request.verifier.expose());
        assert!(!other.url.query_pairs().any(|(name, _)| name == "scope"));
    }

    #[test]
    fn the_challenge_is_that_of_the_rfc() {
        let verifier = Secret::new("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".to_owned());
        assert_eq!(
            code_challenge(&verifier),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        );
    }

    fn outcome(promises_issuer: bool, issuer: Option<&str>) -> Result<String, String> {
        let callback = Callback {
            code: Ok(Secret::new("code".to_owned())),
            issuer: issuer.map(str::to_owned),
        };
        judge(callback, &server(promises_issuer))
            .map(|code| code.expose().clone())
            .map_err(|error| format!("{error:?}"))
    }

    #[test]
    fn the_issuer_of_the_answer_is_judged_byte_for_byte() {
        let code = Ok("code".to_owned());
        let mismatch = Err("IssuerMismatch".to_owned());
        for promised in [true, false] {
            assert_eq!(outcome(promised, Some("https://login.example.org")), code);
            for wrong in [
                "https://login.example.org/",
                "https://login.example.org:443",
                "https://LOGIN.example.org",
                "https://evil.example",
                "",
            ] {
                assert_eq!(outcome(promised, Some(wrong)), mismatch, "{wrong}");
            }
        }
        assert_eq!(outcome(true, None), Err("IssuerMissing".to_owned()));
        assert_eq!(outcome(false, None), code);
    }

    #[test]
    fn an_error_is_repeated_only_when_the_right_server_says_it() {
        let denied = |issuer: &str| {
            let denied = Denied {
                error: "access_denied".to_owned(),
                description: Some("no\u{7}".to_owned()),
            };
            let callback = Callback {
                code: Err(denied),
                issuer: Some(issuer.to_owned()),
            };
            judge(callback, &server(true)).unwrap_err().to_string()
        };
        assert_eq!(
            denied("https://login.example.org"),
            "the authorization server refused with `access_denied`: no "
        );
        assert!(!denied("https://evil.example").contains("access_denied"));
    }
}
