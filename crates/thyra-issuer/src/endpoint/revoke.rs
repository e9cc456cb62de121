//! The revocation endpoint (RFC 7009).

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderValue, Request, Response, header};
use thyra_auth::LookupError;

use super::token::{Refused, issued_tokens};
use crate::form::Form;
use crate::grant::OwnClaims;
use crate::server::AuthorizationServer;

/// Answers a revocation. A token that is not known, or is somebody else's, is answered in the same
/// way as one that was revoked: the client has no use for it either way (RFC 7009 section 2.2).
pub(super) async fn answer(
    server: Arc<AuthorizationServer>,
    request: Request<Bytes>,
) -> Response<Bytes> {
    if let Err(refused) = revoke(&server, &request).await {
        return refused.answer();
    }
    let mut response = Response::new(Bytes::new());
    let no_store = HeaderValue::from_static("no-store");
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, no_store);
    response
}

/// Ends the grant of a token, whichever kind of token it is. The hint is not needed.
async fn revoke(server: &AuthorizationServer, request: &Request<Bytes>) -> Result<(), Refused> {
    let form = Form::of_body(request.headers(), request.body())?;
    let token = form.needed("token")?;
    let clients = &server.parts.clients;
    let client = clients.authenticate(request.headers(), &form).await?;
    let grants = &server.parts.grants;
    if grants.revoke(token, &client.id).await? {
        return Ok(());
    }
    let Some(grant_id) = grant_of(server, token).await? else {
        return Ok(());
    };
    match grants.find(&grant_id).await? {
        Some(grant) if grant.client_id == client.id => Ok(grants.end(&grant_id, &grant).await?),
        _ => Ok(()),
    }
}

/// The grant of an access token of ours.
async fn grant_of(server: &AuthorizationServer, token: &str) -> Result<Option<String>, Refused> {
    match issued_tokens(server)?.read(token).await {
        Ok(principal) => Ok(OwnClaims::of(&principal).map(|own| own.grant_id)),
        Err(LookupError::Rejected(_)) => Ok(None),
        Err(error) => Err(Refused::trouble(&error)),
    }
}
