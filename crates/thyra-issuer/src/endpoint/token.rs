//! The token endpoint (OAuth 2.1 section 3.2).

mod authorization_code;
mod refresh_token;
mod refused;

use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use serde::Serialize;
use thyra_oauth::Secret;

use crate::answer;
use crate::form::Form;
use crate::grant::Issued;
use crate::server::AuthorizationServer;
pub(super) use refused::Refused;

/// Answers a token request.
pub(super) async fn answer(
    server: Arc<AuthorizationServer>,
    request: Request<Bytes>,
) -> Response<Bytes> {
    match issued(&server, &request).await {
        Ok(issued) => given(&issued),
        Err(refused) => refused.answer(),
    }
}

async fn issued(
    server: &AuthorizationServer,
    request: &Request<Bytes>,
) -> Result<Issued, Refused> {
    let form = Form::of_body(request.headers(), request.body())?;
    let grant_type = form.needed("grant_type")?;
    let clients = &server.parts.clients;
    let client = clients.authenticate(request.headers(), &form).await?;
    match grant_type {
        "authorization_code" => authorization_code::redeem(server, &client, &form).await,
        "refresh_token" => refresh_token::refresh(server, &client, &form).await,
        _ => Err(Refused::UnsupportedGrantType),
    }
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
fn given(issued: &Issued) -> Response<Bytes> {
    #[derive(Serialize)]
    struct Answer<'a> {
        access_token: &'a str,
        token_type: &'a str,
        expires_in: u64,
        #[serde(skip_serializing_if = "Option::is_none")]
        refresh_token: Option<&'a str>,
        scope: String,
    }
    answer::json(
        StatusCode::OK,
        &Answer {
            access_token: issued.access_token.expose(),
            token_type: "Bearer",
            expires_in: issued.expires_in,
            refresh_token: issued.refresh_token.as_ref().map(Secret::expose).map(String::as_str),
            scope: issued.scopes.to_string(),
        },
    )
}
