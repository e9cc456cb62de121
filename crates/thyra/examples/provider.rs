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
    DescopeProvider, DescopeProviderSettings, IntrospectionAuth, IntrospectionAuthSettings,
    KeycloakProvider, KeycloakProviderSettings, OktaProvider, OktaProviderSettings,
    PropelAuthProvider, PropelAuthProviderSettings, ProviderBuilder, ProviderError, RemoteAuth,
    ScalekitProvider, ScalekitProviderSettings, StytchProvider, StytchProviderSettings,
    SupabaseProvider, SupabaseProviderSettings, Vendor,
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
    Cognito,
    Clerk,
    Descope,
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
        Ok(match self.vendor {
            Name::Auth0 => {
                let settings = Auth0ProviderSettings::from_env()?;
                self.finished(Auth0Provider::builder().settings(settings))?
            }
            Name::AuthKit => {
                let settings = AuthKitProviderSettings::from_env()?;
                self.finished(AuthKitProvider::builder().settings(settings))?
            }
            Name::Cognito => {
                let settings = CognitoProviderSettings::from_env()?;
                self.finished(CognitoProvider::builder().settings(settings))?
            }
            Name::Clerk => {
                let settings = ClerkProviderSettings::from_env()?;
                self.finished(ClerkProvider::builder().settings(settings))?
            }
            Name::Descope => {
                let settings = DescopeProviderSettings::from_env()?;
                self.finished(DescopeProvider::builder().settings(settings))?
            }
            Name::Introspection => {
                let settings = IntrospectionAuthSettings::from_env()?;
                self.finished(IntrospectionAuth::builder().settings(settings))?
            }
            Name::Keycloak => {
                let settings = KeycloakProviderSettings::from_env()?;
                self.finished(KeycloakProvider::builder().settings(settings))?
            }
            Name::Oidc => {
                let issuer = std::env::var("ISSUER_URL").context("set ISSUER_URL")?;
                self.finished(RemoteAuth::builder(issuer, self.url()))?
            }
            Name::Okta => {
                let settings = OktaProviderSettings::from_env()?;
                self.finished(OktaProvider::builder().settings(settings))?
            }
            Name::PropelAuth => {
                let settings = PropelAuthProviderSettings::from_env()?;
                self.finished(PropelAuthProvider::builder().settings(settings))?
            }
            Name::Scalekit => {
                let settings = ScalekitProviderSettings::from_env()?;
                self.finished(ScalekitProvider::builder().settings(settings))?
            }
            Name::Stytch => {
                let settings = StytchProviderSettings::from_env()?;
                self.finished(StytchProvider::builder().settings(settings))?
            }
            Name::Supabase => {
                let settings = SupabaseProviderSettings::from_env()?;
                self.finished(SupabaseProvider::builder().settings(settings))?
            }
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
