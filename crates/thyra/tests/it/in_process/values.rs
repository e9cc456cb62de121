//! Calls for a value.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use thyra::client::{Client, ClientError};
use thyra::prelude::*;
use thyra::schemars::{self, JsonSchema};

#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Weather {
    city: String,
    degrees: i64,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Unit {
    Celsius,
}

fn client() -> Client {
    let weather = || async {
        Json(Weather {
            city: "Oslo".to_owned(),
            degrees: -3,
        })
    };
    Server::new("Weather")
        .tool(Tool::new("weather", weather))
        .tool(Tool::new("degrees", || async { -3_i64 }))
        .tool(Tool::new("days", || async { vec!["Mon", "Tue"] }))
        .tool(Tool::new("none", || async { None::<i64> }))
        .tool(Tool::new("unit", || async { "celsius" }))
        .tool(Tool::new("quoted", || async { "\"celsius\"" }))
        .tool(Tool::new("written", || async {
            "{\"city\":\"Oslo\",\"degrees\":-3}"
        }))
        .tool(Tool::new("nothing", || async {}))
        .tool(Tool::new("broken", || async {
            Err::<i64, _>(ToolError::new("the thermometer is broken"))
        }))
        .connect()
        .unwrap()
}

#[tokio::test]
async fn the_value_is_what_the_tool_returned() {
    let client = client();
    let oslo = Weather {
        city: "Oslo".to_owned(),
        degrees: -3,
    };
    assert_eq!(
        client
            .call_tool_as::<Weather>("weather", &())
            .await
            .unwrap(),
        oslo
    );
    assert_eq!(
        client
            .call_tool_as::<Weather>("written", &())
            .await
            .unwrap(),
        oslo
    );
    assert_eq!(
        client.call_tool_as::<i64>("degrees", &()).await.unwrap(),
        -3
    );
    let days: Vec<String> = client.call_tool_as("days", &()).await.unwrap();
    assert_eq!(days, ["Mon", "Tue"]);
    assert_eq!(
        client
            .call_tool_as::<Option<i64>>("none", &())
            .await
            .unwrap(),
        None
    );
    assert_eq!(
        client.call_tool_as::<Unit>("unit", &()).await.unwrap(),
        Unit::Celsius
    );
    let text: String = client.call_tool_as("quoted", &()).await.unwrap();
    assert_eq!(text, "\"celsius\"");
    let value: Value = client.call_tool_as("degrees", &()).await.unwrap();
    assert_eq!(value, json!(-3));
}

#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Outcome {
    result: i64,
}

#[derive(Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Report {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    result: Option<i64>,
}

/// A part of what it holds has the form of the whole.
#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Reached {
    #[serde(default)]
    result: Option<Report>,
}

#[tokio::test]
async fn only_a_lone_member_result_is_the_value_and_only_when_it_fits() {
    let client = Server::new("Reports")
        .tool(Tool::new("outcome", || async {
            Json(Outcome { result: 7 })
        }))
        .tool(Tool::new("goal", || async {
            Json(Reached {
                result: Some(Report {
                    note: Some("n".to_owned()),
                    result: None,
                }),
            })
        }))
        .tool(Tool::new("empty", || async { Json(Report::default()) }))
        .tool(Tool::new("both", || async {
            Json(Report {
                note: Some("n".to_owned()),
                result: Some(1),
            })
        }))
        .connect()
        .unwrap();
    let outcome: Outcome = client.call_tool_as("outcome", &()).await.unwrap();
    assert_eq!(outcome, Outcome { result: 7 });
    let number: i64 = client.call_tool_as("outcome", &()).await.unwrap();
    assert_eq!(number, 7);
    // A struct that has it as a field of its own is read with it.
    let report: Report = client.call_tool_as("outcome", &()).await.unwrap();
    assert_eq!(report.result, Some(7));
    let reached: Reached = client.call_tool_as("goal", &()).await.unwrap();
    assert_eq!(
        reached,
        Reached {
            result: Some(Report {
                note: Some("n".to_owned()),
                result: None
            })
        }
    );
    let value: Value = client.call_tool_as("both", &()).await.unwrap();
    assert_eq!(value, json!({ "note": "n", "result": 1 }));
    // Nothing stands for a member that is not there.
    let empty: Option<Report> = client.call_tool_as("empty", &()).await.unwrap();
    assert_eq!(empty, Some(Report::default()));
}

#[tokio::test]
async fn a_tool_that_failed_has_no_value() {
    let error = client()
        .call_tool_as::<i64>("broken", &())
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "`broken` failed: the thermometer is broken"
    );
    match error {
        ClientError::Tool { result, .. } => assert!(result.is_error),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_does_not_fit_is_an_error_that_says_what_was_wanted() {
    let client = client();
    let cases = [
        (
            "weather",
            "the result of tools/call cannot be used: it holds no i64: invalid type: map",
        ),
        (
            "days",
            "the result of tools/call cannot be used: it holds no i64: invalid type: sequence",
        ),
        (
            "unit",
            "the result of tools/call cannot be used: it holds no i64: the text is not one",
        ),
        (
            "nothing",
            "the result of tools/call cannot be used: it holds no i64: there is no structured content, \
             and there are 0 blocks instead of one text",
        ),
    ];
    for (tool, wanted) in cases {
        let error = client.call_tool_as::<i64>(tool, &()).await.unwrap_err();
        assert!(error.to_string().starts_with(wanted), "{tool}: {error}");
    }
}
