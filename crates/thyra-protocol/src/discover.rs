//! `server/discover`: what a sessionless server can do (MCP `server/discover`, from 2026-07-28).

use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value};

use crate::cache_scope::CacheScope;
use crate::capabilities::ServerCapabilities;
use crate::form::{ForRevision, Form, Members, Written, with_server_info};
use crate::implementation::Implementation;
use crate::meta_key::META_SERVER_INFO;
use crate::result::ResultType;
use crate::revision::Revision;

/// What a server can do.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct DiscoverResult {
    /// The kind of result.
    #[serde(default)]
    pub result_type: ResultType,
    /// The revisions that the server speaks; we may not know all of them.
    pub supported_versions: Vec<String>,
    /// What the server can do.
    pub capabilities: ServerCapabilities,
    /// How to use the server, for the model.
    #[serde(default)]
    pub instructions: Option<String>,
    /// How long clients may cache the result, in milliseconds; 0 means not at all.
    #[serde(default, deserialize_with = "crate::cache_scope::ttl_or_zero")]
    pub ttl_ms: u64,
    /// Who may share the cached result.
    #[serde(default, deserialize_with = "crate::cache_scope::scope_or_private")]
    pub cache_scope: CacheScope,
    /// Metadata.
    #[serde(rename = "_meta", default)]
    pub meta: Option<Map<String, Value>>,
}

impl DiscoverResult {
    /// A result with these capabilities and all revisions that we speak, newest first. It is not to
    /// be cached.
    pub fn new(capabilities: ServerCapabilities) -> Self {
        DiscoverResult {
            result_type: ResultType::Complete,
            supported_versions: Revision::ALL
                .iter()
                .rev()
                .map(Revision::to_string)
                .collect(),
            capabilities,
            instructions: None,
            ttl_ms: 0,
            cache_scope: CacheScope::Private,
            meta: None,
        }
    }

    /// The result as written in 2026-07-28, the first revision that has it.
    pub fn for_revision(&self, revision: Revision) -> ForRevision<'_, Self> {
        ForRevision::new(self, revision.max(Revision::V2026_07_28))
    }

    /// Who the server says it is, if its `_meta` holds that.
    pub fn server_info(&self) -> Option<Implementation> {
        let info = self.meta.as_ref()?.get(META_SERVER_INFO)?;
        Implementation::deserialize(info).ok()
    }
}

with_server_info!(() DiscoverResult);

impl Serialize for DiscoverResult {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.for_revision(Revision::LATEST).serialize(serializer)
    }
}

impl Written for DiscoverResult {
    fn write<S: Serializer>(&self, form: Form<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = Members::begin(form, serializer)?;
        members.put("resultType", &self.result_type)?;
        members.put("supportedVersions", &self.supported_versions)?;
        members.put_written("capabilities", Some(&self.capabilities))?;
        members.put_some("instructions", self.instructions.as_ref())?;
        members.put("ttlMs", &self.ttl_ms)?;
        members.put("cacheScope", &self.cache_scope)?;
        members.put_result_meta(self.meta.as_ref())?;
        members.end()
    }
}
