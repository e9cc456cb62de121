//! The endpoint at which clients register themselves (RFC 7591 section 3).

use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response, StatusCode};

use crate::answer;
use crate::server::AuthorizationServer;

/// Answers a registration.
pub(super) async fn answer(
    server: Arc<AuthorizationServer>,
    request: Request<Bytes>,
) -> Response<Bytes> {
    match server.parts.clients.register(request.body()).await {
        Ok(registered) => answer::json(StatusCode::CREATED, &registered),
        Err(refused) => refused.answer(),
    }
}
