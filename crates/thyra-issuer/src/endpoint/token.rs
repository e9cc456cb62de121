//! The token endpoint (OAuth 2.1 section 3.2).

mod authorization_code;
mod exchange;
mod jwt_bearer;
mod refresh_token;
mod refused;

use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use serde::Serialize;
use thyra_oauth::{OFFLINE_ACCESS, ScopeSet, Secret};

use crate::answer;
use crate::client::GrantType;
use crate::form::Form;
use crate::grant::Issued;
use crate::issued::IssuedTokens;
use crate::server::{AuthorizationServer, TOKEN_EXCHANGE};
use exchange::ACCESS_TOKEN;
pub(super) use refused::Refused;

/// Answers a token request.
pub(super) async fn answer(
    server: Arc<AuthorizationServer>,
    request: Request<Bytes>,
) -> Response<Bytes> {
    match issued(&server, &request).await {
        Ok(tokens) => given(&tokens),
        Err(refused) => refused.answer(),
    }
}

async fn issued(server: &AuthorizationServer, request: &Request<Bytes>) -> Result<Given, Refused> {
    let form = Form::of_body(request.headers(), request.body())?;
    let grant_type = form.needed("grant_type")?;
    let clients = &server.parts.clients;
    let client = clients.authenticate(request.headers(), &form).await?;
    let plain = |issued| Given {
        issued,
        issued_token_type: None,
    };
    if grant_type == TOKEN_EXCHANGE {
        return Ok(Given {
            issued: exchange::exchange(server, &client, &form).await?,
            issued_token_type: Some(ACCESS_TOKEN),
        });
    }
    let grant_type = GrantType::read(grant_type).ok_or(Refused::UnsupportedGrantType)?;
    if grant_type == GrantType::JwtBearer && server.parts.assertions.is_none() {
        return Err(Refused::UnsupportedGrantType);
    }
    if !client.grant_types.contain(grant_type) {
        return Err(Refused::UnauthorizedClient);
    }
    let issued = match grant_type {
        GrantType::AuthorizationCode => authorization_code::redeem(server, &client, &form).await,
        GrantType::JwtBearer => jwt_bearer::assert(server, &client, &form).await,
        GrantType::RefreshToken => refresh_token::refresh(server, &client, &form).await,
    };
    issued.map(plain)
}

/// Tokens, and what kind they are where that must be said (RFC 8693 section 2.2.1).
struct Given {
    issued: Issued,
    issued_token_type: Option<&'static str>,
}

/// The scopes that are asked for, if any are. One of them is no scope of ours: it asks for refresh
/// tokens.
fn asked_for(form: &Form) -> Result<Option<ScopeSet>, Refused> {
    let Some(text) = form.one("scope")? else {
        return Ok(None);
    };
    let scopes = ScopeSet::learned(text).map_err(|_| Refused::InvalidScope)?;
    let scopes = scopes.iter().filter(|scope| *scope != OFFLINE_ACCESS);
    Ok(Some(scopes.collect()))
}

/// What reads access tokens of this server.
pub(super) fn issued_tokens(server: &AuthorizationServer) -> Result<IssuedTokens, Refused> {
    let parts = &server.parts;
    let (grants, clock) = (Arc::clone(&parts.grants), Arc::clone(&parts.clock));
    let tokens = IssuedTokens::new(grants, server.resource.as_str(), clock);
    tokens.map_err(|error| Refused::trouble(&error))
}

/// Refuses tokens for somebody else's resource (RFC 8707 section 2.2).
fn check_resource(server: &AuthorizationServer, form: &Form) -> Result<(), Refused> {
    let mut named = form.all("resource").filter(|resource| !resource.is_empty());
    if named.all(|resource| server.is_named_by(resource)) {
        Ok(())
    } else {
        Err(Refused::InvalidTarget)
    }
}

/// Tokens as OAuth 2.1 section 3.2.3 has them.
fn given(given: &Given) -> Response<Bytes> {
    #[derive(Serialize)]
    struct Answer<'a> {
        access_token: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        issued_token_type: Option<&'a str>,
        token_type: &'a str,
        expires_in: u64,
        #[serde(skip_serializing_if = "Option::is_none")]
        refresh_token: Option<&'a str>,
        scope: String,
    }
    let issued = &given.issued;
    answer::json(
        StatusCode::OK,
        &Answer {
            access_token: issued.access_token.expose(),
            issued_token_type: given.issued_token_type,
            token_type: "Bearer",
            expires_in: issued.expires_in,
            refresh_token: issued
                .refresh_token
                .as_ref()
                .map(Secret::expose)
                .map(String::as_str),
            scope: issued.scopes.to_string(),
        },
    )
}

#[cfg(test)]
mod tests;
