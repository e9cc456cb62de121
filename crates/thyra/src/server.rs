//! A server: what it offers, who may use it, and the ways to serve it.

mod announcement;
mod build;
mod error;
#[cfg(feature = "client")]
pub(crate) mod in_process;
#[cfg(feature = "axum")]
mod routers;
mod serve;
mod settings;
mod start;

use std::fmt;
use std::sync::Arc;
#[cfg(feature = "client")]
use std::sync::OnceLock;
use std::time::Duration;

use serde_json::Value;
use thyra_auth::AuthProvider;
use thyra_protocol::{CacheScope, Icon, LoggingLevel};

pub(crate) use self::build::Exposure;
pub use self::error::{Error, Result};
#[cfg(feature = "axum")]
pub use self::routers::Routers;
use self::settings::{Auth, Settings};
#[cfg(feature = "client")]
use crate::app::App;
use crate::catalog::live::ServerHandle;
use crate::check::Check;
use crate::component::Tools;
use crate::component::prompt::IntoPrompt;
use crate::component::resource::{IntoResource, PathSecurity};
use crate::component::tool::IntoTool;
use crate::extension::Extension;
use crate::lifespan::Lifespan;
use crate::limits::Limits;
use crate::middleware::Middleware;
use crate::request_state::RequestState;
use crate::selector::{ComponentInfo, Viewer};
use crate::session_state::SessionStateStore;
use crate::task::TaskStore;
use crate::transport::http::HttpSettings;

/// An MCP server, on every protocol revision from 2024-11-05 to 2026-07-28.
///
/// ```no_run
/// use thyra::prelude::*;
///
/// /// Add two numbers.
/// #[tool]
/// async fn add(a: i64, b: i64) -> i64 {
///     a + b
/// }
///
/// #[tokio::main]
/// async fn main() -> thyra::Result<()> {
///     Server::new("Calculator").tool(add).run().await
/// }
/// ```
///
/// Over HTTP a server may be protected: [`Server::auth`] takes an [`AuthProvider`], such as
/// [`ScalekitProvider`](thyra_auth::ScalekitProvider). On stdio the caller is whoever started the
/// process, so there is no token, and no scope is checked.
pub struct Server {
    settings: Settings,
    handle: ServerHandle,
    /// The server for use within its own process, built at the first such use.
    #[cfg(feature = "client")]
    own: OnceLock<Arc<App>>,
}

impl Server {
    /// A server called `name`, with nothing to offer yet. Its version is `0.0.0` until
    /// [`Server::version`] says otherwise.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            settings: Settings::new(name.into()),
            handle: ServerHandle::new(),
            #[cfg(feature = "client")]
            own: OnceLock::new(),
        }
    }

    /// The version that clients see; `env!("CARGO_PKG_VERSION")` is a good one.
    #[must_use]
    pub fn version(self, version: impl Into<String>) -> Self {
        self.set(|settings| settings.version = version.into())
    }

    /// A name for people, where [`Server::new`]'s is for programs.
    #[must_use]
    pub fn title(self, title: impl Into<String>) -> Self {
        self.set(|settings| settings.title = Some(title.into()))
    }

    /// Instructions for the model on how to use this server.
    #[must_use]
    pub fn instructions(self, instructions: impl Into<String>) -> Self {
        self.set(|settings| settings.instructions = Some(instructions.into()))
    }

    /// Where people read about this server.
    #[must_use]
    pub fn website_url(self, url: impl Into<String>) -> Self {
        self.set(|settings| settings.website_url = Some(url.into()))
    }

    /// An icon that clients may show; call it once for each size or theme.
    #[must_use]
    pub fn icon(self, icon: Icon) -> Self {
        self.set(|settings| settings.icons.push(icon))
    }

    /// Offers a tool: a function under `#[tool]`, or a [`Tool`](crate::Tool).
    #[must_use]
    pub fn tool<Marker>(self, tool: impl IntoTool<Marker>) -> Self {
        self.handle.prepare(|batch| {
            batch.add_tool(tool);
        });
        self.changed()
    }

    /// Offers a resource or a resource template: a function under `#[resource("uri")]`, a
    /// [`Resource`](crate::Resource) or a [`ResourceTemplate`](crate::ResourceTemplate).
    #[must_use]
    pub fn resource<Marker>(self, resource: impl IntoResource<Marker>) -> Self {
        self.handle.prepare(|batch| {
            batch.add_resource(resource);
        });
        self.changed()
    }

    /// Offers a prompt: a function under `#[prompt]`, or a [`Prompt`](crate::Prompt).
    #[must_use]
    pub fn prompt<Marker>(self, prompt: impl IntoPrompt<Marker>) -> Self {
        self.handle.prepare(|batch| {
            batch.add_prompt(prompt);
        });
        self.changed()
    }

    /// Offers all tools, resources and prompts of a value whose methods are under `#[tools]`. Give
    /// an [`Arc`] of the value, and the rest of the program can hold it too.
    #[must_use]
    pub fn tools(self, tools: impl Tools) -> Self {
        self.handle.prepare(|batch| {
            batch.add_tools(tools);
        });
        self.changed()
    }

    /// Announces an experimental capability, which clients of the same experiment look for
    /// (`capabilities.experimental`). The last one of a name wins. For what has an identifier and
    /// methods of its own, use [`Server::extension`].
    ///
    /// ```
    /// use serde_json::json;
    /// use thyra::prelude::*;
    ///
    /// let server = Server::new("Notes").experimental("drafts", json!({ "autosave": true }));
    /// ```
    #[must_use]
    pub fn experimental(self, name: impl Into<String>, settings: impl Into<Value>) -> Self {
        self.set(|changed| {
            changed.experimental.insert(name.into(), settings.into());
        })
    }

    /// The least level of log messages that a client gets which has set none. It counts up to
    /// revision 2025-11-25, where a client sets its own with `logging/setLevel`; from 2026-07-28 on
    /// each request says which it wants. Default [`LoggingLevel::Info`].
    #[must_use]
    pub fn client_log_level(self, level: LoggingLevel) -> Self {
        self.set(|settings| settings.client_log_level = level)
    }

    /// What the variables of resource templates may hold; `None` lets them be anything. Templates
    /// with a [`ResourceTemplate::path_security`](crate::ResourceTemplate::path_security) of their
    /// own keep it. Default [`PathSecurity::default`].
    ///
    /// ```
    /// use thyra::PathSecurity;
    /// use thyra::prelude::*;
    ///
    /// // `{path}` means a path in every template of this server, and is checked where it is used.
    /// let server = Server::new("Files").path_security(PathSecurity::default().exempt("path"));
    /// ```
    #[must_use]
    pub fn path_security(self, security: impl Into<Option<PathSecurity>>) -> Self {
        self.set(|settings| settings.path_security = security.into())
    }

    /// Adds an extension.
    #[must_use]
    pub fn extension(self, extension: impl Extension) -> Self {
        self.set(|settings| {
            settings.lifespans.extend(extension.lifespan());
            settings.extensions.push(extension);
        })
    }

    /// Puts middleware around every request; the first one is outermost.
    #[must_use]
    pub fn middleware(self, middleware: impl Middleware) -> Self {
        self.set(|settings| settings.middleware.push(middleware))
    }

    /// Decides who sees which component. What a caller cannot see is in no list, and a call to it
    /// fails as if it did not exist. Scopes do not hide a component: it stays listed, so that
    /// clients can ask their user for the scope.
    ///
    /// ```
    /// use thyra::prelude::*;
    ///
    /// let server = Server::new("Notes").visible(|component, viewer| {
    ///     !component.tags.contains("staff")
    ///         || viewer.principal.is_some_and(|caller| caller.claim("staff") == Some(&true.into()))
    /// });
    /// ```
    #[must_use]
    pub fn visible(
        self,
        visible: impl for<'a> Fn(&ComponentInfo<'a>, &Viewer<'a>) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.set(|settings| settings.visible = Some(Arc::new(visible)))
    }

    /// Adds a check that decides who may use the components of this server, those that come later
    /// among them. All checks, and those of the component itself, have to allow a use.
    ///
    /// ```
    /// use thyra::Check;
    /// use thyra::prelude::*;
    ///
    /// let server = Server::new("Notes")
    ///     .check(Check::tag("admin", Check::scopes_all(["admin"])))
    ///     .check(!Check::role("guest").or(Check::claim("plan", "free")));
    /// ```
    #[must_use]
    pub fn check(self, check: Check) -> Self {
        self.set(|settings| settings.checks.push(check))
    }

    /// How many entries a page of a list has. Without it a list is one page.
    #[must_use]
    pub fn page_size(self, entries: usize) -> Self {
        self.set(|settings| settings.page_size = Some(entries.max(1)))
    }

    /// Whether the schemas of tools say where `null` is taken for what may be left out, as the
    /// types of Rust do: `Option<i64>` is then `{"type": ["integer", "null"]}`.
    ///
    /// By default they do not: it is `{"type": "integer"}`, and not in `required`, which every
    /// client and every model's API reads. A `null` is taken all the same. Schemas that were
    /// written by hand stay as they are.
    #[must_use]
    pub fn null_in_schemas(self, shown: bool) -> Self {
        self.set(|settings| settings.null_in_schemas = shown)
    }

    /// How long clients may cache lists, and who may share them. Default 5 minutes, and shared
    /// unless the server is protected.
    #[must_use]
    pub fn cache_lists(self, fresh: Duration, scope: CacheScope) -> Self {
        self.set(|settings| {
            settings.list_ttl_ms = u64::try_from(fresh.as_millis()).unwrap_or(u64::MAX);
            settings.cache_scope = Some(scope);
        })
    }

    /// Whether to hide error details from callers: they then learn only that a handler failed. This
    /// holds for panics and every error that was not written for callers: they may name hosts,
    /// paths or secrets. [`CallerError`](crate::CallerError) says which errors are. The log always
    /// has the details; a program without a `tracing` subscriber gets them on standard error.
    ///
    /// Default: `true`, in every build and on every transport, so that tests read what callers will
    /// read. For a server that only its author can reach, pass `false`; to see details while you
    /// develop, pass `!cfg!(debug_assertions)`. Mistakes in arguments are always explained.
    #[must_use]
    pub fn mask_error_details(self, mask: bool) -> Self {
        self.set(|settings| settings.mask_error_details = mask)
    }

    /// How to seal a call's state while its client asks the user. Default: with a key of this
    /// process. Several replicas need shared keys.
    #[must_use]
    pub fn request_state(self, request_state: RequestState) -> Self {
        self.set(|settings| settings.request_state = request_state)
    }

    /// Where tasks are kept ([`Tool::task`](crate::Tool::task)). Default: in the memory of this
    /// process.
    #[must_use]
    pub fn task_store(self, store: impl TaskStore + 'static) -> Self {
        self.set(|settings| settings.tasks = Some(Arc::new(store)))
    }

    /// Where handlers keep what they remember for a session
    /// ([`Context::session_state`](crate::Context::session_state)). Default: in the memory of this
    /// process.
    #[must_use]
    pub fn session_state_store(self, store: impl SessionStateStore + 'static) -> Self {
        self.set(|settings| settings.session_state = Some(Arc::new(store)))
    }

    /// A handle with which the rest of the program changes the server while it runs.
    pub fn handle(&self) -> ServerHandle {
        self.handle.clone()
    }

    /// Something that begins with the server, before the first request. Its value is `State<T>` for
    /// handlers, and is dropped after the last one. If it cannot begin, the server does not start.
    ///
    /// ```
    /// use thyra::prelude::*;
    ///
    /// struct Db;
    ///
    /// impl Db {
    ///     async fn open() -> std::io::Result<Self> {
    ///         Ok(Self)
    ///     }
    /// }
    ///
    /// let server = Server::new("Notes").lifespan(Db::open);
    /// ```
    ///
    /// With [`Server::run`] and the `serve` methods it happens by itself. Elsewhere, start the
    /// server with [`Server::start`]. For something that has to be ended, see
    /// [`Server::with_lifespan`].
    #[must_use]
    pub fn lifespan<T, E, F>(self, start: impl FnOnce() -> F + Send + 'static) -> Self
    where
        T: Send + Sync + 'static,
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
        F: Future<Output = Result<T, E>> + Send + 'static,
    {
        self.with_lifespan(Lifespan::new(start))
    }

    /// The same for a [`Lifespan`], which can also say how it ends. Several begin in the order in
    /// which they were added, and end in the opposite one.
    ///
    /// ```
    /// use thyra::Lifespan;
    /// use thyra::prelude::*;
    ///
    /// # struct Db;
    /// # impl Db {
    /// #     async fn open() -> std::io::Result<Self> { Ok(Self) }
    /// #     async fn flush(&self) {}
    /// # }
    /// let server = Server::new("Notes")
    ///     .with_lifespan(Lifespan::until(Db::open, |db| async move { db.flush().await }));
    /// ```
    #[must_use]
    pub fn with_lifespan(self, lifespan: Lifespan) -> Self {
        self.set(|settings| settings.lifespans.push(lifespan))
    }

    /// A value that tools receive as `State<T>`. There is one for each type; the last one wins.
    #[must_use]
    pub fn state<T: Send + Sync + 'static>(self, value: T) -> Self {
        self.set(|settings| settings.state.insert(value))
    }

    /// Protects the HTTP endpoint: only callers that `provider` accepts reach a tool.
    ///
    /// This one call installs the bearer check, the audience check, the scopes and the metadata
    /// routes together.
    #[must_use]
    pub fn auth(self, provider: impl AuthProvider + 'static) -> Self {
        self.set(|settings| settings.auth = Some(Auth::Required(Arc::new(provider))))
    }

    /// Protects the HTTP endpoint as [`Server::auth`] does, but lets callers without a token in as
    /// well. They use what needs no scope. For the rest they are sent to sign in, with 401 and the
    /// challenge, when they call it.
    ///
    /// Only a request without an `Authorization` header comes from nobody. A token that is not good
    /// is refused, as ever. The scopes that the provider requires of every request are asked of
    /// callers with a token.
    ///
    /// ```
    /// use thyra::auth::StaticAuth;
    /// use thyra::prelude::*;
    ///
    /// /// Read the notes. Who is signed in also sees drafts.
    /// #[tool]
    /// async fn notes(caller: Option<Principal>) -> &'static str {
    ///     if caller.is_some() { "notes and drafts" } else { "notes" }
    /// }
    ///
    /// /// Write a note.
    /// #[tool(scopes = ["notes:write"])]
    /// async fn write(text: String) -> String {
    ///     format!("noted: {text}")
    /// }
    ///
    /// let server = Server::new("Notes")
    ///     .tool(notes)
    ///     .tool(write)
    ///     .optional_auth(StaticAuth::new("http://localhost:8000"));
    /// ```
    #[must_use]
    pub fn optional_auth(self, provider: impl AuthProvider + 'static) -> Self {
        self.set(|settings| settings.auth = Some(Auth::Optional(Arc::new(provider))))
    }

    /// How the server is served over HTTP: the endpoint, and who may speak to it.
    #[must_use]
    pub fn http(self, http: HttpSettings) -> Self {
        self.set(|settings| settings.http = http)
    }

    /// The bounds on what the server accepts.
    #[must_use]
    pub fn limits(self, limits: Limits) -> Self {
        self.set(|settings| settings.limits = limits)
    }

    /// Changes a setting, and drops the server that was built with the old ones.
    fn set(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        change(&mut self.settings);
        self.changed()
    }

    #[cfg(feature = "client")]
    fn changed(mut self) -> Self {
        self.own.take();
        self
    }

    #[cfg(not(feature = "client"))]
    fn changed(self) -> Self {
        self
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("name", &self.settings.name)
            .field("version", &self.settings.version)
            .field("http", &self.settings.http)
            .finish_non_exhaustive()
    }
}
