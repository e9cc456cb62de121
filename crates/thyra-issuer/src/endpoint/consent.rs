//! The page on which a person decides whether a client may do what it wants to.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, header};

use super::bound::BoundLogin;
use super::client_answer::AuthorizationError::AccessDenied;
use super::client_answer::Refused;
use super::finish::finish;
use super::ours::may_be_ours;
use super::stopped::Stopped;
use super::upstream_leg::send_upstream;
use crate::client::ClientKind;
use crate::cookie::{Approvals, Approved, BindingCookies, csrf_is_good, csrf_token};
use crate::form::Form;
use crate::page::{self, AskedScope, Asking, ConsentPage, Vouching};
use crate::server::{AuthorizationServer, CONSENT, Consent, Directory, SignIn};
use crate::upstream::Upstream;

/// Answers a request for the page, or a decision that was taken on it.
pub(super) async fn answer(
    server: Arc<AuthorizationServer>,
    request: Request<Bytes>,
) -> Response<Bytes> {
    let outcome = if request.method() == Method::POST {
        decide(&server, &request).await
    } else {
        show(&server, &request).await
    };
    outcome.unwrap_or_else(|stopped| stopped.page(&server))
}

async fn show(
    server: &AuthorizationServer,
    request: &Request<Bytes>,
) -> Result<Response<Bytes>, Stopped> {
    let form = Form::of_query(request.uri().query().unwrap_or_default())?;
    let id = form.needed("transaction")?;
    let login = BoundLogin::find(server, request.headers(), id).await?;
    Ok(ask(server, &login, id, None))
}

async fn decide(
    server: &AuthorizationServer,
    request: &Request<Bytes>,
) -> Result<Response<Bytes>, Stopped> {
    let headers = request.headers();
    let form = Form::of_body(headers, request.body())?;
    let id = form.needed("transaction")?;
    if !may_be_ours(&server.parts.urls, headers) {
        return Err(Stopped::Forged);
    }
    let login = BoundLogin::find(server, headers, id).await?;
    if !csrf_is_good(&login.binding, id, form.needed("csrf")?) {
        return Err(Stopped::Forged);
    }
    match form.needed("action")? {
        "approve" => match &server.parts.sign_in {
            SignIn::Upstream(upstream) => {
                approve(server, upstream, headers, &login, id, &form).await
            }
            SignIn::Local(directory) => {
                sign_in(server, &**directory, headers, &login, id, &form).await
            }
        },
        "deny" => deny(server, headers, &login, id).await,
        _ => Err(Stopped::Request("`action` is neither `approve` nor `deny`")),
    }
}

async fn approve(
    server: &AuthorizationServer,
    upstream: &Upstream,
    headers: &HeaderMap,
    login: &BoundLogin,
    id: &str,
    form: &Form,
) -> Result<Response<Bytes>, Stopped> {
    let mut response = send_upstream(server, upstream, id, &login.answer(server)).await?;
    let wants_it = form.one("remember")?.is_some();
    if server.parts.consent == Consent::Remember && wants_it {
        remember(server, headers, login, response.headers_mut()).await;
    }
    Ok(response)
}

/// That it could not be noted is no reason to stop: the person is asked again next time.
async fn remember(
    server: &AuthorizationServer,
    headers: &HeaderMap,
    login: &BoundLogin,
    answer: &mut HeaderMap,
) {
    let parts = &server.parts;
    let Some(key) = parts.approval_keys.get(&parts.store).await else {
        return;
    };
    let now = parts.clock.unix().as_secs();
    let approved = Approved {
        client_id: &login.transaction.client_id,
        redirect_uri: &login.transaction.redirect_uri,
        scopes: &login.transaction.scopes,
        resource: &login.transaction.resource,
    };
    let approvals = Approvals::of(&parts.cookies, key, headers, now);
    if let Ok(cookie) = approvals.with(&parts.cookies, key, &approved, now) {
        answer.append(header::SET_COOKIE, cookie);
    }
}

async fn sign_in(
    server: &AuthorizationServer,
    directory: &dyn Directory,
    headers: &HeaderMap,
    login: &BoundLogin,
    id: &str,
    form: &Form,
) -> Result<Response<Bytes>, Stopped> {
    match directory.sign_in(form) {
        Ok(signed_in) => {
            server.parts.logins.take(id).await?;
            let mut response = finish(server, login, signed_in).await;
            clear(server, headers, id, &mut response);
            Ok(response)
        }
        Err(not) => Ok(ask(server, login, id, Some((form, &not.to_string())))),
    }
}

async fn deny(
    server: &AuthorizationServer,
    headers: &HeaderMap,
    login: &BoundLogin,
    id: &str,
) -> Result<Response<Bytes>, Stopped> {
    server.parts.logins.take(id).await?;
    let refused = Refused::new(AccessDenied, "the person did not allow it");
    let mut response = login.answer(server).error(&refused);
    clear(server, headers, id, &mut response);
    Ok(response)
}

/// The login is over, and so is its cookie.
pub(super) fn clear(
    server: &AuthorizationServer,
    headers: &HeaderMap,
    id: &str,
    response: &mut Response<Bytes>,
) {
    let cookie = BindingCookies::of(&server.parts.cookies, headers).clear(id);
    response.headers_mut().append(header::SET_COOKIE, cookie);
}

/// The page. `again` is what was sent before, and why it was not accepted.
fn ask(
    server: &AuthorizationServer,
    login: &BoundLogin,
    id: &str,
    again: Option<(&Form, &str)>,
) -> Response<Bytes> {
    let parts = &server.parts;
    let scopes: Vec<_> = login.transaction.scopes.iter().collect();
    let scopes: Vec<_> = scopes
        .into_iter()
        .map(|name| AskedScope {
            name,
            description: parts.scope_descriptions.get(name).map(String::as_str),
        })
        .collect();
    let asking = Asking {
        server: &parts.name,
        resource: server.resource.as_str(),
        client_id: &login.client.id,
        client_name: login.client.name.as_deref(),
        vouching: match &login.client.kind {
            ClientKind::Configured => Vouching::Operator,
            ClientKind::Document { host } => Vouching::Host(host),
            ClientKind::Registered => Vouching::Nobody,
        },
        redirect_uri: &login.transaction.redirect_uri,
        scopes: &scopes,
        action: &parts.urls.path(CONSENT),
        transaction: id,
        csrf: &csrf_token(&login.binding, id),
    };
    match &parts.sign_in {
        SignIn::Upstream(_) => page::consent(&ConsentPage {
            asking,
            next: parts.next,
            remember: parts.consent == Consent::Remember && login.redirect_uri.is_of_one_client(),
            policy: &parts.page_policy,
        }),
        SignIn::Local(directory) => {
            let (typed, error) = again.unzip();
            directory.page(asking, typed, error, &parts.page_policy)
        }
    }
}
