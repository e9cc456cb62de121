//! The index that every lookup goes through: name to tool, and the lists as clients receive them.

use std::collections::HashMap;

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
    lists: [Box<RawValue>; Revision::ALL.len()],
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
        let write = |revision| {
            serde_json::value::to_raw_value(
                &list.for_revision(revision).with_server_info(server_info),
            )
        };
        let [a, b, c, d, e] = Revision::ALL.map(write);
        let failed = |error: serde_json::Error| Error::Transport(error.into());
        let lists = [
            a.map_err(failed)?,
            b.map_err(failed)?,
            c.map_err(failed)?,
            d.map_err(failed)?,
            e.map_err(failed)?,
        ];
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

    /// The result of `tools/list`, as this revision spells it.
    pub(crate) fn list(&self, revision: Revision) -> &RawValue {
        // The lists are in the order of the revisions.
        let [a, b, c, d, e] = &self.lists;
        match revision {
            Revision::V2024_11_05 => a,
            Revision::V2025_03_26 => b,
            Revision::V2025_06_18 => c,
            Revision::V2025_11_25 => d,
            Revision::V2026_07_28 => e,
        }
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
