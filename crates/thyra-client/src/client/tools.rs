//! Tools, listed and called.

use std::sync::atomic::Ordering;

use serde::Serialize;
use serde::de::DeserializeOwned;
use thyra_protocol::{CallToolResult, ProgressParams, ProgressToken, Tool, method as methods};

use super::Client;
use super::request::{OnProgress, arguments as written, unusable};
use super::rounds::Target;
use super::value::value;
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
        Ok(self.learn(self.list().await?))
    }

    /// Calls a tool (MCP `tools/call`). `arguments` must serialise as a JSON object, or be `()`.
    ///
    /// When the tool itself fails, the result has `is_error` set, and there is no [`ClientError`].
    /// When it asks something, the builder's functions answer
    /// ([`ClientBuilder::on_elicit`](crate::ClientBuilder::on_elicit)), in at most 16 rounds and 64
    /// questions.
    ///
    /// # Errors
    ///
    /// [`ClientError`], which names the stage that failed.
    pub async fn call_tool<A: Serialize + ?Sized>(
        &self,
        name: &str,
        arguments: &A,
    ) -> Result<CallToolResult, ClientError> {
        self.call(name, arguments, None, &mut |_| {}).await
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
        mut on_progress: impl FnMut(&ProgressParams) + Send,
    ) -> Result<CallToolResult, ClientError> {
        let token =
            ProgressToken::Number(self.0.next_progress_token.fetch_add(1, Ordering::Relaxed));
        let mut only_ours = |progress: &ProgressParams| {
            if progress.progress_token == token {
                on_progress(progress);
            }
        };
        self.call(name, arguments, Some(token.clone()), &mut only_ours)
            .await
    }

    /// Calls a tool, and reads its value as a `T`.
    ///
    /// The value is the structured content. A server wraps a value that is not an object: the
    /// content is then an object with the only member `result`. In that case the value depends on
    /// `T`:
    ///
    /// | `T` is | the value is |
    /// |---|---|
    /// | a struct with a field `result` | the whole object |
    /// | another struct | the member |
    /// | anything else | the member, or the whole object when the member is not a `T` |
    ///
    /// A struct with flattened fields and an untagged enum count as anything else. If such a type
    /// has an optional `result` of its own, use [`Client::call_tool`] and read
    /// [`CallToolResult::structured_content`].
    ///
    /// Without structured content the tool must return one text. The text is the value if `T` can
    /// be a string (`Value` can); otherwise it is parsed as JSON.
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
        let result = self.call_tool(name, arguments).await?;
        if result.is_error {
            return Err(ClientError::Tool {
                tool: name.to_owned(),
                result: Box::new(result),
            });
        }
        value(&result).map_err(|problem| {
            unusable(
                methods::TOOLS_CALL,
                &format!("it holds no {}: {problem}", std::any::type_name::<T>()),
            )
        })
    }

    async fn call<A: Serialize + ?Sized>(
        &self,
        name: &str,
        arguments: &A,
        progress_token: Option<ProgressToken>,
        on_progress: OnProgress<'_>,
    ) -> Result<CallToolResult, ClientError> {
        let arguments = written(name, arguments)?;
        let target = Target::Tool {
            name,
            arguments: arguments.as_deref(),
        };
        self.converse(target, progress_token, on_progress).await
    }
}
