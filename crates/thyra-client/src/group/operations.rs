//! What a group does beside lists: as a client does, with the server that owns the name.

use futures_util::future::join_all;
use serde::Serialize;
use serde::de::DeserializeOwned;
use thyra_protocol::{
    CallToolResult, CompleteResult, CompletionReference, DiscoverResult, GetPromptResult,
    ProgressParams, ReadResourceResult,
};

use super::ClientGroup;
use super::answers::Outward;
use super::error::GroupError;
use super::owner::Owner;
use crate::error::ClientError;

impl ClientGroup {
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
        let result = owner.client.call_tool(&owner.name, arguments).await;
        owner.outward(result)
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
        let result = owner
            .client
            .call_tool_with_progress(&owner.name, arguments, on_progress)
            .await;
        owner.outward(result)
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
        let value = owner.client.call_tool_as(&owner.name, arguments).await;
        value.map_err(|source| owner.failed(source))
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
        let result = owner.client.get_prompt(&owner.name, arguments).await;
        owner.outward(result)
    }

    /// Reads the resource at `uri` ([`Client::read_resource`](crate::Client::read_resource)).
    ///
    /// # Errors
    ///
    /// Those of [`ClientGroup::owner_of_resource`], and [`GroupError::Client`] when it fails.
    pub async fn read_resource(&self, uri: &str) -> Result<ReadResourceResult, GroupError> {
        let owner = self.owner_of_resource(uri).await?;
        let result = owner.client.read_resource(&owner.name).await;
        owner.outward(result)
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

impl Owner<'_> {
    fn failed(&self, source: ClientError) -> GroupError {
        GroupError::Client {
            server: self.server.to_owned(),
            source,
        }
    }

    /// A result with the URIs of the group.
    fn outward<T: Outward>(&self, result: Result<T, ClientError>) -> Result<T, GroupError> {
        let mut result = result.map_err(|source| self.failed(source))?;
        result.outward(self.member);
        Ok(result)
    }
}
