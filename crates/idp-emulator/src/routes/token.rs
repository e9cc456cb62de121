//! The token endpoint (RFC 6749 section 3.2).

mod authentication;
mod bearer;
mod error;
mod refresh;

use std::borrow::Cow;

use axum::Extension;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Map, Value, json};
use url::form_urlencoded;

use crate::client::Client;
use crate::environment::{Environment, Shared};
use crate::grant::{Code, Grant, Redemption};
use crate::journal::EntryNumber;
use crate::parameters::Parameters;
use crate::resource::Resource;
use crate::routes::authorize;
use crate::server::{Place, Server};
use crate::vendor::{Dialect, Redeeming, Refresh};
use crate::{answer, scope, secret};

pub(super) use self::authentication::authenticate;
pub(super) use self::error::TokenError;

const CODE: &str = "authorization_code";

/// What the journal counts.
const GRANT_TYPES: [&str; 5] = [
    CODE,
    "client_credentials",
    "refresh_token",
    bearer::JWT_BEARER,
    bearer::TOKEN_EXCHANGE,
];

/// The endpoint of a server, for its clients only; that of the environment is for any client.
pub(super) async fn token(
    State(environment): State<Shared>,
    Extension(entry): Extension<EntryNumber>,
    place: Place,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let environment = &*environment;
    let Some(server) = environment.server(&place) else {
        return answer::unknown_resource();
    };
    let faults = environment.state().faults;
    if let Some(refusal) = faults.of_token_endpoint().await {
        return refusal;
    }
    let answered = match body {
        Ok(body) => answer(environment, entry, &server, &headers, &body),
        Err(rejection) => Err(TokenError::InvalidRequest(rejection.body_text().into())),
    };
    let vendor = environment.vendor;
    let tokens = answered.map(|mut tokens| {
        (vendor.token_answer)(&mut tokens);
        Value::Object(tokens)
    });
    match (vendor.tokens.dialect, tokens) {
        (Dialect::Standard, Ok(tokens)) => answer::uncached(StatusCode::OK, tokens),
        (Dialect::Standard, Err(error)) => error.respond(vendor),
        (Dialect::Early, Ok(tokens)) => early(&headers, tokens),
        (Dialect::Early, Err(error)) => match error.spelt(vendor) {
            Ok((_, body)) => early(&headers, body),
            Err(error) => error.into_response(),
        },
    }
}

/// See [`Dialect::Early`].
fn early(headers: &HeaderMap, body: Value) -> Response {
    let wanted = headers.get(header::ACCEPT);
    let wanted = wanted.and_then(|accept| accept.to_str().ok());
    if wanted.is_some_and(|accept| accept.contains("json")) {
        return answer::uncached(StatusCode::OK, body);
    }
    let Value::Object(members) = body else {
        return answer::uncached(StatusCode::OK, body);
    };
    let text = |value: Value| match value {
        Value::String(text) => text,
        other => other.to_string(),
    };
    let pairs = members.into_iter().map(|(name, value)| (name, text(value)));
    let form = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish();
    let kind = "application/x-www-form-urlencoded; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], form).into_response()
}

fn answer(
    environment: &Environment,
    entry: EntryNumber,
    server: &Server<'_>,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Map<String, Value>, TokenError> {
    let form = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|kind| {
            kind.trim()
                .eq_ignore_ascii_case("application/x-www-form-urlencoded")
        });
    if !form {
        let hint = "the body must be application/x-www-form-urlencoded";
        return Err(TokenError::InvalidRequest(hint.into()));
    }
    let parameters = Parameters::parse(body);
    let client = authenticate(environment, server, headers, &parameters)?;
    let of_client = client
        .resource
        .as_deref()
        .and_then(|id| environment.resource(id));
    let sent = parameters.all("resource");
    if !sent.is_empty()
        && let Some(resource) = server.resource.or(of_client)
    {
        environment.note_resource_parameter(entry, Some(resource), &sent);
    }
    let for_itself = || {
        let owned = |name: &str| {
            parameters
                .all(name)
                .into_iter()
                .map(str::to_owned)
                .collect()
        };
        environment
            .choose_resource(server, &client, owned)
            .map_err(|(error, text)| TokenError::InvalidTarget(error, text))
    };
    let key = environment
        .proven_key(headers, &server.token_endpoint)
        .map_err(TokenError::InvalidDpopProof)?;
    let grant_type = match optional(&parameters, "grant_type")? {
        None if environment.vendor.tokens.dialect == Dialect::Early => CODE,
        None => required(&parameters, "grant_type")?,
        Some(grant_type) => grant_type,
    };
    if let Some(known) = GRANT_TYPES.iter().find(|known| **known == grant_type) {
        environment.journal().record_grant(entry, known);
    }
    let asked = scope::parse(optional(&parameters, "scope")?.unwrap_or_default());
    if environment.vendor.scopes.are_of_many(&asked) {
        let problem = "AADSTS28000: the scopes are of more than one API; ask for each on its own";
        return Err(TokenError::InvalidRequest(problem.into()));
    }
    match grant_type {
        CODE => redeem(environment, server, (&client, key), &parameters),
        "client_credentials" => machine(
            environment,
            (server, for_itself()?),
            (&client, key),
            &parameters,
        ),
        "refresh_token" => refresh::refresh(environment, server, (&client, key), &parameters),
        bearer::JWT_BEARER => {
            bearer::redeem(environment, (server, for_itself()?), &client, &parameters)
        }
        bearer::TOKEN_EXCHANGE => {
            bearer::exchange(environment, (server, for_itself()?), &client, &parameters)
        }
        _ => Err(TokenError::UnsupportedGrantType),
    }
}

/// The authorization code grant. A code is spent by its first presentation, even by a wrong one;
/// presenting it again revokes what came of it (RFC 6749 section 4.1.2).
fn redeem(
    environment: &Environment,
    server: &Server<'_>,
    (client, key): (&Client, Option<String>),
    parameters: &Parameters,
) -> Result<Map<String, Value>, TokenError> {
    let code = required(parameters, "code")?;
    let with_scope = optional(parameters, "scope")?.is_some();
    if with_scope && environment.vendor.scopes.redeeming == Redeeming::WithoutScope {
        let problem = "the scopes are those of the code; leave `scope` out";
        return Err(TokenError::InvalidRequest(problem.into()));
    }
    let verifier = match optional(parameters, "code_verifier")? {
        None if !environment.may_leave_pkce_out(client) => {
            Some(required(parameters, "code_verifier")?)
        }
        verifier => verifier,
    };
    let redirect_uri = match optional(parameters, "redirect_uri")? {
        None if environment.vendor.tokens.dialect == Dialect::Standard => {
            Some(required(parameters, "redirect_uri")?)
        }
        redirect_uri => redirect_uri,
    };
    let refresh_token = environment.new_refresh_token()?;

    let mut state = environment.state();
    let now = state.clock.now();
    let held = state
        .codes
        .get_mut(code)
        .ok_or(TokenError::InvalidGrant("the code is unknown; start again"))?;
    if let Redemption::Spent(family) = &held.redemption {
        let family = family.clone();
        if let Some(family) = family {
            state.families.remove(&family);
        }
        return Err(TokenError::InvalidGrant(
            "the code was used before; its tokens are revoked",
        ));
    }
    held.redemption = Redemption::Spent(None);
    check_code(held, client, server, now, verifier, redirect_uri)?;
    let grant = Grant {
        key,
        ..held.grant.clone()
    };
    let (issuer, nonce) = (held.issuer.clone(), held.nonce.take());

    let offline = match environment.vendor.scopes.refresh {
        Refresh::Always => true,
        Refresh::Asked(_) => grant.offline,
        Refresh::Expiring => environment.expiring,
        Refresh::OfflineAccess => grant.scopes.iter().any(|scope| scope == "offline_access"),
    };
    if offline {
        let family = state.next_id("family_");
        state.families.insert(family.clone(), grant.clone());
        if let Some(held) = state.codes.get_mut(code) {
            held.redemption = Redemption::Spent(Some(family.clone()));
        }
        refresh::keep(
            environment,
            &mut state,
            &grant,
            family,
            refresh_token.clone(),
        );
    }
    drop(state);

    let mut answer = user_tokens(
        environment,
        &grant,
        Some((issuer.as_str(), nonce.as_deref())),
    )?;
    if offline {
        answer.insert("refresh_token".to_owned(), json!(refresh_token));
    }
    Ok(answer)
}

fn check_code(
    code: &Code,
    client: &Client,
    server: &Server<'_>,
    now: u64,
    verifier: Option<&str>,
    redirect_uri: Option<&str>,
) -> Result<(), TokenError> {
    let proven = match (&code.challenge, verifier) {
        (None, None) => true,
        (Some(challenge), Some(verifier)) => {
            (43..=128).contains(&verifier.len())
                && secret::equal(&secret::s256(verifier), challenge)
        }
        // A verifier without a challenge: somebody took it away (RFC 9700 section 2.1.1).
        (None, Some(_)) | (Some(_), None) => false,
    };
    let problem = if code.grant.client != client.id {
        "the code was issued to another client"
    } else if now >= code.expires_at {
        "the code is too old; start again"
    } else if !is_of(&code.grant, server) {
        "the code was issued for another resource"
    } else if redirect_uri.is_some_and(|uri| uri != code.redirect_uri) {
        "`redirect_uri` is not the one of the authorization request"
    } else if !proven {
        "`code_verifier` does not fit the code challenge"
    } else {
        return Ok(());
    };
    Err(TokenError::InvalidGrant(problem))
}

/// Whether a grant was given at the server, or at the environment above it.
fn is_of(grant: &Grant, server: &Server<'_>) -> bool {
    grant.tenant == server.tenant
        && server
            .resource
            .is_none_or(|held| grant.resource.as_deref() == Some(&held.id))
}

/// The client credentials grant, for confidential clients without redirect URIs. An environment
/// client without scopes of its own gets the vendor's.
fn machine(
    environment: &Environment,
    (server, resource): (&Server<'_>, Option<&Resource>),
    (client, key): (&Client, Option<String>),
    parameters: &Parameters,
) -> Result<Map<String, Value>, TokenError> {
    if client.is_public() || !client.redirect_uris.is_empty() {
        return Err(TokenError::UnauthorizedClient);
    }
    let mut allowed = authorize::allowed_scopes(client, resource);
    if resource.is_none() && allowed.is_empty() {
        let given = environment.vendor.first.environment_scopes;
        allowed.extend(given.iter().copied().map(str::to_owned));
    }
    let requested = optional(parameters, "scope")?;
    let scopes = scope::of_machine(requested, &allowed);
    if scopes.is_empty() && requested.is_some() {
        return Err(TokenError::InvalidScope(
            "none of the scopes may be granted",
        ));
    }
    let mut claims = environment.machine_claims(client, (server.tenant, resource), &scopes);
    if let Some(key) = &key {
        claims.insert("cnf".to_owned(), json!({ "jkt": key }));
    }
    let token = environment.access_token(claims, resource.is_some())?;
    let mut answer = token_answer(&token, Some(client.access_token_expiry), &scopes);
    if key.is_some() {
        answer.insert("token_type".to_owned(), json!("DPoP"));
    }
    Ok(answer)
}

/// `id` holds the issuer and the nonce of an ID token, where one goes with the answer.
fn user_tokens(
    environment: &Environment,
    grant: &Grant,
    id: Option<(&str, Option<&str>)>,
) -> Result<Map<String, Value>, TokenError> {
    let user = environment
        .user(&grant.user)
        .ok_or(TokenError::InvalidGrant("the user is gone; log in again"))?;
    let (claims, lifetime) = environment.user_claims(&user, grant);
    let resource = grant
        .resource
        .as_deref()
        .and_then(|id| environment.resource(id));
    let token = environment.access_token(claims, resource.is_some())?;
    let scopes = (environment.vendor.scopes.echo)(resource, &grant.scopes);
    let mut answer = token_answer(&token, lifetime, &scopes);
    if grant.key.is_some() {
        answer.insert("token_type".to_owned(), json!("DPoP"));
    }
    if let Some((issuer, nonce)) = id
        && grant.scopes.iter().any(|scope| scope == "openid")
    {
        let claims = environment.id_claims(&user, grant, issuer, nonce);
        answer.insert(
            "id_token".to_owned(),
            json!(environment.sign(&claims, Some("JWT"))?),
        );
    }
    Ok(answer)
}

fn token_answer(token: &str, lifetime: Option<u64>, scopes: &[String]) -> Map<String, Value> {
    let mut answer = Map::from_iter([
        ("access_token".to_owned(), json!(token)),
        ("token_type".to_owned(), json!("Bearer")),
        ("scope".to_owned(), json!(scopes.join(" "))),
    ]);
    answer.extend(lifetime.map(|seconds| ("expires_in".to_owned(), json!(seconds))));
    answer
}

fn required<'a>(parameters: &'a Parameters, name: &'static str) -> Result<&'a str, TokenError> {
    let missing = || TokenError::InvalidRequest(Cow::Owned(format!("`{name}` is missing")));
    optional(parameters, name)?.ok_or_else(missing)
}

fn optional<'a>(
    parameters: &'a Parameters,
    name: &'static str,
) -> Result<Option<&'a str>, TokenError> {
    Ok(parameters.one(name)?)
}
