//! What is checked and noted before a request reaches its route.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use url::{Host, Url};

use crate::environment::Shared;
use crate::{answer, redirect};

/// Answers only to the names of this machine: a web page that made its own name point here must not
/// be able to mint tokens.
pub(crate) async fn local_host(
    State(environment): State<Shared>,
    request: Request,
    next: Next,
) -> Response {
    let host = request
        .headers()
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    let known = host.is_some_and(|host| {
        let parsed = Url::parse(&format!("http://{host}")).ok();
        let environment = Url::parse(&environment.url).ok();
        let environment = environment.as_ref().and_then(Url::host);
        parsed
            .as_ref()
            .and_then(Url::host)
            .is_some_and(|host: Host<&str>| {
                redirect::is_loopback(&host) || environment.as_ref() == Some(&host)
            })
    });
    if known {
        next.run(request).await
    } else {
        answer::rest_error(
            StatusCode::MISDIRECTED_REQUEST,
            "the emulator answers only to `localhost`, loopback addresses and its environment URL",
        )
    }
}

/// Writes the request into the journal. The control plane stays out of it.
pub(crate) async fn record(
    State(environment): State<Shared>,
    mut request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path();
    if path != "/__emu" && !path.starts_with("/__emu/") {
        let entry = environment
            .journal()
            .record(request.method().as_str(), path);
        request.extensions_mut().insert(entry);
    }
    next.run(request).await
}

/// Lets programs in browsers read the answer, and answers their preflights.
pub(crate) async fn any_origin(request: Request, next: Next) -> Response {
    let mut response = if request.method() == Method::OPTIONS {
        StatusCode::NO_CONTENT.into_response()
    } else {
        next.run(request).await
    };
    let headers: [(HeaderName, &'static str); 5] = [
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, OPTIONS"),
        (
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            "authorization, content-type, mcp-protocol-version",
        ),
        (header::ACCESS_CONTROL_EXPOSE_HEADERS, "www-authenticate"),
        (header::ACCESS_CONTROL_MAX_AGE, "3600"),
    ];
    for (name, value) in headers {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Whether a request comes from a page of the emulator itself, or from no browser.
pub(crate) fn same_origin(headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else {
        return true;
    };
    let host = headers.get(header::HOST).map(HeaderValue::as_bytes);
    match (origin.to_str(), host) {
        (Ok(origin), Some(host)) => origin
            .strip_prefix("http://")
            .or_else(|| origin.strip_prefix("https://"))
            .is_some_and(|origin| origin.as_bytes() == host),
        _ => false,
    }
}
