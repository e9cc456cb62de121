//! Resources: what a server lets a client read (MCP `server/resources`).

mod list;
mod read;
mod resource;
mod subscribe;
mod template;
mod updated;

pub use list::{ListResourcesParams, ListResourcesResult};
pub use read::{ReadResourceParams, ReadResourceResult};
pub use resource::Resource;
pub use subscribe::{SubscribeParams, UnsubscribeParams};
pub use template::{ListResourceTemplatesParams, ListResourceTemplatesResult, ResourceTemplate};
pub use updated::ResourceUpdatedParams;

#[cfg(test)]
mod tests;
