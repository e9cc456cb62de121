//! What the log says of a flood of bad tokens. A program of its own, because it reads the log.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, ready};
use http::{Request, header};
use thyra_auth::{
    BearerToken, ManualClock, Principal, Protection, ResourceUrl, TokenRejected, TokenVerifier,
    Verdict,
};

/// Accepts `good`, and `bare` without a scope. Refuses the others, `old` as expired.
#[derive(Debug)]
struct Verifier;

impl TokenVerifier for Verifier {
    fn verify<'a>(&'a self, token: &'a BearerToken<'a>) -> BoxFuture<'a, Verdict> {
        let ada = Principal::builder("https://issuer.example", "ada");
        let verdict = match token.as_str() {
            "good" => Verdict::Accepted(Arc::new(ada.scopes(["read"]).build())),
            "bare" => Verdict::Accepted(Arc::new(ada.build())),
            "old" => Verdict::Rejected(TokenRejected::Expired),
            _ => Verdict::Rejected(TokenRejected::SignatureInvalid),
        };
        ready(verdict).boxed()
    }
}

/// What the log has.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    /// The lines since the last time.
    fn take(&self) -> Vec<String> {
        let bytes = std::mem::take(&mut *self.0.lock().unwrap());
        let text = String::from_utf8(bytes).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    /// The only line.
    fn line(&self) -> String {
        let [line] = self.take().try_into().unwrap();
        line
    }
}

#[tokio::test]
async fn a_flood_of_bad_tokens_is_a_few_lines_and_their_number() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    tracing::subscriber::set_global_default(subscriber).unwrap();

    let clock = ManualClock::new(Duration::from_secs(1_000_000));
    let resource = ResourceUrl::new("https://h", "/mcp").unwrap();
    let issuers = ["https://issuer.example"];
    let protection = Protection::builder("test", resource, Arc::new(Verifier), issuers)
        .required_scopes(["read"])
        .clock(Arc::new(clock.clone()))
        .build()
        .unwrap();
    let admit = async |token: &str, times: usize| {
        for _ in 0..times {
            let request = Request::post("/mcp");
            let request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
            let (mut parts, ()) = request.body(()).unwrap().into_parts();
            let admitted = protection.admit(&mut parts).await;
            assert_eq!(admitted.is_ok(), token == "good");
        }
    };

    admit("forged", 10_000).await;
    let lines = log.take();
    assert_eq!(lines.len(), 5, "{lines:?}");
    assert!(lines[0].contains("its signature is invalid"), "{lines:?}");
    // A flood does not hide what else happens.
    admit("old", 1).await;
    assert!(log.line().contains("it has expired"));
    admit("bare", 1).await;
    assert!(log.line().contains("the token lacks a scope"));

    clock.advance(Duration::from_secs(59));
    admit("good", 1).await;
    assert!(log.take().is_empty());
    clock.advance(Duration::from_secs(1));
    admit("good", 2).await;
    let sum = log.line();
    for part in ["INFO", "its signature is invalid", "more=9995"] {
        assert!(sum.contains(part), "{sum}");
    }

    // What was not said yet is said at the end.
    admit("old", 7).await;
    assert_eq!(log.take().len(), 5);
    drop(protection);
    assert!(log.line().contains("more=2"));
}
