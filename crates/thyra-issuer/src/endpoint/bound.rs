//! A login in the browser that began it.

use http::HeaderMap;
use thyra_oauth::Secret;

use super::client_answer::ClientAnswer;
use super::stopped::Stopped;
use crate::client::{Client, RedirectUri};
use crate::cookie::BindingCookies;
use crate::digest::Digest;
use crate::record::Transaction;
use crate::server::AuthorizationServer;

/// A login that goes on in the browser that began it, for a client that may still be answered.
#[derive(Debug)]
pub(super) struct BoundLogin {
    pub(super) transaction: Transaction,
    pub(super) client: Client,
    pub(super) redirect_uri: RedirectUri,
    /// The secret in the browser's cookie.
    pub(super) binding: Secret,
}

impl BoundLogin {
    /// The login with this identifier, if the browser has its cookie.
    pub(super) async fn find(
        server: &AuthorizationServer,
        headers: &HeaderMap,
        id: &str,
    ) -> Result<Self, Stopped> {
        let parts = &server.parts;
        let transaction = parts.logins.find(id).await?;
        let binding = BindingCookies::of(&parts.cookies, headers).secret_for(id);
        let binding = binding.filter(|secret| Digest::of(secret.expose()) == transaction.binding);
        let binding = binding.ok_or(Stopped::OtherBrowser)?;
        if transaction.resource != server.resource.as_str() {
            return Err(Stopped::Over);
        }
        // Since the login began, the client may have been removed, or the rules have changed.
        let client = parts.clients.find(&transaction.client_id).await;
        let client =
            client.map_err(|error| Stopped::without_client(error, &transaction.client_id, None))?;
        let redirect_uri = client.accepts(&transaction.redirect_uri)?;
        Ok(Self {
            transaction,
            client,
            redirect_uri,
            binding,
        })
    }

    pub(super) fn answer<'a>(&'a self, server: &'a AuthorizationServer) -> ClientAnswer<'a> {
        ClientAnswer {
            redirect_uri: &self.redirect_uri,
            state: self.transaction.state.as_deref(),
            issuer: server.parts.urls.issuer(),
        }
    }
}
