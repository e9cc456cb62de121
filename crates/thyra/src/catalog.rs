//! The index that every lookup goes through: name to component, and the lists as clients
//! receive them.
//!
//! A catalog does not change. When components come or go, a new one takes its place and shares
//! with it whatever stayed. A request in flight keeps the catalog that it began with.

mod batch;
mod draft;
mod entry;
mod error;
mod index;
mod list;
pub(crate) mod live;
mod page;
mod settings;
#[cfg(test)]
mod tests;
mod versions;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde_json::value::RawValue;
use thyra_auth::ScopeSet;

pub use self::batch::Batch;
pub(crate) use self::entry::Entry;
pub use self::error::CatalogError;
pub(crate) use self::index::Index;
pub(crate) use self::list::ListError;
pub(crate) use self::settings::{LIST_TTL_MS, Settings, cache_scope};
use crate::check::Subject;
use crate::component::prompt::Prompt;
use crate::component::resource::{PathSecurity, Resource, ResourceTemplate};
use crate::component::tool::Tool;
use crate::request_state::Standing;
use crate::selector::{Kind, Rules, Viewer};

/// All components, in the order in which they were added.
#[derive(Default)]
pub(crate) struct Catalog {
    pub(crate) tools: Arc<Index<Tool>>,
    pub(crate) prompts: Arc<Index<Prompt>>,
    pub(crate) resources: Arc<Index<Resource>>,
    pub(crate) templates: Arc<Index<ResourceTemplate>>,
    /// What the server hid or showed again.
    rules: Arc<Rules>,
    /// Set once the server is built. Until then nothing is checked.
    settings: Option<Arc<Settings>>,
}

impl Catalog {
    /// The same components, checked and served with `settings`.
    ///
    /// # Errors
    ///
    /// [`CatalogError`] when a server with these settings cannot offer one of them.
    pub(crate) fn open(&self, settings: Settings) -> Result<Self, CatalogError> {
        let settings = Arc::new(settings);
        Ok(Self {
            tools: Arc::new(self.tools.open(&settings)?),
            prompts: Arc::new(self.prompts.open(&settings)?),
            resources: Arc::new(self.resources.open(&settings)?),
            templates: Arc::new(self.templates.open(&settings)?),
            rules: Arc::clone(&self.rules),
            settings: Some(settings),
        })
    }

    /// The resource or the template that `uri` belongs to, with the template's arguments.
    ///
    /// A resource goes before every template, even if the caller may not see it.
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
            let arguments = template.matches_within(uri, self.path_security())?;
            Some(Readable::Template(template, arguments))
        })
    }

    /// What has to be asked before this viewer reads `uri`.
    pub(crate) fn readable_subjects(&self, uri: &str, viewer: &Viewer<'_>) -> Vec<Subject> {
        if self.resources.has(uri) {
            return self.resources.subjects(uri, viewer);
        }
        let matches = |template: &ResourceTemplate| {
            let arguments = template.matches_within(uri, self.path_security());
            arguments.is_some()
        };
        self.templates.subjects_where(matches, viewer)
    }

    /// What has to be asked before this viewer sees all lists.
    pub(crate) fn all_subjects(&self, viewer: &Viewer<'_>) -> Vec<Subject> {
        let mut all = self.tools.all_subjects(viewer);
        all.extend(self.prompts.all_subjects(viewer));
        all.extend(self.resources.all_subjects(viewer));
        all.extend(self.templates.all_subjects(viewer));
        all
    }

    /// How what is read stands for this viewer.
    pub(crate) fn standing(&self, readable: &Readable, viewer: &Viewer<'_>) -> Standing {
        match readable {
            Readable::Resource(resource) => self.resources.standing(resource, viewer),
            Readable::Template(template, _) => self.templates.standing(template, viewer),
        }
    }

    /// What the variables of templates may hold, unless a template says otherwise.
    fn path_security(&self) -> Option<&PathSecurity> {
        self.settings.as_ref()?.path_security.as_ref()
    }

    /// The kinds for which one of these viewers sees something that the other does not.
    pub(crate) fn differs_between(&self, one: &Viewer<'_>, other: &Viewer<'_>) -> Vec<Kind> {
        kinds([
            self.tools.differs_between(one, other),
            self.prompts.differs_between(one, other),
            self.resources.differs_between(one, other)
                || self.templates.differs_between(one, other),
        ])
    }
}

impl fmt::Debug for Catalog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Catalog")
            .field("tools", &self.tools)
            .field("prompts", &self.prompts)
            .field("resources", &self.resources)
            .field("templates", &self.templates)
            .finish_non_exhaustive()
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

    /// What `viewer`, who found it, has to bring besides.
    pub(crate) fn missing<'v>(&self, viewer: &'v Viewer<'_>) -> Option<&'v ScopeSet> {
        match self {
            Self::Resource(resource) => viewer.asked.missing(resource),
            Self::Template(template, _) => viewer.asked.missing(template),
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

/// The kinds whose entry in `are` is true: tools, prompts and resources. Clients are told of
/// resource templates as resources.
fn kinds(are: [bool; 3]) -> Vec<Kind> {
    let kinds = [Kind::Tool, Kind::Prompt, Kind::Resource]
        .into_iter()
        .zip(are);
    kinds.filter_map(|(kind, is)| is.then_some(kind)).collect()
}
