//! What `Server` becomes when it is built: immutable, checked, shared by every request.

use std::net::SocketAddr;

use serde_json::value::RawValue;
use thyra_auth::Protection;
use thyra_protocol::{
    DiscoverResult, Implementation, InitializeResult, Revision, ServerCapabilities, ToolsCapability,
};
use url::Url;

use super::{Error, Result, Server};
use crate::catalog::{self, Catalog};
use crate::context::StateMap;
use crate::limits::Limits;
use crate::transport::http::Guard;

/// A server ready to answer. Nothing in it changes, and nothing in it is computed again for a request.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) catalog: Catalog,
    pub(crate) greeting: Greeting,
    pub(crate) hosts: Option<Vec<String>>,
    pub(crate) limits: Limits,
    pub(crate) name: String,
    pub(crate) origins: Option<Vec<String>>,
    pub(crate) path: String,
    pub(crate) protection: Option<Protection>,
    pub(crate) state: StateMap,
}

/// What the server says of itself.
#[derive(Debug)]
pub(crate) struct Greeting {
    implementation: Implementation,
    instructions: Option<String>,
    /// The answer to `server/discover`, written once.
    pub(crate) discover: Box<RawValue>,
    /// The server's name and version as every result of the sessionless era carries it.
    pub(crate) server_info: Box<RawValue>,
}

impl App {
    /// Checks the whole server and freezes it.
    pub(crate) fn build(server: Server) -> Result<Self> {
        if !is_absolute_path(&server.path) {
            return Err(Error::Path { path: server.path });
        }
        for tool in &server.tools {
            if let Some(reason) = tool.problems().first() {
                return Err(Error::Tool {
                    tool: tool.name().to_owned(),
                    reason: reason.clone(),
                });
            }
            if let Some(state) = tool.missing_state(&server.state) {
                return Err(Error::MissingState {
                    tool: tool.name().to_owned(),
                    state,
                });
            }
        }
        let protection = match &server.auth {
            Some(provider) => Some(provider.protection(&server.path)?),
            None => None,
        };
        let implementation = Implementation {
            name: server.name.clone(),
            title: server.title,
            version: server.version,
            description: None,
            icons: server.icons,
            website_url: server.website_url,
        };
        let greeting = Greeting::new(implementation, server.instructions, protection.is_some())?;
        let catalog = Catalog::new(server.tools, &greeting.server_info, protection.is_some())?;
        Ok(Self {
            catalog,
            greeting,
            hosts: server.hosts,
            limits: server.limits,
            name: server.name,
            origins: server.origins,
            path: server.path,
            protection,
            state: server.state,
        })
    }

    /// As [`App::build`], for a transport on which anybody may knock: scopes without a provider that checks them are refused.
    pub(crate) fn build_for_http(server: Server) -> Result<Self> {
        let app = Self::build(server)?;
        let scoped = app
            .catalog
            .tools()
            .find(|tool| !tool.required_scopes().is_empty())
            .map(|tool| tool.name().to_owned());
        match (scoped, &app.protection) {
            (Some(tool), None) => Err(Error::ScopesWithoutAuth { tool }),
            _ => Ok(app),
        }
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
            format!(
                "Protected by {}: audience {}; issuer {}",
                summary.provider,
                summary.audience.join(" and "),
                summary.issuers.join(" or ")
            ),
            connection(&self.name, &summary.resource),
        ]
    }
}

impl Greeting {
    fn new(
        implementation: Implementation,
        instructions: Option<String>,
        protected: bool,
    ) -> Result<Self> {
        let written = |error: serde_json::Error| Error::Transport(error.into());
        let server_info = serde_json::value::to_raw_value(&implementation).map_err(written)?;
        let discover = DiscoverResult {
            instructions: instructions.clone(),
            ttl_ms: catalog::LIST_TTL_MS,
            cache_scope: catalog::cache_scope(protected),
            ..DiscoverResult::new(capabilities())
        };
        let discover = discover
            .for_revision(Revision::LATEST)
            .with_server_info(&server_info);
        Ok(Self {
            discover: serde_json::value::to_raw_value(&discover).map_err(written)?,
            server_info,
            implementation,
            instructions,
        })
    }

    /// The answer to `initialize` on the revision that was agreed on.
    pub(crate) fn initialize(&self, revision: Revision) -> InitializeResult {
        InitializeResult {
            protocol_version: revision,
            capabilities: capabilities(),
            server_info: self.implementation.clone(),
            instructions: self.instructions.clone(),
            meta: None,
        }
    }
}

fn capabilities() -> ServerCapabilities {
    ServerCapabilities {
        tools: Some(ToolsCapability::default()),
        ..ServerCapabilities::default()
    }
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
        let app = App::build(Server::new("Notes").auth(auth)).unwrap();
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
}
