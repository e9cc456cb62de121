//! The example `scalekit` as a program of its own, and every kind of token that may come to its
//! door.

mod accepted;
mod challenges;
mod hostile;
mod keys;
mod secrecy;

use std::sync::{Arc, Mutex};

use http::Request;
use idp_emulator::{Client, Emulator, Mint, Resource};
use serde_json::{Value, json};
use thyra::Revision;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use crate::program::{Program, example};
use crate::support::{Answer, Ask, client, send, soon};

const RESOURCE: &str = "res_123";
/// Where clients would reach the server. It tells so to everybody, and checks tokens against it.
const SERVER_URL: &str = "https://notes.example.com/mcp";
const METADATA_URL: &str = "https://notes.example.com/.well-known/oauth-protected-resource/mcp";

/// A Scalekit environment and a server that trusts it.
struct House {
    emulator: Emulator,
    url: String,
    client: reqwest::Client,
    program: Option<Program>,
    log: Arc<Mutex<Vec<String>>>,
    reading: JoinSet<()>,
}

impl House {
    async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// A house whose server has more variables.
    async fn start_with(variables: &[(&str, &str)]) -> Self {
        let emulator = Emulator::builder()
            .resource(
                Resource::new(RESOURCE)
                    .uri(SERVER_URL)
                    .scopes(["notes:read", "notes:write"]),
            )
            .resource(Resource::new("res_other").scopes(["notes:read"]))
            .client(
                Client::new("m2m_bot")
                    .secret("bot-secret")
                    .resource(RESOURCE),
            )
            .start()
            .await
            .unwrap();
        let mut command = example("scalekit");
        command
            .args(["--http", "127.0.0.1:0"])
            .env("THYRA_BASE_URL", "https://notes.example.com")
            .envs(emulator.variables())
            .envs(variables.iter().copied());
        let mut program = Program::start(command);

        let log = Arc::new(Mutex::new(Vec::new()));
        let (found, address) = oneshot::channel();
        let mut reading = JoinSet::new();
        let mut lines = BufReader::new(program.take_errors()).lines();
        let written = Arc::clone(&log);
        let mut found = Some(found);
        reading.spawn(async move {
            while let Some(line) = lines.next_line().await.unwrap() {
                if let Some(url) = line.strip_prefix("Notes serves MCP at ")
                    && let Some(found) = found.take()
                {
                    found.send(url.to_owned()).unwrap();
                }
                written.lock().unwrap().push(line);
            }
        });
        Self {
            url: soon("the address", address).await.unwrap(),
            emulator,
            client: client(),
            program: Some(program),
            log,
            reading,
        }
    }

    fn mint(&self, order: &Mint) -> String {
        self.emulator.mint(order).unwrap()
    }

    async fn ask(&self, ask: &Ask) -> Answer {
        send(&self.client, ask.request(&self.url)).await
    }

    /// Asks who calls, with `token`.
    async fn whoami(&self, token: &str) -> Answer {
        self.ask(&whoami().header("authorization", &format!("Bearer {token}")))
            .await
    }

    /// Asks who calls, with a token to order.
    async fn order(&self, order: &Mint) -> Answer {
        self.whoami(&self.mint(order)).await
    }

    /// How often the keys were fetched.
    fn fetches(&self) -> u64 {
        self.emulator.requests("/keys")
    }

    /// A token of the client credentials grant.
    async fn machine_token(&self, scope: &str) -> String {
        let body = format!(
            "grant_type=client_credentials&client_id=m2m_bot&client_secret=bot-secret&scope={scope}"
        );
        let request = Request::post(format!("{}/oauth/token", self.emulator.url()))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body)
            .unwrap();
        let answer = send(&self.client, request).await;
        let answer: Value = serde_json::from_slice(&answer.body).unwrap();
        answer["access_token"].as_str().unwrap().to_owned()
    }

    /// Ends the server; returns all that it wrote on standard error.
    async fn end(mut self) -> String {
        drop(self.program.take());
        while let Some(read) = soon("the end of the log", self.reading.join_next()).await {
            read.unwrap();
        }
        let log = self.log.lock().unwrap();
        log.join("\n")
    }
}

fn whoami() -> Ask {
    Ask::call(Revision::V2026_07_28, "whoami", json!({}))
}

/// Who the server saw, where it let the call in.
#[track_caller]
fn seen(answer: &Answer) -> Value {
    answer.result()["structuredContent"].clone()
}

/// Checks that the token was refused as a bad one, and that nothing of it came back.
#[track_caller]
fn refused(answer: &Answer, token: &str) {
    assert_eq!(answer.status, 401, "{answer:?}");
    let challenge = answer.header("www-authenticate");
    assert!(
        challenge.starts_with("Bearer error=\"invalid_token\", error_description=\""),
        "{challenge}"
    );
    assert!(
        challenge.ends_with(&format!("resource_metadata=\"{METADATA_URL}\"")),
        "{challenge}"
    );
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.json()["error"], "invalid_token");
    let shown = format!("{answer:?}");
    for part in token.split('.').filter(|part| part.len() > 8) {
        assert!(!shown.contains(part), "{shown}");
    }
    for word in ["usr_1", "snk_", "res_", "org_1"] {
        assert!(!shown.contains(word), "{word} in {shown}");
    }
}
