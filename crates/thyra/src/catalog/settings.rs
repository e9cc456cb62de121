//! How a server offers its components.

use std::sync::Arc;

use serde_json::value::RawValue;
use thyra_protocol::{CacheScope, Revision};

use super::list::{Hints, Style};
use crate::check::Check;
use crate::component::resource::PathSecurity;
use crate::selector::VisibleFn;
use crate::state::StateMap;

/// How long clients may cache lists by default. Clients that listen are told of changes earlier.
pub(crate) const LIST_TTL_MS: u64 = 300_000;

/// What a server gives its catalog besides the components.
pub(crate) struct Settings {
    /// The checks of all components.
    pub(crate) checks: Arc<[Check]>,
    /// Who may share lists.
    pub(crate) cache_scope: CacheScope,
    /// How long clients may cache lists.
    pub(crate) ttl_ms: u64,
    /// Whether schemas say where `null` is taken for what may be left out.
    pub(crate) null_in_schemas: bool,
    /// How many entries a page of a list has; `None` puts all entries on one page.
    pub(crate) page_size: Option<usize>,
    /// Whether scopes that nobody checks are a mistake.
    pub(crate) scopes_need_auth: bool,
    pub(crate) server_info: Box<RawValue>,
    /// What the variables of templates may hold, unless a template says otherwise.
    pub(crate) path_security: Option<PathSecurity>,
    pub(crate) state: StateMap,
    pub(crate) visible: Option<VisibleFn>,
}

impl Settings {
    /// What caches may do with a list.
    pub(super) fn hints(&self) -> Hints {
        let cache_scope = match self.visible {
            Some(_) => CacheScope::Private,
            None => self.cache_scope,
        };
        Hints {
            cache_scope,
            ttl_ms: self.ttl_ms,
        }
    }

    /// How lists for clients of `revision` show components.
    pub(super) fn style(&self, revision: Revision) -> Style {
        Style {
            null_in_schemas: self.null_in_schemas,
            revision,
        }
    }
}

/// Who may share what the server says about itself. If callers need a token to see it, caches must
/// not share it between them.
pub(crate) fn cache_scope(protected: bool) -> CacheScope {
    if protected {
        CacheScope::Private
    } else {
        CacheScope::Public
    }
}

/// The settings of a server that is not built yet.
impl Default for Settings {
    fn default() -> Self {
        Self {
            checks: Arc::default(),
            cache_scope: CacheScope::Private,
            ttl_ms: LIST_TTL_MS,
            null_in_schemas: false,
            page_size: None,
            scopes_need_auth: false,
            server_info: RawValue::NULL.to_owned(),
            path_security: Some(PathSecurity::default()),
            state: StateMap::default(),
            visible: None,
        }
    }
}
