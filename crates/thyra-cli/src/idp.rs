//! `thyra idp`: an identity provider on this machine. `thyra scalekit` is the same with Scalekit.

use std::net::SocketAddr;

use clap::ValueEnum;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use idp_emulator::{Client, Emulator, IssuerMode, Resource, StartError, Vendor};
use thyra::auth::Secret;

use crate::address;

/// Runs an identity provider on this machine, for development and tests: Scalekit, or another.
///
/// It registers clients, shows a login page, and issues tokens to everybody who asks, so it listens
/// on loopback only.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Which identity provider to be
    #[arg(long, value_name = "NAME", default_value_t, value_parser = vendors())]
    vendor: Vendor,

    /// Where to listen, on loopback
    #[arg(
        long,
        value_name = "ADDRESS",
        default_value = "127.0.0.1:9911",
        value_parser = address::parse
    )]
    addr: SocketAddr,

    /// An MCP server as the vendor knows it: its identifier and its URL. May be given several
    /// times. By default it is one at `http://127.0.0.1:8000/mcp`, or below the base URL of the
    /// OAuth proxy
    #[arg(long = "resource", value_name = "ID=URL", value_parser = parse_resource)]
    resources: Vec<(String, String)>,

    /// A scope that clients may ask for. May be given several times
    #[arg(long = "scope", value_name = "SCOPE")]
    scopes: Vec<String>,

    /// The tenant of the MCP servers: a realm, a directory, a user pool, where the vendor has them
    #[arg(long, value_name = "ID")]
    tenant: Option<String>,

    /// An application that logs people in, for vendors where clients do not register: its
    /// identifier and its redirect URI. May be given several times
    #[arg(long = "application", value_name = "ID=URI", value_parser = parse_resource)]
    applications: Vec<(String, String)>,

    /// Where the application of an OAuth proxy is sent codes; the proxy's base URL followed by
    /// /auth/callback. May be given several times
    #[arg(long = "redirect-uri", value_name = "URI")]
    redirect_uris: Vec<String>,

    /// Let access tokens end, where the vendor's do not, as at GitHub
    #[arg(long)]
    expiring_tokens: bool,

    /// A machine client of the first resource, for client credentials. May be given several times
    #[arg(long = "client", value_name = "ID:SECRET", value_parser = parse_client)]
    clients: Vec<MachineClient>,

    /// Grant every request at once, without a page, for scripts
    #[arg(long)]
    auto_consent: bool,

    /// Whom tokens name as their issuer, where the vendor has two forms. Scalekit's default is env,
    /// that of the others resource
    #[arg(long, value_enum)]
    issuer: Option<Issuer>,
}

/// A client that gets tokens for itself.
#[derive(Clone, Debug)]
struct MachineClient {
    id: String,
    secret: Secret,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Issuer {
    /// The environment: Scalekit's without a path, Descope's project, version 1 of Entra.
    Env,
    /// The issuer of the metadata: with Scalekit the environment followed by /resources/ID.
    Resource,
}

/// The default resource.
const RESOURCE: &str = "http://127.0.0.1:8000/mcp";

/// Where a proxy on the port of the default resource is sent codes.
const PROXY: &str = "http://127.0.0.1:8000/auth/callback";

pub(crate) async fn run(mut arguments: Arguments) -> Result<(), IdpError> {
    arguments.complete();
    let base_url = base_url(&arguments).map(str::to_owned);
    let title = arguments.vendor.title();
    let proxied = !arguments.redirect_uris.is_empty();
    let emulator = start(arguments).await?;
    println!(
        "{title}, emulated, listens at {} until Ctrl-C.",
        emulator.url()
    );
    println!("Its control page is at {}.", emulator.control_url());
    if proxied {
        println!("\nFor the OAuth proxy between it and MCP clients:\n");
    } else {
        println!("\nFor the server that it protects:\n");
    }
    for line in variables(&emulator) {
        println!("{line}");
    }
    if let Some(url) = base_url {
        println!("THYRA_BASE_URL={url}");
    }
    tokio::signal::ctrl_c().await.map_err(IdpError::Signal)
}

impl Arguments {
    /// Fills in what has a default that depends on the vendor and on the proxy.
    fn complete(&mut self) {
        if self.redirect_uris.is_empty() && !Vendor::DIRECT.contains(&self.vendor) {
            self.redirect_uris.push(PROXY.to_owned());
        }
        if self.resources.is_empty() {
            let below_proxy = proxy_url(self).map(|url| format!("{url}/mcp"));
            let url = below_proxy.unwrap_or_else(|| RESOURCE.to_owned());
            let id = match self.vendor {
                Vendor::Scalekit => "res_123",
                vendor => vendor.first_resource(),
            };
            self.resources.push((id.to_owned(), url));
        }
    }
}

/// Where the server is: an OAuth proxy where its redirect URI leads, another one at the first
/// resource.
fn base_url(arguments: &Arguments) -> Option<&str> {
    if !arguments.redirect_uris.is_empty() {
        return proxy_url(arguments);
    }
    let (_, url) = arguments.resources.first()?;
    Some(url)
}

/// The base URL of the OAuth proxy, if there is one and its redirect URI shows it.
fn proxy_url(arguments: &Arguments) -> Option<&str> {
    let redirect_uri = arguments.redirect_uris.first()?;
    redirect_uri.strip_suffix("/auth/callback")
}

/// The variables that a server needs to find this environment, one assignment per line. Those of
/// Scalekit's own SDKs are left out.
pub(crate) fn variables(emulator: &Emulator) -> Vec<String> {
    let of_sdk = ["SCALEKIT_CLIENT_ID", "SCALEKIT_CLIENT_SECRET"];
    let known = emulator.variables().into_iter();
    known
        .filter(|(name, _)| !of_sdk.contains(name))
        .map(|(name, value)| format!("{name}={value}"))
        .collect()
}

/// Why the environment did not run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum IdpError {
    #[error("cannot wait for Ctrl-C: {0}")]
    Signal(std::io::Error),
    #[error(transparent)]
    Start(#[from] StartError),
}

async fn start(arguments: Arguments) -> Result<Emulator, StartError> {
    let mut builder = Emulator::of(arguments.vendor)
        .address(arguments.addr)
        .auto_consent(arguments.auto_consent);
    for uri in arguments.redirect_uris {
        builder = builder.application(uri);
    }
    if arguments.expiring_tokens {
        builder = builder.expiring_tokens(true);
    }
    if let Some(issuer) = arguments.issuer {
        builder = builder.issuer_mode(match issuer {
            Issuer::Env => IssuerMode::Environment,
            Issuer::Resource => IssuerMode::Resource,
        });
    }
    for (id, redirect_uri) in arguments.applications {
        builder = builder.client(Client::new(id).redirect_uris([redirect_uri]));
    }
    let first = arguments.resources.first().map(|(id, _)| id.clone());
    for MachineClient { id, secret } in arguments.clients {
        let client = Client::new(id)
            .secret(secret.expose())
            .scopes(&arguments.scopes);
        builder = builder.client(match &first {
            Some(resource) => client.resource(resource),
            None => client,
        });
    }
    for (id, url) in arguments.resources {
        let resource = Resource::new(id).uri(url).scopes(&arguments.scopes);
        builder = builder.resource(match &arguments.tenant {
            Some(tenant) => resource.tenant(tenant),
            None => resource,
        });
    }
    builder.start().await
}

/// Takes the names of the vendors, and lists them in the help.
fn vendors() -> impl TypedValueParser<Value = Vendor> {
    PossibleValuesParser::new(Vendor::ALL.map(Vendor::name)).try_map(|name| name.parse::<Vendor>())
}

fn parse_resource(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((id, url)) if !id.is_empty() && !url.is_empty() => Ok((id.to_owned(), url.to_owned())),
        _ => Err(
            "write the identifier, `=` and the URL, as in name=http://127.0.0.1:8000/mcp"
                .to_owned(),
        ),
    }
}

fn parse_client(text: &str) -> Result<MachineClient, String> {
    match text.split_once(':') {
        Some((id, secret)) if !id.is_empty() && !secret.is_empty() => Ok(MachineClient {
            id: id.to_owned(),
            secret: secret.to_owned().into(),
        }),
        _ => Err("write the identifier, `:` and the secret, as in m2m_batch:secret".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_is_an_identifier_and_a_url() {
        assert_eq!(
            parse_resource("res_1=http://a/mcp?x=y"),
            Ok(("res_1".to_owned(), "http://a/mcp?x=y".to_owned()))
        );
        for text in ["", "res_1", "=http://a", "res_1="] {
            assert!(parse_resource(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_client_is_an_identifier_and_a_secret_that_does_not_print() {
        let client = parse_client("m2m_batch:s:ecret").unwrap();
        assert_eq!(
            (&*client.id, &**client.secret.expose()),
            ("m2m_batch", "s:ecret")
        );
        assert!(!format!("{client:?}").contains("s:ecret"));
        for text in ["", "m2m_batch", ":secret", "m2m_batch:"] {
            assert!(parse_client(text).is_err(), "{text}");
        }
    }

    fn arguments(vendor: Vendor) -> Arguments {
        Arguments {
            vendor,
            tenant: None,
            applications: Vec::new(),
            redirect_uris: Vec::new(),
            expiring_tokens: false,
            addr: ([127, 0, 0, 1], 0).into(),
            resources: vec![
                ("res_1".to_owned(), "http://127.0.0.1:1/mcp".to_owned()),
                ("res_2".to_owned(), "http://127.0.0.1:2/mcp".to_owned()),
            ],
            scopes: vec!["notes:read".to_owned()],
            clients: vec![parse_client("m2m_batch:s:ecret").unwrap()],
            auto_consent: false,
            issuer: Some(Issuer::Resource),
        }
    }

    #[tokio::test]
    async fn the_variables_are_those_of_the_first_resource() {
        let emulator = start(arguments(Vendor::Scalekit)).await.unwrap();
        assert_eq!(
            variables(&emulator),
            [
                format!("SCALEKIT_ENVIRONMENT_URL={}", emulator.url()),
                "SCALEKIT_RESOURCE_ID=res_1".to_owned(),
            ]
        );
    }

    #[test]
    fn a_proxy_is_where_its_redirect_uri_leads() {
        let mut arguments = arguments(Vendor::GitHub);
        arguments.complete();
        assert_eq!(base_url(&arguments), Some("http://127.0.0.1:8000"));
        for vendor in [Vendor::GitHub, Vendor::Entra, Vendor::Oidc] {
            arguments.vendor = vendor;
            arguments.redirect_uris = vec!["https://a.example/x/auth/callback".to_owned()];
            assert_eq!(base_url(&arguments), Some("https://a.example/x"));
            arguments.redirect_uris = vec!["https://a.example/elsewhere".to_owned()];
            assert_eq!(base_url(&arguments), None);
        }
        arguments.vendor = Vendor::Scalekit;
        arguments.redirect_uris.clear();
        arguments.complete();
        assert_eq!(base_url(&arguments), Some("http://127.0.0.1:1/mcp"));
    }

    #[test]
    fn the_default_resource_is_where_the_proxy_is() {
        let completed = |vendor, redirect_uri: Option<&str>| {
            let mut arguments = arguments(vendor);
            arguments.resources.clear();
            arguments.redirect_uris = redirect_uri.map(str::to_owned).into_iter().collect();
            arguments.complete();
            arguments.resources.remove(0)
        };
        let here = "http://127.0.0.1:8000/mcp".to_owned();
        assert_eq!(
            completed(Vendor::Scalekit, None),
            ("res_123".to_owned(), here.clone())
        );
        assert_eq!(completed(Vendor::GitHub, None).1, here);
        let elsewhere = "http://127.0.0.1:18002/auth/callback";
        assert_eq!(
            completed(Vendor::Oidc, Some(elsewhere)).1,
            "http://127.0.0.1:18002/mcp"
        );
    }

    #[tokio::test]
    async fn the_application_of_entra_is_a_guid() {
        let mut arguments = arguments(Vendor::Entra);
        arguments.resources.clear();
        arguments.clients.clear();
        arguments.redirect_uris = vec![PROXY.to_owned()];
        arguments.complete();
        let emulator = start(arguments).await.unwrap();
        let variables = variables(&emulator);
        let id = |name| variables.iter().find_map(|line| line.strip_prefix(name));
        let application = id("AZURE_CLIENT_ID=").unwrap();
        let groups: Vec<_> = application.split('-').map(str::len).collect();
        assert_eq!(groups, [8, 4, 4, 4, 12], "{application}");
        assert_eq!(id("UPSTREAM_CLIENT_ID="), Some(application));
    }

    #[tokio::test]
    async fn the_variables_of_a_proxy_are_those_of_its_application() {
        let mut arguments = arguments(Vendor::GitHub);
        arguments.complete();
        let emulator = start(arguments).await.unwrap();
        assert_eq!(
            variables(&emulator),
            [
                format!("GITHUB_URL={}", emulator.url()),
                "GITHUB_CLIENT_ID=Ov23liEmulator000001".to_owned(),
                "GITHUB_CLIENT_SECRET=development-secret".to_owned(),
                "UPSTREAM_CLIENT_ID=Ov23liEmulator000001".to_owned(),
                "UPSTREAM_CLIENT_SECRET=development-secret".to_owned(),
            ]
        );
    }
}
