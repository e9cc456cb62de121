//! A server protected by the identity provider of your choice: `cargo run -p thyra --example
//! provider -- --vendor keycloak --http 127.0.0.1:8000`.
//!
//! It reads the variables of that vendor, which its page in the guide names. `thyra idp --vendor
//! keycloak` emulates the vendor, and prints them.

use std::sync::Arc;

use anyhow::Context as _;
use clap::{Parser, ValueEnum};
use thyra::auth::{
    Auth0Provider, Auth0ProviderSettings, AuthKitProvider, AuthKitProviderSettings, AuthProvider,
    ClerkProvider, ClerkProviderSettings, CognitoProvider, CognitoProviderSettings,
    DescopeProvider, DescopeProviderSettings, EntraProvider, EntraProviderSettings,
    IntrospectionAuth, IntrospectionAuthSettings, KeycloakProvider, KeycloakProviderSettings,
    OktaProvider, OktaProviderSettings, PropelAuthProvider, PropelAuthProviderSettings,
    ProviderBuilder, ProviderError, RemoteAuth, ScalekitProvider, ScalekitProviderSettings,
    StytchProvider, StytchProviderSettings, SupabaseProvider, SupabaseProviderSettings, Vendor,
};
use thyra::prelude::*;

/// Who is calling, as the verified token says.
#[tool(read_only)]
async fn whoami(caller: Principal) -> Json<Principal> {
    Json(caller)
}

/// Write a note.
#[tool(scopes = ["notes:write"])]
async fn write_note(
    /// What to remember
    text: String,
) -> String {
    format!("Noted. It has {} characters.", text.chars().count())
}

#[derive(Clone, Copy, ValueEnum)]
enum Name {
    Auth0,
    #[value(name = "authkit")]
    AuthKit,
    Clerk,
    Cognito,
    Descope,
    Entra,
    /// Any issuer of opaque tokens: `INTROSPECTION_...`.
    Introspection,
    Keycloak,
    /// Any issuer of JWTs: `ISSUER_URL`.
    Oidc,
    Okta,
    #[value(name = "propelauth")]
    PropelAuth,
    Scalekit,
    Stytch,
    Supabase,
}

#[derive(Parser)]
struct Arguments {
    /// The identity provider.
    #[arg(long)]
    vendor: Name,
    /// The address to listen on.
    #[arg(long, default_value = "127.0.0.1:8000")]
    http: String,
    /// A scope that every caller needs. May be given several times.
    #[arg(long = "required-scope")]
    required_scopes: Vec<String>,
}

impl Arguments {
    fn provider(&self) -> anyhow::Result<Arc<dyn AuthProvider>> {
        macro_rules! from_env {
            ($Provider:ident, $Settings:ident) => {
                self.finished($Provider::builder().settings($Settings::from_env()?))?
            };
        }
        Ok(match self.vendor {
            Name::Auth0 => from_env!(Auth0Provider, Auth0ProviderSettings),
            Name::AuthKit => from_env!(AuthKitProvider, AuthKitProviderSettings),
            Name::Clerk => from_env!(ClerkProvider, ClerkProviderSettings),
            Name::Cognito => from_env!(CognitoProvider, CognitoProviderSettings),
            Name::Descope => from_env!(DescopeProvider, DescopeProviderSettings),
            Name::Entra => from_env!(EntraProvider, EntraProviderSettings),
            Name::Introspection => from_env!(IntrospectionAuth, IntrospectionAuthSettings),
            Name::Keycloak => from_env!(KeycloakProvider, KeycloakProviderSettings),
            Name::Oidc => {
                let issuer = std::env::var("ISSUER_URL").context("set ISSUER_URL")?;
                self.finished(RemoteAuth::builder(issuer, self.url()))?
            }
            Name::Okta => from_env!(OktaProvider, OktaProviderSettings),
            Name::PropelAuth => from_env!(PropelAuthProvider, PropelAuthProviderSettings),
            Name::Scalekit => from_env!(ScalekitProvider, ScalekitProviderSettings),
            Name::Stytch => from_env!(StytchProvider, StytchProviderSettings),
            Name::Supabase => from_env!(SupabaseProvider, SupabaseProviderSettings),
        })
    }

    /// The provider, for this server and its callers.
    fn finished<V: Vendor>(
        &self,
        builder: ProviderBuilder<V>,
    ) -> Result<Arc<dyn AuthProvider>, ProviderError> {
        let builder = builder
            .base_url(self.url())
            .required_scopes(self.required_scopes.clone());
        Ok(Arc::new(builder.build()?))
    }

    fn url(&self) -> String {
        format!("http://{}", self.http)
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or("info".into()),
        )
        .with_writer(std::io::stderr)
        .init();
    let arguments = Arguments::parse();
    let server = Server::new("Notes")
        .version(env!("CARGO_PKG_VERSION"))
        .tool(whoami)
        .tool(write_note)
        .auth(arguments.provider()?);
    server.serve_http(arguments.http).await?;
    Ok(())
}
