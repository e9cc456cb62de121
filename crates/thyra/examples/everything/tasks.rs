//! Tools that keep running after the first answer, for clients with the Tasks extension.

use std::time::Duration;

use thyra::prelude::*;
use thyra::{ErrorObject, IntoTool, TaskMode};

pub(crate) fn add_to(server: Server) -> Server {
    server
        .tool(greet)
        .tool(slow_compute)
        .tool(failing_job)
        .tool(protocol_error_job)
        .tool(confirm_delete)
        .tool(multi_input)
        .tool(test_tool_with_task.into_tool().task(TaskMode::Deferred))
}

/// Greets somebody, at once.
#[tool(read_only)]
async fn greet(
    /// Whom to greet
    name: String,
) -> String {
    format!("Hello, {name}!")
}

/// Takes its time.
#[tool(task)]
async fn slow_compute(
    /// How long, in seconds
    seconds: u64,
    /// What to call the result
    label: Option<String>,
    ctx: Context,
) -> String {
    for done in 0..seconds {
        ctx.progress(done, seconds).await;
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    format!(
        "{} took {seconds} seconds",
        label.as_deref().unwrap_or("It")
    )
}

/// Fails, as a task only.
#[tool(task = "required")]
async fn failing_job() -> Result<String, ToolError> {
    Err(ToolError::new("The job failed, as it always does."))
}

/// Breaks in a way that is no answer at all.
#[tool(task)]
async fn protocol_error_job() -> Result<String, ToolError> {
    Err(ToolError::protocol(ErrorObject::internal("The job broke")))
}

#[derive(Elicit)]
struct Confirmation {
    confirm: bool,
}

/// Deletes a file, or rather does not.
#[tool(task)]
async fn confirm_delete(
    /// What to delete
    filename: Option<String>,
    ctx: Context,
) -> Result<String, ToolError> {
    let filename = filename.unwrap_or_else(|| "the file".to_owned());
    let question = format!("Delete {filename}?");
    let Confirmation { confirm } = ctx.ask("confirm", question).await?;
    Ok(if confirm {
        format!("Deleted {filename}")
    } else {
        format!("Kept {filename}")
    })
}

#[derive(Elicit)]
struct Name {
    name: String,
}

/// Asks two things at a time.
#[tool(task)]
async fn multi_input(ctx: Context) -> Result<String, ToolError> {
    let (first, second) = tokio::join!(
        ctx.ask::<Name>("first", "The first half?"),
        ctx.ask::<Name>("second", "The second half?"),
    );
    Ok(format!("{} {}", first?.name, second?.name))
}

/// Asks for a name, and goes on as a task when it has one.
#[tool]
async fn test_tool_with_task(ctx: Context) -> Result<String, ToolError> {
    let Name { name } = ctx.ask("user_name", "What is your name?").await?;
    ctx.continue_as_task().await;
    Ok(format!("Hello from the task, {name}!"))
}
