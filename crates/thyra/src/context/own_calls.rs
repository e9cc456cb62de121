//! Using the server's own components from a handler, on behalf of its caller.

use serde::Serialize;
use serde_json::Map;
use serde_json::value::{RawValue, to_raw_value};
use thyra_protocol::{
    CallToolResult, GetPromptResult, Prompt, ReadResourceResult, Resource, ResourceTemplate, Tool,
};

use super::{Context, OwnServer, OwnServerError};
use crate::selector::Kind;

/// # Use the server's own components
///
/// A handler calls, reads and lists as its own caller: it sees what the caller sees, scopes are
/// checked, and middleware stands around it. What it calls belongs to the same request. It reports
/// progress there, asks its questions in the same rounds, and ends with it.
///
/// To share code between tools, call the Rust function. These methods are for components that are
/// known by name only, and for what must be checked and logged as a client's call is.
impl Context {
    /// Calls the tool `name` of this server, in the highest version that the caller sees, and waits
    /// for its result. `arguments` are what serialises as a JSON object; `&()` for none.
    ///
    /// A tool that failed gives a result with `isError`, as a client gets it. A tool that runs as a
    /// task for clients runs to its end here.
    ///
    /// ```
    /// use serde_json::json;
    /// use thyra::prelude::*;
    ///
    /// /// Calls the tool of each step, one after the other.
    /// #[tool]
    /// async fn run_steps(tools: Vec<String>, ctx: Context) -> Result<String, ToolError> {
    ///     let mut said = Vec::new();
    ///     for tool in tools {
    ///         let result = ctx.call_tool(&tool, &json!({ "dry_run": true })).await?;
    ///         said.extend(result.content.iter().filter_map(|part| part.as_text()).map(str::to_owned));
    ///     }
    ///     Ok(said.join("\n"))
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// [`OwnServerError`]: there is no such tool for this caller, a scope is missing, it took too
    /// long, or calls are nested too deeply.
    pub async fn call_tool<A: Serialize + ?Sized>(
        &self,
        name: &str,
        arguments: &A,
    ) -> Result<CallToolResult, OwnServerError> {
        let arguments = object(name, arguments)?;
        let request = self.nested(Kind::Tool, name, Some(&arguments))?;
        self.server_of_call()?
            .call_tool(name, &arguments, &request)
            .await
    }

    /// Fills in the prompt `name` of this server. `arguments` are what serialises as a JSON object
    /// of texts; `&()` for none.
    ///
    /// # Errors
    ///
    /// As [`Context::call_tool`]; [`OwnServerError::Failed`] when the prompt failed.
    pub async fn get_prompt<A: Serialize + ?Sized>(
        &self,
        name: &str,
        arguments: &A,
    ) -> Result<GetPromptResult, OwnServerError> {
        let arguments = object(name, arguments)?;
        let request = self.nested(Kind::Prompt, name, Some(&arguments))?;
        self.server_of_call()?
            .get_prompt(name, &arguments, &request)
            .await
    }

    /// Reads the resource at `uri` of this server: a resource, or what a template makes of it.
    ///
    /// ```
    /// use thyra::prelude::*;
    ///
    /// /// Counts the words of a page.
    /// #[tool]
    /// async fn count_words(uri: String, ctx: Context) -> Result<usize, ToolError> {
    ///     let page = ctx.read_resource(&uri).await?;
    ///     let texts = page.contents.iter().filter_map(|part| part.as_text());
    ///     Ok(texts.map(|text| text.split_whitespace().count()).sum())
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Context::get_prompt`].
    pub async fn read_resource(&self, uri: &str) -> Result<ReadResourceResult, OwnServerError> {
        let request = self.nested(Kind::Resource, uri, None)?;
        self.server_of_call()?.read_resource(uri, &request).await
    }

    /// All tools that the caller sees, on whatever pages.
    ///
    /// # Errors
    ///
    /// [`OwnServerError::NoServer`], and [`OwnServerError::Failed`] when middleware refuses.
    pub async fn list_tools(&self) -> Result<Vec<Tool>, OwnServerError> {
        self.server_of_call()?.list_tools(&self.scope()).await
    }

    /// All prompts that the caller sees.
    ///
    /// # Errors
    ///
    /// As [`Context::list_tools`].
    pub async fn list_prompts(&self) -> Result<Vec<Prompt>, OwnServerError> {
        self.server_of_call()?.list_prompts(&self.scope()).await
    }

    /// All resources that the caller sees, without those of templates.
    ///
    /// # Errors
    ///
    /// As [`Context::list_tools`].
    pub async fn list_resources(&self) -> Result<Vec<Resource>, OwnServerError> {
        self.server_of_call()?.list_resources(&self.scope()).await
    }

    /// All templates of resources that the caller sees.
    ///
    /// # Errors
    ///
    /// As [`Context::list_tools`].
    pub async fn list_resource_templates(&self) -> Result<Vec<ResourceTemplate>, OwnServerError> {
        self.server_of_call()?
            .list_resource_templates(&self.scope())
            .await
    }

    fn server_of_call(&self) -> Result<&dyn OwnServer, OwnServerError> {
        self.own_server().ok_or(OwnServerError::NoServer)
    }
}

/// `arguments` as a JSON object.
fn object<A: Serialize + ?Sized>(
    subject: &str,
    arguments: &A,
) -> Result<Box<RawValue>, OwnServerError> {
    let problem = |source| OwnServerError::Arguments {
        subject: subject.to_owned(),
        source,
    };
    let written = to_raw_value(arguments).map_err(problem)?;
    match written.get() {
        "null" => to_raw_value(&Map::new()).map_err(problem),
        text if text.starts_with('{') => Ok(written),
        _ => Err(problem(serde::ser::Error::custom(
            "write a struct, a map, json!({..}), or () for none",
        ))),
    }
}
