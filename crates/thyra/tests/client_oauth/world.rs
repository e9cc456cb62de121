//! A server with tools, the Scalekit environment that protects it, and clients of it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use idp_emulator::{ClockChange, Emulator, Resource};
use serde_json::json;
use thyra::auth::{Clock as _, ManualClock, ScopeSet, SystemClock};
use thyra::client::{
    Browser, Client, ClientBuilder, ClientError, FollowRedirects, GrantKind, Hop, OAuth, login,
};
use thyra::prelude::*;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// Who is calling.
#[tool]
pub(crate) async fn whoami(caller: Principal) -> String {
    format!("{} {}", caller.subject(), caller.scopes())
}

/// Needs a scope that is given.
#[tool(scopes = ["notes:write"])]
pub(crate) async fn write_note() -> &'static str {
    "noted"
}

/// Needs another scope that is given.
#[tool(scopes = ["notes:share"])]
async fn share() -> &'static str {
    "shared"
}

/// Needs a third scope that is given.
#[tool(scopes = ["notes:sort"])]
async fn sort() -> &'static str {
    "sorted"
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

pub(crate) struct World {
    pub(crate) emulator: Emulator,
    pub(crate) url: String,
    /// The clock of server and client; the emulator's is moved with it.
    clock: ManualClock,
    hops: Hops,
    _server: JoinSet<thyra::Result<()>>,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(|resource| resource, false).await
    }

    /// With `deny`, the server accepts no token.
    pub(crate) async fn with(change: impl FnOnce(Resource) -> Resource, deny: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/mcp", listener.local_addr().unwrap());
        let resource = Resource::new("res_1").uri(&url).scopes([
            "notes:read",
            "notes:write",
            "notes:share",
            "notes:sort",
        ]);
        let emulator = Emulator::builder()
            .resource(change(resource))
            .auto_consent(true)
            .start()
            .await
            .unwrap();
        let clock = ManualClock::new(SystemClock.unix());
        emulator.clock(ClockChange::Freeze(clock.unix().as_secs()));
        let provider = ScalekitProvider::builder()
            .environment_url(emulator.url())
            .resource_id("res_1")
            .base_url(&url)
            .required_scopes(ScopeSet::parse("notes:read"))
            .clock(Arc::new(clock.clone()))
            .deny(move |_| deny)
            .build()
            .unwrap();
        let server = Server::new("notes")
            .tool(whoami)
            .tool(write_note)
            .tool(share)
            .tool(sort)
            .tool(burn)
            .tool(count)
            .auth(provider);
        let mut tasks = JoinSet::new();
        tasks.spawn(server.serve_listener(listener, std::future::pending()));
        Self {
            emulator,
            url,
            clock,
            hops: Hops::default(),
            _server: tasks,
        }
    }

    pub(crate) fn client(&self) -> Client {
        self.client_with(FollowRedirects::new())
    }

    pub(crate) fn client_with(&self, browser: impl Browser + 'static) -> Client {
        let oauth = OAuth::new(browser).clock(self.clock.clone());
        self.hops.observe(Client::builder(&self.url).oauth(oauth))
    }

    /// The hops since the last time this was asked.
    pub(crate) fn hops(&self) -> Vec<String> {
        self.hops.take()
    }

    pub(crate) fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
        self.emulator
            .clock(ClockChange::Freeze(self.clock.unix().as_secs()));
    }

    /// How often a path with this end was asked for.
    pub(crate) fn requests(&self, end: &str) -> usize {
        self.emulator
            .journal()
            .iter()
            .filter(|entry| entry.path.ends_with(end))
            .count()
    }
}

/// What a client has done.
#[derive(Clone, Default)]
pub(crate) struct Hops(Arc<Mutex<Vec<String>>>);

impl Hops {
    /// The client, watched.
    pub(crate) fn observe(&self, builder: ClientBuilder) -> Client {
        let hops = self.clone();
        let observer = move |hop: &Hop<'_>| {
            let name = match hop {
                Hop::Challenged { status, .. } => status.to_string(),
                Hop::Login(login::LoginHop::TokenIssued {
                    grant: GrantKind::RefreshToken,
                    ..
                }) => "refresh".to_owned(),
                Hop::Answered { method, .. } => (*method).to_owned(),
                other => other.stage().to_string(),
            };
            hops.0.lock().unwrap().push(name);
        };
        let builder = builder.revision(thyra::Revision::LATEST);
        builder.observer(observer).build().unwrap()
    }

    /// Those since the last time this was asked.
    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

pub(crate) fn said(result: &CallToolResult) -> &str {
    match result.content.as_slice() {
        [Content::Text(text)] => &text.text,
        other => panic!("{other:?}"),
    }
}

pub(crate) async fn whoami_of(client: &Client) -> Result<String, ClientError> {
    client
        .call_tool("whoami", &json!({}))
        .await
        .map(|result| said(&result).to_owned())
}
