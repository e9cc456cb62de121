//! `thyra read`: a resource, read.

use thyra::ReadResourceResult;
use thyra_client::{ClientError, GroupError, Printable};

use crate::connection::{Servers, with_servers};
use crate::content;
use crate::delivery::Delivery;
use crate::failure::Failure;
use crate::output;
use crate::suggestion::nearest;
use crate::target::ServerArguments;

/// Reads a resource, and prints what it holds.
#[derive(Debug, clap::Args)]
#[command(
    override_usage = "thyra read [OPTIONS] <SERVER> <URI>\n       thyra read [OPTIONS] <URI> -- <COMMAND>...",
    after_help = "Examples:\n  thyra read https://mcp.example.com/mcp docs://readme\n  thyra read -o logo.png https://mcp.example.com/mcp file:///logo.png"
)]
pub(crate) struct Arguments {
    /// The server (a URL, or a name in a file), and the URI of the resource
    #[arg(value_name = "SERVER URI")]
    words: Vec<String>,

    #[command(flatten)]
    delivery: Delivery,

    #[command(flatten)]
    pub(crate) server: ServerArguments,
}

pub(crate) async fn run(arguments: Arguments) -> Result<(), Failure> {
    let environment = |name: &str| std::env::var_os(name);
    let (target, rest) = arguments.server.target(&arguments.words, &environment)?;
    let [uri] = rest.as_slice() else {
        return Err(Failure::Usage(
            "which resource? Give one URI; `thyra list` shows what there is".to_owned(),
        ));
    };
    let result = with_servers(&arguments.server, target, async |servers, _| {
        read(servers, uri).await
    })
    .await?;
    if arguments.server.json {
        return output::print_json(&result);
    }
    arguments.delivery.deliver(&content::of_resource(&result))
}

async fn read(servers: &Servers, uri: &str) -> Result<ReadResourceResult, Failure> {
    let failure = match servers.group().read(uri).await {
        Ok(call) => match call.send().await {
            Err(error @ ClientError::Rpc { .. }) => error.into(),
            read => return Ok(read?),
        },
        Err(error @ GroupError::Unknown { .. }) => servers.failed(error),
        Err(error) => return Err(servers.failed(error)),
    };
    // Perhaps there is something of nearly the same name.
    let resources = servers.group().list_resources().await.unwrap_or_default();
    let known = resources.iter().map(|resource| resource.uri.as_str());
    Err(
        match nearest(uri, known).filter(|nearest| *nearest != uri) {
            Some(nearest) => Failure::Usage(format!(
                "{failure}; did you mean `{:.200}`?",
                Printable(nearest)
            )),
            None => failure,
        },
    )
}
