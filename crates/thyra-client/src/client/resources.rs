//! Resources, listed and read.

use thyra_protocol::{ReadResourceResult, Resource, ResourceTemplate};

use super::Client;
use crate::error::ClientError;

impl Client {
    /// Lists all resources of the server, page by page (MCP `resources/list`).
    ///
    /// # Errors
    ///
    /// [`ClientError`], also when the list has more than 1000 pages, 100 000 resources or 64 MiB.
    pub async fn list_resources(&self) -> Result<Vec<Resource>, ClientError> {
        self.list().await
    }

    /// Lists all resource templates of the server, page by page (MCP `resources/templates/list`).
    ///
    /// # Errors
    ///
    /// As [`Client::list_resources`].
    pub async fn list_resource_templates(&self) -> Result<Vec<ResourceTemplate>, ClientError> {
        self.list().await
    }

    /// Reads the resource at `uri` (MCP `resources/read`). [`Client::read`] has more to say about
    /// it.
    ///
    /// # Errors
    ///
    /// [`ClientError::Rpc`] when there is nothing at `uri`, and every other [`ClientError`].
    pub async fn read_resource(&self, uri: &str) -> Result<ReadResourceResult, ClientError> {
        self.read(uri).send().await
    }
}
