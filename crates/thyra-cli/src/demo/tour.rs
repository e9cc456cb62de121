//! The client's tour, step by step. Every step says what it expects, so a demonstration that shows
//! less than it claims fails.

use std::sync::Arc;

use thyra::serde_json::{Value, json};
use thyra::{CallToolResult, Content};
use thyra_client::{Client, ClientError, FollowRedirects, OAuth};

use super::{DemoError, notes};
use crate::report::Report;

/// The steps that the first request leads to.
const LOGIN: [&str; 6] = [
    "401 challenge",
    "protected-resource metadata",
    "authorization server metadata",
    "client registration",
    "authorization",
    "token",
];
/// The steps that a call leads to if its tool needs another scope.
const STEP_UP: [&str; 3] = ["403 challenge", "authorization", "token"];

/// Goes from no token to a tool that needs a scope of its own.
pub(super) async fn tour(url: &str, report: Arc<Report>) -> Result<(), DemoError> {
    let client = client(url, &report).map_err(|error| DemoError::Hop {
        step: "client",
        error,
    })?;
    let tour = Tour { client, report };
    tour.list_tools().await?;
    tour.call("tools/call whoami", "whoami", json!({}), &[], |answer| {
        format!("with the token -> {}", text(&answer))
    })
    .await?;
    tour.call(
        "tools/call add",
        "add",
        json!({ "a": 2, "b": 3 }),
        &[],
        |answer| format!("a = 2, b = 3 -> {}", text(&answer)),
    )
    .await?;
    let note = json!({ "text": "Thyra means door." });
    tour.call(
        "tools/call write_note",
        "write_note",
        note,
        &STEP_UP,
        |answer| {
            format!(
                "the same call, now with {} -> {}",
                notes::WRITE,
                text(&answer)
            )
        },
    )
    .await
}

struct Tour {
    client: Client,
    report: Arc<Report>,
}

impl Tour {
    async fn list_tools(&self) -> Result<(), DemoError> {
        let step = "tools/list";
        let before = self.report.steps().len();
        let tools = self
            .client
            .list_tools()
            .await
            .map_err(|error| DemoError::Hop { step, error })?;
        self.check(step, before, &LOGIN)?;
        let names: Vec<&str> = tools.iter().map(|tool| tool.name.as_str()).collect();
        self.report
            .step(step, &format!("with the token -> {}", names.join(", ")));
        Ok(())
    }

    /// Calls a tool, which must lead to the steps in `wanted` first.
    async fn call(
        &self,
        step: &'static str,
        tool: &str,
        arguments: Value,
        wanted: &[&str],
        describe: impl Fn(CallToolResult) -> String,
    ) -> Result<(), DemoError> {
        let before = self.report.steps().len();
        let called = self.client.call_tool(tool, &arguments).await;
        let answer = called.map_err(|error| DemoError::Hop { step, error })?;
        self.check(step, before, wanted)?;
        if answer.is_error {
            return Err(DemoError::Tool {
                step,
                answer: text(&answer),
            });
        }
        self.report.step(step, &describe(answer));
        Ok(())
    }

    fn check(&self, step: &'static str, before: usize, wanted: &[&str]) -> Result<(), DemoError> {
        let found: Vec<String> = self.report.steps().into_iter().skip(before).collect();
        if found == wanted {
            return Ok(());
        }
        Err(DemoError::Way {
            step,
            wanted: wanted.iter().map(|&name| name.to_owned()).collect(),
            found,
        })
    }
}

fn client(url: &str, report: &Arc<Report>) -> Result<Client, ClientError> {
    let report = Arc::clone(report);
    Client::builder(url)
        // The tour shows the way of the first request, and not what comes before it.
        .revision(thyra::Revision::LATEST)
        .oauth(OAuth::new(FollowRedirects::new()))
        .observer(move |hop: &thyra_client::Hop<'_>| thyra_client::Observer::hop(&*report, hop))
        .build()
}

fn text(answer: &CallToolResult) -> String {
    let texts = answer.content.iter().map(|content| match content {
        Content::Text(text) => text.text.as_str(),
        _ => "(no text)",
    });
    texts.collect::<Vec<_>>().join(" ")
}
