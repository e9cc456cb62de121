//! Changes to a running server: components come and go, and listening clients are told.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;
use tokio::sync::broadcast;

use super::batch::readable;
use super::draft::Draft;
use super::{Batch, Catalog, CatalogError, Settings};
use crate::closing::Closing;
use crate::component::Component;
use crate::component::prompt::IntoPrompt;
use crate::component::resource::IntoResource;
use crate::component::tool::IntoTool;
use crate::lifespan::Stops;
use crate::selector::{Kind, Selector};
use crate::views::Views;

/// How many changes may wait for a slow stream. A stream that falls further behind is told that
/// everything changed.
const WAITING_CHANGES: usize = 256;

/// Changes a server while it runs. [`Server::handle`](crate::Server::handle) returns it, and so
/// does `ctx.server()` in a handler. It is cheap to clone.
///
/// Clients that asked for it are told about changes: with `list_changed` and
/// `notifications/resources/updated`, in handshake-era sessions and on `subscriptions/listen`.
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
///
/// The cost of a change depends on how much changes, not on how much the server offers. Still, make
/// many changes with [`ServerHandle::batch`]: clients see all of them or none, and are told once.
#[derive(Clone)]
pub struct ServerHandle(Arc<Live>);

/// A change that streams report to their clients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// The list of this kind changed.
    List(Kind),
    /// The contents of this resource changed.
    Resource(Arc<str>),
}

/// What a server offers now, and who is told of changes.
struct Live {
    catalog: ArcSwap<Catalog>,
    /// Held while the next catalog is written.
    writing: Mutex<()>,
    changes: broadcast::Sender<Change>,
    closing: Closing,
    views: Views,
    /// What ends with the server.
    stops: Stops,
    /// Counts the rules that show or hide something, for everybody or for one caller. The latest
    /// rule decides.
    rules: AtomicU64,
    /// Whether any caller ever had a view of its own.
    has_views: AtomicBool,
}

/// The change that is being made, only one at a time. If it is dropped before [`Writing::publish`],
/// nothing changes.
struct Writing<'a> {
    live: &'a Live,
    draft: Draft,
    guard: MutexGuard<'a, ()>,
}

impl ServerHandle {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Live {
            catalog: ArcSwap::default(),
            writing: Mutex::default(),
            changes: broadcast::Sender::new(WAITING_CHANGES),
            closing: Closing::default(),
            views: Views::default(),
            stops: Stops::default(),
            rules: AtomicU64::new(0),
            has_views: AtomicBool::new(false),
        }))
    }

    /// Adds a tool.
    ///
    /// # Errors
    ///
    /// [`CatalogError`] when the server could not have started with this tool. Nothing changes
    /// then.
    pub fn add_tool<Marker>(&self, tool: impl IntoTool<Marker>) -> Result<(), CatalogError> {
        self.add(Component::Tool(tool.into_tool()))
    }

    /// Adds a resource or a resource template.
    ///
    /// # Errors
    ///
    /// As [`ServerHandle::add_tool`].
    pub fn add_resource<Marker>(
        &self,
        resource: impl IntoResource<Marker>,
    ) -> Result<(), CatalogError> {
        self.add(readable(resource))
    }

    /// Adds a prompt.
    ///
    /// # Errors
    ///
    /// As [`ServerHandle::add_tool`].
    pub fn add_prompt<Marker>(&self, prompt: impl IntoPrompt<Marker>) -> Result<(), CatalogError> {
        self.add(Component::Prompt(prompt.into_prompt()))
    }

    /// Replaces the tool that has the same name and version, in one step: every call finds either
    /// the old tool or the new one. If there is no such tool, this adds it.
    ///
    /// # Errors
    ///
    /// As [`ServerHandle::add_tool`].
    pub fn replace_tool<Marker>(&self, tool: impl IntoTool<Marker>) -> Result<(), CatalogError> {
        self.replace(Component::Tool(tool.into_tool()))
    }

    /// Replaces the resource or resource template that has the same URI and version, in one step.
    /// If there is none, this adds it.
    ///
    /// # Errors
    ///
    /// As [`ServerHandle::add_tool`].
    pub fn replace_resource<Marker>(
        &self,
        resource: impl IntoResource<Marker>,
    ) -> Result<(), CatalogError> {
        self.replace(readable(resource))
    }

    /// Replaces the prompt that has the same name and version, in one step. If there is none,
    /// this adds it.
    ///
    /// # Errors
    ///
    /// As [`ServerHandle::add_tool`].
    pub fn replace_prompt<Marker>(
        &self,
        prompt: impl IntoPrompt<Marker>,
    ) -> Result<(), CatalogError> {
        self.replace(Component::Prompt(prompt.into_prompt()))
    }

    /// Removes everything that `selector` matches. Calls in flight go on.
    pub fn remove(&self, selector: &Selector) {
        let mut writing = self.write();
        writing.draft.remove(selector);
        writing.publish();
    }

    /// Hides what `selector` matches: lists leave it out, and calls to it fail as if it did not
    /// exist. The latest call decides whether a component is hidden, even if a handler showed it to
    /// its caller before ([`Context::enable`](crate::Context::enable)).
    pub fn disable(&self, selector: Selector) {
        self.show(selector, false);
    }

    /// Shows again what was hidden. The latest call decides whether a component is hidden.
    pub fn enable(&self, selector: Selector) {
        self.show(selector, true);
    }

    /// Hides everything but what one of `selectors` matches: a list of what is allowed. What
    /// earlier calls hid or showed does not count any more. A component that comes later is hidden
    /// too, unless a selector matches it.
    ///
    /// ```
    /// use thyra::prelude::*;
    /// use thyra::{Kind, Selector};
    ///
    /// let server = Server::new("Notes");
    /// server.handle().enable_only([
    ///     Selector::kind(Kind::Tool).and_tag("stable"),
    ///     Selector::resource("notes://today"),
    /// ]);
    /// ```
    pub fn enable_only(&self, selectors: impl IntoIterator<Item = Selector>) {
        let selectors: Vec<Selector> = selectors.into_iter().collect();
        let mut writing = self.write();
        writing.draft.show(Selector::all(), false, self.next_rule());
        for selector in selectors {
            writing.draft.show(selector, true, self.next_rule());
        }
        writing.publish();
    }

    /// Makes many changes in one step. Clients see all of them or none, and are told once about
    /// each list that changed.
    ///
    /// ```
    /// use thyra::prelude::*;
    /// use thyra::Selector;
    ///
    /// # fn main() -> thyra::Result<()> {
    /// # let handle = Server::new("Weather").handle();
    /// handle.batch(|batch| {
    ///     batch.remove(&Selector::tag("city"));
    ///     for city in ["Oslo", "Lima"] {
    ///         let name = format!("weather_{city}");
    ///         batch.add_tool(Tool::new(name, || async { "Sunny." }).tag("city"));
    ///     }
    /// })?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`CatalogError`] when the server could not have started with what the batch leaves. Nothing
    /// changes then.
    pub fn batch(&self, write: impl FnOnce(&mut Batch)) -> Result<(), CatalogError> {
        let mut batch = Batch::default();
        // The closure is the caller's own: it may take its time, and use this handle.
        write(&mut batch);
        let mut writing = self.write();
        batch.apply(&mut writing.draft, || self.next_rule());
        writing.draft.check()?;
        writing.publish();
        Ok(())
    }

    /// Tells clients that subscribed to the resource `uri` that its contents changed.
    pub fn resource_updated(&self, uri: impl Into<Arc<str>>) {
        self.0.tell(Change::Resource(uri.into()));
    }

    /// Tells clients to request the list of `kind` again, after a change that the server cannot
    /// notice, such as one in who may see what.
    pub fn list_changed(&self, kind: Kind) {
        self.0.tell(Change::List(kind));
    }

    /// Whether the latest [`enable`](Self::enable) or [`disable`](Self::disable) of exactly this
    /// selector shows it; true if there was none.
    pub fn is_enabled(&self, selector: &Selector) -> bool {
        self.catalog().rules.shows(selector)
    }

    /// Ends what began with [`Server::start`](crate::Server::start), the last first. `run` and the
    /// `serve` methods do this themselves; a program that serves in another way calls it when no
    /// call is in flight any more. What has ended does not end again.
    pub async fn stop(&self) {
        self.0.stops.stop().await;
    }

    /// What ends with the server.
    pub(crate) fn stops(&self) -> &Stops {
        &self.0.stops
    }

    /// Begins the end of the server, however it is served. Streams that tell clients what changes
    /// end, because they do not end by themselves. So do questions in sessions that wait for an
    /// answer, with [`AskError::NobodyThere`](crate::AskError::NobodyThere). Calls in flight go on.
    ///
    /// A server that [`Server::run`](crate::Server::run) or one of the `serve` methods serves
    /// accepts no more connections, and returns when the calls in flight have ended, or after
    /// [`Limits::shutdown_time`](crate::Limits::shutdown_time). In a program of your own, call this
    /// when the program begins to shut down:
    ///
    /// ```no_run
    /// use thyra::prelude::*;
    ///
    /// # async fn example(listener: tokio::net::TcpListener) -> Result<(), Box<dyn std::error::Error>> {
    /// let server = Server::new("Notes");
    /// let handle = server.handle();
    /// let app = axum::Router::new().merge(server.into_router()?);
    /// axum::serve(listener, app)
    ///     .with_graceful_shutdown(async move {
    ///         let _ = tokio::signal::ctrl_c().await;
    ///         handle.close();
    ///     })
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// There is no way back.
    pub fn close(&self) {
        self.0.closing.close();
    }

    /// Waits until [`ServerHandle::close`] is called.
    pub(crate) fn closed(&self) -> impl Future<Output = ()> + Send + use<> {
        self.0.closing.closed()
    }

    /// The current catalog. A request takes it once, so that it sees one consistent state.
    pub(crate) fn catalog(&self) -> arc_swap::Guard<Arc<Catalog>> {
        self.0.catalog.load()
    }

    /// The current catalog, for what waits while it holds it.
    pub(crate) fn snapshot(&self) -> Arc<Catalog> {
        self.0.catalog.load_full()
    }

    /// The views of callers whose calls stand alone.
    pub(crate) fn views(&self) -> &Views {
        &self.0.views
    }

    /// The number for a new rule that shows or hides something for one caller.
    pub(crate) fn next_rule_for_one(&self) -> u64 {
        self.0.has_views.store(true, Ordering::Relaxed);
        self.next_rule()
    }

    /// A receiver of all changes from now on.
    pub(crate) fn changes(&self) -> broadcast::Receiver<Change> {
        self.0.changes.subscribe()
    }

    /// Checks all components against `settings`, and from now on all changes.
    ///
    /// # Errors
    ///
    /// [`CatalogError`] when a server with these settings cannot offer one of them.
    pub(crate) fn open(&self, settings: Settings) -> Result<(), CatalogError> {
        let _guard = self.0.lock();
        let catalog = self.catalog().open(settings)?;
        self.0.catalog.store(Arc::new(catalog));
        Ok(())
    }

    /// Makes changes while the server is being configured. It serves nobody yet, and
    /// [`ServerHandle::open`] checks the result later.
    pub(crate) fn prepare(&self, write: impl FnOnce(&mut Batch)) {
        let mut batch = Batch::default();
        write(&mut batch);
        let mut writing = self.write();
        batch.apply(&mut writing.draft, || self.next_rule());
        writing.publish();
    }

    fn add(&self, component: Component) -> Result<(), CatalogError> {
        let mut writing = self.write();
        writing.draft.add(component);
        writing.draft.check()?;
        writing.publish();
        Ok(())
    }

    fn replace(&self, component: Component) -> Result<(), CatalogError> {
        let mut writing = self.write();
        writing.draft.replace(component);
        writing.draft.check()?;
        writing.publish();
        Ok(())
    }

    fn show(&self, selector: Selector, shown: bool) {
        let mut writing = self.write();
        writing.draft.show(selector, shown, self.next_rule());
        writing.publish();
    }

    /// Call this while the rule is being set. Otherwise a later rule could get a smaller number.
    fn next_rule(&self) -> u64 {
        self.0.rules.fetch_add(1, Ordering::Relaxed)
    }

    fn write(&self) -> Writing<'_> {
        let live = &*self.0;
        let guard = live.lock();
        Writing {
            live,
            draft: Draft::new(&live.catalog.load()),
            guard,
        }
    }
}

impl Writing<'_> {
    /// Publishes the new catalog, and tells clients which lists changed.
    fn publish(self) {
        let hidden = self.live.has_views.load(Ordering::Relaxed);
        let changed = self.draft.changed(hidden);
        self.live.catalog.store(Arc::new(self.draft.finish()));
        drop(self.guard);
        for kind in changed {
            self.live.tell(Change::List(kind));
        }
    }
}

impl Live {
    fn tell(&self, change: Change) {
        // An error means that nobody listens.
        let _ = self.changes.send(change);
    }

    /// A panic while the lock is held leaves the catalog as it was, because changes are made to a
    /// draft.
    fn lock(&self) -> MutexGuard<'_, ()> {
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for ServerHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerHandle").finish_non_exhaustive()
    }
}
