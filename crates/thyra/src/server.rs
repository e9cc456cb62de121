//! A server: what it offers, who may use it, and the ways to serve it.

mod announcement;
mod build;
mod error;
#[cfg(feature = "client")]
pub(crate) mod in_process;
mod serve;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use thyra_auth::AuthProvider;
use thyra_protocol::{CacheScope, Icon};

pub(crate) use self::build::Reach;
pub use self::error::{Error, Result};
use crate::catalog::LIST_TTL_MS;
use crate::catalog::live::ServerHandle;
use crate::component::Tools;
use crate::component::prompt::IntoPromptComponent;
use crate::component::resource::IntoResource;
use crate::component::tool::IntoTool;
use crate::extension::{Extension, Extensions};
use crate::limits::Limits;
use crate::request_state::RequestState;
use crate::selector::{ComponentInfo, Viewer, VisibleFn};
use crate::state::StateMap;
use crate::task::TaskStore;

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
    name: String,
    version: String,
    title: Option<String>,
    instructions: Option<String>,
    website_url: Option<String>,
    icons: Vec<Icon>,
    path: String,
    handle: ServerHandle,
    extensions: Extensions,
    request_state: RequestState,
    visible: Option<VisibleFn>,
    page_size: Option<usize>,
    cache_scope: Option<CacheScope>,
    list_ttl_ms: u64,
    mask_error_details: Option<bool>,
    tasks: Option<Arc<dyn TaskStore>>,
    state: StateMap,
    auth: Option<Arc<dyn AuthProvider>>,
    limits: Limits,
    hosts: Option<Vec<String>>,
    origins: Option<Vec<String>>,
}

impl Server {
    /// A server called `name`, with nothing to offer yet. Its version is `0.0.0` until [`Server::version`] says otherwise.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            version: "0.0.0".to_owned(),
            title: None,
            instructions: None,
            website_url: None,
            icons: Vec::new(),
            path: "/mcp".to_owned(),
            handle: ServerHandle::new(),
            extensions: Extensions::default(),
            request_state: RequestState::default(),
            visible: None,
            page_size: None,
            cache_scope: None,
            list_ttl_ms: LIST_TTL_MS,
            mask_error_details: None,
            tasks: None,
            state: StateMap::default(),
            auth: None,
            limits: Limits::default(),
            hosts: None,
            origins: None,
        }
    }

    /// The version that clients see; `env!("CARGO_PKG_VERSION")` is a good one.
    #[must_use]
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = version.into();
        self
    }

    /// A name for people, where [`Server::new`]'s is for programs.
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// How a model should use this server as a whole.
    #[must_use]
    pub fn instructions(mut self, instructions: impl Into<String>) -> Self {
        self.instructions = Some(instructions.into());
        self
    }

    /// Where people read about this server.
    #[must_use]
    pub fn website_url(mut self, url: impl Into<String>) -> Self {
        self.website_url = Some(url.into());
        self
    }

    /// An icon that clients may show; call it once for each size or theme.
    #[must_use]
    pub fn icon(mut self, icon: Icon) -> Self {
        self.icons.push(icon);
        self
    }

    /// Offers a tool: a function under `#[tool]`, or a [`Tool`](crate::Tool).
    #[must_use]
    pub fn tool(self, tool: impl IntoTool) -> Self {
        self.handle.prepare(|batch| {
            batch.add_tool(tool);
        });
        self
    }

    /// Offers a resource or a resource template: a function under `#[resource("uri")]`, a [`Resource`](crate::Resource) or a
    /// [`ResourceTemplate`](crate::ResourceTemplate).
    #[must_use]
    pub fn resource(self, resource: impl IntoResource) -> Self {
        self.handle.prepare(|batch| {
            batch.add_resource(resource);
        });
        self
    }

    /// Offers a prompt: a function under `#[prompt]`, or a [`Prompt`](crate::Prompt).
    #[must_use]
    pub fn prompt(self, prompt: impl IntoPromptComponent) -> Self {
        self.handle.prepare(|batch| {
            batch.add_prompt(prompt);
        });
        self
    }

    /// Offers all tools, resources and prompts of a value whose methods are under `#[tools]`.
    #[must_use]
    pub fn tools(self, tools: impl Tools) -> Self {
        self.handle.prepare(|batch| {
            batch.add_tools(tools);
        });
        self
    }

    /// Adds an extension; the first one is outermost around tool calls.
    #[must_use]
    pub fn extension(mut self, extension: impl Extension) -> Self {
        self.extensions.push(extension);
        self
    }

    /// Decides who sees which component. What a caller does not see is in no list, and a call to it fails
    /// as if it did not exist. Scopes do not hide: what needs one stays listed, so that clients can ask
    /// their user for it.
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
        mut self,
        visible: impl for<'a> Fn(&ComponentInfo<'a>, &Viewer<'a>) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.visible = Some(Arc::new(visible));
        self
    }

    /// How many entries a page of a list has. Without it a list is one page.
    #[must_use]
    pub fn page_size(mut self, entries: usize) -> Self {
        self.page_size = Some(entries.max(1));
        self
    }

    /// How long clients may cache lists, and who may share them. Default 5 minutes, and shared unless the
    /// server is protected.
    #[must_use]
    pub fn cache_lists(mut self, fresh: Duration, scope: CacheScope) -> Self {
        self.list_ttl_ms = u64::try_from(fresh.as_millis()).unwrap_or(u64::MAX);
        self.cache_scope = Some(scope);
        self
    }

    /// Whether callers learn only that a handler failed, when its error was not written for them: any
    /// error but [`ToolError::new`](crate::ToolError::new), and panics. Such an error may name hosts, paths
    /// or secrets. The log has it in any case.
    ///
    /// Default: details are masked, except in a build with debug assertions that is served on stdio, on a
    /// loopback address or within your own program ([`Server::into_service`]): there the caller is the
    /// author. What is wrong with arguments is always told.
    #[must_use]
    pub fn mask_error_details(mut self, mask: bool) -> Self {
        self.mask_error_details = Some(mask);
        self
    }

    /// How a call's state is sealed while its client asks the user. By default with a key of this process;
    /// several replicas need shared keys.
    #[must_use]
    pub fn request_state(mut self, request_state: RequestState) -> Self {
        self.request_state = request_state;
        self
    }

    /// Where tasks are kept ([`Tool::task`](crate::Tool::task)). Default: in this process's memory.
    #[must_use]
    pub fn task_store(mut self, store: impl TaskStore + 'static) -> Self {
        self.tasks = Some(Arc::new(store));
        self
    }

    /// A handle with which the rest of the program changes the server while it runs.
    pub fn handle(&self) -> ServerHandle {
        self.handle.clone()
    }

    /// A value that tools receive as `State<T>`. There is one for each type; the last one wins.
    #[must_use]
    pub fn state<T: Send + Sync + 'static>(mut self, value: T) -> Self {
        self.state.insert(value);
        self
    }

    /// Protects the HTTP endpoint: only callers that `provider` accepts reach a tool.
    ///
    /// This one call installs the bearer check, the audience check, the scopes and the metadata routes together.
    #[must_use]
    pub fn auth(mut self, provider: impl AuthProvider + 'static) -> Self {
        self.auth = Some(Arc::new(provider));
        self
    }

    /// The path of the HTTP endpoint. Default `/mcp`.
    #[must_use]
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path = path.into();
        self
    }

    /// The bounds on what the server accepts.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// The `Host` values that are served, with or without a port: `mcp.example.com`.
    ///
    /// A server bound to loopback always answers to loopback names, and to the host of its resource URL.
    #[must_use]
    pub fn allowed_hosts<I, S>(mut self, hosts: I) -> Self
    where
        I: IntoIterator<Item = S>,
        S: Into<String>,
    {
        self.hosts = Some(hosts.into_iter().map(Into::into).collect());
        self
    }

    /// The web origins whose pages may call this server: `https://app.example.com`. They are answered with CORS headers.
    ///
    /// A server bound to loopback always answers to loopback origins.
    #[must_use]
    pub fn allowed_origins<I, S>(mut self, origins: I) -> Self
    where
        I: IntoIterator<Item = S>,
        S: Into<String>,
    {
        self.origins = Some(origins.into_iter().map(Into::into).collect());
        self
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("name", &self.name)
            .field("version", &self.version)
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}
