//! Arguments that are JSON, and meant to hurt.

use serde_json::{Value, json};
use thyra::prelude::*;

use super::ERAS;
use crate::support::{Answer, Ask, Running};

/// Adds up what it is given.
#[tool]
async fn total(numbers: Vec<i64>) -> i64 {
    numbers.into_iter().fold(0, i64::wrapping_add)
}

/// Takes anything.
#[tool]
async fn anything(value: Value) -> String {
    value.to_string().len().to_string()
}

#[tool]
async fn half(number: f64) -> f64 {
    number / 2.0
}

async fn start() -> Running {
    let server = Server::new("Arguments");
    Running::start(server.tool(total).tool(anything).tool(half)).await
}

/// Calls a tool of two eras with arguments that are written just so.
async fn call(server: &Running, tool: &str, arguments: &str) -> Vec<Answer> {
    const PLACE: &str = "put them here";
    let mut answers = Vec::new();
    for revision in ERAS {
        let ask = Ask::call(revision, tool, json!(PLACE));
        let body = String::from_utf8(ask.request("http://localhost").body().to_vec()).unwrap();
        let body = body.replace(&json!(PLACE).to_string(), arguments);
        answers.push(server.send(ask.with_body(&server.url(), body)).await);
    }
    answers
}

async fn refused(server: &Running, tool: &str, arguments: &str) {
    for answer in call(server, tool, arguments).await {
        let start: String = arguments.chars().take(100).collect();
        assert!(matches!(answer.status, 200 | 400), "{start}: {answer:?}");
        let reply = answer.json();
        let is_refused = reply.get("error").is_some() || reply["result"]["isError"] == true;
        assert!(is_refused, "{start}: {reply}");
        assert!(
            answer.body.len() < 5_000,
            "{start}: {} bytes",
            answer.body.len()
        );
    }
}

async fn answered(server: &Running, tool: &str, arguments: &str, text: &str) {
    for answer in call(server, tool, arguments).await {
        assert_eq!(answer.tool_text(), text);
    }
}

#[tokio::test]
async fn numbers_that_no_type_holds_are_refused() {
    let server = start().await;
    let digits = "9".repeat(100_000);
    for number in [
        "1e400",
        "-1e400",
        "1e99999999999999999999",
        digits.as_str(),
        "NaN",
        "Infinity",
        "0x10",
        "01",
    ] {
        refused(&server, "half", &format!(r#"{{"number":{number}}}"#)).await;
        refused(&server, "total", &format!(r#"{{"numbers":[{number}]}}"#)).await;
    }
    answered(&server, "half", r#"{"number":1e-400}"#, "0.0").await;
    answered(
        &server,
        "total",
        r#"{"numbers":[9223372036854775807]}"#,
        "9223372036854775807",
    )
    .await;
    refused(&server, "total", r#"{"numbers":[9223372036854775808]}"#).await;
}

#[tokio::test]
async fn a_name_twice_is_refused_where_it_is_a_parameter() {
    let server = start().await;
    refused(&server, "half", r#"{"number":1,"number":2}"#).await;
    refused(&server, "half", r#"{"number":1,"n\u0075mber":2}"#).await;
}

#[tokio::test]
async fn an_array_may_fill_a_message_and_what_is_wrong_in_it_is_told_in_short() {
    let server = start().await;
    let many = vec!["1"; 1_000_000].join(",");
    answered(
        &server,
        "total",
        &format!(r#"{{"numbers":[{many}]}}"#),
        "1000000",
    )
    .await;
    let wrong = vec![r#""x""#; 500_000].join(",");
    refused(&server, "total", &format!(r#"{{"numbers":[{wrong}]}}"#)).await;
    let arrays = vec!["[]"; 500_000].join(",");
    refused(&server, "total", &format!(r#"{{"numbers":[{arrays}]}}"#)).await;
    let members: Vec<_> = (0..100_000)
        .map(|number| format!(r#""n{number}":1"#))
        .collect();
    refused(&server, "total", &format!("{{{}}}", members.join(","))).await;
}

#[tokio::test]
async fn depth_in_an_argument_is_refused_where_it_would_be_built() {
    let server = start().await;
    for depth in [120, 1_000, 1_000_000] {
        let nested = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        let arguments = format!(r#"{{"value":{nested}}}"#);
        if depth < 121 {
            answered(&server, "anything", &arguments, &(2 * depth).to_string()).await;
        } else {
            refused(&server, "anything", &arguments).await;
        }
    }
}
