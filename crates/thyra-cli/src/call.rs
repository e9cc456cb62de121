//! `thyra call`: a tool, called.

use serde_json::json;
use thyra::CallToolResult;
use thyra_client::{Call, Printable, ProgressParams};

use crate::arguments;
use crate::connection::with_servers;
use crate::content;
use crate::delivery::Delivery;
use crate::failure::Failure;
use crate::input;
use crate::output;
use crate::schema::SchemaDocument;
use crate::target::ServerArguments;

/// Calls a tool, and prints its result.
///
/// The tool's schema decides what an argument is: `count=5` is a number where the tool wants one,
/// and text where it wants text.
#[derive(Debug, clap::Args)]
#[command(
    override_usage = "thyra call [OPTIONS] <SERVER> <TOOL> [ARGUMENT]...\n       thyra call [OPTIONS] <TOOL> [ARGUMENT]... -- <COMMAND>...",
    after_help = AFTER_HELP
)]
pub(crate) struct Arguments {
    /// The server (a URL, or a name in a file), the tool, and its arguments
    #[arg(value_name = "SERVER TOOL ARGUMENT")]
    words: Vec<String>,

    /// Begin a task, where the server makes one of the call, and print its id (see `thyra task`)
    #[arg(long, conflicts_with = "output")]
    task: bool,

    /// Call this version of the tool, where the server has several [default: the highest]
    #[arg(long, value_name = "VERSION")]
    tool_version: Option<String>,

    #[command(flatten)]
    delivery: Delivery,

    #[command(flatten)]
    pub(crate) server: ServerArguments,
}

const AFTER_HELP: &str = "\
Arguments:
  key=value              as the tool's schema wants it; repeat it for a list
  key.inner=value        a member of an object
  key:=json              JSON, whatever the schema wants
  key=@file, key=@-      the contents of a file, or of standard input
  '{...}', @file, -      all arguments as one JSON object

Examples:
  thyra call https://mcp.example.com/mcp add a=2 b=3
  thyra call --json echo message=hello -- npx -y @modelcontextprotocol/server-everything";

pub(crate) async fn run(arguments: Arguments) -> Result<(), Failure> {
    let environment = |name: &str| std::env::var_os(name);
    let (target, rest) = arguments.server.target(&arguments.words, &environment)?;
    let Some((name, words)) = rest.split_first() else {
        return Err(Failure::Usage(
            "which tool? `thyra list` shows what there is".to_owned(),
        ));
    };
    let called = with_servers(&arguments.server, target, async |servers, progress| {
        let (call, tool) = servers.tool(name).await?;
        let schema = SchemaDocument::new(&tool.input_schema);
        let given = arguments::read(name, &schema, words, &mut input::read)?;
        let on_progress = |report: &ProgressParams| progress.report(report);
        let call = call.arguments(&given).on_progress(on_progress);
        let call = match &arguments.tool_version {
            Some(version) => call.version(version),
            None => call,
        };
        if arguments.task {
            return begin(call).await;
        }
        Ok(Called::Result(Box::new(call.send().await?)))
    })
    .await?;
    let result = match called {
        Called::Result(result) => result,
        Called::Task(id) if arguments.server.json => {
            return output::print_json(&json!({ "taskId": id }));
        }
        Called::Task(id) => return output::print(&format!("{}\n", Printable(id))),
    };
    if arguments.server.json {
        output::print_json(&result)?;
    } else {
        arguments.delivery.deliver(&content::of_tool(&result))?;
    }
    if result.is_error {
        return Err(Failure::Tool(name.clone()));
    }
    Ok(())
}

/// What came of a call.
enum Called {
    Result(Box<CallToolResult>),
    /// The id of the task that goes on with it.
    Task(String),
}

/// Begins the call. A server that makes no task of it has answered at once.
async fn begin(call: Call<'_>) -> Result<Called, Failure> {
    let task = call.begin().await?;
    Ok(match task.id() {
        Some(id) => Called::Task(id.to_owned()),
        None => Called::Result(Box::new(task.result().await?)),
    })
}
