//! `thyra call`: a tool, called.

use thyra::CallToolResult;
use thyra::client::{Client, Printable, ProgressParams};
use thyra::protocol::Tool;

use crate::arguments;
use crate::connection::with_client;
use crate::content;
use crate::delivery::Delivery;
use crate::failure::Failure;
use crate::input;
use crate::output;
use crate::progress::Progress;
use crate::schema::SchemaDocument;
use crate::suggestion::with_nearest;
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
    let result = with_client(&arguments.server, target, async |client, progress| {
        call(client, name, words, progress).await
    })
    .await?;
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

async fn call(
    client: &Client,
    name: &str,
    words: &[String],
    progress: &Progress,
) -> Result<CallToolResult, Failure> {
    let tools = client.list_tools().await?;
    let tool = find(&tools, name)?;
    let schema = SchemaDocument::new(&tool.input_schema);
    let given = arguments::read(name, &schema, words, &mut input::read)?;
    let on_progress = |report: &ProgressParams| progress.report(report);
    Ok(client
        .call_tool_with_progress(name, &given, on_progress)
        .await?)
}

fn find<'a>(tools: &'a [Tool], name: &str) -> Result<&'a Tool, Failure> {
    let found = tools.iter().find(|tool| tool.name == name);
    found.ok_or_else(|| {
        let sentence = format!("the server has no tool `{:.200}`", Printable(name));
        let names = tools.iter().map(|tool| tool.name.as_str());
        Failure::Usage(with_nearest(&sentence, name, names))
    })
}
