//! `thyra watch`: what changes at a server, as it happens.

use serde_json::{Value, json};
use thyra_client::{Change, Client, Printable, SubscriptionFilter};

use crate::connection::with_client;
use crate::failure::Failure;
use crate::output::{self, Reader};
use crate::target::ServerArguments;

/// Says what changes at a server, a line for each change, until Ctrl-C.
///
/// Without a URI, it watches the lists of tools, resources and prompts. It goes on when the
/// connection was lost; what may have changed in between is told as `missed`.
#[derive(Debug, clap::Args)]
#[command(
    override_usage = "thyra watch [OPTIONS] <SERVER> [URI]...\n       thyra watch [OPTIONS] [URI]... -- <COMMAND>...",
    after_help = "With --json, each line is a JSON document.\n\nExamples:\n  thyra watch https://mcp.example.com/mcp\n  thyra watch --count 1 https://mcp.example.com/mcp notes://today && make"
)]
pub(crate) struct Arguments {
    /// The server (a URL, or a name in a file), and the URIs of resources
    #[arg(value_name = "SERVER URI")]
    words: Vec<String>,

    /// Watch the lists too
    #[arg(long)]
    lists: bool,

    /// End after so many changes
    #[arg(long, short = 'n', value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,

    #[command(flatten)]
    pub(crate) server: ServerArguments,
}

pub(crate) async fn run(arguments: Arguments) -> Result<(), Failure> {
    let environment = |name: &str| std::env::var_os(name);
    let (target, uris) = arguments.server.target(&arguments.words, &environment)?;
    let mut filter = if arguments.lists || uris.is_empty() {
        SubscriptionFilter::lists()
    } else {
        SubscriptionFilter::default()
    };
    for uri in uris {
        filter = filter.resource(uri);
    }
    with_client(&arguments.server, target, async |client, _| {
        watch(client, filter, &arguments).await
    })
    .await
}

async fn watch(
    client: &Client,
    filter: SubscriptionFilter,
    arguments: &Arguments,
) -> Result<(), Failure> {
    let mut changes = client.subscribe(filter).await?;
    eprintln!("watching; Ctrl-C ends it");
    let mut left = arguments.count;
    while let Some(change) = changes.next().await {
        let change = change?;
        let reader = if arguments.server.json {
            output::print_json_line(&as_json(&change))?
        } else {
            output::print_until_gone(&(told(&change) + "\n"))?
        };
        if reader == Reader::Gone {
            return Ok(());
        }
        left = left.map(|left| left - 1);
        if left == Some(0) {
            return Ok(());
        }
    }
    Ok(())
}

fn told(change: &Change) -> String {
    match change {
        Change::Missed => "missed: something may have changed".to_owned(),
        Change::PromptList => "prompts".to_owned(),
        Change::Resource(uri) => format!("resource {}", Printable(uri)),
        Change::ResourceList => "resources".to_owned(),
        Change::ToolList => "tools".to_owned(),
        _ => "something that this version does not know".to_owned(),
    }
}

fn as_json(change: &Change) -> Value {
    let what = match change {
        Change::Missed => "missed",
        Change::PromptList => "prompts",
        Change::Resource(uri) => return json!({ "change": "resource", "uri": uri }),
        Change::ResourceList => "resources",
        Change::ToolList => "tools",
        _ => "unknown",
    };
    json!({ "change": what })
}
