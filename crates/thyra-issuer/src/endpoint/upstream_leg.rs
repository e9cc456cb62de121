//! On to the identity provider.

use bytes::Bytes;
use http::Response;
use thyra_oauth::Secret;

use super::client_answer::AuthorizationError::TemporarilyUnavailable;
use super::client_answer::{ClientAnswer, Refused};
use super::stopped::Stopped;
use crate::answer;
use crate::record::Approval;
use crate::server::AuthorizationServer;
use crate::upstream::{Upstream, UpstreamRequest};

/// Sends the browser to the identity provider. What it is asked with is made now, when the person
/// has agreed, and not before.
pub(super) async fn send_upstream(
    server: &AuthorizationServer,
    upstream: &Upstream,
    id: &str,
    to_client: &ClientAnswer<'_>,
) -> Result<Response<Bytes>, Stopped> {
    let (transaction, approval) = server.parts.logins.approve(id).await?;
    let request = UpstreamRequest {
        state: &upstream_state(id, &approval),
        code_verifier: &approval.code_verifier,
        nonce: &approval.nonce,
        scopes: &transaction.scopes,
        resource: &transaction.resource,
    };
    if let Ok(url) = upstream.authorization_url(&request).await {
        return Ok(answer::redirect(url.as_str()));
    }
    // The log has the reason.
    server.parts.logins.take(id).await?;
    let problem = "the identity provider cannot be reached at the moment; try again";
    Ok(to_client.error(&Refused::new(TemporarilyUnavailable, problem)))
}

fn upstream_state(id: &str, approval: &Approval) -> String {
    format!("{id}.{}", approval.state.expose())
}

/// The login that `state` names, and the secret behind it.
pub(super) fn parse_state(state: &str) -> Option<(&str, Secret)> {
    let (id, secret) = state.split_once('.')?;
    Some((id, Secret::new(secret.to_owned())))
}
