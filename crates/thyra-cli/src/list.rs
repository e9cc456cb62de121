//! `thyra list`: what a server offers.

mod catalog;
mod text;

use std::io::IsTerminal as _;

use clap::ValueEnum;

use crate::connection::with_servers;
use crate::failure::Failure;
use crate::list::catalog::Catalog;
use crate::output;
use crate::target::ServerArguments;

/// Lists what a server offers: tools, resources, resource templates, prompts and skills.
#[derive(Debug, clap::Args)]
#[command(
    override_usage = "thyra list [OPTIONS] <SERVER>\n       thyra list [OPTIONS] -- <COMMAND>...",
    after_help = "Examples:\n  thyra list https://mcp.example.com/mcp\n  thyra list --only tools -- npx -y @modelcontextprotocol/server-everything"
)]
pub(crate) struct Arguments {
    /// The server: a URL, or a name in a file
    #[arg(value_name = "SERVER")]
    words: Vec<String>,

    /// List this kind only. May be repeated
    #[arg(long, value_name = "KIND", value_enum, value_delimiter = ',')]
    only: Vec<Kind>,

    #[command(flatten)]
    pub(crate) server: ServerArguments,
}

/// What a list is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    Tools,
    Resources,
    Templates,
    Prompts,
    Skills,
}

pub(crate) async fn run(arguments: Arguments) -> Result<(), Failure> {
    let environment = |name: &str| std::env::var_os(name);
    let (target, rest) = arguments.server.target(&arguments.words, &environment)?;
    if let [word, ..] = rest.as_slice() {
        return Err(Failure::Usage(format!(
            "`{:.100}` is one word too many; to call a tool, use `thyra call`",
            thyra_client::Printable(word)
        )));
    }
    let wanted = |kind| arguments.only.is_empty() || arguments.only.contains(&kind);
    let catalog = with_servers(&arguments.server, target, async |servers, _| {
        Catalog::read(servers, wanted).await
    })
    .await?;
    if arguments.server.json {
        return output::print_json(&catalog.json());
    }
    let is_coloured = std::io::stdout().is_terminal()
        && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    output::print(&text::text(&catalog, is_coloured))
}
