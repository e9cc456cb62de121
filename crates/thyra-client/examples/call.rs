//! Lists the tools of an MCP server, or calls one of them.
//!
//! ```console
//! cargo run -p thyra-client --example call -- https://mcp.example.com/mcp
//! cargo run -p thyra-client --example call -- https://mcp.example.com/mcp add '{"a": 2, "b": 3}'
//! ```

use std::env;
use std::error::Error;

use serde_json::{Map, Value};
use thyra_client::{Client, ElicitResult, OAuth, PrintUrl};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let url = arguments
        .next()
        .ok_or("which server? Give the URL of its MCP endpoint")?;
    let client = Client::builder(url)
        // Logs in only if the server asks for a token.
        .oauth(OAuth::new(PrintUrl))
        .on_elicit(async |question| {
            // `{:?}` quotes the server's text, which may hold control characters.
            println!("the server asks, and the answer is no: {question:?}");
            ElicitResult::decline()
        })
        .build()?;
    let Some(tool) = arguments.next() else {
        for tool in client.list_tools().await? {
            println!(
                "{:?}: {:?}",
                tool.name,
                tool.description.unwrap_or_default()
            );
        }
        return Ok(());
    };
    let input: Map<String, Value> = match arguments.next() {
        Some(input) => serde_json::from_str(&input)?,
        None => Map::new(),
    };
    let result = client.call_tool(&tool, &input).await?;
    for text in result.content.iter().filter_map(|block| block.as_text()) {
        println!("{text:?}");
    }
    if result.is_error {
        return Err("the tool failed".into());
    }
    Ok(())
}
