//! A server while it runs: components come and go, and clients that listen are told.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;
use tokio::sync::broadcast;

use super::{Catalog, CatalogError, Components, Entry, Settings};
use crate::component::prompt::IntoPromptComponent;
use crate::component::resource::{IntoResource, ResourceComponent};
use crate::component::tool::IntoTool;
use crate::selector::{Kind, Selector};
use crate::views::Views;

/// How many changes may wait for a stream that is slow. One that falls behind is told that everything changed.
const WAITING_CHANGES: usize = 256;

/// A running server, in the hands of its own program: [`Server::handle`](crate::Server::handle), or `ctx.server()` in a handler. Cheap to clone.
///
/// What changes is told to clients that asked: `list_changed` and `notifications/resources/updated`, to sessions of the handshake era and
/// to `subscriptions/listen`.
///
/// ```
/// use thyra::prelude::*;
///
/// /// Add two numbers.
/// #[tool]
/// async fn add(a: i64, b: i64) -> i64 {
///     a + b
/// }
///
/// # fn main() -> thyra::Result<()> {
/// let server = Server::new("Calculator");
/// let handle = server.handle();
/// // Later, while the server runs in a task of its own:
/// handle.add_tool(add)?;
/// handle.resource_updated("notes://today");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct ServerHandle(Arc<Live>);

/// Something that streams tell their clients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// There is something new about the components of this kind.
    List(Kind),
    /// What this resource says is another thing now.
    Resource(Arc<str>),
}

/// What a server offers at this moment.
struct Live {
    catalog: ArcSwap<Catalog>,
    changes: broadcast::Sender<Change>,
    parts: Mutex<Parts>,
    views: Views,
    /// How often something was shown or hidden, by the server or for one caller: the last word counts.
    words: AtomicU64,
    /// Whether any caller ever had a view of its own.
    has_views: AtomicBool,
}

#[derive(Default)]
struct Parts {
    components: Components,
    /// How to make a catalog; there once the server is built.
    settings: Option<Settings>,
}

impl ServerHandle {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Live {
            catalog: ArcSwap::default(),
            changes: broadcast::Sender::new(WAITING_CHANGES),
            parts: Mutex::default(),
            views: Views::default(),
            words: AtomicU64::new(0),
            has_views: AtomicBool::new(false),
        }))
    }

    /// Offers one more tool.
    ///
    /// # Errors
    ///
    /// [`CatalogError`] when the tool is not one that this server could have been started with. Nothing is changed then.
    pub fn add_tool(&self, tool: impl IntoTool) -> Result<(), CatalogError> {
        let tool = tool.into_tool();
        self.change(|components| components.tools.push(tool))
    }

    /// Offers one more resource, or resource template.
    ///
    /// # Errors
    ///
    /// As [`ServerHandle::add_tool`].
    pub fn add_resource(&self, resource: impl IntoResource) -> Result<(), CatalogError> {
        match resource.into_resource() {
            ResourceComponent::Fixed(resource) => {
                self.change(|components| components.resources.push(resource))
            }
            ResourceComponent::Template(template) => {
                self.change(|components| components.templates.push(template))
            }
        }
    }

    /// Offers one more prompt.
    ///
    /// # Errors
    ///
    /// As [`ServerHandle::add_tool`].
    pub fn add_prompt(&self, prompt: impl IntoPromptComponent) -> Result<(), CatalogError> {
        let prompt = prompt.into_prompt_component();
        self.change(|components| components.prompts.push(prompt))
    }

    /// Offers a tool in place of the one that has its name and version, in one step: no call in between finds nothing. Without such a one
    /// it is added.
    ///
    /// # Errors
    ///
    /// As [`ServerHandle::add_tool`].
    pub fn replace_tool(&self, tool: impl IntoTool) -> Result<(), CatalogError> {
        let tool = tool.into_tool();
        self.change(|components| put(&mut components.tools, tool))
    }

    /// Offers a resource, or resource template, in place of the one that has its URI and version, in one step.
    ///
    /// # Errors
    ///
    /// As [`ServerHandle::add_tool`].
    pub fn replace_resource(&self, resource: impl IntoResource) -> Result<(), CatalogError> {
        match resource.into_resource() {
            ResourceComponent::Fixed(resource) => {
                self.change(|components| put(&mut components.resources, resource))
            }
            ResourceComponent::Template(template) => {
                self.change(|components| put(&mut components.templates, template))
            }
        }
    }

    /// Offers a prompt in place of the one that has its name and version, in one step.
    ///
    /// # Errors
    ///
    /// As [`ServerHandle::add_tool`].
    pub fn replace_prompt(&self, prompt: impl IntoPromptComponent) -> Result<(), CatalogError> {
        let prompt = prompt.into_prompt_component();
        self.change(|components| put(&mut components.prompts, prompt))
    }

    /// Takes back all that `selector` names, for good. Calls in flight go on.
    ///
    /// # Errors
    ///
    /// What is left cannot be described; that would be a fault of this crate.
    pub fn remove(&self, selector: &Selector) -> Result<(), CatalogError> {
        self.change(|components| components.remove(selector))
    }

    /// Hides what `selector` names: it is in no list, and calling it is calling something that is not there. The last word about a
    /// component counts, also against what a handler showed to its caller ([`Context::enable`](crate::Context::enable)): that counts when
    /// it was said later.
    ///
    /// # Errors
    ///
    /// As [`ServerHandle::remove`].
    pub fn disable(&self, selector: Selector) -> Result<(), CatalogError> {
        self.change(|components| {
            let at = self.next_word();
            components.rules.set(selector, false, at);
        })
    }

    /// Shows again what was hidden. The last word about a component counts.
    ///
    /// # Errors
    ///
    /// As [`ServerHandle::remove`].
    pub fn enable(&self, selector: Selector) -> Result<(), CatalogError> {
        self.change(|components| {
            let at = self.next_word();
            components.rules.set(selector, true, at);
        })
    }

    /// Tells those who subscribed to the resource `uri` that it says something else now.
    pub fn resource_updated(&self, uri: impl Into<Arc<str>>) {
        self.tell(Change::Resource(uri.into()));
    }

    /// Tells clients to ask for the list of `kind` again, for changes that the server cannot see: those of who may see what.
    pub fn list_changed(&self, kind: Kind) {
        self.tell(Change::List(kind));
    }

    /// Whether `selector` would be shown: the last word about exactly it.
    pub fn is_enabled(&self, selector: &Selector) -> bool {
        self.lock().components.rules.shows(selector)
    }

    /// What is offered now. A request takes it once, and so sees one state of things.
    pub(crate) fn catalog(&self) -> arc_swap::Guard<Arc<Catalog>> {
        self.0.catalog.load()
    }

    /// The views of callers whose calls stand alone.
    pub(crate) fn views(&self) -> &Views {
        &self.0.views
    }

    /// The number of a word about what is shown to one caller.
    pub(crate) fn next_word_for_one(&self) -> u64 {
        self.0.has_views.store(true, Ordering::Relaxed);
        self.next_word()
    }

    /// To be taken where the word is said, or a later one could have the smaller number.
    fn next_word(&self) -> u64 {
        self.0.words.fetch_add(1, Ordering::Relaxed)
    }

    /// The changes from now on.
    pub(crate) fn changes(&self) -> broadcast::Receiver<Change> {
        self.0.changes.subscribe()
    }

    /// Makes the first catalog, and all later ones, by `settings`.
    pub(crate) fn open(&self, settings: Settings) -> Result<(), CatalogError> {
        let mut parts = self.lock();
        let catalog = Catalog::new(&parts.components, &settings)?;
        parts.settings = Some(settings);
        self.0.catalog.store(Arc::new(catalog));
        Ok(())
    }

    /// Changes the components while the server is being written down, when nothing can be wrong yet.
    pub(crate) fn prepare(&self, change: impl FnOnce(&mut Components)) {
        change(&mut self.lock().components);
    }

    fn change(&self, change: impl FnOnce(&mut Components)) -> Result<(), CatalogError> {
        let mut parts = self.lock();
        let mut components = parts.components.clone();
        change(&mut components);
        let Some(settings) = &parts.settings else {
            parts.components = components;
            return Ok(());
        };
        let next = Catalog::new(&components, settings)?;
        let hidden = self.0.has_views.load(Ordering::Relaxed);
        let changed = next.differs_from(&self.0.catalog.load(), hidden);
        parts.components = components;
        self.0.catalog.store(Arc::new(next));
        drop(parts);
        for kind in changed {
            self.tell(Change::List(kind));
        }
        Ok(())
    }

    fn tell(&self, change: Change) {
        // An error says that nobody listens.
        let _ = self.0.changes.send(change);
    }

    /// A panic within `change` leaves the components as they were, for it works on a copy.
    fn lock(&self) -> MutexGuard<'_, Parts> {
        self.0.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Puts `component` where another is that it cannot be told from, or at the end.
fn put<T: Entry>(components: &mut Vec<T>, component: T) {
    let same = components
        .iter_mut()
        .find(|other| other.info().is_same(&component.info()));
    match same {
        Some(other) => *other = component,
        None => components.push(component),
    }
}

impl fmt::Debug for ServerHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerHandle").finish_non_exhaustive()
    }
}
