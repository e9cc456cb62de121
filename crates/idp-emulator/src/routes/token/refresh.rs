//! The refresh token grant (RFC 6749 section 6).

use serde_json::{Map, Value, json};

use super::{TokenError, is_of, optional, required, user_tokens};
use crate::client::Client;
use crate::environment::{Environment, State};
use crate::faults::TokenFault;
use crate::grant::{Grant, RefreshToken};
use crate::key::CryptoError;
use crate::parameters::Parameters;
use crate::secret;
use crate::server::Server;
use crate::vendor::Rotation;

/// A refresh token becomes tokens. Where it is rotated, each use gives a new one, and using one
/// twice revokes the grant.
pub(super) fn refresh(
    environment: &Environment,
    server: &Server<'_>,
    (client, key): (&Client, Option<String>),
    parameters: &Parameters,
) -> Result<Map<String, Value>, TokenError> {
    let token = required(parameters, "refresh_token")?;
    let requested = optional(parameters, "scope")?;
    let replacement = environment.new_refresh_token()?;
    let people = environment.users();

    let mut state = environment.state();
    let now = state.clock.now();
    let unknown =
        TokenError::InvalidRefreshToken("the refresh token is unknown or revoked; log in again");
    if state.faults.token == TokenFault::RefreshRefused {
        return Err(unknown);
    }
    let Some(held) = state.refresh_tokens.get(token) else {
        return Err(unknown);
    };
    let (family, used, expires_at) = (held.family.clone(), held.used, held.expires_at);
    let Some(grant) = state.families.get(&family).cloned() else {
        return Err(unknown);
    };
    if grant.client != client.id || !is_of(&grant, server) {
        return Err(TokenError::InvalidRefreshToken(
            "the refresh token belongs to another client",
        ));
    }
    if used {
        state.families.remove(&family);
        return Err(TokenError::InvalidRefreshToken(
            "the refresh token was used before; the grant is revoked",
        ));
    }
    if now >= expires_at {
        return Err(TokenError::InvalidRefreshToken(
            "the refresh token is too old; log in again",
        ));
    }
    if !people.iter().any(|user| user.subject == grant.user) {
        return Err(TokenError::InvalidRefreshToken(
            "the user is gone; log in again",
        ));
    }
    // A public client proves that it is still the same (RFC 9449 section 5).
    if client.is_public() && grant.key.is_some() && grant.key != key {
        return Err(TokenError::InvalidDpopProof(
            "the refresh token is bound to another key",
        ));
    }
    let mut narrowed = Grant {
        key,
        ..grant.clone()
    };
    let resource = grant
        .resource
        .as_deref()
        .and_then(|id| environment.resource(id));
    let rules = &environment.vendor.scopes;
    if let Some(requested) = requested
        .map(|list| rules.read(list, resource))
        .filter(|scopes| !scopes.is_empty())
    {
        if !requested.iter().all(|scope| grant.scopes.contains(scope)) {
            return Err(TokenError::InvalidScope("a refresh cannot add scopes"));
        }
        narrowed.scopes = requested;
    }
    let rotated = environment.vendor.scopes.rotation == Rotation::Rotated;
    if rotated {
        if let Some(held) = state.refresh_tokens.get_mut(token) {
            held.used = true;
        }
        keep(environment, &mut state, &grant, family, replacement.clone());
    }
    drop(state);

    let renewed = environment.vendor.id_tokens.on_refresh;
    // It has no nonce (OpenID Connect Core section 12.2).
    let id = renewed.then_some((server.issuer.as_str(), None));
    let mut answer = user_tokens(environment, &narrowed, id)?;
    if rotated {
        answer.insert("refresh_token".to_owned(), json!(replacement));
    }
    Ok(answer)
}

/// Keeps a refresh token of a family.
pub(super) fn keep(
    environment: &Environment,
    state: &mut State,
    grant: &Grant,
    family: String,
    token: String,
) {
    let resource = grant
        .resource
        .as_deref()
        .and_then(|id| environment.resource(id));
    let lifetime = resource.map_or(environment.vendor.lifetimes.refresh_token, |resource| {
        resource.refresh_token_expiry
    });
    let expires_at = state.clock.now().saturating_add(lifetime);
    state.refresh_tokens.insert(
        token,
        RefreshToken {
            family,
            expires_at,
            used: false,
        },
    );
}

impl Environment {
    pub(super) fn new_refresh_token(&self) -> Result<String, CryptoError> {
        let prefix = self.vendor.tokens.refresh_prefix;
        Ok(format!("{prefix}{}", secret::random()?))
    }
}
