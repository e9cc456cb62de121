//! More calls than may run at once: they wait, and what must not wait goes past them.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Mutex;

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::sync::Semaphore;
use tokio::task::yield_now;

use super::Connection;
use crate::Limits;
use crate::prelude::*;

/// How many calls a client writes at once.
const MANY: usize = 1_000;

/// Their numbers.
const NUMBERS: Range<i64> = 0..1_000;

/// Where calls wait until the test lets so many of them pass.
#[derive(Debug)]
pub(super) struct Turnstile {
    begun: Mutex<Vec<i64>>,
    open: Semaphore,
}

impl Default for Turnstile {
    fn default() -> Self {
        Self {
            begun: Mutex::default(),
            open: Semaphore::new(0),
        }
    }
}

impl Turnstile {
    fn begun(&self) -> Vec<i64> {
        self.begun.lock().unwrap().clone()
    }
}

/// Returns its number once it may pass.
#[tool]
pub(super) async fn pass(number: i64, State(turnstile): State<std::sync::Arc<Turnstile>>) -> i64 {
    turnstile.begun.lock().unwrap().push(number);
    turnstile.open.acquire().await.unwrap().forget();
    number
}

#[derive(Clone, Copy, Debug)]
enum Era {
    Handshake,
    Sessionless,
}

impl Connection {
    async fn pass(&mut self, era: Era, number: i64) {
        let params = json!({ "name": "pass", "arguments": { "number": number } });
        match era {
            Era::Sessionless => self.alone(number, "tools/call", params).await,
            Era::Handshake => {
                self.say(json!({
                    "jsonrpc": "2.0", "id": number, "method": "tools/call", "params": params,
                }))
                .await;
            }
        }
    }

    /// The numbers that `count` answers bring, by the ids that they answer.
    async fn passed(&mut self, count: usize) -> BTreeMap<i64, String> {
        let mut passed = BTreeMap::new();
        for _ in 0..count {
            let answer = self.hear().await;
            let text = &answer["result"]["content"][0]["text"];
            let number = text.as_str().unwrap_or_else(|| panic!("{answer}"));
            passed.insert(answer["id"].as_i64().unwrap(), number.to_owned());
        }
        passed
    }

    async fn pong(&mut self) {
        self.ping(-1).await;
        assert_eq!(
            self.hear().await,
            json!({ "jsonrpc": "2.0", "id": -1, "result": {} })
        );
    }

    /// Lets the server do all that it can do now.
    async fn settle(&self) {
        for _ in 0..1_000 {
            yield_now().await;
        }
    }
}

fn answers(numbers: impl IntoIterator<Item = i64>) -> BTreeMap<i64, String> {
    let pairs = numbers.into_iter();
    pairs.map(|number| (number, number.to_string())).collect()
}

#[tokio::test]
async fn a_thousand_calls_at_once_are_answered_in_order_and_cancellations_go_past_them() {
    for era in [Era::Handshake, Era::Sessionless] {
        let mut connection = Connection::open(Limits::default());
        for number in NUMBERS {
            connection.pass(era, number).await;
        }
        // One of them runs, and one waits.
        for number in [3, 500] {
            connection.cancel(json!(number)).await;
        }
        // Nothing was answered yet, and the ping shows that the cancellations were heard.
        connection.pong().await;
        connection.turnstile.open.add_permits(MANY);
        let kept = NUMBERS.filter(|number| ![3, 500].contains(number));
        let passed = connection.passed(MANY - 2).await;
        assert_eq!(passed, answers(kept), "{era:?}");
        let begun: Vec<_> = NUMBERS.filter(|number| *number != 500).collect();
        assert_eq!(connection.turnstile.begun(), begun, "{era:?}");
        connection.end().await;
    }
}

#[tokio::test]
async fn only_so_many_calls_run_at_once() {
    let mut connection = Connection::open(Limits::default().stdio_calls(2));
    for number in 0..5 {
        connection.pass(Era::Handshake, number).await;
    }
    connection.pong().await;
    connection.settle().await;
    for done in 0..5 {
        assert_eq!(connection.turnstile.begun().len(), 5.min(done + 2));
        connection.turnstile.open.add_permits(1);
        connection.passed(1).await;
        connection.settle().await;
    }
    connection.end().await;
}

#[tokio::test]
async fn calls_that_wait_at_the_end_of_the_input_are_answered() {
    let mut connection = Connection::open(Limits::default().stdio_calls(2));
    for number in 0..200 {
        connection.pass(Era::Handshake, number).await;
    }
    connection.input.shutdown().await.unwrap();
    connection.turnstile.open.add_permits(200);
    assert_eq!(connection.passed(200).await, answers(0..200));
    connection.end().await;
}

#[tokio::test]
async fn an_answer_to_a_question_goes_past_the_calls_that_wait() {
    let mut connection = Connection::open(Limits::default().stdio_calls(1));
    connection.initialize().await;
    connection.call(1, "welcome").await;
    let question = connection.hear().await;
    for number in 10..110 {
        connection.pass(Era::Handshake, number).await;
    }
    let result = json!({ "action": "accept", "content": { "value": "Ada" } });
    connection
        .say(json!({ "jsonrpc": "2.0", "id": question["id"], "result": result }))
        .await;
    let greeted = connection.result(1).await;
    assert_eq!(greeted["content"][0]["text"], "Hello, Ada!");
    connection.turnstile.open.add_permits(100);
    assert_eq!(connection.passed(100).await, answers(10..110));
    connection.end().await;
}

#[tokio::test]
async fn a_task_is_answered_and_called_off_past_the_calls_that_wait() {
    let mut connection = Connection::open(Limits::default().stdio_calls(1));
    let mut tasks = Vec::new();
    for id in 1..=2 {
        let params = json!({ "name": "wonder" });
        connection.alone(id, "tools/call", params).await;
        tasks.push(connection.result(id).await["taskId"].take());
        connection.looked_for(&tasks[tasks.len() - 1]).await;
    }
    for number in 10..13 {
        connection.pass(Era::Sessionless, number).await;
    }
    let answer = json!({ "action": "accept", "content": { "value": "well" } });
    let params = json!({ "taskId": tasks[0], "inputResponses": { "mood": answer } });
    connection.alone(3, "tasks/update", params).await;
    connection.result(3).await;
    let params = json!({ "taskId": tasks[1] });
    connection.alone(4, "tasks/cancel", params).await;
    connection.result(4).await;
    connection.turnstile.open.add_permits(3);
    assert_eq!(connection.passed(3).await, answers(10..13));
    for (task, status) in tasks.iter().zip(["completed", "cancelled"]) {
        assert_eq!(connection.looked_for(task).await["status"], status);
    }
    connection.end().await;
}

/// A call of `length` bytes that returns its number once it may pass.
fn padded(number: i64, length: usize) -> String {
    let line = |padding: usize| {
        json!({
            "jsonrpc": "2.0", "id": number, "method": "tools/call", "params": {
                "name": "pass", "arguments": { "number": number },
                "_meta": { "com.example/padding": "x".repeat(padding) },
            },
        })
        .to_string()
    };
    line(length - line(0).len())
}

#[tokio::test]
async fn the_reader_stops_when_there_is_no_room_to_wait_and_goes_on_when_there_is() {
    // By number, and by bytes: one call runs, two wait, and the reader holds the fourth.
    for limits in [
        Limits::default().waiting_calls(2),
        Limits::default().waiting_bytes(2_000),
    ] {
        let mut connection = Connection::open(limits.stdio_calls(1));
        let mut lines = String::new();
        for number in 0..20 {
            lines += &padded(number, 1_000);
            lines.push('\n');
        }
        let mut unread = lines.as_bytes();
        // What the pipe takes beyond the calls that were read is its own affair.
        let most = 4 * 1_001 + 4_096 + 8_192;
        for _ in 0..1_000 {
            let writing = connection.input.write_buf(&mut unread);
            if futures_util::FutureExt::now_or_never(writing).is_none() {
                yield_now().await;
            }
        }
        let taken = lines.len() - unread.len();
        assert!(taken >= 4 * 1_001, "{taken}");
        assert!(taken <= most, "{taken}");
        assert_eq!(connection.turnstile.begun(), [0]);

        connection.turnstile.open.add_permits(20);
        let (input, mut passed) = (&mut connection.input, BTreeMap::new());
        let writing = input.write_all(unread);
        let reading = async {
            while passed.len() < 20 {
                let line = connection.lines.next_line().await.unwrap().unwrap();
                let answer: Value = serde_json::from_str(&line).unwrap();
                let text = answer["result"]["content"][0]["text"].as_str().unwrap();
                passed.insert(answer["id"].as_i64().unwrap(), text.to_owned());
            }
        };
        let (written, ()) = tokio::join!(writing, reading);
        written.unwrap();
        assert_eq!(passed, answers(0..20));
        assert_eq!(connection.turnstile.begun(), (0..20).collect::<Vec<_>>());
        connection.pong().await;
        connection.end().await;
    }
}

#[tokio::test]
async fn a_line_that_is_too_long_is_refused_past_the_calls_that_wait() {
    let limits = Limits::default().stdio_calls(1).waiting_calls(2);
    let mut connection = Connection::open(limits.body_bytes(1_024));
    for number in 0..3 {
        connection.pass(Era::Handshake, number).await;
    }
    for bad in ["x".repeat(100_000), "{".to_owned()] {
        connection.input.write_all(bad.as_bytes()).await.unwrap();
        connection.input.write_all(b"\n").await.unwrap();
        let refused = connection.hear().await;
        assert!(refused["error"]["code"].is_i64(), "{refused}");
    }
    connection.turnstile.open.add_permits(3);
    assert_eq!(connection.passed(3).await, answers(0..3));
    connection.end().await;
}

#[tokio::test]
async fn streams_that_listen_take_no_place_from_calls_and_have_a_bound_of_their_own() {
    let mut connection = Connection::open(Limits::default().stdio_calls(1));
    let filter = json!({ "notifications": { "toolsListChanged": true } });
    for id in 0..64 {
        connection
            .alone(id, "subscriptions/listen", filter.clone())
            .await;
        let acknowledged = connection.hear().await;
        assert_eq!(
            acknowledged["method"],
            "notifications/subscriptions/acknowledged"
        );
    }
    connection
        .alone(64, "subscriptions/listen", filter.clone())
        .await;
    let refused = connection.hear().await;
    assert_eq!(refused["id"], 64);
    let message = refused["error"]["message"].as_str().unwrap();
    assert!(message.contains("cancel one of them first"), "{message}");
    connection.turnstile.open.add_permits(1);
    connection.pass(Era::Sessionless, 100).await;
    assert_eq!(connection.passed(1).await, answers([100]));

    connection.cancel(json!(7)).await;
    connection.alone(65, "subscriptions/listen", filter).await;
    let acknowledged = connection.hear().await;
    assert_eq!(
        acknowledged["method"],
        "notifications/subscriptions/acknowledged"
    );
}

#[test]
fn a_thousand_calls_that_wait_are_small_and_leave_nothing_behind() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let mut connection = runtime.block_on(async { Connection::open(Limits::default()) });
    let crowd = |connection: &mut Connection| {
        let waiting = allocation_counter::measure(|| {
            runtime.block_on(async {
                for number in NUMBERS {
                    connection.pass(Era::Handshake, number).await;
                }
                connection.pong().await;
            });
        });
        let done = allocation_counter::measure(|| {
            runtime.block_on(async {
                connection.turnstile.open.add_permits(MANY);
                connection.passed(MANY).await;
                connection.pong().await;
            });
        });
        connection.turnstile.begun.lock().unwrap().clear();
        (
            waiting.bytes_current,
            waiting.bytes_current + done.bytes_current,
        )
    };
    // Maps and queues take their size.
    crowd(&mut connection);
    let (waiting, left) = crowd(&mut connection);
    println!("{MANY} calls that wait: {waiting} bytes; afterwards {left}");
    assert!(waiting < 2 * 1_024 * 1_024, "{waiting}");
    assert!(left.abs() < 16 * 1_024, "{left}");
}
