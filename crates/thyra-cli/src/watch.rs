//! `thyra watch`: what changes at a server, as it happens.

use serde_json::{Value, json};
use thyra_client::{Change, Printable, SubscriptionFilter};

use crate::connection::{Servers, with_servers};
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
    with_servers(&arguments.server, target, async |servers, _| {
        watch(servers, filter, &arguments).await
    })
    .await
}

async fn watch(
    servers: &Servers,
    filter: SubscriptionFilter,
    arguments: &Arguments,
) -> Result<(), Failure> {
    let changes = servers.group().subscribe(filter).await;
    let mut changes = changes.map_err(|error| servers.failed(error))?;
    eprintln!("watching; Ctrl-C ends it");
    let mut left = arguments.count;
    // The other servers go on when one has ended.
    let mut last = None;
    while let Some(change) = changes.next().await {
        let (server, change) = match change {
            Ok(change) => change,
            Err(error) => {
                let failure = servers.failed(error);
                if servers.are_several() {
                    eprintln!("warning: {}", failure.told());
                }
                last = Some(failure);
                continue;
            }
        };
        let server = servers.shown(&server);
        let reader = if arguments.server.json {
            output::print_json_line(&as_json(server, &change))?
        } else {
            output::print_until_gone(&(told(server, &change) + "\n"))?
        };
        if reader == Reader::Gone {
            return Ok(());
        }
        left = left.map(|left| left - 1);
        if left == Some(0) {
            return Ok(());
        }
    }
    last.map_or(Ok(()), Err)
}

fn told(server: Option<&str>, change: &Change) -> String {
    let what = match change {
        Change::Missed => "missed: something may have changed".to_owned(),
        Change::PromptList => "prompts".to_owned(),
        Change::Resource(uri) => format!("resource {}", Printable(uri)),
        Change::ResourceList => "resources".to_owned(),
        Change::ToolList => "tools".to_owned(),
        _ => "something that this version does not know".to_owned(),
    };
    match server {
        Some(server) => format!("{}: {what}", Printable(server)),
        None => what,
    }
}

fn as_json(server: Option<&str>, change: &Change) -> Value {
    let what = match change {
        Change::Missed => "missed",
        Change::PromptList => "prompts",
        Change::Resource(_) => "resource",
        Change::ResourceList => "resources",
        Change::ToolList => "tools",
        _ => "unknown",
    };
    let mut told = json!({ "change": what });
    if let Change::Resource(uri) = change {
        told["uri"] = uri.as_str().into();
    }
    if let Some(server) = server {
        told["server"] = server.into();
    }
    told
}
