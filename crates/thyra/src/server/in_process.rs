//! A server used by the process that it is in, without serving it.

use std::sync::Arc;

use serde::Serialize;
use thyra_protocol as protocol;
use thyra_protocol::{
    CallToolResult, CompleteResult, CompletionReference, GetPromptResult, ReadResourceResult,
};

use super::app::{App, Reach};
use super::{Result, Server};
use crate::client::{Client, ClientError};

/// # Use within the process
///
/// What is called directly builds the server anew each time, and asks nobody: for more than one call take [`Server::connect`], and for
/// answers to questions, or for calls on behalf of somebody, [`Client::in_process`].
impl Server {
    /// A client of this server within the process, for tests: no port, and no token asked for.
    ///
    /// ```
    /// use thyra::prelude::*;
    ///
    /// /// Add two numbers.
    /// #[tool]
    /// async fn add(a: i64, b: i64) -> i64 {
    ///     a + b
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let client = Server::new("Calculator").tool(add).connect()?;
    /// let sum: i64 = client.call_tool_as("add", &serde_json::json!({ "a": 2, "b": 3 })).await?;
    /// assert_eq!(sum, 5);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error`](crate::Error) when the server cannot be built.
    pub fn connect(self) -> Result<Client> {
        self.client()
    }

    /// Calls a tool of this server, as [`Client::call_tool`] does. It builds the server anew; for more than one call take
    /// [`Server::connect`].
    ///
    /// ```
    /// use thyra::prelude::*;
    ///
    /// /// Add two numbers.
    /// #[tool]
    /// async fn add(a: i64, b: i64) -> i64 {
    ///     a + b
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), thyra::client::ClientError> {
    /// let server = Server::new("Calculator").tool(add);
    /// let sum = server.call_tool("add", &serde_json::json!({ "a": 2, "b": 3 })).await?;
    /// assert_eq!(sum.content[0].as_text(), Some("5"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ClientError::Server`] when the server cannot be built, and those of [`Client::call_tool`].
    pub async fn call_tool<A: Serialize + ?Sized>(
        &self,
        name: &str,
        arguments: &A,
    ) -> Result<CallToolResult, ClientError> {
        self.direct()?.call_tool(name, arguments).await
    }

    /// Suggests values for an argument, as [`Client::complete`] does. It builds the server anew.
    ///
    /// # Errors
    ///
    /// [`ClientError::Server`] when the server cannot be built, and those of [`Client::complete`].
    pub async fn complete(
        &self,
        reference: CompletionReference<'_>,
        argument: &str,
        typed: &str,
        known: &[(&str, &str)],
    ) -> Result<CompleteResult, ClientError> {
        let client = self.direct()?;
        client.complete(reference, argument, typed, known).await
    }

    /// Fills in a prompt of this server, as [`Client::get_prompt`] does. It builds the server anew.
    ///
    /// # Errors
    ///
    /// [`ClientError::Server`] when the server cannot be built, and those of [`Client::get_prompt`].
    pub async fn get_prompt<A: Serialize + ?Sized>(
        &self,
        name: &str,
        arguments: &A,
    ) -> Result<GetPromptResult, ClientError> {
        self.direct()?.get_prompt(name, arguments).await
    }

    /// All prompts that this server lists, as clients see them. It builds the server anew.
    ///
    /// # Errors
    ///
    /// [`ClientError::Server`] when the server cannot be built.
    pub async fn list_prompts(&self) -> Result<Vec<protocol::Prompt>, ClientError> {
        self.direct()?.list_prompts().await
    }

    /// All templates of resources that this server lists, as clients see them. It builds the server anew.
    ///
    /// # Errors
    ///
    /// [`ClientError::Server`] when the server cannot be built.
    pub async fn list_resource_templates(
        &self,
    ) -> Result<Vec<protocol::ResourceTemplate>, ClientError> {
        self.direct()?.list_resource_templates().await
    }

    /// All resources that this server lists, as clients see them. It builds the server anew.
    ///
    /// # Errors
    ///
    /// [`ClientError::Server`] when the server cannot be built.
    pub async fn list_resources(&self) -> Result<Vec<protocol::Resource>, ClientError> {
        self.direct()?.list_resources().await
    }

    /// All tools that this server lists, as clients see them. It builds the server anew.
    ///
    /// # Errors
    ///
    /// [`ClientError::Server`] when the server cannot be built.
    pub async fn list_tools(&self) -> Result<Vec<protocol::Tool>, ClientError> {
        self.direct()?.list_tools().await
    }

    /// Reads a resource of this server, as [`Client::read_resource`] does. It builds the server anew.
    ///
    /// # Errors
    ///
    /// [`ClientError::Server`] when the server cannot be built, and those of [`Client::read_resource`].
    pub async fn read_resource(&self, uri: &str) -> Result<ReadResourceResult, ClientError> {
        self.direct()?.read_resource(uri).await
    }

    fn client(&self) -> Result<Client> {
        Ok(Client::within(Arc::new(App::build(self, Reach::Local)?)))
    }

    fn direct(&self) -> Result<Client, ClientError> {
        self.client().map_err(ClientError::Server)
    }
}
