//! Grants of somebody's word: assertions (RFC 7523 section 2.1) and token exchange (RFC 8693).
//! Scalekit has neither; they behave as the draft of identity assertions has them.

use serde_json::{Map, Value, json};

use super::{TokenError, optional, required, token_answer};
use crate::assertion::Assertion;
use crate::client::Client;
use crate::environment::Environment;
use crate::grant::Grant;
use crate::parameters::Parameters;
use crate::resource::Resource;
use crate::routes::authorize;
use crate::scope;
use crate::server::Server;
use crate::vendor::Offer;

pub(super) const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
pub(super) const TOKEN_EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
const ID_JAG: &str = "urn:ietf:params:oauth:token-type:id-jag";
const ID_JAG_TYPE: &str = "oauth-id-jag+jwt";
/// How long an identity assertion lives, in seconds.
const ID_JAG_LIFETIME: u64 = 300;

/// An assertion of a trusted issuer becomes an access token of its subject.
pub(super) fn redeem(
    environment: &Environment,
    (server, resource): (&Server<'_>, Option<&Resource>),
    client: &Client,
    parameters: &Parameters,
) -> Result<Map<String, Value>, TokenError> {
    let sent = required(parameters, "assertion")?;
    let use_of_it = optional(parameters, "requested_token_use")?;
    if environment.vendor.offers(Offer::OnBehalfOf) && use_of_it == Some("on_behalf_of") {
        return on_behalf_of(environment, server, client, parameters);
    }
    let assertion = environment
        .trusted_issuers
        .iter()
        .find_map(|(issuer, keys)| {
            Assertion::read(sent, keys).filter(|read| read.text("iss") == Some(issuer))
        })
        .ok_or(TokenError::InvalidGrant(
            "nobody who is trusted signed the assertion",
        ))?;
    let own = resource.map_or_else(
        || server.issuer.clone(),
        |resource| environment.resource_issuer(&resource.id),
    );
    let problem = if assertion.is_over(environment.now()) {
        "the assertion is over"
    } else if !assertion.is_for(&[&own]) {
        "the assertion is for another authorization server"
    } else if assertion.kind.as_deref() == Some(ID_JAG_TYPE)
        && assertion.text("client_id") != Some(&client.id)
    {
        "the assertion is for another client"
    } else if assertion.kind.as_deref() == Some(ID_JAG_TYPE)
        && assertion.text("resource") != resource.and_then(|resource| resource.uri.as_deref())
    {
        "the assertion is for another resource"
    } else {
        let subject = assertion.text("sub").unwrap_or_default();
        return issue(environment, (server, resource), client, parameters, subject);
    };
    Err(TokenError::InvalidGrant(problem))
}

/// A user's token for this client becomes a token of the same user for another API of the vendor.
fn on_behalf_of(
    environment: &Environment,
    server: &Server<'_>,
    client: &Client,
    parameters: &Parameters,
) -> Result<Map<String, Value>, TokenError> {
    if client.is_public() {
        return Err(TokenError::InvalidClient(
            "AADSTS7000218: the request must contain a client secret or assertion",
        ));
    }
    let sent = required(parameters, "assertion")?;
    let scopes = scope::parse(required(parameters, "scope")?);
    let rules = &environment.vendor.scopes;
    let api = scopes.iter().find_map(|scope| rules.api(scope));
    let (prefix, audience) = api.ok_or(TokenError::InvalidScope(
        "AADSTS70011: none of the scopes is of another API",
    ))?;
    let refused = TokenError::InvalidGrant(
        "AADSTS50013: the assertion is no good token for this application",
    );
    let claims = environment.token_claims(server, sent);
    let own = [client.id.clone(), format!("api://{}", client.id)];
    let claims = claims.filter(|claims| {
        let audience = claims.get("aud").and_then(Value::as_str);
        own.iter().any(|own| audience == Some(own))
    });
    let text = |name: &str| claims.as_ref()?.get(name)?.as_str();
    let Some(user) = text("oid").and_then(|subject| environment.user(subject)) else {
        return Err(refused);
    };
    let grant = Grant {
        client: client.id.clone(),
        user: user.subject.clone(),
        tenant: server.tenant.to_owned(),
        resource: None,
        bound: false,
        scopes: scopes.clone(),
        session: text("sid").unwrap_or_default().to_owned(),
        offline: false,
        key: None,
    };
    let (mut claims, lifetime) = environment.user_claims(&user, &grant);
    let short = scopes.iter().filter_map(|scope| scope.strip_prefix(prefix));
    let short: Vec<&str> = short.collect();
    claims.insert("aud".to_owned(), json!(audience));
    claims.insert("scp".to_owned(), json!(short.join(" ")));
    let token = environment.access_token(claims, true)?;
    Ok(token_answer(&token, lifetime, &scopes))
}

/// A token of this environment, for this client, becomes an access token, or an identity assertion
/// for another authorization server.
pub(super) fn exchange(
    environment: &Environment,
    (server, resource): (&Server<'_>, Option<&Resource>),
    client: &Client,
    parameters: &Parameters,
) -> Result<Map<String, Value>, TokenError> {
    let sent = required(parameters, "subject_token")?;
    required(parameters, "subject_token_type")?;
    let keys = environment.keys().jwks();
    let subject = Assertion::read(sent, &keys)
        .filter(|token| !token.is_over(environment.now()) && token.is_for(&[&client.id]))
        .ok_or(TokenError::InvalidGrant(
            "the subject token is not a good one of this client",
        ))?;
    let name = subject.text("sub").unwrap_or_default();
    match optional(parameters, "requested_token_type")? {
        None | Some(ACCESS_TOKEN) => {
            let mut answer = issue(environment, (server, resource), client, parameters, name)?;
            answer.insert("issued_token_type".to_owned(), json!(ACCESS_TOKEN));
            Ok(answer)
        }
        Some(ID_JAG) => identity_assertion(environment, client, parameters, name),
        Some(_) => Err(TokenError::InvalidRequest(
            "`requested_token_type` is not offered".into(),
        )),
    }
}

fn identity_assertion(
    environment: &Environment,
    client: &Client,
    parameters: &Parameters,
    subject: &str,
) -> Result<Map<String, Value>, TokenError> {
    let now = environment.now();
    let claims = json!({
        "iss": environment.url,
        "sub": subject,
        "aud": required(parameters, "audience")?,
        "resource": required(parameters, "resource")?,
        "client_id": client.elsewhere.as_ref().unwrap_or(&client.id),
        "jti": environment.state().next_id("jag_"),
        "iat": now,
        "exp": now.saturating_add(ID_JAG_LIFETIME),
    });
    let claims = claims.as_object().cloned().unwrap_or_default();
    let token = environment.sign(&claims, Some(ID_JAG_TYPE))?;
    Ok(Map::from_iter([
        ("access_token".to_owned(), json!(token)),
        ("issued_token_type".to_owned(), json!(ID_JAG)),
        ("token_type".to_owned(), json!("N_A")),
        ("expires_in".to_owned(), json!(ID_JAG_LIFETIME)),
    ]))
}

fn issue(
    environment: &Environment,
    (server, resource): (&Server<'_>, Option<&Resource>),
    client: &Client,
    parameters: &Parameters,
    subject: &str,
) -> Result<Map<String, Value>, TokenError> {
    let allowed = authorize::allowed_scopes(client, resource);
    let requested = optional(parameters, "scope")?;
    let scopes = scope::of_machine(requested, &allowed);
    if scopes.is_empty() && requested.is_some() {
        return Err(TokenError::InvalidScope(
            "none of the scopes may be granted",
        ));
    }
    let mut claims = environment.machine_claims(client, (server.tenant, resource), &scopes);
    claims.insert("sub".to_owned(), json!(subject));
    let token = environment.access_token(claims, resource.is_some())?;
    let lifetime = Some(client.access_token_expiry);
    Ok(token_answer(&token, lifetime, &scopes))
}
