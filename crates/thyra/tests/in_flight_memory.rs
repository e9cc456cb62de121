//! What bodies and replies in flight take together: no more than their budget, however many there
//! are. Everything runs on one thread, which is the one that is measured.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::header::RETRY_AFTER;
use http::{Request, Response, StatusCode};
use http_body::{Body as HttpBody, Frame, SizeHint};
use http_body_util::{BodyExt, Full};
use serde_json::{Value, json};
use thyra::prelude::*;
use thyra::{Body, Limits, McpService, Server};
use tokio::runtime::Runtime;
use tokio::task::{JoinSet, yield_now};
use tower_service::Service;

type Failure = Box<dyn std::error::Error>;

const MIB: usize = 1024 * 1024;

/// The bytes that may be in flight.
const BUDGET: usize = 16 * MIB;

/// What the requests take beside their bodies and replies.
const BESIDE: i64 = 6 * 1024 * 1024;

/// What every piece of every body is a view of, so that only the server's own memory is measured.
static PIECE: [u8; 64 * 1024] = [b' '; 64 * 1024];

/// Say how long a text is.
#[tool]
async fn length(text: String) -> usize {
    text.len()
}

/// Say a lot.
#[tool]
async fn chatter(bytes: usize) -> String {
    "x".repeat(bytes)
}

/// A body that announces so many bytes, and sends all but the last.
struct AllButOne {
    announced: usize,
    sent: usize,
}

impl HttpBody for AllButOne {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let piece = PIECE.len().min(self.announced - 1 - self.sent);
        if piece == 0 {
            return Poll::Pending;
        }
        self.sent += piece;
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&PIECE[..piece])))))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.announced as u64)
    }
}

fn runtime() -> Result<Runtime, Failure> {
    Ok(tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()?)
}

fn service() -> Result<McpService, Failure> {
    let limits = Limits::default().in_flight_bytes(BUDGET);
    let server = Server::new("Flight")
        .tool(length)
        .tool(chatter)
        .limits(limits);
    Ok(server.into_service()?)
}

fn request<B>(body: B) -> Result<Request<B>, Failure> {
    Ok(Request::post("http://localhost/mcp")
        .header("host", "localhost")
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream")
        .body(body)?)
}

fn call(tool: &str, arguments: &Value) -> Result<Request<Full<Bytes>>, Failure> {
    let message = json!({
        "jsonrpc": "2.0", "id": "mine", "method": "tools/call",
        "params": { "name": tool, "arguments": arguments },
    });
    request(Full::new(Bytes::from(message.to_string())))
}

/// What an honest caller is answered, with a text of so many bytes.
async fn ask(service: &McpService, bytes: usize) -> Result<Response<Body>, Failure> {
    let asked = call("length", &json!({ "text": "x".repeat(bytes) }))?;
    Ok(service.clone().call(asked).await?)
}

async fn text(response: Response<Body>) -> Result<String, Failure> {
    let body = response.into_body().collect().await?.to_bytes();
    Ok(String::from_utf8(body.to_vec())?)
}

fn assert_no_room(response: &Response<Body>) {
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(response.headers()[RETRY_AFTER], "5");
}

#[test]
fn three_hundred_bodies_that_never_end_take_no_more_than_the_budget() -> Result<(), Failure> {
    let (runtime, service) = (runtime()?, service()?);
    let mut senders = JoinSet::new();
    let mut send_all = || {
        runtime.block_on(async {
            for _ in 0..300 {
                let body = AllButOne {
                    announced: 4 * MIB,
                    sent: 0,
                };
                let sending = service.clone().call(request(body)?);
                senders.spawn(sending);
            }
            for _ in 0..100 {
                yield_now().await;
            }
            Ok::<_, Failure>(())
        })
    };
    let mut begun = Ok(());
    let held = allocation_counter::measure(|| begun = send_all());
    begun?;
    let (held, most) = (held.bytes_current, held.bytes_max);
    println!("300 bodies of 4 MiB less a byte: {held} bytes held, at most {most}");
    let budget = i64::try_from(BUDGET)?;
    assert!(held < budget + BESIDE, "{held}");

    runtime.block_on(async {
        // Most are refused, and say when to come again. The rest of a refused body is waited for,
        // but only for so long.
        tokio::time::sleep(Duration::from_secs(3)).await;
        let mut refused = 0;
        while let Some(answer) = senders.try_join_next() {
            assert_no_room(&answer??);
            refused += 1;
        }
        assert!((290..300).contains(&refused), "{refused}");
        // A small call passes in the meantime, and a large one is told to wait.
        let small = ask(&service, 10_000).await?;
        assert_eq!(small.status(), StatusCode::OK);
        assert!(text(small).await?.contains("10000"));
        let large = ask(&service, 3 * MIB).await?;
        assert_no_room(&large);
        let says = text(large).await?;
        assert!(
            says.contains("as many bytes of bodies and replies"),
            "{says}"
        );
        // When the senders are gone, everything is there again.
        senders.shutdown().await;
        assert_eq!(ask(&service, 3 * MIB).await?.status(), StatusCode::OK);
        Ok(())
    })
}

#[test]
fn a_slow_body_makes_way_when_bytes_are_short_and_not_before() -> Result<(), Failure> {
    let (runtime, service) = (runtime()?, service()?);
    let stuck = || async {
        let begun = tokio::time::Instant::now();
        let body = AllButOne {
            announced: 4 * MIB,
            sent: 0,
        };
        let answer = service.clone().call(request(body)?).await?;
        assert_eq!(answer.status(), StatusCode::REQUEST_TIMEOUT);
        Ok::<_, Failure>(begun.elapsed().as_secs())
    };
    runtime.block_on(async {
        assert_eq!(stuck().await?, 30);
        // Three take more than half of the budget, so one of them has to go: they brought much in
        // the first five seconds, and nothing in the next.
        let (first, second, third) = tokio::try_join!(stuck(), stuck(), stuck())?;
        let mut went = [first, second, third];
        went.sort_unstable();
        assert_eq!(went, [10, 30, 30]);
        Ok(())
    })
}

#[test]
fn unread_replies_take_no_more_than_the_budget_and_whoever_loses_one_is_told() -> Result<(), Failure>
{
    let (runtime, service) = (runtime()?, service()?);
    let mut unread = Vec::new();
    let mut answer = || {
        runtime.block_on(async {
            for _ in 0..50 {
                let asked = call("chatter", &json!({ "bytes": MIB }))?;
                unread.push(service.clone().call(asked).await?);
            }
            Ok::<_, Failure>(())
        })
    };
    let mut answered = Ok(());
    let held = allocation_counter::measure(|| answered = answer());
    answered?;
    println!(
        "50 unread replies of 1 MB: {} bytes held",
        held.bytes_current
    );
    assert!(
        held.bytes_current < i64::try_from(BUDGET)? + BESIDE,
        "{held:?}"
    );

    let kept = unread
        .iter()
        .take_while(|reply| reply.status() == StatusCode::OK)
        .count();
    // A reply has the text twice, as content for the model and structured.
    assert!((4..=12).contains(&kept), "{kept}");
    runtime.block_on(async {
        let lost = unread.pop().ok_or("there were 50")?;
        assert_no_room(&lost);
        let error: Value = serde_json::from_str(&text(lost).await?)?;
        assert_eq!(error["id"], "mine");
        let says = error["error"]["message"].to_string();
        assert!(says.contains("The call was carried out"), "{says}");

        // What was handed to the connection counts until it is written.
        let asked = call("chatter", &json!({ "bytes": MIB }))?;
        let mut written = Vec::new();
        for reply in unread.drain(..kept) {
            let frame = reply
                .into_body()
                .frame()
                .await
                .ok_or("a reply has a body")??;
            written.push(frame);
        }
        assert_no_room(&service.clone().call(asked.clone()).await?);
        drop(written);
        let again = service.clone().call(asked).await?;
        assert_eq!(again.status(), StatusCode::OK);
        Ok(())
    })
}
