use std::time::Duration;

use serde_json::{Value, json};
use thyra_oauth::ManualClock;

use super::*;
use crate::layer::Protection;
use crate::principal::Principal;
use crate::provider::AuthProvider;
use crate::provider::testing::{BASE_URL, NOW, request, with};
use crate::refusal::Refusal;
use crate::verify::lookup_testing::Upstream;
use crate::verify::{ClaimName, TokenRejected, testing};

const ISSUER: &str = "https://clerk.example.com";
const ASKED: &str = "https://clerk.example.com/oauth/token_info";
const KEYS: &str = "https://clerk.example.com/.well-known/jwks.json";

fn builder() -> ClerkProviderBuilder {
    ClerkProvider::builder()
        .domain("clerk.example.com")
        .client_id("c1")
        .client_secret(Secret::new("hunter2".to_owned()))
        .accepted_clients("c2, c3")
}

fn claims() -> Value {
    json!({
        "iss": ISSUER, "sub": "user_1", "client_id": "c2", "jti": "oat_1", "scope": "email",
        "iat": NOW, "nbf": NOW, "exp": NOW + 600,
    })
}

/// What `token_info` says.
fn answer() -> Value {
    let mut answer = claims();
    answer["active"] = true.into();
    answer
}

fn jwt(typ: &str, claims: &Value) -> String {
    let header = json!({ "alg": "RS256", "kid": "rsa", "typ": typ, "cat": "cl_B7d4PD111AAA" });
    testing::rsa().token_with(&header.to_string(), &claims.to_string())
}

fn upstream(answer: &Value) -> Upstream {
    let upstream = Upstream::default();
    upstream.serve(ASKED, 200, "application/json", answer.to_string());
    upstream.serve(
        KEYS,
        200,
        "application/json",
        testing::jwks(&[testing::rsa()]),
    );
    upstream
}

fn door(builder: ClerkProviderBuilder, upstream: &Upstream) -> Protection {
    let provider = builder
        .base_url(BASE_URL)
        .fetcher(upstream.fetcher())
        .clock(Arc::new(ManualClock::new(Duration::from_secs(NOW))));
    provider.protection("/mcp").unwrap()
}

async fn admit(door: &Protection, token: &str) -> Result<Arc<Principal>, TokenRejected> {
    match door.admit(&mut request(token)).await {
        Ok(principal) => Ok(principal),
        Err(Refusal::InvalidToken(reason)) => Err(reason),
        Err(refusal) => panic!("{refusal:?}"),
    }
}

#[tokio::test]
async fn both_kinds_of_tokens_mean_the_same_caller() {
    let upstream = upstream(&answer());
    let door = door(builder(), &upstream);
    let signed = admit(&door, &jwt("at+jwt", &claims())).await.unwrap();
    assert_eq!(upstream.asked()[0].url.as_str(), KEYS);
    let asked = admit(&door, "oat_1").await.unwrap();
    assert_eq!(upstream.asked()[0].url.as_str(), ASKED);
    for caller in [&signed, &asked] {
        assert_eq!((caller.issuer(), caller.subject()), (ISSUER, "user_1"));
        assert!(!door.is_revoked(caller));
    }
    assert_eq!(signed.id(), asked.id());
}

#[tokio::test]
async fn an_opaque_token_stays_good_though_no_keys_were_fetched() {
    let door = door(builder(), &upstream(&answer()));
    let caller = admit(&door, "oat_1").await.unwrap();
    assert!(!door.is_revoked(&caller));
}

#[tokio::test]
async fn the_client_stands_in_for_the_audience() {
    for (client, accepted) in [
        (json!("c2"), Ok(())),
        (json!("c3"), Ok(())),
        (json!("c4"), Err(TokenRejected::AudienceMismatch)),
        (json!("c2, c3"), Err(TokenRejected::AudienceMismatch)),
        (
            Value::Null,
            Err(TokenRejected::MissingClaim(ClaimName::Aud)),
        ),
    ] {
        let changes = json!({ "client_id": client });
        let door = door(builder(), &upstream(&with(&answer(), &changes)));
        let jwt = jwt("at+jwt", &with(&claims(), &changes));
        for token in [&*jwt, "oat_1"] {
            assert_eq!(admit(&door, token).await.map(drop), accepted, "{client}");
        }
    }
    let any = ClerkProvider::builder()
        .domain(ISSUER)
        .audience_unchecked(AudienceUnchecked);
    let other = with(&claims(), &json!({ "client_id": "c9" }));
    let door = door(any, &upstream(&answer()));
    assert!(admit(&door, &jwt("at+jwt", &other)).await.is_ok());
}

#[tokio::test]
async fn session_tokens_and_forgeries_are_refused() {
    let upstream = upstream(&json!({ "active": false }));
    let door = door(builder(), &upstream);
    let session = jwt("JWT", &claims());
    assert_eq!(
        admit(&door, &session).await.map(drop),
        Err(TokenRejected::TypeNotAllowed)
    );
    let foreign = with(&claims(), &json!({ "iss": "https://clerk.evil.example" }));
    let foreign = jwt("at+jwt", &foreign);
    assert_eq!(
        admit(&door, &foreign).await.map(drop),
        Err(TokenRejected::IssuerMismatch)
    );
    assert_eq!(
        admit(&door, "oat_2").await.map(drop),
        Err(TokenRejected::Inactive)
    );
}

#[tokio::test]
async fn without_credentials_nobody_is_asked_about_opaque_tokens() {
    let upstream = upstream(&answer());
    let jwts = ClerkProvider::builder()
        .domain(ISSUER)
        .accepted_clients("c2");
    let door = door(jwts, &upstream);
    assert_eq!(
        admit(&door, "oat_1").await.map(drop),
        Err(TokenRejected::Malformed)
    );
    assert!(upstream.asked().is_empty());
    assert!(admit(&door, &jwt("at+jwt", &claims())).await.is_ok());
}

#[test]
fn settings_are_checked() {
    let problem =
        |builder: ClerkProviderBuilder| builder.base_url(BASE_URL).build().unwrap_err().to_string();
    let empty = ClerkProvider::builder;
    insta::assert_snapshot!(problem(empty()), @"domain (CLERK_DOMAIN) is not set. Copy the Frontend API URL from the Clerk dashboard, Configure > API keys; it looks like https://verb-noun-00.clerk.accounts.dev or https://clerk.example.com.");
    insta::assert_snapshot!(problem(empty().domain("clerk.example.com")), @"accepted_clients (CLERK_ACCEPTED_CLIENTS) is not set. Clerk's tokens do not say which server they are for. Set it to the Client IDs of the OAuth applications whose tokens are accepted; or accept those of every application of the instance with `.audience_unchecked(AudienceUnchecked)`.");
    insta::assert_snapshot!(problem(empty().domain("clerk.example.com").client_id("c1")), @"client_secret (CLERK_CLIENT_SECRET) is not set. Set it to the secret of the OAuth application whose Client ID is set, or remove both, if all tokens are JWTs.");
    insta::assert_snapshot!(problem(builder().domain("clerk.example.com/x")), @"domain (CLERK_DOMAIN) cannot be used: it has a path; leave away what follows the host. Copy the Frontend API URL from the Clerk dashboard, Configure > API keys; it looks like https://verb-noun-00.clerk.accounts.dev or https://clerk.example.com.");
    insta::assert_snapshot!(problem(builder().accepted_clients(" ")), @"accepted_clients (CLERK_ACCEPTED_CLIENTS) cannot be used: it is blank. Clerk's tokens do not say which server they are for. Set it to the Client IDs of the OAuth applications whose tokens are accepted; or accept those of every application of the instance with `.audience_unchecked(AudienceUnchecked)`.");
    let settings = ClerkProviderSettings::from_vars([
        ("CLERK_DOMAIN", ISSUER),
        ("CLERK_CLIENT_ID", "c1"),
        ("CLERK_CLIENT_SECRET", "hunter2"),
        ("CLERK_ACCEPTED_CLIENTS", "c2"),
        ("THYRA_BASE_URL", BASE_URL),
    ]);
    let provider = settings.unwrap().provider().unwrap();
    assert_eq!(provider.authorization_servers(), [ISSUER]);
}
