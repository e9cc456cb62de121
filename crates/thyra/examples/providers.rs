//! A server behind one of the identity providers, which its environment variables set up:
//! `KEYCLOAK_REALM_URL=https://login.example.com/realms/acme THYRA_BASE_URL=http://127.0.0.1:8000
//! cargo run -p thyra --example providers -- keycloak`.

use clap::{Parser, ValueEnum};
use thyra::auth::{
    Auth0Provider, AuthKitProvider, AuthProvider, CognitoProvider, DescopeProvider, EntraProvider,
    KeycloakProvider, OktaProvider, ProviderError, ScalekitProvider, StytchProvider,
    SupabaseProvider,
};
use thyra::prelude::*;
use tracing_subscriber::EnvFilter;

/// Who is calling, as the verified token says.
#[tool(read_only)]
async fn whoami(caller: Principal) -> Json<Principal> {
    Json(caller)
}

/// How the caller is called, as far as the token says it.
#[tool(read_only)]
async fn greet(caller: Principal) -> String {
    let name = caller.name().or(caller.email());
    format!("Hello, {}.", name.unwrap_or(caller.subject()))
}

#[derive(Clone, Copy, ValueEnum)]
enum Vendor {
    Auth0,
    #[value(name = "authkit")]
    AuthKit,
    Cognito,
    Descope,
    Entra,
    Keycloak,
    Okta,
    Scalekit,
    Stytch,
    Supabase,
}

impl Vendor {
    fn provider(self) -> Result<Box<dyn AuthProvider>, ProviderError> {
        Ok(match self {
            Self::Auth0 => Box::new(Auth0Provider::from_env()?),
            Self::AuthKit => Box::new(AuthKitProvider::from_env()?),
            Self::Cognito => Box::new(CognitoProvider::from_env()?),
            Self::Descope => Box::new(DescopeProvider::from_env()?),
            Self::Entra => Box::new(EntraProvider::from_env()?),
            Self::Keycloak => Box::new(KeycloakProvider::from_env()?),
            Self::Okta => Box::new(OktaProvider::from_env()?),
            Self::Scalekit => Box::new(ScalekitProvider::from_env()?),
            Self::Stytch => Box::new(StytchProvider::from_env()?),
            Self::Supabase => Box::new(SupabaseProvider::from_env()?),
        })
    }
}

#[derive(Parser)]
struct Arguments {
    /// The identity provider.
    vendor: Vendor,
    /// The address to listen on.
    #[arg(long, env = "THYRA_HTTP", default_value = "127.0.0.1:8000")]
    http: String,
}

#[tokio::main]
async fn main() -> thyra::Result<()> {
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::try_from_default_env().unwrap_or("info".into()))
        .with_writer(std::io::stderr)
        .init();
    let Arguments { vendor, http } = Arguments::parse();
    Server::new("Providers")
        .tool(whoami)
        .tool(greet)
        .auth(vendor.provider()?)
        .serve_http(http)
        .await
}
