//! What `Server` becomes when it is built: immutable, checked, shared by every request.

use std::net::SocketAddr;
use std::sync::Arc;

use serde_json::Map;
use serde_json::value::RawValue;
use thyra_auth::{Clock, Protection, Summary, SystemClock};
use thyra_protocol::{
    DiscoverResult, Implementation, InitializeResult, PromptsCapability, ResourcesCapability,
    Revision, ServerCapabilities, ToolsCapability,
};
use tokio::sync::watch;
use url::Url;

use super::extension::Extensions;
use super::request_state::Sealer;
use super::{Error, Result, Server};
use crate::catalog::live::ServerHandle;
use crate::catalog::{self, Settings};
use crate::context::OwnServer;
use crate::limits::Limits;
use crate::state::StateMap;
use crate::task::{MemoryTasks, Tasks};
use crate::transport::http::Guard;

/// A server ready to answer. What it offers may change ([`ServerHandle`]); nothing else does.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) clock: Arc<dyn Clock>,
    closing: watch::Sender<bool>,
    pub(crate) extensions: Extensions,
    pub(crate) greeting: Greeting,
    pub(crate) handle: ServerHandle,
    pub(crate) hosts: Option<Vec<String>>,
    pub(crate) limits: Limits,
    pub(crate) mask_error_details: bool,
    pub(crate) name: String,
    pub(crate) origins: Option<Vec<String>>,
    /// The handle once more, as requests take it along.
    pub(crate) own_server: Arc<dyn OwnServer>,
    pub(crate) path: String,
    pub(crate) protection: Option<Protection>,
    pub(crate) sealer: Sealer,
    pub(crate) state: StateMap,
    pub(crate) tasks: Arc<Tasks>,
}

/// Where a server is reached, as far as it matters for what it may be made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// By whoever started the process.
    Local,
    /// By anybody who knocks.
    Network,
}

/// What the server says of itself.
#[derive(Debug)]
pub(crate) struct Greeting {
    capabilities: ServerCapabilities,
    implementation: Implementation,
    instructions: Option<String>,
    /// The answer to `server/discover`, written once.
    pub(crate) discover: Box<RawValue>,
    /// The server's name and version as every result of the sessionless era carries it.
    pub(crate) server_info: Box<RawValue>,
}

impl App {
    /// Checks the whole server and makes it ready. Where anybody may knock, scopes without a provider that checks them are refused.
    pub(crate) fn build(server: &Server, reach: Reach) -> Result<Self> {
        if !is_absolute_path(&server.path) {
            return Err(Error::Path {
                path: server.path.clone(),
            });
        }
        let protection = match &server.auth {
            Some(provider) => Some(provider.protection(&server.path)?),
            None => None,
        };
        let implementation = Implementation {
            name: server.name.clone(),
            title: server.title.clone(),
            version: server.version.clone(),
            description: None,
            icons: server.icons.clone(),
            website_url: server.website_url.clone(),
        };
        let cache_scope = server
            .cache_scope
            .unwrap_or_else(|| catalog::cache_scope(protection.is_some()));
        server.extensions.check()?;
        let capabilities = capabilities(&server.extensions);
        let mut discover = DiscoverResult::new(capabilities.clone());
        discover.instructions.clone_from(&server.instructions);
        discover.ttl_ms = server.list_ttl_ms;
        discover.cache_scope = cache_scope;
        let instructions = server.instructions.clone();
        let greeting = Greeting::new(capabilities, implementation, instructions, &discover)?;
        server.handle.open(Settings {
            cache_scope,
            ttl_ms: server.list_ttl_ms,
            page_size: server.page_size,
            scopes_need_auth: reach == Reach::Network && protection.is_none(),
            server_info: greeting.server_info.clone(),
            state: server.state.clone(),
            visible: server.visible.clone(),
        })?;
        let tasks = Arc::new(Tasks::new(
            server
                .tasks
                .clone()
                .unwrap_or_else(|| Arc::new(MemoryTasks::default())),
            Arc::new(SystemClock),
            server.limits.max_tasks(),
        ));
        Ok(Self {
            clock: Arc::new(SystemClock),
            closing: watch::Sender::new(false),
            extensions: server.extensions.clone(),
            greeting,
            handle: server.handle.clone(),
            hosts: server.hosts.clone(),
            limits: server.limits.clone(),
            mask_error_details: server.mask_error_details.unwrap_or(!cfg!(debug_assertions)),
            name: server.name.clone(),
            origins: server.origins.clone(),
            own_server: Arc::new(server.handle.clone()),
            path: server.path.clone(),
            protection,
            sealer: server.request_state.clone().sealer(),
            state: server.state.clone(),
            tasks,
        })
    }

    /// Ready when the server is about to end: streams that have no end of their own end with it.
    pub(crate) fn closing(&self) -> impl Future<Output = ()> + use<> {
        let mut closing = self.closing.subscribe();
        async move {
            // An error says that the server is gone already.
            let _ = closing.wait_for(|closing| *closing).await;
        }
    }

    /// Ends the streams that have no end of their own.
    pub(crate) fn close(&self) {
        self.closing.send_replace(true);
    }

    /// Who may speak to the server when it is bound to `address`.
    ///
    /// On loopback that includes the host of the resource URL: behind a proxy on the same machine, it is what clients ask for.
    pub(crate) fn guard(&self, address: SocketAddr) -> Guard {
        let resource = self.protection.as_ref().and_then(|protection| {
            let url = Url::parse(&protection.summary().resource).ok()?;
            url.host_str().map(str::to_owned)
        });
        let hosts = match resource.filter(|_| address.ip().is_loopback()) {
            None => self.hosts.clone(),
            Some(host) => Some(self.hosts.iter().flatten().cloned().chain([host]).collect()),
        };
        let open = self.protection.is_none();
        Guard::for_bind(address, open, hosts, self.origins.clone())
    }

    /// What a person who starts the server reads: its URL, who may call it, how to connect.
    pub(crate) fn announcement(&self, address: SocketAddr) -> Vec<String> {
        let local = format!("http://{address}{}", self.path);
        let Some(protection) = &self.protection else {
            return vec![
                format!("{} serves MCP at {local}", self.name),
                "Open to everybody who can reach it: no .auth(...) was given".to_owned(),
                connection(&self.name, &local),
            ];
        };
        let summary = protection.summary();
        vec![
            format!("{} serves MCP at {local}", self.name),
            protected_by(summary),
            connection(&self.name, &summary.resource),
        ]
    }
}

impl Greeting {
    fn new(
        capabilities: ServerCapabilities,
        implementation: Implementation,
        instructions: Option<String>,
        discover: &DiscoverResult,
    ) -> Result<Self> {
        let written = |error: serde_json::Error| Error::Transport(error.into());
        let server_info = serde_json::value::to_raw_value(&implementation).map_err(written)?;
        let discover = discover
            .for_revision(Revision::LATEST)
            .with_server_info(&server_info);
        Ok(Self {
            discover: serde_json::value::to_raw_value(&discover).map_err(written)?,
            server_info,
            capabilities,
            implementation,
            instructions,
        })
    }

    /// The answer to `initialize` on the revision that was agreed on.
    pub(crate) fn initialize(&self, revision: Revision) -> InitializeResult {
        let (capabilities, server_info) = (self.capabilities.clone(), self.implementation.clone());
        let mut result = InitializeResult::new(revision, capabilities, server_info);
        result.instructions.clone_from(&self.instructions);
        result
    }
}

/// What the server says that it can do. Components may come while it runs, so all their kinds are announced, as is that their lists
/// change.
///
/// The identifiers of extensions were checked: none of them is another's, or that of tasks.
fn capabilities(extensions: &Extensions) -> ServerCapabilities {
    let mut announced = Map::new();
    for extension in extensions.iter() {
        announced.insert(
            extension.identifier().to_owned(),
            extension.settings().into(),
        );
    }
    announced.insert(
        thyra_protocol::TASKS_EXTENSION.to_owned(),
        Map::new().into(),
    );
    ServerCapabilities {
        completions: Some(Map::new()),
        extensions: announced,
        logging: Some(Map::new()),
        prompts: Some(PromptsCapability { list_changed: true }),
        resources: Some(ResourcesCapability {
            subscribe: true,
            list_changed: true,
        }),
        tools: Some(ToolsCapability { list_changed: true }),
        ..ServerCapabilities::default()
    }
}

/// Who guards the server and which tokens it takes. A provider without an audience or an issuer of its own is not said to have one.
fn protected_by(summary: &Summary) -> String {
    let parts = [
        ("audience", summary.audience.join(" and ")),
        ("issuer", summary.issuers.join(" or ")),
    ];
    let parts = parts.iter().filter(|(_, value)| !value.is_empty());
    let known: Vec<_> = parts
        .map(|(name, value)| format!("{name} {value}"))
        .collect();
    let mut line = format!("Protected by {}", summary.provider);
    if !known.is_empty() {
        line.push_str(": ");
        line.push_str(&known.join("; "));
    }
    line
}

fn connection(name: &str, url: &str) -> String {
    let servers = serde_json::json!({ "mcpServers": { name: { "type": "http", "url": url } } });
    format!("Connect a client with {servers}")
}

fn is_absolute_path(path: &str) -> bool {
    path.starts_with('/')
        && path
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'?' | b'#' | b'{' | b'}'))
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue, Uri, header};
    use thyra_auth::StaticAuth;

    use super::*;

    fn answers_to(app: &App, address: [u8; 4], host: &str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_str(host).unwrap());
        let guard = app.guard((address, 8000).into());
        guard
            .admit_host(&Uri::from_static("/mcp"), &headers)
            .is_ok()
    }

    #[test]
    fn the_host_of_the_resource_widens_a_loopback_guard_and_narrows_no_other() {
        let auth = StaticAuth::new("https://mcp.example.com");
        let app = App::build(&Server::new("Notes").auth(auth), Reach::Network).unwrap();
        for (host, on_loopback) in [
            ("mcp.example.com", true),
            ("127.0.0.1:8000", true),
            ("mcp.internal:8000", false),
        ] {
            assert_eq!(
                answers_to(&app, [127, 0, 0, 1], host),
                on_loopback,
                "{host}"
            );
            assert!(answers_to(&app, [0, 0, 0, 0], host), "{host}");
        }
    }

    #[test]
    fn the_announcement_names_only_what_the_provider_has() {
        let auth = StaticAuth::new("https://mcp.example.com");
        let app = App::build(&Server::new("Notes").auth(auth), Reach::Network).unwrap();
        let lines = app.announcement(([127, 0, 0, 1], 8000).into());
        assert_eq!(lines[1], "Protected by static tokens");

        let mut summary = app.protection.as_ref().unwrap().summary().clone();
        summary.issuers = vec![
            "https://a.example".to_owned(),
            "https://b.example".to_owned(),
        ];
        assert_eq!(
            protected_by(&summary),
            "Protected by static tokens: issuer https://a.example or https://b.example"
        );
        summary.audience = vec!["res_1".to_owned(), "res_2".to_owned()];
        assert_eq!(
            protected_by(&summary),
            "Protected by static tokens: audience res_1 and res_2; issuer https://a.example or https://b.example"
        );
    }
}
