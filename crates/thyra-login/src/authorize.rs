//! The authorization request (OAuth 2.1 section 4.1.1, RFC 7636, RFC 8707), and whether its answer
//! counts (RFC 9207).

use std::io;
use std::time::Duration;

use thyra_oauth::{
    CodeVerifier, NoRandomness, OFFLINE_ACCESS, ScopeSet, Secret, SigningKey, printable,
    unguessable,
};
use url::Url;

use crate::browser::BrowserError;
use crate::callback::{Callback, NoAnswer};

/// One attempt to log in. Its secrets are used once.
#[derive(Debug)]
pub(crate) struct AuthorizationRequest {
    /// Where the browser goes.
    pub(crate) url: Url,
    pub(crate) secrets: RequestSecrets,
}

/// What ties the answer to the request.
#[derive(Debug)]
pub(crate) struct RequestSecrets {
    pub(crate) state: Secret,
    pub(crate) verifier: CodeVerifier,
}

impl RequestSecrets {
    pub(crate) fn random() -> Result<Self, NoRandomness> {
        Ok(Self {
            state: unguessable::<16>()?,
            verifier: CodeVerifier::random()?,
        })
    }
}

impl AuthorizationRequest {
    pub(crate) fn new(
        endpoint: &Url,
        client_id: &str,
        redirect_uri: &str,
        scopes: Option<&ScopeSet>,
        resource: &str,
        secrets: RequestSecrets,
    ) -> Self {
        let mut url = endpoint.clone();
        let mut query = url.query_pairs_mut();
        query
            .append_pair("response_type", "code")
            .append_pair("client_id", client_id)
            .append_pair("redirect_uri", redirect_uri)
            .append_pair("state", secrets.state.expose())
            .append_pair("code_challenge", &secrets.verifier.challenge())
            .append_pair("code_challenge_method", "S256")
            .append_pair("resource", resource);
        if let Some(scopes) = scopes {
            query.append_pair("scope", &scopes.to_string());
            // OpenID Connect Core section 11: without it, the scope is passed over.
            if scopes.contains(OFFLINE_ACCESS) {
                query.append_pair("prompt", "consent");
            }
        }
        drop(query);
        Self { url, secrets }
    }

    /// Binds the code to `key`, and not only the tokens that it is exchanged for (RFC 9449
    /// section 10).
    pub(crate) fn bound_to(mut self, key: &SigningKey) -> Self {
        self.url
            .query_pairs_mut()
            .append_pair("dpop_jkt", &key.thumbprint());
        self
    }
}

/// The code of a callback that comes from the authorization server `asked`, which always names
/// itself if `names_itself`.
///
/// The issuer is checked first: what another authorization server says about an error is not
/// repeated.
pub(crate) fn judge(
    callback: Callback,
    asked: &str,
    names_itself: bool,
) -> Result<Secret, AuthorizationError> {
    match &callback.issuer {
        Some(issuer) if issuer != asked => return Err(AuthorizationError::IssuerMismatch),
        None if names_itself => return Err(AuthorizationError::IssuerMissing),
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

/// Why a login brought no code.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuthorizationError {
    /// The login page could not be shown, or did not lead back.
    #[error(transparent)]
    Browser(#[from] BrowserError),
    /// The code that was shown is no longer good.
    #[error("the code expired before anybody had logged in with it; log in again for a new one")]
    CodeExpired,
    /// The person came back too late.
    #[error("the person came back more than {limit:?} after the login had begun; begin it anew")]
    CameLate {
        /// How long the login was good.
        limit: Duration,
    },
    /// The authorization server, or the person, refused.
    #[error("the authorization server refused with `{error}`{description}")]
    Denied {
        /// The code of OAuth 2.1 section 4.1.2.1.
        error: String,
        /// A colon and a sentence for people, or nothing.
        description: String,
    },
    /// The code was exchanged already. The tokens are kept, and the code is not sent a second time:
    /// an authorization server would then revoke them.
    #[error("this login is finished already; there is nothing more to do")]
    Finished,
    /// The answer comes from another authorization server (RFC 9207 section 2.4).
    #[error(
        "the answer came from another authorization server than the one that was asked; it is not used"
    )]
    IssuerMismatch,
    /// The answer does not name its authorization server, although it must.
    #[error(
        "the answer does not name its authorization server, which this one always does; it is not used"
    )]
    IssuerMissing,
    /// The query is no answer of an authorization server.
    #[error("what came back is not the answer of an authorization server")]
    NoAnswer,
    /// The answer is to another login.
    #[error(
        "the answer has another `state`, so it is the answer to another login; begin the login anew"
    )]
    OtherState,
    /// The login was begun for another user, or at another resource.
    #[error("the login was begun for another user or at another resource; it is not finished")]
    OtherUser,
    /// What was kept of the login is not what [`Login::begin`](crate::Login::begin) gave.
    #[error("what was kept of the login cannot be read; begin it anew")]
    PendingUnreadable,
    /// The authorization server has names that are too long.
    #[error("there is more to keep until the person comes back than {0} bytes")]
    PendingTooLarge(usize),
    /// No port could be opened to wait for the answer.
    #[error("no port on 127.0.0.1 could be opened for the answer: {0}")]
    Listen(#[source] io::Error),
    /// The machine gives no random numbers.
    #[error(transparent)]
    Random(#[from] NoRandomness),
    /// Nobody logged in.
    #[error("nobody logged in within {limit:?}{}", if *.strays { "; answers to another login came instead" } else { "" })]
    TimedOut {
        /// How long the program waited.
        limit: Duration,
        /// Whether answers with a wrong `state` came.
        strays: bool,
    },
}

impl From<NoAnswer> for AuthorizationError {
    fn from(no_answer: NoAnswer) -> Self {
        match no_answer {
            NoAnswer::Malformed => Self::NoAnswer,
            NoAnswer::State => Self::OtherState,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::callback::Denied;
    use crate::discovery::AuthorizationServer;

    fn endpoint() -> Url {
        AuthorizationServer::example()
            .authorization_endpoint
            .unwrap()
    }

    #[test]
    fn the_url_holds_all_that_the_request_needs() {
        let scopes = ScopeSet::parse("a b");
        let redirect = "http://127.0.0.1:1234/callback";
        let request = AuthorizationRequest::new(
            &endpoint(),
            "m2m 1&",
            redirect,
            Some(&scopes),
            "https://mcp.example.com/mcp",
            RequestSecrets::random().unwrap(),
        );
        let query: HashMap<_, _> = request.url.query_pairs().into_owned().collect();
        assert_eq!(query.len(), 9);
        assert_eq!(query["tenant"], "1");
        assert_eq!(query["response_type"], "code");
        assert_eq!(query["client_id"], "m2m 1&");
        assert_eq!(query["redirect_uri"], redirect);
        assert_eq!(query["resource"], "https://mcp.example.com/mcp");
        assert_eq!(query["scope"], "a b");
        assert_eq!(query["code_challenge_method"], "S256");
        assert_eq!(
            query["code_challenge"],
            request.secrets.verifier.challenge()
        );
        assert_eq!(query["state"], *request.secrets.state.expose());

        let secrets = RequestSecrets::random().unwrap();
        assert_ne!(secrets.state.expose(), request.secrets.state.expose());
        let other = AuthorizationRequest::new(&endpoint(), "m2m_1", redirect, None, "r", secrets);
        assert!(!other.url.query_pairs().any(|(name, _)| name == "scope"));

        let prompt = |scopes: &str| {
            let (scopes, secrets) = (ScopeSet::parse(scopes), RequestSecrets::random().unwrap());
            let request =
                AuthorizationRequest::new(&endpoint(), "c", redirect, Some(&scopes), "r", secrets);
            let mut query = request.url.query_pairs().into_owned();
            query
                .find(|(name, _)| name == "prompt")
                .map(|(_, prompt)| prompt)
        };
        assert_eq!(prompt("a offline_access"), Some("consent".to_owned()));
        assert_eq!(prompt("a"), None);

        let key = SigningKey::generate().unwrap();
        let bound = request.bound_to(&key).url;
        let query: HashMap<_, _> = bound.query_pairs().into_owned().collect();
        assert_eq!(query["dpop_jkt"], key.thumbprint());
        assert_eq!(query.len(), 10);
    }

    fn outcome(promises_issuer: bool, issuer: Option<&str>) -> Result<String, String> {
        let callback = Callback {
            code: Ok(Secret::new("code".to_owned())),
            issuer: issuer.map(str::to_owned),
        };
        judge(callback, "https://login.example.org", promises_issuer)
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
            judge(callback, "https://login.example.org", true)
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            denied("https://login.example.org"),
            "the authorization server refused with `access_denied`: no\\u{7}"
        );
        assert!(!denied("https://evil.example").contains("access_denied"));
    }
}
