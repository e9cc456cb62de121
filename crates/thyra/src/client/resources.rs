//! Things to read.

use thyra_protocol::{
    ListResourceTemplatesResult, ListResourcesResult, ReadResourceResult, Resource,
    ResourceTemplate,
};

use super::Client;
use super::error::ClientError;
use super::rounds::Target;

impl Client {
    /// All resources of the server that have one URI each, page by page (MCP `resources/list`).
    ///
    /// # Errors
    ///
    /// [`ClientError`], also when the list does not end within 1000 pages, 100 000 resources or 64 MiB.
    pub async fn list_resources(&self) -> Result<Vec<Resource>, ClientError> {
        self.pages::<ListResourcesResult>().await
    }

    /// All templates of URIs that the server reads, page by page (MCP `resources/templates/list`).
    ///
    /// # Errors
    ///
    /// As [`Client::list_resources`].
    pub async fn list_resource_templates(&self) -> Result<Vec<ResourceTemplate>, ClientError> {
        self.pages::<ListResourceTemplatesResult>().await
    }

    /// What is at `uri` (MCP `resources/read`).
    ///
    /// # Errors
    ///
    /// [`ClientError`], which names the hop that failed; [`ClientError::Rpc`] when there is nothing at `uri`.
    pub async fn read_resource(&self, uri: &str) -> Result<ReadResourceResult, ClientError> {
        self.converse(Target::Resource { uri }, None, &mut |_| {})
            .await
    }
}
