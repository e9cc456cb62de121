//! One table of identity providers: each emulated, with a server that it protects.

mod flow;
mod outages;
mod provider;
mod substitution;

use std::sync::Arc;

use idp_emulator::{Builder, ClockChange, Emulator, Mint, Resource, User, Vendor};
use thyra::auth::{AuthProvider, Clock as _, DpopPolicy, ManualClock, Secret, SystemClock};
use thyra::client::{Client, ClientError, FollowRedirects, OAuth, login};
use thyra::prelude::*;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::world::{Hops, whoami, whoami_of, write_note};

/// The application that logs people in where clients do not register.
const APPLICATION: &str = "notes-application";

/// An emulated vendor, and a server that it protects.
struct Site {
    vendor: Vendor,
    emulator: Emulator,
    url: String,
    /// The clock of server and client; the emulator's is moved with it.
    clock: ManualClock,
    hops: Hops,
    _server: JoinSet<thyra::Result<()>>,
}

impl Site {
    async fn new(vendor: Vendor) -> Self {
        Self::with(vendor, |builder| builder).await
    }

    async fn with(vendor: Vendor, change: impl FnOnce(Builder) -> Builder) -> Self {
        Self::start(vendor, change, DpopPolicy::off()).await
    }

    /// With `dpop`, the server takes tokens that are bound to a key.
    async fn start(
        vendor: Vendor,
        change: impl FnOnce(Builder) -> Builder,
        dpop: DpopPolicy,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/mcp", listener.local_addr().unwrap());
        let ada = User::new("ada-1", "ada@example.com").roles(["editors"]);
        let application =
            idp_emulator::Client::new(APPLICATION).redirect_uris(["http://127.0.0.1/callback"]);
        let builder = Emulator::of(vendor)
            .auto_consent(true)
            .user(ada)
            .client(application)
            .client(idp_emulator::Client::new("introspector").secret("s3cret"))
            .resource(resource(vendor).uri(&url));
        let emulator = change(builder).start().await.unwrap();
        let clock = ManualClock::new(SystemClock.unix());
        emulator.clock(ClockChange::Freeze(clock.unix().as_secs()));
        let provider = provider::of(vendor, &emulator, (&url, &clock, dpop));
        let mut tasks = JoinSet::new();
        let server = server(provider);
        tasks.spawn(server.serve_listener(listener, std::future::pending()));
        Self {
            vendor,
            emulator,
            url,
            clock,
            hops: Hops::default(),
            _server: tasks,
        }
    }

    /// A client with a person who follows every redirect.
    fn client(&self) -> Client {
        let mut oauth = OAuth::new(FollowRedirects::new()).clock(self.clock.clone());
        if matches!(self.vendor, Vendor::Cognito | Vendor::Entra | Vendor::Okta) {
            oauth = oauth.client(login::Client::at_any_issuer(APPLICATION));
        }
        self.hops.observe(Client::builder(&self.url).oauth(oauth))
    }

    /// A call with a token of one's own.
    async fn call(&self, token: &str) -> Result<String, ClientError> {
        let client = Client::builder(&self.url)
            .bearer(Secret::new(token.to_owned()))
            .retries(0)
            .build()
            .unwrap();
        whoami_of(&client).await
    }

    fn mint(&self) -> String {
        self.emulator.mint(&Mint::new()).unwrap()
    }

    fn advance(&self, seconds: u64) {
        self.clock.advance(std::time::Duration::from_secs(seconds));
        self.emulator
            .clock(ClockChange::Freeze(self.clock.unix().as_secs()));
    }
}

/// What the vendor calls the server.
fn resource_id(vendor: Vendor) -> &'static str {
    match vendor {
        Vendor::Entra => "22222222-2222-4222-8222-222222222222",
        _ => "res_1",
    }
}

/// The server as the vendor's dashboard knows it.
fn resource(vendor: Vendor) -> Resource {
    let mut scopes = vec!["notes:read", "notes:write"];
    if matches!(vendor, Vendor::Scalekit | Vendor::Descope) {
        // Where a server is an issuer of its own, all its scopes are listed there.
        scopes.push("offline_access");
    }
    Resource::new(resource_id(vendor)).scopes(scopes)
}

fn server(provider: Box<dyn AuthProvider>) -> Server {
    Server::new("notes")
        .tool(whoami)
        .tool(write_note)
        .auth(Arc::<dyn AuthProvider>::from(provider))
}
