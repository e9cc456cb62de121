//! The end of a login: the person is known, and the client gets a code.

use bytes::Bytes;
use http::Response;
use thyra_oauth::ScopeSet;

use super::bound::BoundLogin;
use super::client_answer::AuthorizationError::{AccessDenied, TemporarilyUnavailable};
use super::client_answer::Refused;
use crate::record::SignedIn;
use crate::server::AuthorizationServer;

/// Gives the client a code. The login must have been taken: of many who finish it, one gets here.
pub(super) async fn finish(
    server: &AuthorizationServer,
    login: &BoundLogin,
    signed_in: SignedIn,
) -> Response<Bytes> {
    let to_client = login.answer(server);
    let scopes = granted(&login.transaction.scopes, &signed_in);
    if !server.parts.scopes.required().is_subset(&scopes) {
        let required = server.parts.scopes.required().iter();
        let missing: ScopeSet = required.filter(|scope| !scopes.contains(scope)).collect();
        tracing::warn!(
            %missing,
            granted = %scopes,
            "a login did not grant a scope that this server requires: let the identity provider \
             grant it to this server's application, or do not require it"
        );
        let problem = "the login did not grant a scope that this server needs";
        return to_client.error(&Refused::new(AccessDenied, problem));
    }
    let code = server
        .parts
        .codes
        .issue(&login.transaction, signed_in, scopes)
        .await;
    match code {
        Ok(code) => {
            server.parts.clients.confirm(&login.client).await;
            to_client.code(&code)
        }
        Err(error) => {
            tracing::warn!(%error, "a login cannot be finished");
            let problem = "the login cannot be finished at the moment; try again";
            to_client.error(&Refused::new(TemporarilyUnavailable, problem))
        }
    }
}

/// What was asked for, as far as the identity provider granted it.
fn granted(asked: &ScopeSet, signed_in: &SignedIn) -> ScopeSet {
    match &signed_in.scopes {
        Some(granted) => asked
            .iter()
            .filter(|scope| granted.contains(scope))
            .collect(),
        None => asked.clone(),
    }
}
