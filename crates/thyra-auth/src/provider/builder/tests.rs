use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, header};
use http_body_util::{BodyExt, Full};
use thyra_oauth::{ManualClock, ResourceUrl};

use super::*;
use crate::principal::Principal;
use crate::provider::{RemoteAuth, ScalekitProvider, StaticAuth, TokenKind, TokenProfile};
use crate::refusal::Refusal;
use crate::routes::{Cors, PublicRoute};
use crate::verify::StaticTokens;

/// A setter that all providers share, and what shows that it did something.
struct Shared<V> {
    name: &'static str,
    set: fn(ProviderBuilder<V>) -> ProviderBuilder<V>,
    shows: fn(&ProviderSettings) -> bool,
}

/// Every setter that all providers share. One that only some had would not compile here.
fn shared<V: Vendor>() -> Vec<Shared<V>> {
    let row = |name, set, shows| Shared { name, set, shows };
    vec![
        row(
            "base_url",
            |builder| builder.base_url("https://other.example"),
            |settings| settings.base_url.as_deref() == Some("https://other.example"),
        ),
        row(
            "endpoint_path",
            |builder| builder.endpoint_path("/notes"),
            |settings| settings.endpoint_path == "/notes",
        ),
        row(
            "required_scopes",
            |builder| builder.required_scopes(["read"]),
            |settings| settings.required_scopes.contains("read"),
        ),
        row(
            "scopes_supported",
            |builder| builder.scopes_supported(["read", "write"]),
            |settings| settings.scopes_supported.is_some(),
        ),
        row(
            "scope_rules",
            |builder| builder.scope_rules(ScopeRules::default().implies("write", ["read"])),
            |settings| {
                let (write, read) = (ScopeSet::parse("write"), ScopeSet::parse("read"));
                settings.scope_rules.satisfied(&write, &read)
            },
        ),
        row(
            "resource_name",
            |builder| builder.resource_name("Notes"),
            |settings| settings.resource_name.as_deref() == Some("Notes"),
        ),
        row(
            "resource_documentation",
            |builder| builder.resource_documentation("https://docs.example"),
            |settings| settings.resource_documentation.is_some(),
        ),
        row(
            "forward_authorization_server_metadata",
            |builder| builder.forward_authorization_server_metadata(!V::FORWARDS_METADATA),
            |settings| settings.forward_metadata != V::FORWARDS_METADATA,
        ),
        row(
            "leeway",
            |builder| builder.leeway(Duration::from_secs(7)),
            |settings| settings.leeway == Duration::from_secs(7),
        ),
        row(
            "clock",
            |builder| builder.clock(Arc::new(ManualClock::new(Duration::from_secs(9)))),
            |settings| settings.clock().unix() == Duration::from_secs(9),
        ),
        row(
            "fetcher",
            |builder| builder.fetcher(Fetcher::new()),
            |_| true,
        ),
        row(
            "keys_max_stale",
            |builder| builder.keys_max_stale(Duration::from_mins(1)),
            |settings| settings.keys_max_stale == Some(Duration::from_mins(1)),
        ),
        row(
            "token_cache_bytes",
            |builder| builder.token_cache_bytes(1024),
            |settings| settings.token_cache_bytes == Some(1024),
        ),
        row(
            "deny",
            |builder| builder.deny(|id| id == "revoked"),
            |settings| settings.deny.as_ref().is_some_and(|deny| deny("revoked")),
        ),
        row(
            "token_verifier",
            |builder| builder.token_verifier(Arc::new(StaticTokens::default())),
            |settings| settings.token_verifier.is_some(),
        ),
    ]
}

fn takes_every_setter<V: Vendor>(builder: &ProviderBuilder<V>) {
    let rows = shared::<V>();
    let mut all = builder.clone();
    for row in &rows {
        assert!(
            row.name == "fetcher" || !(row.shows)(&builder.settings),
            "{} of {} shows nothing",
            row.name,
            V::NAME
        );
        all = (row.set)(all);
    }
    for row in &rows {
        assert!((row.shows)(&all.settings), "{} of {}", row.name, V::NAME);
    }
    let protection = all.build().unwrap().protection("/notes").unwrap();
    let summary = protection.summary();
    assert_eq!(summary.resource, "https://other.example/notes");
    assert_eq!(summary.required_scopes, ["read"]);
}

#[test]
fn every_provider_offers_every_shared_setter() {
    let scalekit = ScalekitProvider::builder()
        .environment_url("https://acme.scalekit.dev")
        .resource_id("res_1");
    takes_every_setter(&scalekit.base_url("https://mcp.example.com"));
    takes_every_setter(&RemoteAuth::builder(
        "https://auth.example.com",
        "https://mcp.example.com",
    ));
    takes_every_setter(&StaticAuth::new("https://mcp.example.com"));
    takes_every_setter(&login_page().base_url("https://mcp.example.com"));
}

/// A vendor of a test's own, with a page that reads query and body.
#[derive(Clone, Debug)]
struct LoginPage {
    path: &'static str,
}

fn login_page() -> ProviderBuilder<LoginPage> {
    ProviderBuilder::of(LoginPage { path: "/consent" })
}

impl Vendor for LoginPage {
    const NAME: &'static str = "login page";

    fn tokens(&self, _: &ProviderSettings) -> Result<TokenKind, ProviderError> {
        Ok(TokenProfile::new("https://auth.example.com").into())
    }

    fn routes(&self, resource: &ResourceUrl) -> Vec<PublicRoute> {
        let origin = resource.origin().to_owned();
        let page = move |request: Request<Bytes>| {
            let origin = origin.clone();
            async move {
                let query = request.uri().query().unwrap_or_default();
                let body = String::from_utf8_lossy(request.body());
                Response::new(Bytes::from(format!("{origin} {query} {body}")))
            }
        };
        vec![PublicRoute::new(self.path, [Method::POST], page).body_limit(16)]
    }
}

#[tokio::test]
async fn a_provider_has_public_routes_of_its_own() {
    let provider = login_page().base_url("https://mcp.example.com").build();
    let protection = provider.unwrap().protection("/mcp").unwrap();
    let request = Request::post("/consent?session=1");
    let request = request.body(Full::<Bytes>::from("allow=yes")).unwrap();
    let routes = protection.public_routes();
    let answer = routes.respond(request, &Cors::default()).await;
    let text = answer.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(text, "https://mcp.example.com session=1 allow=yes");

    let mut headers = HeaderMap::new();
    let refusal = protection.admit(&mut headers).await.unwrap_err();
    assert_eq!(refusal, Refusal::MissingToken);
}

#[test]
fn a_public_route_takes_no_path_that_is_taken() {
    for path in ["/mcp", "/.well-known/oauth-protected-resource"] {
        let builder = ProviderBuilder::of(LoginPage { path });
        let builder = builder.base_url("https://mcp.example.com");
        let error = builder.protection("/mcp").unwrap_err().to_string();
        assert!(error.contains(path), "{error}");
    }
}

#[tokio::test]
async fn the_clock_of_the_settings_judges_static_tokens() {
    let clock = Arc::new(ManualClock::new(Duration::from_secs(100)));
    let ada =
        Principal::builder("https://issuer.example", "ada").expires_at(Duration::from_secs(101));
    let provider = StaticAuth::new("http://localhost:8000")
        .token("ada-token", ada.build())
        .clock(clock.clone());
    let protection = provider.protection("/mcp").unwrap();
    let admit = async || {
        let token = HeaderValue::from_static("Bearer ada-token");
        let mut headers = HeaderMap::from_iter([(header::AUTHORIZATION, token)]);
        protection.admit(&mut headers).await
    };
    assert!(admit().await.is_ok());
    clock.advance(Duration::from_secs(1));
    assert!(admit().await.is_err());
}
