//! `thyra prompt`: a prompt, filled in.

use thyra::GetPromptResult;
use thyra_client::Printable;

use crate::connection::{Servers, with_servers};
use crate::failure::Failure;
use crate::output;
use crate::schema::SchemaDocument;
use crate::target::ServerArguments;
use crate::{arguments, content, delivery, input};

/// Fills in a prompt, and prints its messages.
#[derive(Debug, clap::Args)]
#[command(
    override_usage = "thyra prompt [OPTIONS] <SERVER> <PROMPT> [KEY=VALUE]...\n       thyra prompt [OPTIONS] <PROMPT> [KEY=VALUE]... -- <COMMAND>...",
    after_help = "Examples:\n  thyra prompt https://mcp.example.com/mcp review code=@main.rs language=Rust"
)]
pub(crate) struct Arguments {
    /// The server (a URL, or a name in a file), the prompt, and its arguments
    #[arg(value_name = "SERVER PROMPT ARGUMENT")]
    words: Vec<String>,

    #[command(flatten)]
    delivery: delivery::Delivery,

    #[command(flatten)]
    pub(crate) server: ServerArguments,
}

pub(crate) async fn run(arguments: Arguments) -> Result<(), Failure> {
    let environment = |name: &str| std::env::var_os(name);
    let (target, rest) = arguments.server.target(&arguments.words, &environment)?;
    let Some((name, words)) = rest.split_first() else {
        return Err(Failure::Usage(
            "which prompt? `thyra list` shows what there is".to_owned(),
        ));
    };
    let result = with_servers(&arguments.server, target, async |servers, _| {
        fill_in(servers, name, words).await
    })
    .await?;
    if arguments.server.json {
        return output::print_json(&result);
    }
    arguments.delivery.deliver(&content::of_prompt(&result))
}

async fn fill_in(
    servers: &Servers,
    name: &str,
    words: &[String],
) -> Result<GetPromptResult, Failure> {
    let (call, prompt) = servers.prompt(name).await?;
    let schema = SchemaDocument::of_prompt(&prompt.arguments);
    let given = arguments::read(name, &schema, words, &mut input::read)?;
    if let Some((name, _)) = given.iter().find(|(_, value)| !value.is_string()) {
        return Err(Failure::Usage(format!(
            "`{:.100}` must be text, as all arguments of a prompt",
            Printable(name)
        )));
    }
    Ok(call.arguments(&given).send().await?)
}
