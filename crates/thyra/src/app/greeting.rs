//! What a server says about itself.

use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value};
use thyra_protocol::{
    CacheScope, DiscoverResult, Implementation, InitializeResult, PromptsCapability,
    ResourcesCapability, Revision, ServerCapabilities, ToolsCapability,
};

use crate::extension::Extensions;

/// What a server says about itself.
#[derive(Debug)]
pub(crate) struct Greeting {
    capabilities: ServerCapabilities,
    implementation: Implementation,
    instructions: Option<String>,
    /// The answer to `server/discover`, written once.
    pub(crate) discover: Box<RawValue>,
    /// The server's name and version, which every result of the sessionless era carries.
    pub(crate) server_info: Box<RawValue>,
}

impl Greeting {
    /// Writes the parts that do not change between requests. `ttl_ms` and `cache_scope` say how
    /// long clients may cache them, and who may share them.
    pub(crate) fn new(
        implementation: Implementation,
        instructions: Option<String>,
        extensions: &Extensions,
        experimental: Map<String, Value>,
        ttl_ms: u64,
        cache_scope: CacheScope,
    ) -> serde_json::Result<Self> {
        let capabilities = ServerCapabilities {
            experimental,
            ..capabilities(extensions)
        };
        let server_info = to_raw_value(&implementation)?;
        let mut discover = DiscoverResult::new(capabilities.clone());
        discover.instructions.clone_from(&instructions);
        discover.ttl_ms = ttl_ms;
        discover.cache_scope = cache_scope;
        let discover = discover
            .for_revision(Revision::LATEST)
            .with_server_info(&server_info);
        Ok(Self {
            discover: to_raw_value(&discover)?,
            server_info,
            capabilities,
            implementation,
            instructions,
        })
    }

    /// The answer to `initialize` on the revision that was agreed on.
    pub(crate) fn initialize(&self, revision: Revision) -> InitializeResult {
        let (capabilities, server_info) = (self.capabilities.clone(), self.implementation.clone());
        let mut result = InitializeResult::new(revision, capabilities, server_info);
        result.instructions.clone_from(&self.instructions);
        result
    }
}

/// The capabilities of the server. Components may be added while it runs, so it announces all kinds
/// of them, and that their lists change.
///
/// The identifiers of extensions were checked before: they are distinct, and none is that of the
/// tasks extension.
fn capabilities(extensions: &Extensions) -> ServerCapabilities {
    let mut announced = Map::new();
    for extension in extensions.iter() {
        announced.insert(
            extension.identifier().to_owned(),
            extension.settings().into(),
        );
    }
    announced.insert(
        thyra_protocol::TASKS_EXTENSION.to_owned(),
        Map::new().into(),
    );
    ServerCapabilities {
        completions: Some(Map::new()),
        extensions: announced,
        logging: Some(Map::new()),
        prompts: Some(PromptsCapability { list_changed: true }),
        resources: Some(ResourcesCapability {
            subscribe: true,
            list_changed: true,
        }),
        tools: Some(ToolsCapability { list_changed: true }),
        ..ServerCapabilities::default()
    }
}
