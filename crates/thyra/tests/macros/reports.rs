//! Errors of other crates as return types: reports, boxes and text. They are masked, and text is
//! not.

use std::error::Error;
use std::io;

use serde_json::json;
use thyra::client::Client;
use thyra::prelude::*;

use crate::Outcome;

fn disk() -> io::Error {
    io::Error::other("sector 7")
}

/// Fails with a report.
#[tool]
async fn with_anyhow() -> anyhow::Result<String> {
    Err(anyhow::Error::new(disk()).context("reading note 7"))
}

/// Fails with a report.
#[tool]
async fn with_eyre() -> eyre::Result<String> {
    Err(eyre::Report::new(disk()).wrap_err("reading note 7"))
}

/// Fails with an error of the standard library.
#[tool]
async fn with_io() -> io::Result<String> {
    Err(disk())
}

/// Fails with any error.
#[tool]
async fn with_a_box() -> Result<String, Box<dyn Error + Send + Sync>> {
    Err(disk().into())
}

/// Fails with a text, which is written for the caller.
#[tool]
async fn with_text() -> Result<String, String> {
    Err("There is no note 7.".to_owned())
}

/// Hands on what failed.
#[resource("notes://{kind}")]
async fn handed_on(kind: String) -> Result<String, ResourceError> {
    Ok(match kind.as_str() {
        "anyhow" => with_anyhow().await?,
        "eyre" => with_eyre().await?,
        "box" => with_a_box().await?,
        _ => with_io().await?,
    })
}

fn server() -> Server {
    Server::new("Reports")
        .tool(with_anyhow)
        .tool(with_eyre)
        .tool(with_io)
        .tool(with_a_box)
        .tool(with_text)
        .resource(handed_on)
}

async fn told(client: &Client, tool: &str) -> Result<String, Box<dyn Error>> {
    let result = client.call_tool(tool, &json!({})).await?;
    assert!(result.is_error, "{tool}");
    let text = result.content.first().and_then(|content| content.as_text());
    Ok(text.ok_or("no text")?.to_owned())
}

#[tokio::test]
async fn reports_are_masked_and_text_is_not() -> Outcome {
    let client = server().connect()?;
    for tool in ["with_anyhow", "with_eyre", "with_io", "with_a_box"] {
        let told = told(&client, tool).await?;
        assert_eq!(told, "The tool failed. The reason is in the server's log.");
    }
    assert_eq!(told(&client, "with_text").await?, "There is no note 7.");
    for kind in ["anyhow", "eyre", "box", "io"] {
        let Err(error) = client.read_resource(&format!("notes://{kind}")).await else {
            return Err("it fails".into());
        };
        assert!(!error.to_string().contains("sector"), "{error}");
    }
    Ok(())
}

#[tokio::test]
async fn details_have_the_whole_chain() -> Outcome {
    let client = server().mask_error_details(false).connect()?;
    for tool in ["with_anyhow", "with_eyre"] {
        let told = told(&client, tool).await?;
        assert!(
            told.contains("reading note 7") && told.contains("sector 7"),
            "{told}"
        );
    }
    Ok(())
}
