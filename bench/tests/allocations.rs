//! The allocation gate: how often one protected `tools/call` allocates, from the request to the
//! body of the reply, when the token is cached.
//!
//! The count is exact and does not depend on the machine's load. It must not grow with the number
//! of tools.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

use std::sync::Arc;

use allocation_counter::AllocationInfo;
use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::header::{LOCATION, SET_COOKIE};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use idp_emulator::{Emulator, Mint, Resource};
use thyra::auth::{
    AuthProvider, BearerToken, Clock, Known, LookupError, LookupVerifier, MultiAuth, RemoteAuth,
    ScalekitProvider, StaticAuth, StaticTokens, TokenLookup,
};
use thyra::issuer::{InMemoryAuth, IssuerClient};
use thyra::prelude::*;
use thyra::{McpService, Tool};
use thyra_oauth::CodeVerifier;
use tokio::runtime::Runtime;
use tower_service::Service;
use url::{Url, form_urlencoded};

const MOST_ALLOCATIONS: u64 = 40;
const MOST_BYTES: u64 = 8 * 1024;
/// What one of several sources may cost beside that: the caller with the name of the source.
const MOST_OF_SOURCES: u64 = 1;
const CALLS: u64 = 200;
/// Where logins end.
const BACK: &str = "http://127.0.0.1/callback";

const HANDSHAKE: &str = r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"add","arguments":{"a":2,"b":40}}}"#;
const SESSIONLESS: &str = r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"gate","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}},"name":"add","arguments":{"a":2,"b":40}}}"#;

/// Add two numbers.
#[tool]
async fn add(a: i64, b: i64) -> i64 {
    a + b
}

#[test]
fn a_protected_call_stays_within_its_allocations_on_both_eras_whatever_the_number_of_tools() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let emulator = runtime
        .block_on(
            Emulator::builder()
                .resource(
                    Resource::new("res_1")
                        .uri("http://127.0.0.1:1/mcp")
                        .scopes(["notes:read"]),
                )
                .start(),
        )
        .unwrap();
    let token = emulator.mint(&Mint::default()).unwrap();

    for (era, revision, body) in [
        ("handshake", "2025-11-25", HANDSHAKE),
        ("sessionless", "2026-07-28", SESSIONLESS),
    ] {
        let [one, fifty] = [1, 50].map(|tools| {
            let mut service = service(scalekit(emulator.url()), tools);
            let counted = measure(&runtime, &mut service, || request(&token, revision, body));
            report(era, tools, &counted)
        });
        assert_eq!(one, fifty, "{era}: the number of tools must not matter");

        // The token of the source that is asked last.
        let sources = ["a", "b", "c"].into_iter();
        let auth = sources.fold(
            MultiAuth::of(StaticAuth::new("http://127.0.0.1:1")),
            |auth, name| auth.or(name, StaticTokens::default()),
        );
        let auth = auth.or_provider("scalekit", scalekit(emulator.url()));
        let mut service = service(auth, 1);
        let counted = measure(&runtime, &mut service, || request(&token, revision, body));
        let of_sources = report(&format!("{era}, the last of five sources"), 1, &counted);
        assert!(
            of_sources <= one + MOST_OF_SOURCES,
            "{era}: {of_sources} allocations with several sources, {one} with one"
        );

        let asked = LookupVerifier::builder(Authority).build();
        let auth = RemoteAuth::builder("https://issuer.example", "http://127.0.0.1:1")
            .token_verifier(Arc::new(asked));
        let mut asking = self::service(auth, 1);
        let counted = measure(&runtime, &mut asking, || request(&token, revision, body));
        let of_asked = report(&format!("{era}, an authority is asked"), 1, &counted);
        assert!(
            of_asked <= one,
            "{era}: {of_asked} allocations for a token that was asked about, {one} for a JWT"
        );

        // A token that the server has issued itself.
        let auth =
            InMemoryAuth::new("http://127.0.0.1:1").client(IssuerClient::new("gate", [BACK]));
        let mut issuing = self::service(auth, 1);
        let issued = runtime.block_on(login(&mut issuing));
        let counted = measure(&runtime, &mut issuing, || request(&issued, revision, body));
        let of_issued = report(&format!("{era}, our own token"), 1, &counted);
        assert!(
            of_issued <= one,
            "{era}: {of_issued} allocations for a token of our own, {one} for a JWT of others"
        );
    }
}

/// Knows every token. It is asked once, as its answers are remembered.
#[derive(Debug)]
struct Authority;

impl TokenLookup for Authority {
    fn look_up<'a>(
        &'a self,
        _: BearerToken<'a>,
        _: &'a dyn Clock,
    ) -> BoxFuture<'a, Result<Known, LookupError>> {
        let ada = Principal::builder("https://issuer.example", "ada");
        async { Ok(Known::new(ada)) }.boxed()
    }
}

/// An access token of a server that is its own authorization server.
async fn login(service: &mut McpService) -> String {
    let verifier = CodeVerifier::random().unwrap();
    let challenge = verifier.challenge();
    let asked = form(&[
        ("response_type", "code"),
        ("client_id", "gate"),
        ("redirect_uri", BACK),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ]);
    let begun = visit(service, &format!("/authorize?{asked}"), "", None).await;
    let cookie = begun.headers()[SET_COOKIE].to_str().unwrap();
    let cookie = cookie.split(';').next().unwrap();
    let page = visit(service, location(&begun), cookie, None).await;
    let hidden = |name: &str| {
        let field = format!(r#"name="{name}" value=""#);
        let (_, rest) = page.body().split_once(&field).unwrap();
        rest.split('"').next().unwrap()
    };
    let decision = form(&[
        ("transaction", hidden("transaction")),
        ("csrf", hidden("csrf")),
        ("username", "ada"),
        ("action", "approve"),
    ]);
    let decided = visit(service, "/consent", cookie, Some(decision)).await;
    let back = Url::parse(location(&decided)).unwrap();
    let (_, code) = back.query_pairs().find(|(name, _)| name == "code").unwrap();
    let redemption = form(&[
        ("grant_type", "authorization_code"),
        ("client_id", "gate"),
        ("code", &code),
        ("code_verifier", verifier.expose()),
        ("redirect_uri", BACK),
    ]);
    let tokens = visit(service, "/token", "", Some(redemption)).await;
    let tokens: serde_json::Value = serde_json::from_str(tokens.body()).unwrap();
    tokens["access_token"].as_str().unwrap().to_owned()
}

/// The answer to a GET, or to a form that is posted.
async fn visit(
    service: &mut McpService,
    uri: &str,
    cookie: &str,
    form: Option<String>,
) -> Response<String> {
    let request = match form {
        Some(_) => Request::post(uri),
        None => Request::get(uri),
    };
    let request = request
        .header("host", "127.0.0.1:1")
        .header("cookie", cookie)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Full::new(Bytes::from(form.unwrap_or_default())))
        .unwrap();
    let (parts, body) = service.call(request).await.unwrap().into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    Response::from_parts(parts, String::from_utf8(body.to_vec()).unwrap())
}

fn location<T>(response: &Response<T>) -> &str {
    response.headers()[LOCATION].to_str().unwrap()
}

fn form(pairs: &[(&str, &str)]) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(pairs).finish()
}

/// What a number of calls cost after some that fetch the keys and fill the cache.
fn measure(
    runtime: &Runtime,
    service: &mut McpService,
    request: impl Fn() -> Request<Full<Bytes>>,
) -> AllocationInfo {
    for _ in 0..10 {
        runtime.block_on(call(service, request()));
    }
    let requests: Vec<_> = (0..CALLS).map(|_| request()).collect();
    allocation_counter::measure(|| {
        for request in requests {
            runtime.block_on(call(service, request));
        }
    })
}

fn report(era: &str, tools: usize, counted: &AllocationInfo) -> u64 {
    let (count, bytes) = (
        counted.count_total.div_ceil(CALLS),
        counted.bytes_total.div_ceil(CALLS),
    );
    println!("{era}, {tools} tools: {count} allocations, {bytes} bytes a call");
    assert!(count <= MOST_ALLOCATIONS, "{era}: {count} allocations");
    assert!(bytes <= MOST_BYTES, "{era}: {bytes} bytes");
    count
}

fn scalekit(environment: &str) -> ScalekitProvider {
    ScalekitProvider::builder()
        .environment_url(environment)
        .resource_id("res_1")
        .base_url("http://127.0.0.1:1")
        .build()
        .unwrap()
}

fn service(auth: impl AuthProvider + 'static, tools: usize) -> McpService {
    (1..tools)
        .fold(Server::new("gate").tool(add), |server, number| {
            server.tool(Tool::new(format!("tool_{number}"), || async { "unused" }))
        })
        .auth(auth)
        .into_service()
        .unwrap()
}

fn request(token: &str, revision: &str, body: &'static str) -> Request<Full<Bytes>> {
    Request::post("/mcp")
        .header("host", "127.0.0.1:1")
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream")
        .header("mcp-protocol-version", revision)
        .header("mcp-method", "tools/call")
        .header("mcp-name", "add")
        .body(Full::new(Bytes::from_static(body.as_bytes())))
        .unwrap()
}

async fn call(service: &mut McpService, request: Request<Full<Bytes>>) {
    let response = service.call(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let mut body = response.into_body();
    let frame = body.frame().await.unwrap().unwrap().into_data().unwrap();
    assert!(
        frame.windows(4).any(|window| window == b"\"42\""),
        "{frame:?}"
    );
}
