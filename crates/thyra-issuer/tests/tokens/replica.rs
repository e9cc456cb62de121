//! One replica: a process of its own, which is this test binary once more.

use std::env;
use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};

use axum::Router;
use axum::routing::get;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method};
use thyra_auth::{AuthProvider, FetchLimits, Fetched, Fetcher, Protection, Trust};
use thyra_issuer::{InMemoryAuth, IssuerClient, Store};
use thyra_store::{RedisStore, StoreKey};
use tokio::net::TcpListener;
use url::{Url, form_urlencoded};

/// Where the replicas are, as clients know them.
pub(crate) const BASE: &str = "http://127.0.0.1:8000";
pub(crate) const CALLBACK: &str = "http://127.0.0.1/callback";

const REDIS: &str = "THYRA_TEST_REDIS";
const KEY: &str = "THYRA_TEST_KEY";
const LISTENING: &str = "listening on ";

/// The protection of every replica.
pub(crate) fn protection(redis: &str, key: StoreKey) -> Protection {
    let store = Store::encrypted(RedisStore::open(redis).unwrap(), key);
    InMemoryAuth::new(BASE)
        .client(IssuerClient::new("client", [CALLBACK]))
        .store(store)
        .protection("/mcp")
        .unwrap()
}

/// Serves until it is killed. It is started by [`Replica::start`].
#[tokio::test]
#[ignore = "a process that other tests start"]
async fn serve() {
    let redis = env::var(REDIS).unwrap();
    let key = StoreKey::from_base64(&env::var(KEY).unwrap()).unwrap();
    let protection = protection(&redis, key);
    let app = Router::new()
        .route("/mcp", get(async || "let in"))
        .layer(protection.layer())
        .merge(protection.public_routes().router());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("\n{LISTENING}{}", listener.local_addr().unwrap());
    axum::serve(listener, app).await.unwrap();
}

/// A process that serves.
pub(crate) struct Replica {
    process: Child,
    /// It must stay open, or the process could not write any more.
    _output: BufReader<ChildStdout>,
    address: String,
    fetcher: Fetcher,
}

impl Replica {
    pub(crate) fn start(redis: &str, key: &StoreKey) -> Self {
        let mut process = Command::new(env::current_exe().unwrap())
            .args(["--exact", "replica::serve", "--ignored", "--nocapture"])
            .env(REDIS, redis)
            .env(KEY, key.to_base64().expose())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let mut line = String::new();
        let address = loop {
            line.clear();
            assert_ne!(output.read_line(&mut line).unwrap(), 0, "it has ended");
            if let Some(address) = line.trim().strip_prefix(LISTENING) {
                break address.to_owned();
            }
        };
        Self {
            process,
            _output: output,
            address,
            fetcher: Fetcher::default(),
        }
    }

    pub(crate) async fn post(&self, path: &str, form: &[(&str, &str)]) -> Fetched {
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(form)
            .finish();
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, form)]);
        let url = self.url(path);
        let sent = self
            .fetcher
            .post(&url, headers, Bytes::from(body), LIMITS, Trust::Configured);
        sent.await.unwrap()
    }

    /// The status of a call with this access token.
    pub(crate) async fn call(&self, token: &str) -> u16 {
        let bearer = HeaderValue::from_str(&format!("Bearer {token}")).unwrap();
        let headers = HeaderMap::from_iter([(AUTHORIZATION, bearer)]);
        let url = self.url("/mcp");
        let sent = self
            .fetcher
            .send_streamed(Method::GET, &url, headers, Trust::Configured);
        sent.await.unwrap().status().as_u16()
    }

    /// Kills it, as a machine fails.
    pub(crate) fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    fn url(&self, path: &str) -> Url {
        Url::parse(&format!("http://{}{path}", self.address)).unwrap()
    }
}

const LIMITS: FetchLimits = FetchLimits {
    max_bytes: 64 * 1024,
    timeout: std::time::Duration::from_secs(30),
};

impl Drop for Replica {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
