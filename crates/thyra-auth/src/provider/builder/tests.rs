use bytes::Bytes;
use http::request::Parts;
use http::{Method, Request, Response, header};
use http_body_util::{BodyExt, Full};
use thyra_oauth::{ManualClock, ResourceUrl};

use super::*;
use crate::principal::Principal;
use crate::provider::{RemoteAuth, ScalekitProvider, StaticAuth, TokenKind, TokenProfile};
use crate::refusal::Refusal;
use crate::routes::{Cors, PublicRoute};
use crate::verify::{StaticTokens, TokenRejected};

/// A setter that all providers share, and what shows that it did something.
struct Shared<V> {
    name: &'static str,
    set: fn(ProviderBuilder<V>) -> ProviderBuilder<V>,
    shows: fn(&ProviderSettings) -> bool,
}

/// Every setter that all providers share. One that only some had would not compile here.
#[expect(clippy::too_many_lines, reason = "it is one table")]
fn shared<V: Vendor>() -> Vec<Shared<V>> {
    let row = |name, set, shows| Shared { name, set, shows };
    vec![
        row(
            "base_url",
            |builder| builder.base_url("https://other.example"),
            |settings| settings.base_url.as_deref() == Some("https://other.example"),
        ),
        row(
            "resource_base_url",
            |builder| builder.resource_base_url(" https://gateway.example "),
            |settings| settings.resource_base_url.is_some(),
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
            "challenge_scopes",
            |builder| builder.challenge_scopes(["api://notes/read"]),
            |settings| settings.challenge_scopes.is_some(),
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
            |settings| {
                let caller = Principal::builder("i", "s").token_id("revoked").build();
                settings
                    .deny
                    .as_ref()
                    .is_some_and(|deny| deny.denies(&caller))
            },
        ),
        row(
            "deny_caller",
            |builder| builder.deny_caller(|caller| caller.subject() == "gone"),
            |settings| {
                let caller = Principal::builder("i", "gone").build();
                let deny = settings.deny_caller.as_ref();
                deny.is_some_and(|deny| deny.denies(&caller))
            },
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
    assert_eq!(summary.resource, "https://gateway.example/notes");
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

    let (mut parts, ()) = Request::post("/mcp").body(()).unwrap().into_parts();
    let refusal = protection.admit(&mut parts).await.unwrap_err();
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
    let admit = async || protection.admit(&mut presenting("Bearer ada-token")).await;
    assert!(admit().await.is_ok());
    clock.advance(Duration::from_secs(1));
    assert!(admit().await.is_err());
}

fn presenting(token: &str) -> Parts {
    let request = Request::post("/mcp").header(header::AUTHORIZATION, token);
    request.body(()).unwrap().into_parts().0
}

#[tokio::test]
async fn hooks_deny_whatever_verifies_the_token() {
    let ada = Principal::builder("https://issuer.example", "ada")
        .organization("org_1")
        .token_id("tkn_1")
        .build();
    let tokens = Arc::new(StaticTokens::default().token("ada-token", ada.clone()));
    let base = RemoteAuth::builder("https://auth.example.com", "https://mcp.example.com")
        .token_verifier(tokens);
    let outcome = async |builder: &ProviderBuilder<_>| {
        let protection = builder.protection("/mcp").unwrap();
        let entry = protection.admit(&mut presenting("Bearer ada-token")).await;
        (entry.map(drop), protection.is_revoked(&ada))
    };
    assert_eq!(outcome(&base).await, (Ok(()), false));
    let denied = Refusal::InvalidToken(TokenRejected::Denied);
    for builder in [
        base.clone().deny(|id| id == "tkn_1"),
        base.clone()
            .deny_caller(|caller| caller.organization() == Some("org_1")),
        base.clone().deny(|_| false).deny_caller(|_| true),
    ] {
        assert_eq!(outcome(&builder).await, (Err(denied.clone()), true));
    }
    let others = base
        .deny(|id| id == "tkn_2")
        .deny_caller(|caller| caller.subject() == "bob");
    assert_eq!(outcome(&others).await, (Ok(()), false));
}

#[tokio::test]
async fn the_resource_may_have_a_url_of_its_own() {
    let builder = RemoteAuth::builder("https://auth.example.com", "https://inside.example.com");
    let builder = builder.resource_base_url("https://gateway.example.com/notes/");
    let protection = builder.protection("/mcp").unwrap();
    let resource = "https://gateway.example.com/notes/mcp";
    assert_eq!(protection.resource().as_str(), resource);
    assert_eq!(protection.summary().audience, [resource]);
    assert_eq!(
        protection.metadata_url(),
        "https://gateway.example.com/.well-known/oauth-protected-resource/notes/mcp"
    );
    let problem = builder.clone().resource_base_url("gateway").build();
    let problem = problem.unwrap_err().to_string();
    assert!(
        problem.starts_with("resource_base_url cannot be used"),
        "{problem}"
    );
    let problem = builder.base_url("inside").build().unwrap_err().to_string();
    assert!(problem.starts_with("base_url cannot be used"), "{problem}");
}

#[tokio::test]
async fn scopes_are_asked_for_in_the_words_of_the_authorization_server() {
    let ada = Principal::builder("https://issuer.example", "ada")
        .scopes(["read"])
        .build();
    let base = ProviderBuilder::of(Prefixed)
        .base_url("https://mcp.example.com")
        .required_scopes(["read", "email"])
        .scopes_supported(["read", "write", "email", "api://other/x"]);
    let scope = async |builder: &ProviderBuilder<Prefixed>| {
        let protection = builder.protection("/mcp").unwrap();
        let scope = |refusal: &Refusal| {
            let answer = protection.answer(refusal);
            let challenge = answer.headers()[header::WWW_AUTHENTICATE].to_str().unwrap();
            let (_, scope) = challenge.split_once("scope=\"").unwrap();
            scope.split('"').next().unwrap().to_owned()
        };
        let missing = scope(&Refusal::MissingToken);
        let refusal = protection
            .check_scopes(&ada, &ScopeSet::parse("write"))
            .unwrap_err();
        let nobody = scope(&Refusal::TokenNeeded {
            needed: ScopeSet::parse("read write"),
        });
        let more = scope(&refusal);
        assert_eq!(nobody, more);
        (missing, more)
    };
    let (missing, more) = scope(&base).await;
    assert_eq!(missing, "api://notes/read email");
    assert_eq!(more, "api://notes/read email api://notes/write");
    assert_eq!(
        metadata(&base).await["scopes_supported"],
        serde_json::json!([
            "api://notes/read",
            "api://notes/write",
            "email",
            "api://other/x"
        ])
    );

    let named = base.challenge_scopes(["all"]);
    let (missing, more) = scope(&named).await;
    assert_eq!((&*missing, &*more), ("all", "all api://notes/write"));
    let enforced = named.protection("/mcp").unwrap();
    assert!(
        enforced.check_required_scopes(&ada).is_err(),
        "what is enforced stays"
    );
}

/// A vendor whose clients ask for scopes by longer names than tokens hold.
#[derive(Clone, Debug)]
struct Prefixed;

impl Vendor for Prefixed {
    const NAME: &'static str = "prefixed";

    fn tokens(&self, _: &ProviderSettings) -> Result<TokenKind, ProviderError> {
        let profile = TokenProfile::new("https://auth.example.com");
        Ok(profile.scope_prefix("api://notes/").into())
    }
}

/// The metadata of the protected resource.
async fn metadata<V: Vendor>(builder: &ProviderBuilder<V>) -> serde_json::Value {
    let protection = builder.protection("/mcp").unwrap();
    let request = Request::get("/.well-known/oauth-protected-resource/mcp");
    let request = request.body(Full::<Bytes>::default()).unwrap();
    let routes = protection.public_routes();
    let answer = routes.respond(request, &Cors::default()).await;
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    serde_json::from_slice(&body).unwrap()
}

#[tokio::test]
async fn several_authorization_servers_are_published_in_order() {
    let builder = RemoteAuth::builder("https://auth.example.com", "https://mcp.example.com");
    let builder = builder.authorization_servers(["https://b.example/", "https://a.example"]);
    let published = metadata(&builder).await["authorization_servers"].clone();
    assert_eq!(
        published,
        serde_json::json!(["https://b.example/", "https://a.example"])
    );
    for (servers, part) in [
        (vec![], "authorization_servers is not set"),
        (vec!["a.example"], "authorization_servers cannot be used"),
        (
            vec!["https://a.example", "http://b.example"],
            "must begin with `https://`",
        ),
    ] {
        let builder = builder.clone().authorization_servers(servers);
        let problem = builder.build().unwrap_err().to_string();
        assert!(problem.contains(part), "{problem}");
    }
}
