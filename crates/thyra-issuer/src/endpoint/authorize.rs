//! The authorization endpoint (OAuth 2.1 section 4.1.1): where a login begins.

mod request;

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, header};
use thyra_oauth::unguessable;

use self::request::Wanted;
use super::client_answer::ClientAnswer;
use super::consent_path;
use super::ours::may_be_led_here;
use super::stopped::Stopped;
use super::upstream_leg::send_upstream;
use crate::answer;
use crate::client::{Client, RedirectUri};
use crate::cookie::{Approvals, Approved, BindingCookies};
use crate::digest::Digest;
use crate::form::Form;
use crate::login::LoginError;
use crate::record::Transaction;
use crate::server::{AuthorizationServer, Consent, SignIn};

/// Answers a request for the endpoint.
pub(super) async fn answer(
    server: Arc<AuthorizationServer>,
    request: Request<Bytes>,
) -> Response<Bytes> {
    if request.method() == Method::HEAD {
        // To look whether there is an endpoint begins no login.
        return answer::nothing();
    }
    match authorize(&server, &request).await {
        Ok(response) => response,
        Err(stopped) => stopped.answer(&server, request.headers()),
    }
}

async fn authorize(
    server: &AuthorizationServer,
    request: &Request<Bytes>,
) -> Result<Response<Bytes>, Stopped> {
    let form = if request.method() == Method::POST {
        Form::of_body(request.headers(), request.body())?
    } else {
        Form::of_query(request.uri().query().unwrap_or_default())?
    };
    let client_id = form.needed("client_id")?;
    let state = request::state(&form);
    let shown_state = state.as_ref().copied().unwrap_or_default();
    let client = server.parts.clients.find(client_id).await;
    let client = client.map_err(|error| Stopped::without_client(error, client_id, shown_state))?;
    let redirect_uri = match form.one("redirect_uri")? {
        Some(uri) => client.accepts(uri)?,
        None => client
            .only_redirect_uri()
            .ok_or(Stopped::RedirectUriMissing)?,
    };
    // Only now may the client be answered.
    let to_client = ClientAnswer {
        redirect_uri: &redirect_uri,
        state: shown_state,
        issuer: server.parts.urls.issuer(),
    };
    let wanted = match state.and_then(|_| Wanted::read(server, &client, &form)) {
        Ok(wanted) => wanted,
        Err(refused) => return Ok(to_client.error(&refused)),
    };
    begin(server, request.headers(), &client, &to_client, wanted).await
}

async fn begin(
    server: &AuthorizationServer,
    headers: &HeaderMap,
    client: &Client,
    to_client: &ClientAnswer<'_>,
    wanted: Wanted,
) -> Result<Response<Bytes>, Stopped> {
    let parts = &server.parts;
    let binding = unguessable::<32>().map_err(LoginError::from)?;
    let now = parts.clock.unix().as_secs();
    let transaction = Transaction {
        client_id: client.id.clone(),
        redirect_uri: to_client.redirect_uri.as_str().to_owned(),
        state: to_client.state.map(str::to_owned),
        challenge: wanted.challenge,
        scopes: wanted.scopes,
        resource: server.resource.as_str().to_owned(),
        binding: Digest::of(binding.expose()),
        approval: None,
        created_at: now,
    };
    let id = parts.logins.begin(&transaction).await?;
    let mut response = match &parts.sign_in {
        SignIn::Upstream(upstream)
            if !must_ask(server, headers, &transaction, to_client.redirect_uri).await =>
        {
            send_upstream(server, upstream, id.expose(), to_client).await?
        }
        SignIn::Upstream(_) | SignIn::Local(_) => {
            answer::redirect(&consent_path(&parts.urls, id.expose()))
        }
    };
    let cookies = BindingCookies::of(&parts.cookies, headers).set(id.expose(), &binding, now);
    for cookie in cookies {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

/// Whether the person must be asked on a page of ours.
async fn must_ask(
    server: &AuthorizationServer,
    headers: &HeaderMap,
    transaction: &Transaction,
    redirect_uri: &RedirectUri,
) -> bool {
    let parts = &server.parts;
    match parts.consent {
        Consent::Always => true,
        Consent::External | Consent::Off => false,
        Consent::Remember => {
            if may_be_led_here(headers) || !redirect_uri.is_of_one_client() {
                return true;
            }
            let Some(key) = parts.approval_keys.get(&parts.store).await else {
                return true;
            };
            let now = transaction.created_at;
            let approved = Approved {
                client_id: &transaction.client_id,
                redirect_uri: &transaction.redirect_uri,
                scopes: &transaction.scopes,
                resource: &transaction.resource,
            };
            !Approvals::of(&parts.cookies, key, headers, now).hold(&approved)
        }
    }
}
