//! A server protected by any OAuth issuer: `cargo run -p thyra --example protected -- --http
//! 127.0.0.1:8000 --issuer https://login.example.com --required-scope mcp:use`.
//!
//! With `--introspection-client my-server`, and its secret in `INTROSPECTION_SECRET`, the tokens
//! may be opaque: the server asks the issuer about each.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use thyra::auth::{
    Audience, Discovery, DpopPolicy, Fetcher, Introspection, IntrospectionClient, Jwks,
    LookupVerifier, ProofNonces, RemoteAuth, Secret,
};
use thyra::prelude::*;
use tracing_subscriber::EnvFilter;

/// Who is calling, as the verified token says.
#[tool(read_only)]
async fn whoami(caller: Principal) -> Json<Principal> {
    Json(caller)
}

/// Something that only administrators may do.
#[tool(scopes = ["mcp:admin"])]
async fn admin(caller: Principal) -> String {
    format!("{} is an administrator.", caller.subject())
}

/// Call a URL and say which headers that call carried. The caller's token is never among them.
#[tool(open_world)]
async fn echo_headers(
    /// The URL to call with GET
    url: String,
    client: State<reqwest::Client>,
) -> Result<Json<BTreeMap<String, String>>, ToolError> {
    let failed = |_| ToolError::new("The URL could not be called.");
    let request = client.get(url).timeout(Duration::from_secs(5));
    let request = request.header("accept", "*/*").build().map_err(failed)?;
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into();
    let headers = request.headers().iter();
    let carried = headers.map(|(name, value)| (name.to_string(), text(value)));
    let carried = carried.collect();
    client.execute(request).await.map_err(failed)?;
    Ok(Json(carried))
}

#[derive(Parser)]
struct Arguments {
    /// The address to listen on.
    #[arg(long, env = "THYRA_HTTP", default_value = "127.0.0.1:8000")]
    http: String,
    /// The authorization server, as its tokens spell it in `iss`.
    #[arg(long)]
    issuer: String,
    /// A scope that every caller needs; may be repeated.
    #[arg(long = "required-scope")]
    required_scopes: Vec<String>,
    /// What the authorization server knows this server by, to ask about opaque tokens.
    #[arg(long, requires = "introspection_secret")]
    introspection_client: Option<String>,
    #[arg(long, env = "INTROSPECTION_SECRET", hide_env_values = true)]
    introspection_secret: Option<String>,
    /// Takes signed answers only, when it asks about tokens.
    #[arg(long, requires = "introspection_client")]
    signed_answers: bool,
    /// For how many seconds an answer about a token counts.
    #[arg(long, default_value_t = 60)]
    keep_seconds: u64,
    /// Whether tokens are taken that are bound to a key of the client.
    #[arg(long, value_enum, default_value = "off")]
    dpop: Dpop,
    /// Wants a nonce of this server in proofs of such keys.
    #[arg(long)]
    dpop_nonces: bool,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Dpop {
    Accepted,
    Off,
    Required,
}

impl Arguments {
    fn dpop(&self) -> anyhow::Result<DpopPolicy> {
        let policy = match self.dpop {
            Dpop::Accepted => DpopPolicy::accepted(),
            Dpop::Off => DpopPolicy::off(),
            Dpop::Required => DpopPolicy::required(),
        };
        Ok(if self.dpop_nonces {
            policy.nonces(ProofNonces::new()?)
        } else {
            policy
        })
    }

    /// What asks the authorization server about tokens for the resource at `url`, if anything does.
    fn introspection(&self, url: String) -> anyhow::Result<Option<LookupVerifier>> {
        let (Some(id), Some(secret)) = (&self.introspection_client, &self.introspection_secret)
        else {
            return Ok(None);
        };
        let client = IntrospectionClient::secret_basic(id, Secret::new(secret.clone()));
        let audience = Audience::any_of([url])?;
        let mut introspection = Introspection::builder(self.issuer.as_str(), client, audience);
        if self.signed_answers {
            let discovery = Discovery::new(&self.issuer, Fetcher::new())?;
            introspection = introspection.signed_answers(Jwks::builder(discovery).build());
        }
        let verifier = LookupVerifier::builder(introspection.build()?);
        let keep = Duration::from_secs(self.keep_seconds);
        Ok(Some(verifier.keep(keep).keep_refusals(keep).build()))
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::try_from_default_env().unwrap_or("info".into()))
        .with_writer(std::io::stderr)
        .init();
    let arguments = Arguments::parse();
    let base_url = std::env::var("THYRA_BASE_URL").unwrap_or(format!("http://{}", arguments.http));
    let introspection = arguments.introspection(format!("{base_url}/mcp"))?;
    let mut auth = RemoteAuth::builder(arguments.issuer.clone(), base_url)
        .required_scopes(arguments.required_scopes.clone())
        .dpop(arguments.dpop()?);
    if let Some(verifier) = introspection {
        auth = auth.token_verifier(Arc::new(verifier));
    }
    Server::new("Protected")
        .version(env!("CARGO_PKG_VERSION"))
        .tool(whoami)
        .tool(admin)
        .tool(echo_headers)
        .state(reqwest::Client::new())
        .auth(auth.build()?)
        .serve_http(arguments.http)
        .await?;
    Ok(())
}
