//! The index that every lookup goes through: name to component, and the lists as clients receive them.
//!
//! A catalog does not change. When components come and go, a new one takes its place, and requests in flight keep the one that they
//! began with.

mod error;
mod index;
mod list;
pub(crate) mod live;
mod page;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde_json::value::RawValue;
use thyra_auth::ScopeSet;
use thyra_protocol::CacheScope;

pub use self::error::CatalogError;
pub(crate) use self::index::{Entry, Index};
pub(crate) use self::list::ListError;
use crate::component::prompt::Prompt;
use crate::component::resource::{Resource, ResourceTemplate};
use crate::component::tool::Tool;
use crate::selector::{Kind, Rules, Selector, Viewer, VisibleFn};
use crate::state::StateMap;

/// How long a client may take a list for true unless the server says otherwise; those who listen hear of a change earlier.
pub(crate) const LIST_TTL_MS: u64 = 300_000;

/// Everything that was given to a server, before anybody asks.
#[derive(Clone, Debug, Default)]
pub(crate) struct Components {
    pub(crate) tools: Vec<Tool>,
    pub(crate) prompts: Vec<Prompt>,
    pub(crate) resources: Vec<Resource>,
    pub(crate) templates: Vec<ResourceTemplate>,
    pub(crate) rules: Rules,
}

/// What a catalog is made by, besides its components.
pub(crate) struct Settings {
    /// Who may share lists and for how long they are fresh.
    pub(crate) cache_scope: CacheScope,
    pub(crate) ttl_ms: u64,
    /// How many entries a page of a list has; `None` puts all on one.
    pub(crate) page_size: Option<usize>,
    /// Whether scopes that nobody checks are a mistake.
    pub(crate) scopes_need_auth: bool,
    pub(crate) server_info: Box<RawValue>,
    pub(crate) state: StateMap,
    pub(crate) visible: Option<VisibleFn>,
}

/// All components, in the order of their registration.
#[derive(Default)]
pub(crate) struct Catalog {
    pub(crate) tools: Index<Tool>,
    pub(crate) prompts: Index<Prompt>,
    pub(crate) resources: Index<Resource>,
    pub(crate) templates: Index<ResourceTemplate>,
}

impl Catalog {
    /// An index over `components`.
    ///
    /// # Errors
    ///
    /// [`CatalogError`] when a component is not one that a server can offer.
    pub(crate) fn new(components: &Components, settings: &Settings) -> Result<Self, CatalogError> {
        let rules = &components.rules;
        Ok(Self {
            tools: Index::new(&components.tools, rules, settings)?,
            prompts: Index::new(&components.prompts, rules, settings)?,
            resources: Index::new(&components.resources, rules, settings)?,
            templates: Index::new(&components.templates, rules, settings)?,
        })
    }

    /// The resource or the template that `uri` is of, and in the latter case the arguments.
    ///
    /// A resource goes before every template, also when the caller may not see it.
    pub(crate) fn readable(
        &self,
        uri: &str,
        version: Option<&str>,
        viewer: &Viewer<'_>,
    ) -> Option<Readable> {
        if self.resources.has(uri) {
            return self
                .resources
                .find(uri, version, viewer)
                .map(Readable::Resource);
        }
        self.templates.entries(viewer).find_map(|listed| {
            let template = match version {
                None => Arc::clone(listed),
                Some(_) => self
                    .templates
                    .find(listed.uri_template(), version, viewer)?,
            };
            let arguments = template.matches(uri)?;
            Some(Readable::Template(template, arguments))
        })
    }

    /// The kinds of what one of these viewers sees and the other does not.
    pub(crate) fn differs_between(&self, one: &Viewer<'_>, other: &Viewer<'_>) -> Vec<Kind> {
        kinds([
            self.tools.differs_between(one, other),
            self.prompts.differs_between(one, other),
            self.resources.differs_between(one, other)
                || self.templates.differs_between(one, other),
        ])
    }

    /// The kinds whose lists are other ones than `before`'s; with `hidden`, also for those who see what the server hides.
    pub(crate) fn differs_from(&self, before: &Self, hidden: bool) -> Vec<Kind> {
        kinds([
            self.tools.differs_from(&before.tools, hidden),
            self.prompts.differs_from(&before.prompts, hidden),
            self.resources.differs_from(&before.resources, hidden)
                || self.templates.differs_from(&before.templates, hidden),
        ])
    }
}

/// What `resources/read` reads.
pub(crate) enum Readable {
    Resource(Arc<Resource>),
    Template(Arc<ResourceTemplate>, Box<RawValue>),
}

impl Readable {
    /// The scopes that a reader needs.
    pub(crate) fn required_scopes(&self) -> &ScopeSet {
        match self {
            Self::Resource(resource) => resource.required_scopes(),
            Self::Template(template, _) => template.required_scopes(),
        }
    }

    pub(crate) fn call_timeout(&self) -> Option<Duration> {
        match self {
            Self::Resource(resource) => resource.call_timeout(),
            Self::Template(template, _) => template.call_timeout(),
        }
    }

    pub(crate) fn version(&self) -> Option<&str> {
        match self {
            Self::Resource(resource) => resource.component_version(),
            Self::Template(template, _) => template.component_version(),
        }
    }
}

impl Components {
    /// Drops all that `selector` names.
    pub(crate) fn remove(&mut self, selector: &Selector) {
        fn keep<T: Entry>(components: &mut Vec<T>, selector: &Selector) {
            components.retain(|component| !selector.matches(&component.info()));
        }
        keep(&mut self.tools, selector);
        keep(&mut self.prompts, selector);
        keep(&mut self.resources, selector);
        keep(&mut self.templates, selector);
    }
}

impl fmt::Debug for Catalog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Catalog")
            .field("tools", &self.tools)
            .field("prompts", &self.prompts)
            .field("resources", &self.resources)
            .field("templates", &self.templates)
            .finish()
    }
}

/// The kinds of tools, prompts and resources, as far as something is true of them. Clients hear of resource templates as resources.
fn kinds(are: [bool; 3]) -> Vec<Kind> {
    let kinds = [Kind::Tool, Kind::Prompt, Kind::Resource]
        .into_iter()
        .zip(are);
    kinds.filter_map(|(kind, is)| is.then_some(kind)).collect()
}

/// Who may share what the server says of itself: what needed a token to be seen is for its reader alone.
pub(crate) fn cache_scope(protected: bool) -> CacheScope {
    if protected {
        CacheScope::Private
    } else {
        CacheScope::Public
    }
}

/// Whether a component of a server without tokens asks for scopes.
fn check<T: Entry>(component: &T, settings: &Settings) -> Result<(), CatalogError> {
    let kind = T::KIND;
    let name = || component.info().name.to_owned();
    if let Some(reason) = component.problems().first() {
        return Err(CatalogError::Component {
            kind,
            name: name(),
            reason: reason.clone(),
        });
    }
    if let Some(state) = component.missing_state(&settings.state) {
        return Err(CatalogError::MissingState {
            kind,
            name: name(),
            state,
        });
    }
    if settings.scopes_need_auth && !component.required_scopes().is_empty() {
        return Err(CatalogError::ScopesWithoutAuth { kind, name: name() });
    }
    Ok(())
}
