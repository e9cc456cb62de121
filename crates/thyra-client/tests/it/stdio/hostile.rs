//! Programs that break the rules of a server, each in one way: none of them holds a call for longer
//! than its time, or fails a call that it has nothing to do with.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;
use thyra_client::protocol::Revision;
use thyra_client::{ClientBuilder, ClientError, ElicitResult, ServerCommand, TransportError};

use super::{said, server, transport};

/// A server that is opened at once, so that the first call has the id 2.
fn program(script: &str) -> ClientBuilder<ServerCommand> {
    server(script).revision(Revision::V2025_06_18)
}

/// What a call says or fails with. Only a test that would hang gets to the minute.
async fn called(client: ClientBuilder<ServerCommand>) -> Result<String, ClientError> {
    let client = client.build();
    let minute = Duration::from_mins(1);
    tokio::time::timeout(minute, said(&client)).await.unwrap()
}

async fn times_out(script: &str) {
    let client = program(script).call_time(Duration::from_millis(600));
    let error = transport(called(client).await.unwrap_err());
    assert!(
        matches!(error, TransportError::Timeout(_)),
        "{script}: {error}"
    );
}

#[tokio::test]
async fn what_a_program_has_started_does_not_keep_its_calls_waiting() {
    // The child has the same output, and lives on.
    let error = called(program("*tools/call*) sleep 1000 & exit 3 ;;")).await;
    let error = error.unwrap_err().to_string();
    assert!(
        error.contains("program ended (exit status: 3); the call may or may not"),
        "{error}"
    );
    // What the program said last counts.
    let last = "*tools/call*) text bye; sleep 1000 & exit 0 ;;";
    assert_eq!(called(program(last)).await.unwrap(), "bye");
}

#[tokio::test]
async fn a_program_that_closes_its_output_is_ended_and_started_again() {
    let directory = tempfile::tempdir().unwrap();
    let script = "*tools/call*) if [ -e closed ]; then text again; else touch closed; exec >&-; sleep 1000; fi ;;";
    let client = program(script).current_dir(directory.path()).build();
    let error = transport(said(&client).await.unwrap_err());
    assert!(matches!(error, TransportError::Ended { .. }), "{error}");
    assert_eq!(said(&client).await.unwrap(), "again");
}

#[tokio::test]
async fn a_program_that_closes_its_input_is_ended_and_started_again() {
    let directory = tempfile::tempdir().unwrap();
    let script = "*tools/call*) if [ -e closed ]; then text again; else exec <&-; touch closed; sleep 1000; fi ;;";
    let client = program(script).current_dir(directory.path()).build();
    let closed = async {
        while !directory.path().join("closed").exists() {
            tokio::task::yield_now().await;
        }
        // This cannot be written, so nobody waits for its answer or for another.
        client.list_tools().await
    };
    let (first, second) = tokio::join!(said(&client), closed);
    for error in [first.map(drop).unwrap_err(), second.map(drop).unwrap_err()] {
        let error = transport(error);
        assert!(matches!(error, TransportError::Ended { .. }), "{error}");
    }
    assert_eq!(said(&client).await.unwrap(), "again");
}

#[tokio::test]
async fn a_program_that_does_not_read_holds_no_call_for_longer_than_its_time() {
    let client = program("*tools/call*) sleep 1000 ;;").call_time(Duration::from_millis(600));
    let client = client.build();
    client.list_tools().await.unwrap();
    // More than the pipe and the queue before it hold.
    let long = json!({ "text": "x".repeat(10_000) });
    let calls = (0..200).map(|_| client.call_tool("act", &long));
    for ended in join_all(calls).await {
        let error = transport(ended.unwrap_err());
        assert!(matches!(error, TransportError::Timeout(_)), "{error}");
    }
}

#[tokio::test]
async fn no_flood_stops_the_clock() {
    for flood in [
        "junk",
        r#"{"jsonrpc":"2.0","method":"notifications/unheard-of"}"#,
        r#"{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":1}}"#,
        r#"{"jsonrpc":"2.0","id":99,"result":{}}"#,
        r#"{"jsonrpc":"2.0","id":"p","method":"ping"}"#,
    ] {
        times_out(&format!("*tools/call*) exec yes '{flood}' ;;")).await;
    }
    // A line without an end.
    times_out("*tools/call*) exec cat /dev/zero ;;").await;
    times_out("*tools/call*) exec cat /dev/zero >&2 ;;").await;
}

#[tokio::test]
async fn a_flood_of_progress_does_not_stop_the_clock() {
    let script = r#"*tools/call*)
        token=$(printf '%s' "$line" | sed 's/.*"progressToken":\([0-9]*\).*/\1/')
        exec yes '{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":'"$token"',"progress":1}}' ;;"#;
    let client = program(script).call_time(Duration::from_millis(600));
    let client = client.build();
    let mut reports = 0_u64;
    let call = client.call_tool_with_progress("act", &(), |_| reports += 1);
    let minute = Duration::from_mins(1);
    let ended = tokio::time::timeout(minute, call).await.unwrap();
    let error = transport(ended.unwrap_err());
    assert!(matches!(error, TransportError::Timeout(_)), "{error}");
    assert_ne!(reports, 0);
}

#[tokio::test]
async fn what_only_looks_odd_is_read() {
    for odd in [
        // Programs of Windows begin their output with a byte order mark.
        r"*'tools/call'*) printf '\357\273\277'; text hello ;;",
        r#"*tools/call*) printf '  {"jsonrpc":"2.0","id":%s,"result":{"content":[{"type":"text","text":"hello"}]}} \r\n' "$id" ;;"#,
        // Answers to nobody, and a second one.
        "*tools/call*) call=$id; id=98; text a; id='\"2\"'; text b; id=$call; text hello; text c ;;",
        "*tools/call*) head -c 90000 /dev/zero | tr '\\0' '['; echo; text hello ;;",
        r"*tools/call*) printf '\377\376\n{\0}\n\033[2J\n'; text hello ;;",
    ] {
        let client = program(odd).build();
        assert_eq!(said(&client).await.unwrap(), "hello", "{odd}");
        // Nothing of it is taken for the answer to the next call.
        assert_eq!(said(&client).await.unwrap(), "hello", "{odd}");
    }
}

#[tokio::test]
async fn a_broken_answer_fails_its_call_at_once() {
    for broken in [
        r#""result":{},"error":{"code":1,"message":"no"}"#,
        r#""result":{},"result":{}"#,
        r#""result":7"#,
        r#""error":"no""#,
        r#""outcome":{}"#,
    ] {
        let script = format!(r#"*tools/call*) say '{{"jsonrpc":"2.0","id":'"$id"',{broken}}}' ;;"#);
        let client = program(&script).build();
        let error = transport(said(&client).await.unwrap_err());
        assert!(
            matches!(error, TransportError::Message { .. }),
            "{broken}: {error}"
        );
        client.list_tools().await.unwrap();
    }
}

/// A person may have to read every question, so there are at most 64 for one request.
#[tokio::test]
async fn a_program_asks_at_most_64_questions_for_a_request() {
    let script = r#"*tools/call*) call=$id; asked=0; refused=0
        i=0; while [ $i -lt 1000 ]; do
            say '{"jsonrpc":"2.0","id":"q","method":"elicitation/create","params":{"message":"?","requestedSchema":{"type":"object","properties":{}}}}'
            read -r line
            case "$line" in *'"code":-32600'*) refused=$((refused+1)) ;; *accept*) asked=$((asked+1)) ;; esac
            i=$((i+1))
        done
        id=$call; text "$asked $refused" ;;"#;
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let client = program(script)
        .on_elicit(move |_| {
            count.fetch_add(1, Ordering::SeqCst);
            std::future::ready(ElicitResult::agree())
        })
        .build();
    for round in 1..=2 {
        assert_eq!(said(&client).await.unwrap(), "64 936");
        assert_eq!(asked.load(Ordering::SeqCst), 64 * round);
    }
}
