//! Lists, as clients receive them.

use std::borrow::Cow;

use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};
use thyra_protocol::{
    CacheScope, ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult,
    ListToolsResult, Revision,
};

use super::Entry;
use crate::component::prompt::Prompt;
use crate::component::resource::{Resource, ResourceTemplate};
use crate::component::tool::Tool;

/// What caches may do with a list. All pages have the same hints.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hints {
    pub(crate) cache_scope: CacheScope,
    pub(crate) ttl_ms: u64,
}

/// The form in which a list shows components.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    /// Whether schemas say where `null` is taken for what may be left out.
    pub(crate) null_in_schemas: bool,
    pub(crate) revision: Revision,
}

/// The keys in a component's `_meta` for its version, and for all versions that the reader may
/// call, the highest first. In a request, the first key chooses a version.
const VERSION: &str = "thyra/version";
const VERSIONS: &str = "thyra/versions";

/// One entry of a list.
pub(crate) struct Offer<'a, T> {
    pub(crate) component: &'a T,
    /// The available versions; empty for a component without versions.
    pub(crate) versions: Vec<&'a str>,
}

/// Why a page cannot be returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ListError {
    /// The cursor is not one of this list.
    Cursor,
    /// An entry cannot be written as JSON.
    Unwritable,
}

/// A component that can be listed.
pub(crate) trait Listed: Sized {
    /// Writes one page in the form of `style`.
    fn write(
        entries: Vec<Offer<'_, Self>>,
        next: Option<String>,
        hints: Hints,
        style: Style,
        server_info: &RawValue,
    ) -> serde_json::Result<Box<RawValue>>;
}

/// The list entry of `component`, for comparing it with another.
pub(super) fn listing<T: Listed>(component: &T) -> serde_json::Result<Box<RawValue>> {
    let entry = Offer {
        component,
        versions: Vec::new(),
    };
    let hints = Hints {
        cache_scope: CacheScope::Private,
        ttl_ms: 0,
    };
    let style = Style {
        null_in_schemas: false,
        revision: Revision::LATEST,
    };
    T::write(vec![entry], None, hints, style, RawValue::NULL)
}

impl<T: Entry> Offer<'_, T> {
    /// The key of the component.
    pub(crate) fn key(&self) -> &str {
        self.component.info().name
    }
}

impl<T> Offer<'_, T> {
    /// What `_meta` says about versions, if the component has any.
    fn versions_meta(&self) -> Option<[(String, Value); 2]> {
        let highest = *self.versions.first()?;
        Some([
            (VERSION.to_owned(), highest.into()),
            (VERSIONS.to_owned(), self.versions.clone().into()),
        ])
    }
}

macro_rules! listed {
    ($($component:ident, $list:ident, |$listed:ident, $style:ident| $definition:expr;)+) => {$(
        impl Listed for $component {
            fn write(
                entries: Vec<Offer<'_, Self>>,
                next: Option<String>,
                hints: Hints,
                $style: Style,
                server_info: &RawValue,
            ) -> serde_json::Result<Box<RawValue>> {
                let definitions = entries.iter().map(|offer| {
                    let $listed = offer.component;
                    let mut definition = $definition;
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
                to_raw_value(&list.for_revision($style.revision).with_server_info(server_info))
            }
        }
    )+};
}

listed! {
    Tool, ListToolsResult, |tool, style| tool.listed(style.revision, style.null_in_schemas);
    Prompt, ListPromptsResult, |prompt, style| Cow::Borrowed(prompt.definition());
    Resource, ListResourcesResult, |resource, style| Cow::Borrowed(resource.definition());
    ResourceTemplate, ListResourceTemplatesResult, |template, style| Cow::Borrowed(template.definition());
}
