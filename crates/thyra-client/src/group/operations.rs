//! What a group does beside lists: as a client does, with the server that owns the name.

use std::sync::Arc;

use futures_util::future::join_all;
use serde::Serialize;
use serde::de::DeserializeOwned;
use thyra_protocol::{
    CallToolResult, CompleteResult, CompletionReference, DiscoverResult, GetPromptResult,
    ProgressParams, ReadResourceResult,
};

use super::ClientGroup;
use super::error::GroupError;
use super::owner::Owner;
use crate::client::{Call, ToolTask};
use crate::error::ClientError;

impl ClientGroup {
    /// A call of a tool ([`Client::call`](crate::Client::call)): with its version, its `_meta`, a
    /// time limit or its progress, or begun as a task.
    ///
    /// ```no_run
    /// # async fn example(group: thyra_client::ClientGroup) -> Result<(), Box<dyn std::error::Error>> {
    /// let call = group.call("math_add").await?;
    /// let sum: i64 = call.arguments(&serde_json::json!({ "a": 2, "b": 3 })).send_as().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`ClientGroup::owner_of_tool`].
    pub async fn call(&self, name: &str) -> Result<Call<'_>, GroupError> {
        Ok(self.owner_of_tool(name).await?.call())
    }

    /// A prompt, to be filled in ([`Client::prompt`](crate::Client::prompt)).
    ///
    /// # Errors
    ///
    /// Those of [`ClientGroup::owner_of_prompt`].
    pub async fn prompt(&self, name: &str) -> Result<Call<'_, GetPromptResult>, GroupError> {
        Ok(self.owner_of_prompt(name).await?.prompt())
    }

    /// A resource, to be read ([`Client::read`](crate::Client::read)).
    ///
    /// # Errors
    ///
    /// Those of [`ClientGroup::owner_of_resource`].
    pub async fn read(&self, uri: &str) -> Result<Call<'_, ReadResourceResult>, GroupError> {
        Ok(self.owner_of_resource(uri).await?.read())
    }

    /// Calls a tool ([`Client::call_tool`](crate::Client::call_tool)).
    ///
    /// # Errors
    ///
    /// Those of [`ClientGroup::owner_of_tool`], and [`GroupError::Client`] when the call fails.
    pub async fn call_tool<A: Serialize + ?Sized>(
        &self,
        name: &str,
        arguments: &A,
    ) -> Result<CallToolResult, GroupError> {
        let owner = self.owner_of_tool(name).await?;
        let result = owner.call().arguments(arguments).send().await;
        result.map_err(|source| owner.failed(source))
    }

    /// Calls a tool, and passes on its progress reports as they come
    /// ([`Client::call_tool_with_progress`](crate::Client::call_tool_with_progress)).
    ///
    /// # Errors
    ///
    /// As [`ClientGroup::call_tool`].
    pub async fn call_tool_with_progress<A: Serialize + ?Sized>(
        &self,
        name: &str,
        arguments: &A,
        on_progress: impl FnMut(&ProgressParams) + Send,
    ) -> Result<CallToolResult, GroupError> {
        let owner = self.owner_of_tool(name).await?;
        let call = owner.call().arguments(arguments).on_progress(on_progress);
        call.send().await.map_err(|source| owner.failed(source))
    }

    /// Calls a tool, and reads its value as a `T`
    /// ([`Client::call_tool_as`](crate::Client::call_tool_as)).
    ///
    /// # Errors
    ///
    /// As [`ClientGroup::call_tool`].
    pub async fn call_tool_as<T: DeserializeOwned>(
        &self,
        name: &str,
        arguments: &(impl Serialize + ?Sized),
    ) -> Result<T, GroupError> {
        let owner = self.owner_of_tool(name).await?;
        let value = owner.call().arguments(arguments).send_as().await;
        value.map_err(|source| owner.failed(source))
    }

    /// Calls a tool, and does not wait if the server goes on with the call as a task
    /// ([`Client::call_task`](crate::Client::call_task)). The task's id begins with the server, as
    /// the names of tools do.
    ///
    /// # Errors
    ///
    /// As [`ClientGroup::call_tool`].
    pub async fn call_task<A: Serialize + ?Sized>(
        &self,
        name: &str,
        arguments: &A,
    ) -> Result<ToolTask, GroupError> {
        let owner = self.owner_of_tool(name).await?;
        let task = owner.call().arguments(arguments).begin().await;
        task.map_err(|source| owner.failed(source))
    }

    /// The task with this id ([`Client::task`](crate::Client::task)). Nothing is sent, unless it
    /// could be the task of two servers.
    ///
    /// # Errors
    ///
    /// [`GroupError::Unknown`] when no server can have it.
    pub async fn task(&self, id: &str) -> Result<ToolTask, GroupError> {
        let owner = self.owner_of_task(id).await?;
        let outside = Arc::clone(owner.member);
        let shown = id.to_owned();
        Ok(ToolTask::found(
            owner.client,
            owner.name,
            shown,
            Some(outside),
        ))
    }

    /// Fills in a prompt ([`Client::get_prompt`](crate::Client::get_prompt)).
    ///
    /// # Errors
    ///
    /// Those of [`ClientGroup::owner_of_prompt`], and [`GroupError::Client`] when it fails.
    pub async fn get_prompt<A: Serialize + ?Sized>(
        &self,
        name: &str,
        arguments: &A,
    ) -> Result<GetPromptResult, GroupError> {
        let owner = self.owner_of_prompt(name).await?;
        let result = owner.prompt().arguments(arguments).send().await;
        result.map_err(|source| owner.failed(source))
    }

    /// Reads the resource at `uri` ([`Client::read_resource`](crate::Client::read_resource)).
    ///
    /// # Errors
    ///
    /// Those of [`ClientGroup::owner_of_resource`], and [`GroupError::Client`] when it fails.
    pub async fn read_resource(&self, uri: &str) -> Result<ReadResourceResult, GroupError> {
        let owner = self.owner_of_resource(uri).await?;
        let result = owner.read().send().await;
        result.map_err(|source| owner.failed(source))
    }

    /// Suggests values for an argument ([`Client::complete`](crate::Client::complete)).
    ///
    /// # Errors
    ///
    /// Those of [`ClientGroup::owner_of_prompt`], and [`GroupError::Client`] when it fails.
    pub async fn complete(
        &self,
        reference: CompletionReference<'_>,
        argument: &str,
        typed: &str,
        known: &[(&str, &str)],
    ) -> Result<CompleteResult, GroupError> {
        let (owner, reference) = match reference {
            CompletionReference::Prompt { name } => {
                let owner = self.owner_of_prompt(&name).await?;
                let name = owner.name.clone().into();
                (owner, CompletionReference::Prompt { name })
            }
            CompletionReference::Resource { uri } => {
                let owner = self.owner_of_template(&uri)?;
                let uri = owner.name.clone().into();
                (owner, CompletionReference::Resource { uri })
            }
        };
        let client = owner.client;
        let result = client.complete(reference, argument, typed, known).await;
        result.map_err(|source| owner.failed(source))
    }

    /// Asks all servers at the same time what they are, and returns what each answers.
    pub async fn discover(&self) -> Vec<(&str, Result<DiscoverResult, ClientError>)> {
        let asked = self.clients().map(|(_, client)| client.discover());
        let answers = join_all(asked).await;
        let servers = self.clients().map(|(server, _)| server);
        servers.zip(answers).collect()
    }

    /// Ends the sessions with all servers, and the programs. A later request begins them anew.
    pub async fn close(&self) {
        join_all(self.clients().map(|(_, client)| client.close())).await;
    }
}

impl<'g> Owner<'g> {
    /// A call of the tool that it owns. What comes back has the URIs of the group.
    pub fn call(&self) -> Call<'g> {
        let call = self.client.call(self.name.clone());
        call.seen_from(Arc::clone(self.member) as _)
    }

    /// The prompt that it owns, to be filled in.
    pub fn prompt(&self) -> Call<'g, GetPromptResult> {
        let call = self.client.prompt(self.name.clone());
        call.seen_from(Arc::clone(self.member) as _)
    }

    /// The resource that it owns, to be read.
    pub fn read(&self) -> Call<'g, ReadResourceResult> {
        let call = self.client.read(self.name.clone());
        call.seen_from(Arc::clone(self.member) as _)
    }

    fn failed(&self, source: ClientError) -> GroupError {
        GroupError::Client {
            server: self.server.to_owned(),
            source,
        }
    }
}
