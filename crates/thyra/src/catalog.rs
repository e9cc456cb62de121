//! The index that every lookup goes through: name to tool, and the lists as clients receive them.

use std::collections::{BTreeMap, HashMap};

use serde_json::value::RawValue;
use thyra_protocol::{CacheScope, ListToolsResult, Revision};

use crate::component::tool::Tool;
use crate::server::{Error, Result};

/// How long a client may take a list for true. The list changes only when the server is started again.
pub(crate) const LIST_TTL_MS: u64 = 300_000;

/// All tools, in the order of their registration.
#[derive(Debug)]
pub(crate) struct Catalog {
    tools: Vec<Tool>,
    by_name: HashMap<String, usize>,
    /// The answer to `tools/list` on each revision, written once.
    lists: BTreeMap<Revision, Box<RawValue>>,
}

impl Catalog {
    /// An index over `tools`. A list that needed a token to be seen is marked private for caches.
    pub(crate) fn new(tools: Vec<Tool>, server_info: &RawValue, protected: bool) -> Result<Self> {
        let mut by_name = HashMap::with_capacity(tools.len());
        for (index, tool) in tools.iter().enumerate() {
            if by_name.insert(tool.name().to_owned(), index).is_some() {
                return Err(Error::DuplicateTool {
                    name: tool.name().to_owned(),
                });
            }
        }
        let mut list = ListToolsResult::new(tools.iter().map(Tool::definition).collect());
        list.ttl_ms = Some(LIST_TTL_MS);
        list.cache_scope = Some(cache_scope(protected));
        let mut lists = BTreeMap::new();
        for revision in Revision::ALL {
            let written = list.for_revision(revision).with_server_info(server_info);
            let written = serde_json::value::to_raw_value(&written)
                .map_err(|error| Error::Transport(error.into()))?;
            lists.insert(revision, written);
        }
        Ok(Self {
            tools,
            by_name,
            lists,
        })
    }

    pub(crate) fn tools(&self) -> impl Iterator<Item = &Tool> {
        self.tools.iter()
    }

    pub(crate) fn tool(&self, name: &str) -> Option<&Tool> {
        self.by_name
            .get(name)
            .and_then(|index| self.tools.get(*index))
    }

    /// The result of `tools/list`, as this revision spells it; there is one for each revision.
    pub(crate) fn list(&self, revision: Revision) -> Option<&RawValue> {
        self.lists.get(&revision).map(|list| &**list)
    }
}

/// Who may share what the server says of itself: what needed a token to be seen is for its reader alone.
pub(crate) fn cache_scope(protected: bool) -> CacheScope {
    if protected {
        CacheScope::Private
    } else {
        CacheScope::Public
    }
}
