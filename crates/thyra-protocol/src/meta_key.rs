//! The keys of `_meta` that a server writes.

/// The key in a result's `_meta` that holds the server's implementation.
pub const META_SERVER_INFO: &str = "io.modelcontextprotocol/serverInfo";

/// The key in a notification's `_meta` that names the subscription it belongs to.
pub const META_SUBSCRIPTION_ID: &str = "io.modelcontextprotocol/subscriptionId";
