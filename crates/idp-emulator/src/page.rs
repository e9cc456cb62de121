//! Pages for people: consent, refusals, and the front page of the control plane.

use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use url::Url;

use crate::client::Client;
use crate::environment::Environment;
use crate::grant::AuthorizationRequest;
use crate::key::CryptoError;
use crate::resource::Resource;
use crate::user::User;
use crate::vendor::Row;
use crate::{answer, secret};

#[derive(Template)]
#[template(path = "consent.html")]
struct ConsentPage<'a> {
    nonce: &'a str,
    vendor: &'a Row,
    client_name: &'a str,
    client_id: &'a str,
    resource: &'a str,
    redirect_host: &'a str,
    scopes: Vec<&'a str>,
    always: Vec<&'a str>,
    users: Vec<Choice<'a>>,
    login_request_id: &'a str,
    csrf: &'a str,
}

struct Choice<'a> {
    subject: &'a str,
    name: &'a str,
    email: &'a str,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "notice.html")]
struct NoticePage<'a> {
    nonce: &'a str,
    title: &'a str,
    text: &'a str,
}

#[derive(Template)]
#[template(path = "home.html")]
struct HomePage<'a> {
    nonce: &'a str,
    vendor: &'a Row,
    url: &'a str,
    keys: &'a str,
    variables: &'a [(&'static str, String)],
    resources: &'a [ResourceRow],
    users: &'a [String],
}

/// A resource on the front page.
#[derive(Debug)]
pub(crate) struct ResourceRow {
    pub(crate) id: String,
    pub(crate) uri: String,
    pub(crate) scopes: String,
    pub(crate) metadata: String,
}

/// Asks who logs in, and what the client may do. `form` holds the identifier of the login request
/// and the secret that proves that the answer comes from this page.
pub(crate) fn consent(
    environment: &Environment,
    request: &AuthorizationRequest,
    client: &Client,
    resource: Option<&Resource>,
    hinted: Option<&User>,
    (login_request_id, csrf): (&str, &str),
) -> Result<Response, CryptoError> {
    let redirect = Url::parse(&request.redirect_uri).ok();
    let redirect_host = match &redirect {
        Some(url) => match url.host_str() {
            Some(host) if matches!(url.scheme(), "http" | "https") => host.to_owned(),
            _ => format!("the application for {}: links", url.scheme()),
        },
        None => request.redirect_uri.clone(),
    };
    let (always, scopes) = request
        .scopes
        .iter()
        .map(String::as_str)
        .partition(|scope| environment.vendor.scopes.own.contains(scope));
    let people = environment.users();
    let chosen = hinted.or_else(|| people.first());
    let chosen = chosen.map(|user| &user.subject);
    let users = people
        .iter()
        .map(|user| Choice {
            subject: &user.subject,
            name: &user.name,
            email: &user.email,
            chosen: Some(&user.subject) == chosen,
        })
        .collect();
    let nonce = secret::random()?;
    let page = ConsentPage {
        nonce: &nonce,
        vendor: environment.vendor,
        client_name: &client.name,
        client_id: &client.id,
        resource: resource.map_or("this environment", |resource| &resource.name),
        redirect_host: &redirect_host,
        scopes,
        always,
        users,
        login_request_id,
        csrf,
    };
    Ok(respond(StatusCode::OK, &nonce, page.render()))
}

/// Tells a person why there is no redirect.
pub(crate) fn refusal(code: &str, explanation: &str) -> Response {
    message(StatusCode::BAD_REQUEST, code, explanation)
}

/// Tells a person something.
pub(crate) fn notice(title: &str, text: &str) -> Response {
    message(StatusCode::OK, title, text)
}

/// The front page of the control plane.
pub(crate) fn home(
    environment: &Environment,
    variables: &[(&'static str, String)],
    resources: &[ResourceRow],
    users: &[String],
) -> Result<Response, CryptoError> {
    let nonce = secret::random()?;
    let page = HomePage {
        nonce: &nonce,
        vendor: environment.vendor,
        url: &environment.url,
        keys: &environment.keys_path(),
        variables,
        resources,
        users,
    };
    Ok(respond(StatusCode::OK, &nonce, page.render()))
}

fn message(status: StatusCode, title: &str, text: &str) -> Response {
    match secret::random() {
        Ok(nonce) => respond(
            status,
            &nonce,
            NoticePage {
                nonce: &nonce,
                title,
                text,
            }
            .render(),
        ),
        Err(error) => error.into_response(),
    }
}

fn respond(status: StatusCode, nonce: &str, page: askama::Result<String>) -> Response {
    // No `form-action`: browsers apply it to the redirects that follow the form as well, and where
    // a client's redirect URI leads in the end is not known here. The page holds no other form.
    let policy = format!(
        "default-src 'none'; style-src 'nonce-{nonce}'; base-uri 'none'; frame-ancestors 'none'"
    );
    match (page, HeaderValue::try_from(policy)) {
        (Ok(page), Ok(policy)) => (
            status,
            [
                (header::CONTENT_SECURITY_POLICY, policy),
                (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
                // `no-referrer` would take the origin from the form's own request.
                (
                    header::REFERRER_POLICY,
                    HeaderValue::from_static("same-origin"),
                ),
                (
                    header::X_CONTENT_TYPE_OPTIONS,
                    HeaderValue::from_static("nosniff"),
                ),
            ],
            Html(page),
        )
            .into_response(),
        _ => answer::rest_error(
            StatusCode::INTERNAL_SERVER_ERROR,
            "the page could not be written",
        ),
    }
}
