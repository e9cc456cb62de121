//! What a server says before it answers.

use std::sync::{Arc, Mutex};

use serde_json::json;
use thyra::InProcess;
use thyra::client::{Client, ClientBuilder, LoggingLevel};
use thyra::prelude::*;

use super::accept;

/// Reports, asks, and reports again.
#[tool]
async fn work(ctx: Context) -> Result<&'static str, ToolError> {
    ctx.progress(1, 2).await;
    ctx.debug("beginning").await;
    let _: String = ctx.ask("go", "Go on?").await?;
    ctx.progress(2, 2).await;
    ctx.log_as(LoggingLevel::Warning, Some("work"), json!({ "left": 0 }))
        .await;
    Ok("done")
}

fn builder() -> ClientBuilder<InProcess> {
    let transport = Server::new("Worker").tool(work).in_process();
    Client::over(transport.unwrap()).on_elicit(async |_| accept("yes"))
}

#[tokio::test]
async fn progress_is_told_in_every_round() {
    let client = builder().build();
    let mut told = Vec::new();
    let result = client
        .call_tool_with_progress("work", &(), |progress| {
            told.push(progress.progress.to_string());
        })
        .await
        .unwrap();
    assert_eq!(result.content[0].as_text(), Some("done"));
    // The second round runs the tool from its top.
    assert_eq!(told, ["1", "1", "2"]);
}

#[tokio::test]
async fn log_messages_come_from_the_level_that_was_asked_for() {
    for (level, wanted) in [
        (
            Some(LoggingLevel::Debug),
            &[
                r#"debug "beginning""#,
                r#"debug "beginning""#,
                r#"warning {"left":0}"#,
            ][..],
        ),
        (Some(LoggingLevel::Warning), &[r#"warning {"left":0}"#]),
        (Some(LoggingLevel::Error), &[]),
        (None, &[]),
    ] {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let hear = Arc::clone(&heard);
        let builder = match level {
            Some(level) => builder().on_log(level, move |message| {
                let line = format!("{} {}", message.level, message.data.get());
                hear.lock().unwrap().push(line);
            }),
            None => builder(),
        };
        let client = builder.build();
        client.call_tool("work", &()).await.unwrap();
        assert_eq!(*heard.lock().unwrap(), wanted, "{level:?}");
    }
}
