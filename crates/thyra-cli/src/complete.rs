//! `thyra complete`: values that a server suggests for an argument.

use thyra_client::{CompletionReference, Printable};

use crate::connection::with_servers;
use crate::failure::Failure;
use crate::output;
use crate::target::ServerArguments;

/// Suggests values for an argument of a prompt or a resource template, a line for each.
#[derive(Debug, clap::Args)]
#[command(
    override_usage = "thyra complete [OPTIONS] <SERVER> <PROMPT|TEMPLATE> <KEY=TYPED> [KEY=VALUE]...\n       thyra complete [OPTIONS] <PROMPT|TEMPLATE> <KEY=TYPED> [KEY=VALUE]... -- <COMMAND>...",
    after_help = "Examples:\n  thyra complete https://mcp.example.com/mcp greet language=Fr region=Europe\n  thyra complete https://mcp.example.com/mcp 'weather://{city}' city=Os"
)]
pub(crate) struct Arguments {
    /// The server (a URL, or a name in a file), the prompt or template, the argument with what is
    /// typed so far, and the arguments that are known already
    #[arg(value_name = "SERVER PROMPT ARGUMENT")]
    words: Vec<String>,

    #[command(flatten)]
    pub(crate) server: ServerArguments,
}

pub(crate) async fn run(arguments: Arguments) -> Result<(), Failure> {
    let environment = |name: &str| std::env::var_os(name);
    let (target, rest) = arguments.server.target(&arguments.words, &environment)?;
    let [owner, argument, known @ ..] = rest.as_slice() else {
        return Err(Failure::Usage(
            "what is to be completed? Give a prompt or a template, and an argument such as \
             `city=Os`"
                .to_owned(),
        ));
    };
    let (argument, typed) = argument.split_once('=').unwrap_or((argument, ""));
    let known: Vec<(&str, &str)> = known
        .iter()
        .map(|word| {
            word.split_once('=').ok_or_else(|| {
                Failure::Usage(format!("`{:.100}` is no `name=value`", Printable(word)))
            })
        })
        .collect::<Result<_, _>>()?;
    let result = with_servers(&arguments.server, target, async |servers, _| {
        let group = servers.group();
        let completed = group.complete(reference(owner), argument, typed, &known);
        completed.await.map_err(|error| servers.failed(error))
    })
    .await?;
    if arguments.server.json {
        return output::print_json(&result);
    }
    let lines = result.values.iter();
    let lines: Vec<String> = lines.map(|value| Printable(value).to_string()).collect();
    output::print_lines(&lines)?;
    if result.has_more == Some(true) {
        eprintln!("there are more; type more of the value to see them");
    }
    Ok(())
}

/// Names of prompts have neither variables nor a scheme.
fn reference(owner: &str) -> CompletionReference<'_> {
    if owner.contains("://") || owner.contains('{') {
        CompletionReference::Resource { uri: owner.into() }
    } else {
        CompletionReference::Prompt { name: owner.into() }
    }
}
