//! What a client wants of a login, after its redirect URI was accepted.

use thyra_oauth::ScopeSet;

use crate::client::{Client, ClientKind, GrantType};
use crate::endpoint::client_answer::AuthorizationError::{
    InvalidRequest, InvalidScope, InvalidTarget, RequestNotSupported, RequestUriNotSupported,
    UnauthorizedClient, UnsupportedResponseType,
};
use crate::endpoint::client_answer::Refused;
use crate::form::{Form, FormError};
use crate::server::AuthorizationServer;

/// The longest `state`, in bytes. Each login that is under way keeps one.
const MAX_STATE: usize = 2048;

/// The length of a challenge with the method `S256` (RFC 7636 section 4.2).
const CHALLENGE: usize = 43;

/// What a client wants of a login.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) challenge: String,
    pub(super) scopes: ScopeSet,
}

/// What the client wants back: visible characters of ASCII and spaces (RFC 6749 appendix A.5).
pub(super) fn state(form: &Form) -> Result<Option<&str>, Refused> {
    match form.one("state")? {
        Some(state) if state.len() > MAX_STATE => {
            let problem = format!("`state` is longer than {MAX_STATE} bytes");
            Err(Refused::new(InvalidRequest, problem))
        }
        Some(state) if !state.bytes().all(|byte| matches!(byte, b' '..=b'~')) => {
            let problem = "`state` holds a character other than those of RFC 6749 appendix A.5: \
                           encode it, in base64url for example";
            Err(Refused::new(InvalidRequest, problem))
        }
        state => Ok(state),
    }
}

impl Wanted {
    pub(super) fn read(
        server: &AuthorizationServer,
        client: &Client,
        form: &Form,
    ) -> Result<Self, Refused> {
        if !client.grant_types.contain(GrantType::AuthorizationCode) {
            let problem = "the client did not register for the grant `authorization_code`";
            return Err(Refused::new(UnauthorizedClient, problem));
        }
        for (name, error) in [
            ("request", RequestNotSupported),
            ("request_uri", RequestUriNotSupported),
        ] {
            if form.all(name).next().is_some() {
                let problem = "requests that are signed or sent beforehand are not supported";
                return Err(Refused::new(error, problem));
            }
        }
        if form.needed("response_type")? != "code" {
            let problem = "the only `response_type` is `code`";
            return Err(Refused::new(UnsupportedResponseType, problem));
        }
        if form
            .one("response_mode")?
            .is_some_and(|mode| mode != "query")
        {
            let problem = "the only `response_mode` is `query`";
            return Err(Refused::new(InvalidRequest, problem));
        }
        let challenge = challenge(form)?;
        let scopes = scopes(server, client, form)?;
        check_resource(server, form)?;
        Ok(Self { challenge, scopes })
    }
}

/// PKCE is not optional, and a challenge that is its own verifier is none (OAuth 2.1 section 7.5).
fn challenge(form: &Form) -> Result<String, Refused> {
    let challenge = form.needed("code_challenge")?;
    if form.one("code_challenge_method")? != Some("S256") {
        let problem = "`code_challenge_method` must be `S256`";
        return Err(Refused::new(InvalidRequest, problem));
    }
    let is_base64url = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if challenge.len() != CHALLENGE || !challenge.bytes().all(is_base64url) {
        let problem = "`code_challenge` must be a SHA-256 in base64url: 43 characters";
        return Err(Refused::new(InvalidRequest, problem));
    }
    Ok(challenge.to_owned())
}

fn scopes(server: &AuthorizationServer, client: &Client, form: &Form) -> Result<ScopeSet, Refused> {
    let asked = match form.one("scope")? {
        Some(scope) => ScopeSet::learned(scope)
            .map_err(|_| Refused::new(InvalidScope, "`scope` is not a list of scopes"))?,
        None => ScopeSet::default(),
    };
    // What a client said when it registered itself is no limit: clients name the scopes that they
    // know then, and learn of others with the calls that need them.
    let limit = match client.kind {
        ClientKind::Configured => client.scopes.as_ref(),
        ClientKind::Document { .. } | ClientKind::Registered => None,
    };
    let granted = server.parts.scopes.requested(&asked, limit);
    granted.map_err(|none| Refused::new(InvalidScope, none.to_string()))
}

/// Tokens are for one resource, this one. Whoever names none means it (RFC 8707 section 2).
fn check_resource(server: &AuthorizationServer, form: &Form) -> Result<(), Refused> {
    let mut named = form.all("resource").filter(|resource| !resource.is_empty());
    if named.all(|resource| server.is_named_by(resource)) {
        return Ok(());
    }
    let problem = "`resource` is not the one that this authorization server issues tokens for";
    Err(Refused::new(InvalidTarget, problem))
}

impl From<FormError> for Refused {
    fn from(error: FormError) -> Self {
        Self::new(InvalidRequest, error.to_string())
    }
}
