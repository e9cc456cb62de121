//! The keys of `_meta` (MCP `basic`, `_meta`).

/// The key in a result's `_meta` that holds the server's implementation.
pub const META_SERVER_INFO: &str = "io.modelcontextprotocol/serverInfo";

/// The key in a notification's `_meta` that names the subscription it belongs to.
pub const META_SUBSCRIPTION_ID: &str = "io.modelcontextprotocol/subscriptionId";

/// Whether MCP keeps a key of a request's `_meta` to itself: `progressToken`, and keys with a
/// prefix whose second label is `modelcontextprotocol` or `mcp`, such as `io.modelcontextprotocol/`
/// or `dev.mcp/`. The keys of W3C Trace Context are there for everybody.
pub fn is_reserved_meta_key(key: &str) -> bool {
    let second = key
        .split_once('/')
        .and_then(|(prefix, _)| prefix.split('.').nth(1));
    key == "progressToken" || matches!(second, Some("modelcontextprotocol" | "mcp"))
}

#[cfg(test)]
mod tests {
    use super::is_reserved_meta_key;

    #[test]
    fn the_second_label_of_the_prefix_decides() {
        for key in [
            "progressToken",
            "io.modelcontextprotocol/clientInfo",
            "dev.mcp/x",
            "org.modelcontextprotocol.api/x",
            "com.mcp.tools/",
        ] {
            assert!(is_reserved_meta_key(key), "{key}");
        }
        for key in [
            "traceparent",
            "mcp",
            "mcp/x",
            "fastmcp",
            "thyra/version",
            "com.example/x",
            "com.example.mcp/x",
            "io.modelcontextprotocol",
        ] {
            assert!(!is_reserved_meta_key(key), "{key}");
        }
    }
}
