//! Uses a server within its own process, without serving it.

mod error;
mod transport;

use std::sync::Arc;

use serde::Serialize;
use thyra_auth::Principal;
use thyra_client::Client;
use thyra_protocol as protocol;
use thyra_protocol::{
    CallToolResult, CompleteResult, CompletionReference, GetPromptResult, ReadResourceResult,
};

pub use self::error::InProcessError;
pub use self::transport::InProcess;
use super::{Result, Server};

/// # Use within the process
///
/// For tests, and for programs that are client and server at once. It needs no port and no socket,
/// and the messages are the same. [`Server::connect`] is the short form, and [`Server::in_process`]
/// the one for clients that answer questions.
///
/// [`Server::call_tool`] and the others need no client, but cannot answer questions.
impl Server {
    /// A client of this server. The caller is whoever runs the process, so no scope is checked, as
    /// on stdio.
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
        Ok(Client::over(self.in_process()?).build())
    }

    /// The transport to this server, for a [`Client`] that needs more settings. The caller is
    /// whoever runs the process.
    ///
    /// ```
    /// use thyra::client::{Client, ElicitResult};
    /// use thyra::prelude::*;
    ///
    /// /// Greet somebody.
    /// #[tool]
    /// async fn greet(ctx: Context) -> Result<String, ToolError> {
    ///     let name: String = ctx.ask("name", "What is your name?").await?;
    ///     Ok(format!("Hello, {name}"))
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let server = Server::new("Greeter").tool(greet);
    /// let client = Client::over(server.in_process()?)
    ///     .on_elicit(async |_question| ElicitResult::accept([("value", "Ada")]))
    ///     .build();
    /// let greeting: String = client.call_tool_as("greet", &()).await?;
    /// assert_eq!(greeting, "Hello, Ada");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error`](crate::Error) when the server cannot be built.
    pub fn in_process(self) -> Result<InProcess> {
        InProcess::local(&self)
    }

    /// The same, on behalf of `principal`.
    ///
    /// The caller is checked as over HTTP: they need the scopes that every request needs, and the
    /// scopes of what they call. A tool with scopes therefore needs [`Server::auth`] here too. Only
    /// the token is not checked, because there is none.
    ///
    /// ```
    /// use thyra::client::Client;
    /// use thyra::prelude::*;
    ///
    /// /// Say who is there.
    /// #[tool]
    /// async fn whoami(caller: Principal) -> String {
    ///     caller.subject().to_owned()
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let ada = Principal::builder("https://issuer.example", "ada").build();
    /// let server = Server::new("Who").tool(whoami);
    /// let client = Client::over(server.in_process_as(ada)?).build();
    /// let name: String = client.call_tool_as("whoami", &()).await?;
    /// assert_eq!(name, "ada");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error`](crate::Error) when the server cannot be built, checked as for HTTP.
    pub fn in_process_as(self, principal: impl Into<Arc<Principal>>) -> Result<InProcess> {
        InProcess::on_behalf_of(&self, principal.into())
    }

    /// Calls a tool of this server, as [`Client::call_tool`] does.
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
    /// # async fn main() -> Result<(), thyra::InProcessError> {
    /// let server = Server::new("Calculator").tool(add);
    /// let sum = server.call_tool("add", &serde_json::json!({ "a": 2, "b": 3 })).await?;
    /// assert_eq!(sum.content[0].as_text(), Some("5"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`InProcessError::Server`] when the server cannot be built, and those of
    /// [`Client::call_tool`].
    pub async fn call_tool<A: Serialize + ?Sized>(
        &self,
        name: &str,
        arguments: &A,
    ) -> Result<CallToolResult, InProcessError> {
        Ok(self.direct()?.call_tool(name, arguments).await?)
    }

    /// Suggests values for an argument, as [`Client::complete`] does.
    ///
    /// # Errors
    ///
    /// [`InProcessError::Server`] when the server cannot be built, and those of
    /// [`Client::complete`].
    pub async fn complete(
        &self,
        reference: CompletionReference<'_>,
        argument: &str,
        typed: &str,
        known: &[(&str, &str)],
    ) -> Result<CompleteResult, InProcessError> {
        let client = self.direct()?;
        Ok(client.complete(reference, argument, typed, known).await?)
    }

    /// Fills in a prompt of this server, as [`Client::get_prompt`] does.
    ///
    /// # Errors
    ///
    /// [`InProcessError::Server`] when the server cannot be built, and those of
    /// [`Client::get_prompt`].
    pub async fn get_prompt<A: Serialize + ?Sized>(
        &self,
        name: &str,
        arguments: &A,
    ) -> Result<GetPromptResult, InProcessError> {
        Ok(self.direct()?.get_prompt(name, arguments).await?)
    }

    /// All prompts that this server lists, as clients see them.
    ///
    /// # Errors
    ///
    /// [`InProcessError::Server`] when the server cannot be built.
    pub async fn list_prompts(&self) -> Result<Vec<protocol::Prompt>, InProcessError> {
        Ok(self.direct()?.list_prompts().await?)
    }

    /// All templates of resources that this server lists, as clients see them.
    ///
    /// # Errors
    ///
    /// [`InProcessError::Server`] when the server cannot be built.
    pub async fn list_resource_templates(
        &self,
    ) -> Result<Vec<protocol::ResourceTemplate>, InProcessError> {
        Ok(self.direct()?.list_resource_templates().await?)
    }

    /// All resources that this server lists, as clients see them.
    ///
    /// # Errors
    ///
    /// [`InProcessError::Server`] when the server cannot be built.
    pub async fn list_resources(&self) -> Result<Vec<protocol::Resource>, InProcessError> {
        Ok(self.direct()?.list_resources().await?)
    }

    /// All tools that this server lists, as clients see them.
    ///
    /// # Errors
    ///
    /// [`InProcessError::Server`] when the server cannot be built.
    pub async fn list_tools(&self) -> Result<Vec<protocol::Tool>, InProcessError> {
        Ok(self.direct()?.list_tools().await?)
    }

    /// Reads a resource of this server, as [`Client::read_resource`] does.
    ///
    /// # Errors
    ///
    /// [`InProcessError::Server`] when the server cannot be built, and those of
    /// [`Client::read_resource`].
    pub async fn read_resource(&self, uri: &str) -> Result<ReadResourceResult, InProcessError> {
        Ok(self.direct()?.read_resource(uri).await?)
    }

    fn direct(&self) -> Result<Client, InProcessError> {
        let transport = InProcess::local(self).map_err(InProcessError::Server)?;
        Ok(Client::over(transport).build())
    }
}
