//! Our client and our server's tasks.

use std::future::pending;

use serde_json::json;
use thyra::client::{Client, ElicitResult};
use thyra::prelude::*;
use thyra::protocol::TaskStatus;
use thyra::{IntoTool, TaskMode};
use tokio::sync::mpsc;

use crate::support::{Running, soon};

/// Counts, as a task only.
#[tool(task = "required")]
async fn count(ctx: Context) -> String {
    ctx.progress_message(1, 2, "one").await;
    "counted".to_owned()
}

/// Asks before it goes on as a task, and once more within it.
#[tool]
async fn greet(ctx: Context) -> Result<String, ToolError> {
    let name: String = ctx.ask("name", "What is your name?").await?;
    ctx.continue_as_task().await;
    let mood: String = ctx.ask("mood", format!("How are you, {name}?")).await?;
    Ok(format!("{name} is {mood}"))
}

/// Fails.
#[tool(task)]
async fn fail() -> Result<String, ToolError> {
    Err(ToolError::new("out of paper"))
}

/// Tells when it is dropped.
struct Left(mpsc::UnboundedSender<()>);

impl Drop for Left {
    fn drop(&mut self) {
        let _ = self.0.send(());
    }
}

/// Tells when it begins, and goes on without end.
#[tool(task)]
async fn hold(State(left): State<mpsc::UnboundedSender<()>>) -> String {
    // A task that is cancelled before it has begun holds nothing.
    let _ = left.send(());
    let _left = Left(mpsc::UnboundedSender::clone(&left));
    pending().await
}

fn server() -> (Server, mpsc::UnboundedReceiver<()>) {
    let (left, leaving) = mpsc::unbounded_channel();
    let server = Server::new("Tasks")
        .state(left)
        .tool(count)
        .tool(greet.into_tool().task(TaskMode::Deferred))
        .tool(fail)
        .tool(hold);
    (server, leaving)
}

async fn use_tasks(client: &Client, leaving: &mut mpsc::UnboundedReceiver<()>) {
    let counted: String = client.call_tool_as("count", &()).await.unwrap();
    assert_eq!(counted, "counted");
    let greeting: String = client.call_tool_as("greet", &()).await.unwrap();
    assert_eq!(greeting, "Ada is Ada");
    let failed = client.call_tool("fail", &()).await.unwrap();
    assert!(failed.is_error);

    // A call that is dropped ends at the server, and so does a task that is cancelled.
    let task = client.call_task("hold", &()).await.unwrap();
    soon("the beginning of the task", leaving.recv()).await;
    assert_eq!(task.status().await.unwrap().status, TaskStatus::Working);
    task.cancel().await.unwrap();
    assert_eq!(task.wait().await.unwrap(), TaskStatus::Cancelled);
    soon("the end of the task", leaving.recv()).await;
    let none = client.task("nothing").status().await.unwrap_err();
    assert!(none.to_string().starts_with("tasks/get failed"), "{none}");
}

#[tokio::test]
async fn tasks_of_our_server_are_followed_over_http() {
    let (server, mut leaving) = server();
    let server = Running::start(server).await;
    let client = Client::builder(server.url())
        .on_elicit(async |_| ElicitResult::accept([("value", "Ada")]))
        .build()
        .unwrap();
    soon("the tasks", use_tasks(&client, &mut leaving)).await;
    let result = client.call_tool("count", &json!({})).await.unwrap();
    assert!(!result.is_error);
}

#[tokio::test]
async fn tasks_of_our_server_are_followed_in_process() {
    let (server, mut leaving) = server();
    let client = Client::over(server.in_process().unwrap())
        .on_elicit(async |_| ElicitResult::accept([("value", "Ada")]))
        .build();
    soon("the tasks", use_tasks(&client, &mut leaving)).await;
}
