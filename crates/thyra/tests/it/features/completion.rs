//! What an argument may be, as its value is typed.

use std::collections::BTreeMap;
use std::process::Stdio;

use serde_json::{Value, json};
use thyra::prelude::*;
use thyra::{Completion, completion_values, schemars, serde};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

use super::{Talk, fails};
use crate::support::{META_CAPABILITIES, META_VERSION, Running, soon};

/// Says that this program is to be the server, on its standard input and output.
const VARIABLE: &str = "THYRA_TEST_COMPLETION_SERVER";
const SECRET: &str = "the password is swordfish";

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Journey {
    city: String,
    street: String,
    broken: String,
    known: String,
    plain: String,
}

/// How many streets there are.
struct Streets(u64);

fn server() -> Server {
    let cities = || completion_values((0..150).map(|number| format!("City {number:03}")));
    let street = |typed: String, others: BTreeMap<String, String>| async move {
        let city = others.get("city").cloned().unwrap_or_default();
        vec![format!("{typed} street of {city}")]
    };
    let broken = |typed: String, _: BTreeMap<String, String>| async move {
        assert!(typed.len() > 100, "{SECRET}");
        vec!["never"]
    };
    let known = |_: String, State(streets): State<Streets>| async move {
        Completion {
            values: vec!["one of many".to_owned()],
            total: Some(streets.0),
        }
    };
    let plan = |Args(journey): Args<Journey>| async move {
        let Journey {
            city,
            street,
            broken,
            known,
            plain,
        } = journey;
        format!("{city} {street} {broken} {known} {plain}")
    };
    let plan = Prompt::new("plan", plan)
        .completion("city", cities())
        .completion("street", street)
        .completion("broken", broken)
        .completion("known", known);
    let read = |Args(journey): Args<Journey>| async move { journey.city };
    let map = ResourceTemplate::new(
        "map://{city}/{street}/{broken}/{known}/{plain}",
        "map",
        read,
    )
    .completion("city", cities())
    .completion("street", street)
    .completion("broken", broken)
    .completion("known", known);
    Server::new("Completion")
        .prompt(plan)
        .resource(map)
        .state(Streets(1000))
}

fn references() -> [Value; 2] {
    [
        json!({ "type": "ref/prompt", "name": "plan" }),
        json!({ "type": "ref/resource", "uri": "map://{city}/{street}/{broken}/{known}/{plain}" }),
    ]
}

fn typed(reference: &Value, argument: &str, value: &str) -> Value {
    json!({ "ref": reference, "argument": { "name": argument, "value": value } })
}

#[tokio::test]
async fn an_answer_has_a_hundred_values_and_says_that_there_are_more() {
    let server = Running::start(server()).await;
    for talk in Talk::each(&server).await {
        for reference in references() {
            let ask = |value: &'static str| {
                talk.ask("completion/complete", typed(&reference, "city", value))
            };
            let all = ask("").await.result()["completion"].clone();
            assert_eq!(all["values"].as_array().unwrap().len(), 100);
            assert_eq!(all["values"][99], "City 099");
            assert_eq!(
                (&all["total"], &all["hasMore"]),
                (&json!(150), &json!(true))
            );
            let some = ask("city 14").await.result()["completion"].clone();
            assert_eq!(some["values"].as_array().unwrap().len(), 10);
            assert_eq!(
                (&some["total"], &some["hasMore"]),
                (&json!(10), &json!(false))
            );
            let none = ask("Town").await.result()["completion"].clone();
            assert_eq!(none["values"], json!([]));
        }
    }
}

#[tokio::test]
async fn what_is_typed_may_be_as_long_as_a_message() {
    let server = Running::start(server()).await;
    let long = "x".repeat(1_000_000);
    for talk in Talk::each(&server).await {
        for reference in references() {
            let ask = |argument: &'static str| {
                talk.ask("completion/complete", typed(&reference, argument, &long))
            };
            let none = ask("city").await.result()["completion"].clone();
            assert_eq!(none["values"], json!([]));
            let one = ask("street").await.result()["completion"].clone();
            assert_eq!(one["values"], json!([format!("{long} street of ")]));
            let mut unknown = typed(&reference, &long, "");
            fails(
                &talk.ask("completion/complete", unknown.take()).await,
                -32602,
            );
        }
    }
}

#[tokio::test]
async fn a_completer_that_never_ends_is_given_up_and_one_that_knows_too_much_is_cut() {
    let never = |_: String, _: BTreeMap<String, String>| std::future::pending::<Vec<String>>();
    let all = |_: String, _: BTreeMap<String, String>| async {
        (0..100_000)
            .map(|number| number.to_string())
            .collect::<Vec<_>>()
    };
    let plan = |Args(journey): Args<Journey>| async move { journey.city };
    let server = Server::new("Slow")
        .prompt(
            Prompt::new("plan", plan)
                .completion("city", never)
                .completion("street", all),
        )
        .limits(thyra::Limits::default().call_time(std::time::Duration::from_millis(20)));
    let server = Running::start(server).await;
    let [plan, _] = references();
    for talk in Talk::each(&server).await {
        let slow = talk
            .ask("completion/complete", typed(&plan, "city", ""))
            .await;
        let told = fails(&slow, -32603);
        assert_eq!(told, "Completing took too long");
        let cut = talk
            .ask("completion/complete", typed(&plan, "street", ""))
            .await;
        let cut = cut.result()["completion"].clone();
        assert_eq!(cut["values"].as_array().unwrap().len(), 100);
        assert_eq!(cut["total"], 100_000);
    }
}

#[tokio::test]
async fn a_completer_knows_the_other_arguments_and_what_the_server_injects() {
    let server = Running::start(server()).await;
    for talk in Talk::each(&server).await {
        for reference in references() {
            let mut params = typed(&reference, "street", "Long");
            params["context"] = json!({ "arguments": { "city": "Bern" } });
            let found = talk.ask("completion/complete", params).await.result();
            assert_eq!(
                found["completion"]["values"],
                json!(["Long street of Bern"])
            );
            let found = talk
                .ask("completion/complete", typed(&reference, "known", ""))
                .await;
            let found = found.result()["completion"].clone();
            assert_eq!(
                (&found["total"], &found["hasMore"]),
                (&json!(1000), &json!(true))
            );
        }
    }
}

#[tokio::test]
async fn an_argument_without_a_completer_has_no_values_and_one_that_is_not_there_is_an_error() {
    let server = Running::start(server()).await;
    for talk in Talk::each(&server).await {
        for reference in references() {
            let plain = talk
                .ask("completion/complete", typed(&reference, "plain", "x"))
                .await;
            assert_eq!(plain.result()["completion"]["values"], json!([]));
            for argument in ["country", "", "City"] {
                let answer = talk
                    .ask("completion/complete", typed(&reference, argument, "x"))
                    .await;
                fails(&answer, -32602);
            }
        }
        for reference in [
            json!({ "type": "ref/prompt", "name": "other" }),
            json!({ "type": "ref/resource", "uri": "map://bern" }),
            json!({ "type": "ref/tool", "name": "plan" }),
        ] {
            let answer = talk
                .ask("completion/complete", typed(&reference, "city", ""))
                .await;
            fails(&answer, -32602);
        }
    }
}

#[tokio::test]
async fn a_completer_that_panics_is_an_error_without_details() {
    let server = Running::start(server()).await;
    for talk in Talk::each(&server).await {
        for reference in references() {
            let answer = talk
                .ask("completion/complete", typed(&reference, "broken", "x"))
                .await;
            fails(&answer, -32603);
            assert!(!answer.text().contains("swordfish"), "{answer:?}");
        }
        talk.ask("prompts/list", json!({})).await.result();
    }
}

/// This test starts itself once more, as a server on standard input and output.
#[tokio::test]
async fn a_completer_that_panics_ends_no_connection() {
    if std::env::var_os(VARIABLE).is_some() {
        return server().serve_stdio().await.unwrap();
    }
    let name = "features::completion::a_completer_that_panics_ends_no_connection";
    let mut child = tokio::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture", "--quiet"])
        .env(VARIABLE, "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap()).lines();
    let [prompt, _] = references();
    for (id, argument) in [(1, "broken"), (2, "city"), (3, "broken"), (4, "street")] {
        let mut params = typed(&prompt, argument, "");
        params["_meta"] = json!({ META_VERSION: "2026-07-28", META_CAPABILITIES: {} });
        let request = json!({ "jsonrpc": "2.0", "id": id, "method": "completion/complete", "params": params });
        input
            .write_all(format!("{request}\n").as_bytes())
            .await
            .unwrap();
        let answer: Value = loop {
            let line = soon("a line", output.next_line()).await.unwrap().unwrap();
            // The test program says something of its own.
            if line.starts_with('{') {
                break serde_json::from_str(&line).unwrap();
            }
        };
        assert_eq!(answer["id"], id);
        if argument == "broken" {
            assert_eq!(answer["error"]["code"], -32603, "{answer}");
            assert!(!answer.to_string().contains("swordfish"), "{answer}");
        } else {
            assert!(
                answer["result"]["completion"]["values"].is_array(),
                "{answer}"
            );
        }
    }
    drop(input);
    let status = soon("the end of the program", child.wait()).await.unwrap();
    assert!(status.success());
}
