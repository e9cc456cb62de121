//! The client against a real server and a Scalekit environment.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::BoxFuture;
use reqwest::redirect::Policy;
use scalekit_emulator::{ClockChange, Emulator, Faults, MetadataFault, Mint, Resource};
use serde_json::json;
use thyra::auth::{Clock as _, ManualClock, ScopeSet, Secret, SystemClock};
use thyra::client::{
    AuthorizationError, Browser, BrowserError, Client, ClientError, FollowRedirects, GrantKind,
    Hop, OAuth, RegistrationError, Stage,
};
use thyra::prelude::*;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use url::Url;

/// Who is calling.
#[tool]
async fn whoami(caller: Principal) -> String {
    format!("{} {}", caller.subject(), caller.scopes())
}

/// Needs a scope that is given.
#[tool(scopes = ["notes:write"])]
async fn write_note() -> &'static str {
    "noted"
}

/// Needs a scope that is never given.
#[tool(scopes = ["notes:burn"])]
async fn burn() -> &'static str {
    "burnt"
}

/// Reports its progress.
#[tool]
async fn count(ctx: Context) -> &'static str {
    ctx.progress(1, 2).await;
    ctx.progress(2, 2).await;
    "two"
}

struct World {
    emulator: Emulator,
    url: String,
    /// The clock of server and client; the emulator's is moved with it.
    clock: ManualClock,
    hops: Arc<Mutex<Vec<String>>>,
    _server: JoinSet<thyra::Result<()>>,
}

impl World {
    async fn new() -> Self {
        Self::with(|resource| resource, "res_1").await
    }

    /// `audience` is the resource that the server believes to be.
    async fn with(change: impl FnOnce(Resource) -> Resource, audience: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/mcp", listener.local_addr().unwrap());
        let resource = Resource::new("res_1")
            .uri(&url)
            .scopes(["notes:read", "notes:write"]);
        let other = Resource::new("res_2");
        let emulator = Emulator::builder()
            .resource(change(resource))
            .resource(other)
            .auto_consent(true)
            .start()
            .await
            .unwrap();
        let clock = ManualClock::new(SystemClock.unix());
        emulator.clock(ClockChange::Freeze(clock.unix().as_secs()));
        let provider = ScalekitProvider::builder()
            .environment_url(emulator.url())
            .resource_id(audience)
            .base_url(&url)
            .required_scopes(ScopeSet::parse("notes:read"))
            .clock(Arc::new(clock.clone()))
            .build()
            .unwrap();
        let server = Server::new("notes")
            .tool(whoami)
            .tool(write_note)
            .tool(burn)
            .tool(count)
            .auth(provider);
        let mut tasks = JoinSet::new();
        tasks.spawn(server.serve_listener(listener, std::future::pending()));
        Self {
            emulator,
            url,
            clock,
            hops: Arc::default(),
            _server: tasks,
        }
    }

    fn client(&self) -> Client {
        self.client_with(FollowRedirects::new().unwrap())
    }

    fn client_with(&self, browser: impl Browser + 'static) -> Client {
        let hops = Arc::clone(&self.hops);
        Client::builder(&self.url)
            .oauth(OAuth::new(browser).clock(self.clock.clone()))
            .observer(move |hop: &Hop<'_>| {
                let name = match hop {
                    Hop::Challenged { status, .. } => status.to_string(),
                    Hop::TokenIssued {
                        grant: GrantKind::RefreshToken,
                        ..
                    } => "refresh".to_owned(),
                    Hop::Answered { method, .. } => (*method).to_owned(),
                    other => other.stage().to_string(),
                };
                hops.lock().unwrap().push(name);
            })
            .build()
            .unwrap()
    }

    /// The hops since the last time this was asked.
    fn hops(&self) -> Vec<String> {
        std::mem::take(&mut self.hops.lock().unwrap())
    }

    fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
        self.emulator
            .clock(ClockChange::Freeze(self.clock.unix().as_secs()));
    }

    /// How often a path with this end was asked for.
    fn requests(&self, end: &str) -> usize {
        self.emulator
            .journal()
            .iter()
            .filter(|entry| entry.path.ends_with(end))
            .count()
    }
}

const LOGIN: [&str; 6] = [
    "401",
    "protected-resource metadata",
    "authorization server metadata",
    "client registration",
    "authorization",
    "token",
];
const CALL: &str = "tools/call";

fn said(result: &thyra::CallToolResult) -> &str {
    match result.content.as_slice() {
        [Content::Text(text)] => &text.text,
        other => panic!("{other:?}"),
    }
}

async fn whoami_of(client: &Client) -> Result<String, ClientError> {
    client
        .call_tool("whoami", &json!({}))
        .await
        .map(|result| said(&result).to_owned())
}

#[tokio::test]
async fn a_client_goes_from_nothing_to_a_tool_that_needs_more() {
    let world = World::new().await;
    let client = world.client();
    let discovered = client.discover().await.unwrap();
    assert_eq!(discovered.server_info().unwrap().name, "notes");
    assert_eq!(world.hops(), [&LOGIN[..], &["server/discover"]].concat());

    let names: Vec<_> = client
        .list_tools()
        .await
        .unwrap()
        .into_iter()
        .map(|tool| tool.name)
        .collect();
    assert_eq!(names, ["whoami", "write_note", "burn", "count"]);
    assert_eq!(whoami_of(&client).await.unwrap(), "usr_1 notes:read");
    assert_eq!(world.hops(), ["tools/list", CALL]);

    let noted = client.call_tool("write_note", &json!({})).await.unwrap();
    assert_eq!(said(&noted), "noted");
    assert_eq!(world.hops(), ["403", "authorization", "token", CALL]);
    assert_eq!(
        whoami_of(&client).await.unwrap(),
        "usr_1 notes:read notes:write"
    );
    assert_eq!(world.requests("clients:register"), 1);
}

#[tokio::test]
async fn a_scope_that_is_not_given_is_asked_for_a_few_times_only() {
    let world = World::new().await;
    let client = world.client();
    whoami_of(&client).await.unwrap();
    let error = client.call_tool("burn", &json!({})).await.unwrap_err();
    match &error {
        ClientError::Forbidden {
            needed: Some(needed),
            ..
        } => assert!(needed.contains("notes:burn")),
        other => panic!("{other:?}"),
    }
    assert_eq!(error.stage(), Stage::Call);
    assert_eq!(world.requests("/oauth/authorize"), 3);
    // What was granted before is not lost.
    assert_eq!(whoami_of(&client).await.unwrap(), "usr_1 notes:read");
}

#[tokio::test]
async fn calls_at_the_same_time_share_one_login() {
    let world = World::new().await;
    let client = world.client();
    let calls = futures_util::future::join_all((0..8).map(|_| whoami_of(&client))).await;
    assert!(
        calls
            .into_iter()
            .all(|call| call.unwrap() == "usr_1 notes:read")
    );
    assert_eq!(world.requests("/oauth/authorize"), 1);
    assert_eq!(world.requests("/oauth/token"), 1);
    assert_eq!(world.requests("clients:register"), 1);
}

#[tokio::test]
async fn progress_reaches_the_caller() {
    let world = World::new().await;
    let mut seen = Vec::new();
    let client = world.client();
    let result = client
        .call_tool_with_progress("count", &json!({}), |progress| {
            seen.push(progress.progress.to_string())
        })
        .await
        .unwrap();
    assert_eq!(said(&result), "two");
    assert_eq!(seen, ["1", "2"]);
}

#[tokio::test]
async fn both_places_of_scalekits_metadata_are_found() {
    for metadata in [MetadataFault::AppendedOnly, MetadataFault::InsertedOnly] {
        let world = World::new().await;
        world.emulator.faults(Faults {
            metadata,
            ..Faults::default()
        });
        assert_eq!(
            whoami_of(&world.client()).await.unwrap(),
            "usr_1 notes:read"
        );
    }
}

#[tokio::test]
async fn a_token_is_renewed_without_a_person_while_that_is_possible() {
    let scopes = ["notes:read", "offline_access"];
    let world = World::with(|resource| resource.scopes(scopes), "res_1").await;
    let client = world.client();
    assert_eq!(
        whoami_of(&client).await.unwrap(),
        "usr_1 notes:read offline_access"
    );
    assert_eq!(world.hops(), [&LOGIN[..], &[CALL]].concat());
    for _ in 0..2 {
        world.advance(280);
        whoami_of(&client).await.unwrap();
        assert_eq!(world.hops(), ["refresh", CALL]);
    }

    // The environment forgets everybody: the client notices, and begins anew.
    world.emulator.reset();
    world
        .emulator
        .clock(ClockChange::Freeze(world.clock.unix().as_secs()));
    world.advance(280);
    whoami_of(&client).await.unwrap();
    assert_eq!(world.hops(), [&LOGIN[..], &[CALL]].concat());
}

#[tokio::test]
async fn an_expired_token_leads_to_a_new_login_at_the_same_client() {
    let world = World::new().await;
    let client = world.client();
    whoami_of(&client).await.unwrap();
    world.hops();
    world.advance(400);
    whoami_of(&client).await.unwrap();
    let wanted = [
        "401",
        "protected-resource metadata",
        "authorization server metadata",
        "authorization",
        "token",
        CALL,
    ];
    assert_eq!(world.hops(), wanted);
}

#[tokio::test]
async fn every_hop_that_fails_is_named() {
    let world = World::with(|resource| resource.dynamic_registration(false), "res_1").await;
    let error = whoami_of(&world.client()).await.unwrap_err();
    assert_eq!(error.stage(), Stage::Registration);
    assert!(
        matches!(
            error,
            ClientError::Registration(RegistrationError::NotOffered { .. })
        ),
        "{error}"
    );

    let world = World::new().await;
    world.emulator.faults(Faults {
        metadata: MetadataFault::Status500,
        ..Faults::default()
    });
    let error = whoami_of(&world.client()).await.unwrap_err();
    assert_eq!(error.stage(), Stage::AuthorizationServerMetadata);
    assert!(
        error
            .to_string()
            .starts_with("authorization server metadata failed: "),
        "{error}"
    );

    // The server believes to be another resource than the one that tokens are for.
    let world = World::with(|resource| resource, "res_2").await;
    let client = world.client();
    let error = whoami_of(&client).await.unwrap_err();
    assert!(
        error.stage() == Stage::Call || error.stage() == Stage::Token,
        "{error}"
    );
}

#[tokio::test]
async fn a_token_of_ones_own_is_sent_as_it_is() {
    let world = World::new().await;
    let with = |token: &str| {
        Client::builder(&world.url)
            .bearer(Secret::new(token.to_owned()))
            .build()
            .unwrap()
    };
    let order = Mint::new().claim("scope", "notes:read");
    let token = world.emulator.mint(&order).unwrap();
    let client = with(&token);
    assert!(whoami_of(&client).await.unwrap().ends_with("notes:read"));
    let error = client
        .call_tool("write_note", &json!({}))
        .await
        .unwrap_err();
    assert!(matches!(error, ClientError::Forbidden { .. }), "{error}");

    let error = whoami_of(&with("nonsense")).await.unwrap_err();
    assert!(matches!(error, ClientError::Unauthorized { .. }), "{error}");
    let anonymous = Client::builder(&world.url).build().unwrap();
    let error = whoami_of(&anonymous).await.unwrap_err();
    assert!(error.to_string().contains(".oauth(...)"), "{error}");
    assert!(!format!("{client:?}").contains(&token));
}

#[tokio::test]
async fn errors_of_the_server_come_with_their_code() {
    let world = World::new().await;
    let error = world
        .client()
        .call_tool("no such tool", &json!({}))
        .await
        .unwrap_err();
    match error {
        ClientError::Rpc { error, .. } => assert_eq!(error.code.0, -32602),
        other => panic!("{other:?}"),
    }
    let error = world
        .client()
        .call_tool("whoami", &json!([1]))
        .await
        .unwrap_err();
    assert!(matches!(error, ClientError::Arguments { .. }), "{error}");
}

#[test]
fn tokens_go_to_confidential_places_only() {
    let oauth = || OAuth::new(FollowRedirects::new().unwrap());
    for url in [
        "http://mcp.example.com/mcp",
        "ftp://127.0.0.1/",
        "https://a:b@mcp.example.com/",
        "mcp",
        "https://a/#b",
    ] {
        assert!(
            Client::builder(url).oauth(oauth()).build().is_err(),
            "{url}"
        );
    }
    for url in [
        "https://mcp.example.com/mcp",
        "http://127.0.0.1:8000/mcp",
        "http://localhost/mcp",
    ] {
        assert!(Client::builder(url).oauth(oauth()).build().is_ok(), "{url}");
    }
    assert!(
        Client::builder("http://mcp.example.com/mcp")
            .build()
            .is_ok()
    );
}

/// Logs in, and changes one parameter of the answer on the way back.
#[derive(Debug)]
struct Meddler {
    parameter: &'static str,
    value: Option<&'static str>,
}

impl Meddler {
    async fn meddle(&self, url: &Url) -> Result<(), BrowserError> {
        let http = reqwest::Client::builder()
            .redirect(Policy::none())
            .build()
            .unwrap();
        let response = http.get(url.clone()).send().await.unwrap();
        let location = Url::parse(response.headers()["location"].to_str().unwrap()).unwrap();
        let mut changed = location.clone();
        let rest = location
            .query_pairs()
            .filter(|(name, _)| name != self.parameter);
        let value = self
            .value
            .map(|value| (self.parameter.into(), value.into()));
        changed
            .query_pairs_mut()
            .clear()
            .extend_pairs(rest.chain(value));
        let response = http.get(changed).send().await.unwrap();
        if response.status().is_success() {
            Ok(())
        } else {
            Err(BrowserError::Other("turned away".to_owned()))
        }
    }
}

impl Browser for Meddler {
    fn open<'a>(&'a self, url: &'a Url) -> BoxFuture<'a, Result<(), BrowserError>> {
        Box::pin(self.meddle(url))
    }
}

#[tokio::test]
async fn an_answer_that_was_meddled_with_gives_no_token() {
    for (parameter, value, wanted) in [
        (
            "iss",
            Some("https://evil.example"),
            "another authorization server",
        ),
        ("iss", None, "does not name its authorization server"),
        ("state", Some("wrong"), "turned away"),
        ("state", None, "turned away"),
        ("code", None, "turned away"),
    ] {
        let world = World::new().await;
        let error = whoami_of(&world.client_with(Meddler { parameter, value }))
            .await
            .unwrap_err();
        assert_eq!(error.stage(), Stage::Authorization);
        assert!(error.to_string().contains(wanted), "{parameter}: {error}");
        assert_eq!(world.requests("/oauth/token"), 0);
    }
    let world = World::new().await;
    let error = whoami_of(&world.client_with(Meddler {
        parameter: "code",
        value: Some("guessed"),
    }))
    .await
    .unwrap_err();
    assert_eq!(error.stage(), Stage::Token);
}

#[derive(Debug)]
struct Nobody;

impl Browser for Nobody {
    fn open<'a>(&'a self, _: &'a Url) -> BoxFuture<'a, Result<(), BrowserError>> {
        Box::pin(async { Ok(()) })
    }
}

#[tokio::test]
async fn a_login_that_nobody_answers_ends() {
    let world = World::new().await;
    let oauth = OAuth::new(Nobody).login_time(Duration::ZERO);
    let client = Client::builder(&world.url).oauth(oauth).build().unwrap();
    let error = whoami_of(&client).await.unwrap_err();
    let timed_out = matches!(
        error,
        ClientError::Authorization(AuthorizationError::TimedOut { strays: false, .. })
    );
    assert!(timed_out, "{error}");
}
