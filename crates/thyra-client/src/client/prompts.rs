//! Prompts, listed and filled in.

use serde::Serialize;
use thyra_protocol::{GetPromptResult, Prompt};

use super::Client;
use crate::error::ClientError;

impl Client {
    /// Lists all prompts of the server, page by page (MCP `prompts/list`).
    ///
    /// # Errors
    ///
    /// [`ClientError`], also when the list has more than 1000 pages, 100 000 prompts or 64 MiB.
    pub async fn list_prompts(&self) -> Result<Vec<Prompt>, ClientError> {
        self.list().await
    }

    /// Fills in a prompt (MCP `prompts/get`). `arguments` must serialise as a JSON object of
    /// strings, or be `()`. [`Client::prompt`] has more to say about it.
    ///
    /// # Errors
    ///
    /// [`ClientError::Rpc`] when there is no such prompt, and every other [`ClientError`].
    pub async fn get_prompt<A: Serialize + ?Sized>(
        &self,
        name: &str,
        arguments: &A,
    ) -> Result<GetPromptResult, ClientError> {
        self.prompt(name).arguments(arguments).send().await
    }
}
