//! A server in somebody's application of axum: nested, with a slash too many, and at the end.

use std::net::SocketAddr;

use axum::Router;
use axum::routing::{get, post};
use http::Request;
use serde_json::{Value, json};
use thyra::auth::{Principal, StaticAuth};
use thyra::prelude::*;
use thyra::{HttpSettings, Revision};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use crate::support::{Answer, Ask, Running, client, send, soon};

/// Add two numbers.
#[tool]
async fn add(a: i64, b: i64) -> i64 {
    a + b
}

/// Greets whoever the user says is there.
#[tool]
async fn welcome(ctx: Context) -> Result<String, ToolError> {
    let name: String = ctx.ask("name", "What is your name?").await?;
    Ok(format!("Hello, {name}!"))
}

fn open() -> Server {
    Server::new("Notes").tool(add).tool(welcome)
}

fn protected(base_url: &str) -> Server {
    let ada = Principal::builder("https://issuer.example", "ada").build();
    open().auth(StaticAuth::new(base_url).token("ada-token", ada))
}

fn sum() -> Ask {
    Ask::call(Revision::V2026_07_28, "add", json!({ "a": 1, "b": 2 }))
}

/// An application on a free port. Dropping it ends the application.
struct Application {
    address: SocketAddr,
    _serving: JoinSet<()>,
}

impl Application {
    async fn start(app: Router) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut serving = JoinSet::new();
        serving.spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self {
            address,
            _serving: serving,
        }
    }

    async fn ask(&self, path: &str, ask: &Ask) -> Answer {
        send(&client(), ask.request(&self.url(path))).await
    }

    async fn get(&self, path: &str) -> Answer {
        let request = Request::get(self.url(path)).body("").unwrap();
        send(&client(), request).await
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

#[tokio::test]
async fn a_nested_endpoint_sends_clients_to_documents_that_are_there() {
    let mcp = protected("https://h/api").into_routers().unwrap();
    let app = Router::new()
        .nest("/api", mcp.endpoint.route("/health", get(async || "ok")))
        .merge(mcp.public_routes);
    let app = Application::start(app).await;
    let stranger = app.ask("/api/mcp", &sum()).await;
    assert_eq!(stranger.status, 401);
    let document = "/.well-known/oauth-protected-resource/api/mcp";
    let challenge = stranger.header("www-authenticate");
    assert!(
        challenge.contains(&format!("\"https://h{document}\"")),
        "{challenge}"
    );
    let metadata = app.get(document).await.json();
    assert_eq!(metadata["resource"], "https://h/api/mcp");
    let ada = sum().header("authorization", "Bearer ada-token");
    assert_eq!(app.ask("/api/mcp", &ada).await.tool_text(), "3");
    assert_eq!(app.get("/api/health").await.text(), "ok");
}

#[tokio::test]
async fn a_server_that_is_nested_wrongly_says_what_to_do() {
    let whole = |base_url: &str| protected(base_url).into_router().unwrap();
    let split = |base_url: &str| protected(base_url).into_routers().unwrap().endpoint;
    let service = |base_url: &str| protected(base_url).into_service().unwrap();
    let nest = |router| Router::new().nest("/api", router);
    for (app, path, advice) in [
        (
            nest(whole("https://h")),
            "/api/mcp",
            "https://mcp.example.com/api",
        ),
        (nest(whole("https://h/api")), "/api/mcp", "into_routers()"),
        (
            nest(whole("https://h/api")),
            "/api/.well-known/oauth-protected-resource",
            "into_routers()",
        ),
        (nest(split("https://h")), "/api/mcp", "https://h/mcp"),
        (
            Router::new().nest_service("/api", service("https://h")),
            "/api/mcp",
            "https://h/mcp",
        ),
    ] {
        let app = Application::start(app).await;
        let answer = app
            .ask(path, &sum().header("authorization", "Bearer ada-token"))
            .await;
        assert_eq!(answer.status, 500, "{path} {advice}");
        assert!(answer.text().contains(advice), "{}", answer.text());
    }
}

#[tokio::test]
async fn the_endpoint_under_a_prefix_needs_no_nesting() {
    let http = HttpSettings::new().path("/api/mcp");
    let server = protected("https://h").http(http).into_router().unwrap();
    let app = Router::new()
        .nest("/api", Router::new().route("/notes", get(async || "[]")))
        .merge(server);
    let app = Application::start(app).await;
    let metadata = app
        .get("/.well-known/oauth-protected-resource/api/mcp")
        .await;
    assert_eq!(metadata.json()["resource"], "https://h/api/mcp");
    let ada = sum().header("authorization", "Bearer ada-token");
    assert_eq!(app.ask("/api/mcp", &ada).await.tool_text(), "3");
    assert_eq!(app.get("/api/notes").await.text(), "[]");
}

#[tokio::test]
async fn a_slash_at_the_end_is_redirected_however_the_server_is_served() {
    let router = |server: Server| server.into_router().unwrap();
    let slashed = HttpSettings::new().path("/tools/mcp/");
    let running = Running::start(open()).await;
    let own = running.url();
    let mut apps = vec![(None, format!("{own}/"), "../mcp")];
    for (app, path, location) in [
        (router(open()), "/mcp/", "../mcp"),
        (
            Router::new().fallback_service(open().into_service().unwrap()),
            "/mcp/",
            "../mcp",
        ),
        (
            Router::new().nest("/api", router(open())),
            "/api/mcp/",
            "../mcp",
        ),
        (
            Router::new().nest_service("/api", open().into_service().unwrap()),
            "/api/mcp/",
            "../mcp",
        ),
        (router(open().http(slashed)), "/tools/mcp", "mcp/"),
    ] {
        let app = Application::start(app).await;
        let url = app.url(path);
        apps.push((Some(app), url, location));
    }
    let follower = reqwest::Client::builder().no_proxy().build().unwrap();
    for (_app, url, location) in &apps {
        let url = format!("{url}?a=b");
        let redirect = send(&client(), sum().request(&url)).await;
        assert_eq!(redirect.status, 307, "{url}");
        assert_eq!(
            redirect.header("location"),
            format!("{location}?a=b"),
            "{url}"
        );
        let answer = send(&follower, sum().request(&url)).await;
        assert_eq!(answer.tool_text(), "3", "{url}");
    }
}

#[tokio::test]
async fn a_path_is_taken_literally() {
    let http = HttpSettings::new().path("/:tools/*mcp");
    let app = Application::start(open().http(http).into_router().unwrap()).await;
    assert_eq!(app.ask("/:tools/*mcp", &sum()).await.tool_text(), "3");
    assert_eq!(app.ask("/x/y", &sum()).await.status, 404);
}

#[tokio::test]
async fn a_program_with_open_streams_ends_when_the_handle_closes_them() {
    let server = open();
    let handle = server.handle();
    let app = server.into_router().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let running = Running::at(listener.local_addr().unwrap());
    let (stop, stopped) = oneshot::channel::<()>();
    let mut program = JoinSet::new();
    program.spawn(async move {
        let serving = axum::serve(listener, app).with_graceful_shutdown(async move {
            let _ = stopped.await;
            handle.close();
        });
        serving.await.unwrap();
    });

    let wanted = json!({ "notifications": { "toolsListChanged": true } });
    let mut listening = running
        .open(&Ask::alone("subscriptions/listen", wanted))
        .await;
    assert!(
        soon("the first event", listening.chunk())
            .await
            .unwrap()
            .is_some()
    );

    let revision = Revision::V2025_11_25;
    let params = json!({
        "protocolVersion": revision.as_str(),
        "capabilities": { "elicitation": {} },
        "clientInfo": { "name": "test", "version": "1" },
    });
    let hello = Ask::on(revision, "initialize", params).without("mcp-protocol-version");
    let greeting = running.ask(&hello).await;
    let session = greeting.header("mcp-session-id").to_owned();
    let ready = Ask::on(revision, "notifications/initialized", json!({}))
        .header("mcp-session-id", &session)
        .member("id", Value::Null);
    assert_eq!(running.ask(&ready).await.status, 202);
    let stream = Request::get(running.url())
        .header("accept", "text/event-stream")
        .header("mcp-session-id", &session)
        .header("mcp-protocol-version", revision.as_str())
        .body("")
        .unwrap();
    let stream = client().execute(stream.try_into().unwrap());
    let stream = soon("the head of a stream", stream).await.unwrap();
    assert_eq!(stream.status(), 200);
    let call = Ask::call(revision, "welcome", json!({})).header("mcp-session-id", &session);
    let mut asking = running.open(&call).await;
    let question = soon("the question", asking.chunk()).await.unwrap().unwrap();
    assert!(!question.is_empty());

    stop.send(()).unwrap();
    soon("the end of the program", program.join_all()).await;
    for stream in [listening, stream] {
        soon("the end of a stream", stream.bytes()).await.unwrap();
    }
    let rest = Answer::read(asking).await;
    assert!(rest.text().contains(r#""isError":true"#), "{rest:?}");
}

#[tokio::test]
async fn routes_of_ones_own_stand_beside_the_endpoint_and_never_before_it() {
    let own = Router::new()
        .route("/healthz", get(async || "ok"))
        .route("/echo", post(async |text: String| text))
        .route("/mcp", post(async || "mine"))
        .route("/mcp/", post(async || "mine"))
        .route(
            "/.well-known/oauth-protected-resource",
            get(async || "mine"),
        );
    let server = protected("https://h").routes(own);
    let server = server.routes(Router::new().route("/version", get(async || "1")));
    let running = Running::start(server).await;
    let origin = running.url().replace("/mcp", "");
    let url = |path: &str| format!("{origin}{path}");
    let read = async |path: &str| {
        let request = Request::get(url(path)).body("").unwrap();
        send(&client(), request).await
    };

    assert_eq!(read("/healthz").await.text(), "ok");
    assert_eq!(read("/version").await.text(), "1");
    assert_eq!(read("/elsewhere").await.status, 404);
    let echo = Request::post(url("/echo")).body("hello").unwrap();
    assert_eq!(running.send(echo).await.text(), "hello");
    // Axum's own bound of a body holds for them.
    let long = Request::post(url("/echo")).body(vec![b'x'; 3 * 1024 * 1024]);
    assert_eq!(running.send(long.unwrap()).await.status, 413);

    assert_eq!(running.ask(&sum()).await.status, 401);
    let ada = sum().header("authorization", "Bearer ada-token");
    assert_eq!(running.ask(&ada).await.tool_text(), "3");
    let slash = send(&client(), ada.request(&url("/mcp/"))).await;
    assert_eq!(slash.status, 307);
    let document = read("/.well-known/oauth-protected-resource").await;
    assert_eq!(document.json()["resource"], "https://h/mcp");

    // A page that rebinds its name to loopback reaches none of them.
    let rebound = Request::get(url("/healthz"))
        .header("host", "evil.example")
        .body("")
        .unwrap();
    assert_eq!(running.send(rebound).await.status, 421);
}

#[test]
fn routes_that_nobody_would_serve_are_refused() {
    let server = || open().routes(Router::new().route("/healthz", get(async || "ok")));
    for error in [
        server().into_service().unwrap_err(),
        server().into_router().unwrap_err(),
        server().into_routers().unwrap_err(),
    ] {
        assert!(error.to_string().contains("merge the router"), "{error}");
    }
}

/// One application may hold several servers. What one keeps is nothing to the other.
#[tokio::test]
async fn two_servers_in_one_application_know_nothing_of_each_other() {
    let server = || open().http(HttpSettings::new().path("/mcp"));
    let app = Router::new()
        .nest("/one", server().into_router().unwrap())
        .nest(
            "/two",
            server()
                .limits(thyra::Limits::default().body_bytes(10_000))
                .into_router()
                .unwrap(),
        );
    let app = Application::start(app).await;
    let hello = json!({
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": { "name": "test", "version": "1" },
    });
    let opened = app
        .ask(
            "/one/mcp",
            &Ask::on(Revision::V2025_11_25, "initialize", hello),
        )
        .await;
    let session = opened.header("mcp-session-id").to_owned();
    let sum = Ask::call(Revision::V2025_11_25, "add", json!({ "a": 1, "b": 2 }));
    let sum = sum.header("mcp-session-id", &session);
    assert_eq!(app.ask("/one/mcp", &sum).await.tool_text(), "3");
    assert_eq!(app.ask("/two/mcp", &sum).await.status, 404);
    assert_eq!(app.get("/mcp").await.status, 404);

    // The bound of a body is the server's, and not the smaller one of axum's extractors.
    let large = json!({ "a": 1, "b": 2, "_": "x".repeat(3_000_000) });
    let large = Ask::call(Revision::V2026_07_28, "add", large);
    assert_eq!(app.ask("/one/mcp", &large).await.status, 200);
    assert_eq!(app.ask("/two/mcp", &large).await.status, 413);
}
