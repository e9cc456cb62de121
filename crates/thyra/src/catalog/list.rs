//! Lists as clients receive them.

use serde_json::value::{RawValue, to_raw_value};
use thyra_auth::ScopeSet;
use thyra_protocol::{
    CacheScope, ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult,
    ListToolsResult, Revision,
};

use super::{ComponentInfo, Entry, Kind, LIST_TTL_MS};
use crate::component::prompt::Prompt;
use crate::component::resource::{Resource, ResourceTemplate};
use crate::component::tool::Tool;
use crate::context::StateMap;

/// What caches may do with a list; every page says the same.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hints {
    pub(crate) cache_scope: CacheScope,
    pub(crate) ttl_ms: u64,
}

/// Why there is no such page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ListError {
    Cursor,
    Unwritable,
}

/// What is listed.
pub(crate) trait Listed: Sized {
    /// One page, as `revision` spells it.
    fn write(
        entries: Vec<&Self>,
        next: Option<String>,
        hints: Hints,
        revision: Revision,
        server_info: &RawValue,
    ) -> serde_json::Result<Box<RawValue>>;
}

impl Default for Hints {
    fn default() -> Self {
        Self {
            cache_scope: CacheScope::Private,
            ttl_ms: LIST_TTL_MS,
        }
    }
}

macro_rules! components {
    ($($component:ident, $list:ident, $key:ident;)+) => {$(
        impl Listed for $component {
            fn write(
                entries: Vec<&Self>,
                next: Option<String>,
                hints: Hints,
                revision: Revision,
                server_info: &RawValue,
            ) -> serde_json::Result<Box<RawValue>> {
                let mut list = $list::new(entries.into_iter().map(Self::definition).collect());
                list.next_cursor = next;
                list.ttl_ms = Some(hints.ttl_ms);
                list.cache_scope = Some(hints.cache_scope);
                to_raw_value(&list.for_revision(revision).with_server_info(server_info))
            }
        }

        impl Entry for $component {
            const KIND: Kind = Kind::$component;

            fn info(&self) -> ComponentInfo<'_> {
                ComponentInfo {
                    kind: Self::KIND,
                    name: self.$key(),
                    tags: self.component_tags(),
                    version: self.component_version(),
                }
            }

            fn missing_state(&self, state: &StateMap) -> Option<&'static str> {
                $component::missing_state(self, state)
            }

            fn problems(&self) -> &[String] {
                $component::problems(self)
            }

            fn required_scopes(&self) -> &ScopeSet {
                $component::required_scopes(self)
            }
        }
    )+};
}

components! {
    Tool, ListToolsResult, name;
    Prompt, ListPromptsResult, name;
    Resource, ListResourcesResult, uri;
    ResourceTemplate, ListResourceTemplatesResult, uri_template;
}
