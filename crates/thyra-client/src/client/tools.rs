//! Tools, listed and called.

use serde::Serialize;
use serde::de::DeserializeOwned;
use thyra_protocol::{CallToolResult, ProgressParams, Tool};

use super::Client;
use crate::error::ClientError;

impl Client {
    /// Lists all tools of the server, page by page (MCP `tools/list`).
    ///
    /// One that breaks the rules is kept as far as it can be used: without a schema for its
    /// arguments, it takes some object. One without a name is left out. Both are in the log. It is
    /// the same with the other lists.
    ///
    /// A schema may ask HTTP clients to repeat arguments in headers (`x-mcp-header`, from
    /// 2026-07-28). The client remembers that for its calls. Over HTTP, a tool that asks for what
    /// no header can be is left out.
    ///
    /// # Errors
    ///
    /// [`ClientError`], also when the list has more than 1000 pages, 100 000 tools or 64 MiB.
    pub async fn list_tools(&self) -> Result<Vec<Tool>, ClientError> {
        let tools = self.learn(self.list().await?);
        self.learn_tasks(&tools);
        #[cfg(feature = "output-validation")]
        self.learn_outputs(&tools);
        Ok(tools)
    }

    /// Calls a tool (MCP `tools/call`). `arguments` must serialise as a JSON object, or be `()`.
    ///
    /// When the tool itself fails, the result has `is_error` set, and there is no [`ClientError`].
    /// [`Client::call`] has more to say about a call: version, `_meta`, time limit, progress.
    ///
    /// # Errors
    ///
    /// [`ClientError`], which names the stage that failed.
    pub async fn call_tool<A: Serialize + ?Sized>(
        &self,
        name: &str,
        arguments: &A,
    ) -> Result<CallToolResult, ClientError> {
        self.call(name).arguments(arguments).send().await
    }

    /// Calls a tool, and passes on its progress reports as they come.
    ///
    /// # Errors
    ///
    /// As [`Client::call_tool`].
    pub async fn call_tool_with_progress<A: Serialize + ?Sized>(
        &self,
        name: &str,
        arguments: &A,
        on_progress: impl FnMut(&ProgressParams) + Send,
    ) -> Result<CallToolResult, ClientError> {
        let call = self.call(name).arguments(arguments);
        call.on_progress(on_progress).send().await
    }

    /// Calls a tool, and reads its value as a `T`, as [`Call::send_as`](super::Call::send_as) does.
    ///
    /// # Errors
    ///
    /// Those of [`Client::call_tool`]; [`ClientError::Tool`] when the tool says that it failed, and
    /// [`ClientError::Result`] when the result does not hold a `T`.
    pub async fn call_tool_as<T: DeserializeOwned>(
        &self,
        name: &str,
        arguments: &(impl Serialize + ?Sized),
    ) -> Result<T, ClientError> {
        self.call(name).arguments(arguments).send_as().await
    }
}
