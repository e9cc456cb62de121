//! A server behind the proxy, with an emulated identity provider behind that.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use idp_emulator::{Client as UpstreamClient, Emulator, Resource, Vendor};
use serde_json::{Value, json};
use thyra_auth::{AuthProvider, Principal, Secret};
use thyra_issuer::{Behind, Issuer, OidcProxy, OidcProxyBuilder, UpstreamAccess};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

pub(crate) const UPSTREAM_CLIENT: &str = "the-proxy";
pub(crate) const UPSTREAM_SECRET: &str = "the secret of the proxy upstream";

/// A server, and the identity provider behind it.
pub(crate) struct Rig {
    pub(crate) emulator: Emulator,
    pub(crate) replica: Replica,
}

/// A server that listens. It stops when this is dropped.
pub(crate) struct Replica {
    pub(crate) url: String,
    server: JoinSet<()>,
}

impl Rig {
    pub(crate) async fn start() -> Self {
        Self::with(|builder| builder).await
    }

    /// With other settings.
    pub(crate) async fn with(change: impl FnOnce(OidcProxyBuilder) -> OidcProxyBuilder) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let emulator = emulator(&url).await;
        let builder = change(builder(&url, &emulator));
        let replica = Replica::serve(listener, &builder.build().unwrap());
        Self { emulator, replica }
    }

    pub(crate) fn url(&self) -> &str {
        &self.replica.url
    }
}

impl Replica {
    /// Serves what the proxy protects.
    pub(crate) fn serve<U>(listener: TcpListener, proxy: &Issuer<Behind<U>>) -> Self
    where
        Issuer<Behind<U>>: AuthProvider,
    {
        let protection = proxy.protection("/mcp").unwrap();
        let app: Router = Router::new()
            .route("/mcp", get(whoami).layer(protection.layer()))
            .route("/upstream", get(upstream_token).layer(protection.layer()))
            .with_state(proxy.upstream())
            .merge(protection.public_routes().router());
        Self::listen(listener, app)
    }

    /// Serves this application.
    pub(crate) fn listen(listener: TcpListener, app: Router) -> Self {
        let address = listener.local_addr().unwrap();
        let mut server = JoinSet::new();
        server.spawn(async move {
            axum::serve(listener, app).await.unwrap();
        });
        Self {
            url: format!("http://{address}"),
            server,
        }
    }

    /// Ends it as if its machine had lost power.
    pub(crate) async fn kill(mut self) {
        self.server.shutdown().await;
    }
}

pub(crate) async fn emulator(proxy: &str) -> Emulator {
    let client = UpstreamClient::new(UPSTREAM_CLIENT)
        .secret(UPSTREAM_SECRET)
        .redirect_uris([format!("{proxy}/auth/callback")])
        .resource("mcp");
    Emulator::of(Vendor::Oidc)
        .resource(
            Resource::new("mcp")
                .uri("https://api.example.com")
                .scopes(["notes:read"]),
        )
        .client(client)
        // It remembers that it was asked, as most identity providers do.
        .auto_consent(true)
        .start()
        .await
        .unwrap()
}

pub(crate) fn builder(url: &str, emulator: &Emulator) -> OidcProxyBuilder {
    OidcProxy::builder()
        .base_url(url)
        .config_url(format!(
            "{}/.well-known/openid-configuration",
            emulator.url()
        ))
        .client_id(UPSTREAM_CLIENT)
        .client_secret(Secret::new(UPSTREAM_SECRET.to_owned()))
        .additional_authorize_scopes(["offline_access"])
}

/// What no real tool does: it shows the identity provider's token.
async fn upstream_token(
    State(upstream): State<UpstreamAccess>,
    principal: Principal,
) -> (StatusCode, String) {
    match upstream.token(&principal).await {
        Ok(token) => (StatusCode::OK, token.expose().clone()),
        Err(error) => (StatusCode::BAD_GATEWAY, error.to_string()),
    }
}

pub(crate) async fn whoami(principal: Principal) -> axum::response::Response {
    let claims: Vec<_> = principal
        .claims()
        .iter()
        .map(|(name, _)| name.to_owned())
        .collect();
    let body: Value = json!({
        "subject": principal.subject(),
        "client_id": principal.client_id(),
        "scopes": principal.scopes(),
        "claims": claims,
    });
    axum::response::IntoResponse::into_response(body.to_string())
}
