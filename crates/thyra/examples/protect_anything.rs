//! A server written with the official SDK, rmcp, behind `ScalekitProvider::protect`; any tower
//! service will do.
//!
//! `cargo run -p thyra --example protect_anything -- --http 127.0.0.1:8000`, with the variables of
//! the `scalekit` example.

use std::sync::Arc;

use axum::Router;
use axum::serve::ListenerExt as _;
use clap::Parser;
use rmcp::handler::server::wrapper::Parameters;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService};
use rmcp::{schemars, serde, tool, tool_router};
use thyra::auth::{Principal, ScalekitProviderSettings};

#[derive(Clone)]
struct Existing;

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Add {
    a: i64,
    b: i64,
}

#[expect(
    clippy::unused_self,
    clippy::needless_pass_by_value,
    reason = "rmcp wants methods of this shape"
)]
#[tool_router(server_handler)]
impl Existing {
    #[tool(description = "Add two numbers")]
    fn add(&self, Parameters(Add { a, b }): Parameters<Add>) -> String {
        (a + b).to_string()
    }

    #[tool(description = "Who is calling")]
    fn whoami(&self, context: rmcp::service::RequestContext<rmcp::RoleServer>) -> String {
        context
            .extensions
            .get::<http::request::Parts>()
            .and_then(|parts| parts.extensions.get::<Arc<Principal>>())
            .map_or_else(|| "nobody".to_owned(), |caller| caller.subject().to_owned())
    }
}

#[derive(Parser)]
struct Arguments {
    /// The address to listen on.
    #[arg(long, env = "THYRA_HTTP", default_value = "127.0.0.1:8000")]
    http: String,
}

#[tokio::main]
async fn main() -> thyra::Result<()> {
    let Arguments { http } = Arguments::parse();
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .init();
    let mut settings = ScalekitProviderSettings::from_env()?;
    settings
        .base_url
        .get_or_insert_with(|| format!("http://{http}"));
    let existing = StreamableHttpService::new(
        || Ok(Existing),
        Arc::new(LocalSessionManager::default()),
        StreamableHttpServerConfig::default(),
    );
    let protected = settings.provider()?.protect(existing)?;
    let failed = thyra::Error::Transport;
    let listener = tokio::net::TcpListener::bind(&http).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    eprintln!("An rmcp server behind Scalekit listens at http://{address}/mcp");
    // Nagle would hold each small reply for 40 ms.
    let listener = listener.tap_io(|connection| drop(connection.set_nodelay(true)));
    let app = Router::new().fallback_service(protected);
    axum::serve(listener, app).await.map_err(failed)
}
