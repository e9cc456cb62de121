//! The next catalog, while changes are made to it.

use std::sync::Arc;

use super::entry::Entry;
use super::index::Index;
use super::versions::{Versions, are_listed_alike};
use super::{Catalog, CatalogError, Settings, kinds};
use crate::component::Component;
use crate::component::prompt::Prompt;
use crate::component::resource::{Resource, ResourceTemplate};
use crate::component::tool::Tool;
use crate::selector::{Kind, Rules, Selector, Visibility};

/// The next catalog. Its cost depends on how much changes, not on how much the catalog holds.
pub(super) struct Draft {
    tools: Edit<Tool>,
    prompts: Edit<Prompt>,
    resources: Edit<Resource>,
    templates: Edit<ResourceTemplate>,
    rules: Arc<Rules>,
    settings: Option<Arc<Settings>>,
}

/// The changes to the components of one kind.
struct Edit<T> {
    before: Arc<Index<T>>,
    index: Index<T>,
    /// The keys under which something changed, in the order of the changes.
    touched: Vec<Arc<str>>,
}

impl Draft {
    /// Begins with everything in `catalog`.
    pub(super) fn new(catalog: &Catalog) -> Self {
        Self {
            tools: Edit::new(&catalog.tools),
            prompts: Edit::new(&catalog.prompts),
            resources: Edit::new(&catalog.resources),
            templates: Edit::new(&catalog.templates),
            rules: Arc::clone(&catalog.rules),
            settings: catalog.settings.clone(),
        }
    }

    /// Adds a component, at the end of its list.
    pub(super) fn add(&mut self, component: Component) {
        let rules = &self.rules;
        match component {
            Component::Prompt(prompt) => self.prompts.change(prompt, rules, Versions::add),
            Component::Resource(resource) => self.resources.change(resource, rules, Versions::add),
            Component::Template(template) => self.templates.change(template, rules, Versions::add),
            Component::Tool(tool) => self.tools.change(tool, rules, Versions::add),
        }
    }

    /// Replaces the component that has the same name and version, or adds it if there is none.
    pub(super) fn replace(&mut self, component: Component) {
        let rules = &self.rules;
        match component {
            Component::Prompt(prompt) => self.prompts.change(prompt, rules, Versions::replace),
            Component::Resource(resource) => {
                self.resources.change(resource, rules, Versions::replace);
            }
            Component::Template(template) => {
                self.templates.change(template, rules, Versions::replace);
            }
            Component::Tool(tool) => self.tools.change(tool, rules, Versions::replace),
        }
    }

    /// Removes everything that `selector` matches.
    pub(super) fn remove(&mut self, selector: &Selector) {
        self.tools.remove(selector);
        self.prompts.remove(selector);
        self.resources.remove(selector);
        self.templates.remove(selector);
    }

    /// Shows or hides everything that `selector` matches.
    pub(super) fn show(&mut self, selector: Selector, shown: bool, at: u64) {
        // The latest rule decides, and this one is the latest.
        let visibility = Visibility { shown, at };
        self.tools.show(&selector, visibility);
        self.prompts.show(&selector, visibility);
        self.resources.show(&selector, visibility);
        self.templates.show(&selector, visibility);
        Arc::make_mut(&mut self.rules).set(selector, shown, at);
    }

    /// Checks what changed. Until the server is built, there are no settings to check against.
    ///
    /// # Errors
    ///
    /// [`CatalogError`] when the server cannot offer one of the components.
    pub(super) fn check(&self) -> Result<(), CatalogError> {
        let Some(settings) = &self.settings else {
            return Ok(());
        };
        self.tools.check(settings)?;
        self.prompts.check(settings)?;
        self.resources.check(settings)?;
        self.templates.check(settings)
    }

    /// The kinds whose lists change. With `hidden`, this includes the lists of callers who see what
    /// the server hides.
    pub(super) fn changed(&self, hidden: bool) -> Vec<Kind> {
        kinds([
            self.tools.changes_list(hidden),
            self.prompts.changes_list(hidden),
            self.resources.changes_list(hidden) || self.templates.changes_list(hidden),
        ])
    }

    /// The finished catalog.
    pub(super) fn finish(self) -> Catalog {
        Catalog {
            tools: self.tools.finish(),
            prompts: self.prompts.finish(),
            resources: self.resources.finish(),
            templates: self.templates.finish(),
            rules: self.rules,
            settings: self.settings,
        }
    }
}

impl<T: Entry> Edit<T> {
    fn new(before: &Arc<Index<T>>) -> Self {
        Self {
            index: before.successor(),
            before: Arc::clone(before),
            touched: Vec::new(),
        }
    }

    fn change(
        &mut self,
        component: T,
        rules: &Rules,
        change: impl FnOnce(&mut Versions<T>, T, u64, &Rules),
    ) {
        let key: Arc<str> = component.info().name.into();
        self.index.change(&key, |versions, place| {
            change(versions, component, place, rules);
        });
        self.touch(key);
    }

    fn remove(&mut self, selector: &Selector) {
        for key in self.index.matching(selector) {
            self.index
                .change(&key, |versions, _| versions.remove(selector));
            self.touch(key);
        }
    }

    fn show(&mut self, selector: &Selector, visibility: Visibility) {
        for key in self.index.matching(selector) {
            self.index
                .change(&key, |versions, _| versions.show(selector, visibility));
            self.touch(key);
        }
    }

    fn touch(&mut self, key: Arc<str>) {
        if self.touched.last() != Some(&key) {
            self.touched.push(key);
        }
    }

    fn check(&self, settings: &Settings) -> Result<(), CatalogError> {
        let mut touched = self
            .touched
            .iter()
            .filter_map(|key| self.index.versions(key));
        touched.try_for_each(|versions| versions.check(settings))
    }

    fn changes_list(&self, hidden: bool) -> bool {
        self.touched.iter().any(|key| {
            let (before, now) = (self.before.versions(key), self.index.versions(key));
            !are_listed_alike(before, now, hidden)
        })
    }

    /// If nothing changed, this keeps the index and the lists that were written for it.
    fn finish(self) -> Arc<Index<T>> {
        if self.touched.is_empty() {
            self.before
        } else {
            Arc::new(self.index)
        }
    }
}
