//! `thyra task`: calls that go on as tasks.

use clap::ValueEnum;
use serde_json::json;
use thyra::CallToolResult;
use thyra::protocol::TaskStatus;
use thyra_client::{Printable, TaskReport};

use crate::connection::{Servers, with_servers};
use crate::delivery::Delivery;
use crate::failure::Failure;
use crate::target::ServerArguments;
use crate::{content, output};

/// Follows a call that goes on as a task: how far it is, its result, its end.
///
/// `thyra call --task` begins one and prints its id.
#[derive(Debug, clap::Args)]
#[command(
    override_usage = "thyra task [OPTIONS] <status|result|cancel> <SERVER> <ID>\n       thyra task [OPTIONS] <status|result|cancel> <ID> -- <COMMAND>...",
    after_help = "Examples:\n  id=$(thyra call --task https://mcp.example.com/mcp report year=2026)\n  thyra task result https://mcp.example.com/mcp \"$id\""
)]
pub(crate) struct Arguments {
    /// What to do with the task
    #[arg(value_enum)]
    step: Step,

    /// The server (a URL, or a name in a file), and the id of the task
    #[arg(value_name = "SERVER ID")]
    words: Vec<String>,

    #[command(flatten)]
    delivery: Delivery,

    #[command(flatten)]
    pub(crate) server: ServerArguments,
}

/// What is done with a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Step {
    /// Say how far it is.
    Status,
    /// Wait for its end, and print the result of the call.
    Result,
    /// Ask the server to stop it.
    Cancel,
}

/// What came of it.
enum Outcome {
    Cancelling,
    Result(Box<CallToolResult>),
    Status(TaskReport),
}

pub(crate) async fn run(arguments: Arguments) -> Result<(), Failure> {
    let environment = |name: &str| std::env::var_os(name);
    let (target, rest) = arguments.server.target(&arguments.words, &environment)?;
    let [id] = rest.as_slice() else {
        return Err(Failure::Usage(
            "which task? Give one id; `thyra call --task` prints it".to_owned(),
        ));
    };
    let outcome = with_servers(&arguments.server, target, async |servers, _| {
        step(servers, id, arguments.step).await
    })
    .await?;
    match outcome {
        Outcome::Cancelling if arguments.server.json => {
            output::print_json(&json!({ "taskId": id, "cancelRequested": true }))
        }
        Outcome::Cancelling => output::print("the server was asked to stop it\n"),
        Outcome::Status(report) => tell(id, &report, arguments.server.json),
        Outcome::Result(result) => {
            if arguments.server.json {
                output::print_json(&result)?;
            } else {
                arguments.delivery.deliver(&content::of_tool(&result))?;
            }
            if result.is_error {
                return Err(Failure::Tool(id.clone()));
            }
            Ok(())
        }
    }
}

async fn step(servers: &Servers, id: &str, step: Step) -> Result<Outcome, Failure> {
    let task = servers.group().task(id).await;
    let task = task.map_err(|error| servers.failed(error))?;
    Ok(match step {
        Step::Cancel => {
            task.cancel().await?;
            Outcome::Cancelling
        }
        Step::Result => Outcome::Result(Box::new(task.result().await?)),
        Step::Status => Outcome::Status(task.status().await?),
    })
}

fn tell(id: &str, report: &TaskReport, is_json: bool) -> Result<(), Failure> {
    if is_json {
        return output::print_json(&json!({
            "taskId": id,
            "status": report.status,
            "statusMessage": report.message,
        }));
    }
    let status = match report.status {
        TaskStatus::Cancelled => "cancelled",
        TaskStatus::Completed => "completed",
        TaskStatus::Failed => "failed",
        TaskStatus::InputRequired => "waits for an answer",
        TaskStatus::Working => "working",
        _ => "in a state that this version does not know",
    };
    output::print(&match &report.message {
        Some(message) => format!("{status}: {}\n", Printable(message)),
        None => format!("{status}\n"),
    })
}
