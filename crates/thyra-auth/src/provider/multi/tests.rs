use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, ready};
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Empty};

use super::*;
use crate::dpop::DpopPolicy;
use crate::provider::testing::request;
use crate::provider::{DebugAuth, RemoteAuth, RemoteAuthBuilder, StaticAuth};
use crate::refusal::Refusal;
use crate::routes::Cors;
use crate::verify::{
    AnyOfError, BearerToken, DebugVerifier, StaticTokens, TokenRejected, Unavailable, Verdict,
};

const BASE_URL: &str = "https://mcp.example.com";

fn principal(scopes: &[&str]) -> Principal {
    Principal::builder("https://a.example", "ada")
        .client_id("c")
        .scopes(scopes.iter().copied().collect::<ScopeSet>())
        .build()
}

fn tokens(token: &str, scopes: &[&str]) -> StaticTokens {
    StaticTokens::default().token(token, principal(scopes))
}

/// An issuer whose tokens are known here, so that nothing is fetched.
fn issuer(issuer: &str, token: &str, scopes: &[&str]) -> RemoteAuthBuilder {
    RemoteAuth::builder(issuer, BASE_URL).token_verifier(Arc::new(tokens(token, scopes)))
}

fn a() -> RemoteAuthBuilder {
    issuer("https://a.example", "a-token", &["read"])
}

fn b() -> RemoteAuthBuilder {
    issuer("https://b.example", "b-token", &["read"])
}

async fn admit(auth: &impl AuthProvider, token: &str) -> Result<Arc<Principal>, Refusal> {
    let protection = auth.protection("/mcp").unwrap();
    protection.admit(&mut request(token)).await
}

async fn source(auth: &impl AuthProvider, token: &str) -> String {
    let principal = admit(auth, token).await.unwrap();
    principal.source().unwrap_or("-").to_owned()
}

async fn metadata(auth: &impl AuthProvider) -> serde_json::Value {
    let protection = auth.protection("/mcp").unwrap();
    let request = Request::get("/.well-known/oauth-protected-resource/mcp");
    let request = request.body(Empty::<Bytes>::new()).unwrap();
    let routes = protection.public_routes();
    let response = routes.respond(request, &Cors::default()).await;
    assert_eq!(response.status(), StatusCode::OK);
    let body = response.into_body().collect().await.unwrap().to_bytes();
    serde_json::from_slice(&body).unwrap()
}

#[tokio::test]
async fn every_source_admits_its_own_callers() {
    let auth = MultiAuth::of(a())
        .or("machines", tokens("m-token", &[]))
        .or_provider("partner", b());
    assert_eq!(source(&auth, "a-token").await, MultiAuth::FIRST);
    assert_eq!(source(&auth, "m-token").await, "machines");
    assert_eq!(source(&auth, "b-token").await, "partner");
    assert_eq!(
        admit(&auth, "c-token").await.unwrap_err(),
        Refusal::InvalidToken(TokenRejected::UnknownToken)
    );
    let named = MultiAuth::named("people", a()).or("machines", tokens("m-token", &[]));
    assert_eq!(source(&named, "a-token").await, "people");
}

#[tokio::test]
async fn the_same_issuer_subject_and_client_of_two_sources_are_two_callers() {
    let auth = MultiAuth::of(a()).or_provider("partner", b());
    let [a, b] = [
        admit(&auth, "a-token").await.unwrap(),
        admit(&auth, "b-token").await.unwrap(),
    ];
    assert_eq!(
        (a.issuer(), a.subject(), a.client_id()),
        (b.issuer(), b.subject(), b.client_id())
    );
    assert!(a.id() != b.id() && a.id().subject() != b.id().subject());
}

#[tokio::test]
async fn the_metadata_names_the_authorization_servers_of_all() {
    let auth = MultiAuth::of(a().resource_name("Notes").required_scopes(["read"]))
        .or("machines", tokens("m-token", &["read"]))
        .or_provider("partner", b().resource_name("Partners"))
        .or_provider("again", a());
    let document = metadata(&auth).await;
    assert_eq!(
        document["authorization_servers"],
        serde_json::json!(["https://a.example", "https://b.example"])
    );
    assert_eq!(document["resource_name"], "Notes");
    assert_eq!(document["scopes_supported"], serde_json::json!(["read"]));
    let protection = auth.protection("/mcp").unwrap();
    insta::assert_snapshot!(protection.summary(), @r"
    auth      remote
    resource  https://mcp.example.com/mcp
    issuers   https://a.example, https://b.example
    scopes    read
    also      machines, partner, again
    ");
}

#[tokio::test]
async fn the_scopes_of_the_first_are_required_of_all() {
    let auth = MultiAuth::of(a().required_scopes(["read"])).or("machines", tokens("m-token", &[]));
    admit(&auth, "a-token").await.unwrap();
    assert!(matches!(
        admit(&auth, "m-token").await,
        Err(Refusal::InsufficientScope { .. })
    ));
    // Replaced, and taken away.
    let write = auth.clone().required_scopes(["write"]);
    assert!(matches!(
        admit(&write, "a-token").await,
        Err(Refusal::InsufficientScope { .. })
    ));
    let none = auth.required_scopes([""; 0]);
    admit(&none, "m-token").await.unwrap();
    assert!(metadata(&none).await.get("scopes_supported").is_none());
}

#[test]
fn scopes_that_would_not_be_enforced_are_an_error() {
    let demanding = || b().required_scopes(["write"]);
    let auth = MultiAuth::of(a()).or_provider("partner", demanding());
    let error = auth.protection("/mcp").unwrap_err();
    insta::assert_snapshot!(error, @r#"the provider "partner" cannot be used: it requires scopes that MultiAuth does not, so they would not be enforced. Give MultiAuth all the scopes with `required_scopes`, or require them of single tools instead."#);
    assert!(auth.required_scopes(["write"]).protection("/mcp").is_ok());
    let first = a().required_scopes(["write", "read"]);
    let auth = MultiAuth::of(first).or_provider("partner", demanding());
    assert!(auth.protection("/mcp").is_ok());
    assert!(auth.required_scopes([""; 0]).protection("/mcp").is_err());
}

#[test]
fn proofs_that_would_not_be_enforced_are_an_error() {
    let demanding = || b().dpop(DpopPolicy::required());
    let lenient = a().dpop(DpopPolicy::accepted());
    let auth = MultiAuth::of(lenient).or_provider("partner", demanding());
    let error = auth.protection("/mcp").unwrap_err();
    insta::assert_snapshot!(error, @r#"the provider "partner" cannot be used: it requires proofs (DPoP) that the first provider does not, so they would not be enforced. Set the same `dpop` policy on the first provider."#);
    let strict = a().dpop(DpopPolicy::required());
    let auth = MultiAuth::of(strict).or_provider("partner", demanding());
    assert!(auth.protection("/mcp").is_ok());
}

#[test]
fn all_protect_the_same_resource() {
    let elsewhere = StaticAuth::new("https://other.example.com");
    let auth = MultiAuth::of(a()).or_provider("partner", elsewhere);
    let error = auth.protection("/mcp").unwrap_err();
    insta::assert_snapshot!(error, @r#"the provider "partner" cannot be used: it protects another URL. Give all providers the same base URL."#);
}

#[test]
fn names_are_checked() {
    let error = |auth: MultiAuth| match auth.protection("/mcp").unwrap_err() {
        ProviderError::Sources(error) => error,
        other => panic!("{other:?}"),
    };
    let taken = MultiAuth::of(a()).or(MultiAuth::FIRST, StaticTokens::default());
    assert_eq!(error(taken), AnyOfError::SameName("main".to_owned()));
    let blank = MultiAuth::of(a()).or_provider(" ", b());
    assert_eq!(error(blank), AnyOfError::Name(" ".to_owned()));
}

#[test]
fn what_is_wrong_with_one_is_wrong_with_all() {
    let broken = || RemoteAuth::builder("not a url", BASE_URL);
    for auth in [
        MultiAuth::of(broken()),
        MultiAuth::of(a()).or_provider("partner", broken()),
    ] {
        assert!(matches!(
            auth.protection("/mcp"),
            Err(ProviderError::Invalid { .. })
        ));
    }
}

#[tokio::test]
async fn the_hooks_of_a_provider_are_asked_about_its_own_callers() {
    let known = |auth: RemoteAuthBuilder| auth.deny_caller(|caller| caller.source().is_none());
    let auth = MultiAuth::of(a()).or_provider("partner", known(b()));
    admit(&auth, "a-token").await.unwrap();
    let denied = Refusal::InvalidToken(TokenRejected::Denied);
    assert_eq!(admit(&auth, "b-token").await.unwrap_err(), denied);

    // Those of the first are rules of the resource, and hold for everybody.
    let auth = MultiAuth::of(a().deny_caller(|_| true)).or("machines", tokens("m-token", &[]));
    for token in ["a-token", "m-token"] {
        assert_eq!(admit(&auth, token).await.unwrap_err(), denied);
    }

    // Also within another.
    for auth in [
        MultiAuth::of(MultiAuth::of(a()).or_provider("partner", known(b()))),
        MultiAuth::of(StaticAuth::new(BASE_URL)).or_provider(
            "inner",
            MultiAuth::of(a()).or_provider("partner", known(b())),
        ),
    ] {
        assert!(source(&auth, "a-token").await.ends_with(MultiAuth::FIRST));
        assert_eq!(admit(&auth, "b-token").await.unwrap_err(), denied);
    }
}

#[tokio::test]
async fn open_streams_end_with_their_own_source() {
    let revoked = b().deny_caller(|caller| caller.source().is_none());
    let auth = MultiAuth::of(a()).or_provider("partner", revoked);
    let protection = auth.protection("/mcp").unwrap();
    let [first, partner] = ["main", "partner"].map(|name| principal(&[]).admitted_by(&name.into()));
    assert!(!protection.is_revoked(&first));
    assert!(protection.is_revoked(&partner));
}

/// An authorization server that nobody can reach.
#[derive(Debug)]
struct Down;

impl TokenVerifier for Down {
    fn verify<'a>(&'a self, _: &'a BearerToken<'a>) -> BoxFuture<'a, Verdict> {
        let outage = Unavailable {
            retry_after: Duration::from_secs(7),
        };
        ready(Verdict::Unavailable(outage)).boxed()
    }
}

#[tokio::test]
async fn an_outage_of_one_source_is_503_for_tokens_that_may_be_its_own() {
    let auth =
        MultiAuth::of(a().token_verifier(Arc::new(Down))).or("machines", tokens("m-token", &[]));
    admit(&auth, "m-token").await.unwrap();
    let refusal = admit(&auth, "a-token").await.unwrap_err();
    assert_eq!(refusal.status(), StatusCode::SERVICE_UNAVAILABLE);
    let retry_after = Duration::from_secs(7);
    assert_eq!(refusal, Refusal::Unavailable { retry_after });
}

#[test]
fn a_debug_verifier_among_them_is_announced() {
    let auth = MultiAuth::of(a()).or("debug", DebugVerifier::accepting(|_| false));
    let protection = auth.protection("/mcp").unwrap();
    let [warning] = &*protection.summary().warnings else {
        panic!("one warning")
    };
    assert!(
        warning.starts_with("DEBUG: ") && warning.ends_with("(source debug)"),
        "{warning}"
    );
    let alone = DebugAuth::new(BASE_URL, DebugVerifier::accepting(|_| false));
    let protection = alone.protection("/mcp").unwrap();
    let shown = protection.summary().to_string();
    assert!(
        shown.starts_with("auth      a DEBUG verifier\n") && shown.contains("\nWARNING   DEBUG: "),
        "{shown}"
    );
}
