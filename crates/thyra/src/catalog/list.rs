//! Lists as clients receive them.

use std::borrow::Cow;

use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};
use thyra_auth::ScopeSet;
use thyra_protocol::{
    CacheScope, ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult,
    ListToolsResult, Revision,
};

use super::{Entry, LIST_TTL_MS};
use crate::component::prompt::Prompt;
use crate::component::resource::{Resource, ResourceTemplate};
use crate::component::tool::Tool;
use crate::selector::{ComponentInfo, Kind};
use crate::state::StateMap;

/// What caches may do with a list; every page says the same.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hints {
    pub(crate) cache_scope: CacheScope,
    pub(crate) ttl_ms: u64,
}

/// What the key of a component's `_meta` is called that holds its version, and of all that the reader may call, the highest first. The
/// same name chooses one in a request.
const VERSION: &str = "thyra/version";
const VERSIONS: &str = "thyra/versions";

/// One entry of a list.
pub(crate) struct Offer<'a, T> {
    pub(crate) component: &'a T,
    /// The versions that there are; none where components have none.
    pub(crate) versions: Vec<&'a str>,
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
        entries: Vec<Offer<'_, Self>>,
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

impl<T: Entry> Offer<'_, T> {
    /// What the component is known by.
    pub(crate) fn key(&self) -> &str {
        self.component.info().name
    }
}

impl<T> Offer<'_, T> {
    /// What its `_meta` says of its versions, if it has any.
    fn versions_meta(&self) -> Option<[(String, Value); 2]> {
        let highest = *self.versions.first()?;
        Some([
            (VERSION.to_owned(), highest.into()),
            (VERSIONS.to_owned(), self.versions.clone().into()),
        ])
    }
}

macro_rules! components {
    ($($component:ident, $list:ident, $key:ident;)+) => {$(
        impl Listed for $component {
            fn write(
                entries: Vec<Offer<'_, Self>>,
                next: Option<String>,
                hints: Hints,
                revision: Revision,
                server_info: &RawValue,
            ) -> serde_json::Result<Box<RawValue>> {
                let definitions = entries.iter().map(|offer| {
                    let mut definition = Cow::Borrowed(offer.component.definition());
                    if let Some(versions) = offer.versions_meta() {
                        let meta = &mut definition.to_mut().meta;
                        meta.get_or_insert_default().extend(versions);
                    }
                    definition
                });
                let mut list = $list::new(definitions.collect());
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
