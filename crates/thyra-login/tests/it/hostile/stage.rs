//! A resource and its authorization server whose documents a test changes, and a browser that
//! brings back what a test likes.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use thyra_login::{Browser, BrowserError, Login, OAuth};
use thyra_oauth::{FetchLimits, Fetcher, Trust};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use url::Url;

pub(super) const RESOURCE_METADATA: &str = "/.well-known/oauth-protected-resource/mcp";
pub(super) const SERVER_METADATA: &str = "/.well-known/oauth-authorization-server";

/// What stands at a path of the server: a document, or a way to somewhere else.
#[derive(Clone, Debug)]
pub(super) enum Page {
    Document(Value),
    Redirect(String),
}

/// A resource and its authorization server, on one origin, and what they were asked.
#[derive(Clone, Default)]
pub(super) struct Stage(Arc<Mutex<Act>>);

#[derive(Default)]
struct Act {
    pages: Vec<(&'static str, Page)>,
    asked: Vec<String>,
    codes: Vec<String>,
}

impl Stage {
    fn page(&self, path: &str) -> Option<Page> {
        let act = self.0.lock().unwrap();
        let page = act.pages.iter().find(|(place, _)| *place == path);
        page.map(|(_, page)| page.clone())
    }

    pub(super) fn put(&self, path: &'static str, page: Page) {
        let mut act = self.0.lock().unwrap();
        act.pages.retain(|(place, _)| *place != path);
        act.pages.push((path, page));
    }

    /// Puts `value` in place of one member of the document at `path`; `null` removes it.
    pub(super) fn change(&self, path: &'static str, member: &str, value: Value) {
        let Some(Page::Document(mut document)) = self.page(path) else {
            unreachable!("there is a document at {path}");
        };
        document[member] = value;
        self.put(path, Page::Document(document));
    }

    /// What was asked for, such as `POST /token`.
    pub(super) fn asked(&self) -> Vec<String> {
        self.0.lock().unwrap().asked.clone()
    }

    pub(super) fn codes(&self) -> Vec<String> {
        self.0.lock().unwrap().codes.clone()
    }
}

async fn answer(State(stage): State<Stage>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let asked = format!("{} {path}", request.method());
    if request.method() == Method::POST {
        let body = axum::body::to_bytes(request.into_body(), 65_536)
            .await
            .unwrap();
        let form = url::form_urlencoded::parse(&body);
        let mut act = stage.0.lock().unwrap();
        act.codes.extend(
            form.filter(|(name, _)| name == "code")
                .map(|(_, code)| code.into_owned()),
        );
    }
    stage.0.lock().unwrap().asked.push(asked);
    match stage.page(&path) {
        Some(Page::Document(document)) => {
            let status = if path == "/register" {
                StatusCode::CREATED
            } else {
                StatusCode::OK
            };
            let headers = [(CONTENT_TYPE, "application/json")];
            (status, headers, document.to_string()).into_response()
        }
        Some(Page::Redirect(to)) => {
            (StatusCode::TEMPORARY_REDIRECT, [(LOCATION, to)]).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// A world in which everything is in order, until a test changes it.
pub(super) struct World {
    pub(super) stage: Stage,
    pub(super) origin: String,
    _server: JoinSet<()>,
}

impl World {
    pub(super) async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let stage = Stage::default();
        let at = |path: &str| format!("{origin}{path}");
        let document = |path, value| stage.put(path, Page::Document(value));
        document(
            RESOURCE_METADATA,
            json!({ "resource": at("/mcp"), "authorization_servers": [origin] }),
        );
        document(
            SERVER_METADATA,
            json!({
                "issuer": origin,
                "authorization_endpoint": at("/authorize"),
                "token_endpoint": at("/token"),
                "registration_endpoint": at("/register"),
                "revocation_endpoint": at("/revoke"),
                "code_challenge_methods_supported": ["S256"],
                "authorization_response_iss_parameter_supported": true,
            }),
        );
        document("/register", json!({ "client_id": "app" }));
        document(
            "/token",
            json!({ "access_token": "t", "token_type": "Bearer" }),
        );
        let app = Router::new().fallback(answer).with_state(stage.clone());
        let mut server = JoinSet::new();
        server.spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self {
            stage,
            origin,
            _server: server,
        }
    }

    pub(super) fn login(&self, browser: impl Browser + 'static) -> Login {
        let oauth = OAuth::new(browser).login_time(Duration::from_secs(20));
        Login::new(&format!("{}/mcp", self.origin), oauth).unwrap()
    }
}

/// A browser that brings these queries to the program, one after the other, and notes how each is
/// answered. `STATE` and `ISSUER` stand for what they should be. `POST` before one sends a form.
#[derive(Clone, Debug)]
pub(super) struct Bringing {
    queries: Vec<String>,
    /// How they are answered, in a task of its own: the login may end before the page is shown.
    answers: Arc<Mutex<JoinSet<Vec<u16>>>>,
}

impl Bringing {
    pub(super) fn new(queries: &[&str]) -> Self {
        Self {
            queries: queries.iter().map(|&query| query.to_owned()).collect(),
            answers: Arc::default(),
        }
    }

    /// The statuses, once all are there. None if no page was opened.
    pub(super) async fn answers(&self) -> Vec<u16> {
        let mut answers = std::mem::take(&mut *self.answers.lock().unwrap());
        answers
            .join_next()
            .await
            .map(Result::unwrap)
            .unwrap_or_default()
    }

    async fn bring(self, page: Url) -> Vec<u16> {
        let mut answers = Vec::new();
        let parameter = |wanted: &str| {
            let mut pairs = page.query_pairs();
            pairs
                .find(|(name, _)| name == wanted)
                .unwrap()
                .1
                .into_owned()
        };
        let (state, back) = (parameter("state"), parameter("redirect_uri"));
        let issuer: String =
            url::form_urlencoded::byte_serialize(page.origin().ascii_serialization().as_bytes())
                .collect();
        let limits = FetchLimits {
            max_bytes: 65_536,
            timeout: Duration::from_secs(20),
        };
        for query in &self.queries {
            let query = query.replace("STATE", &state).replace("ISSUER", &issuer);
            let fetcher = Fetcher::new();
            let url = |query| Url::parse(&format!("{back}?{query}")).unwrap();
            let answer = if let Some(query) = query.strip_prefix("POST ") {
                let (url, headers) = (url(query), HeaderMap::new());
                let body = query.to_owned().into();
                fetcher
                    .post(&url, headers, body, limits, Trust::Configured)
                    .await
            } else {
                fetcher.get(&url(&query), limits, Trust::Configured).await
            };
            answers.push(answer.unwrap().status.as_u16());
        }
        answers
    }
}

impl Browser for Bringing {
    fn open<'a>(&'a self, url: &'a str) -> BoxFuture<'a, Result<(), BrowserError>> {
        let bringing = self.clone().bring(Url::parse(url).unwrap());
        self.answers.lock().unwrap().spawn(bringing);
        Box::pin(async { Ok(()) })
    }
}
