use std::sync::Arc;

use serde_json::json;
use thyra_oauth::{ManualClock, Secret};

use super::*;
use crate::principal::Principal;
use crate::verify::lookup::TokenLookup;
use crate::verify::lookup::testing::{Upstream, accepted, is_unavailable, rejected};
use crate::verify::{
    Audience, AudienceUnchecked, ClaimName, LookupVerifier, TokenVerifier, Verdict,
};

const NOW: u64 = 1_800_000_000;
/// `NOW` and ten minutes.
const LATER: &str = "2027-01-15T08:10:00";
const GITHUB: &str = "https://api.github.com/applications/app%2F1/token";
const GOOGLE: &str = "https://oauth2.googleapis.com/tokeninfo";
const DISCORD: &str = "https://discord.com/api/oauth2/@me";
const HUGGING_FACE: &str = "https://huggingface.co/oauth/userinfo";
const WORK_OS: &str = "https://acme.authkit.app/oauth2/userinfo";

async fn ask(lookup: impl TokenLookup + 'static) -> Verdict {
    let clock = Arc::new(ManualClock::new(Duration::from_secs(NOW)));
    let verifier = LookupVerifier::builder(lookup).clock(clock).build();
    verifier.verify(&BearerToken::new("opaque")).await
}

fn github(upstream: &Upstream) -> GitHubLookup {
    let lookup = GitHubLookup::new("app/1", Secret::new("hunter2".to_owned()));
    lookup.unwrap().fetcher(upstream.fetcher())
}

fn google(upstream: &Upstream) -> GoogleLookup {
    let clients = Audience::any_of(["c1", "c2"]).unwrap();
    GoogleLookup::new(clients)
        .unwrap()
        .fetcher(upstream.fetcher())
}

fn discord(upstream: &Upstream) -> DiscordLookup {
    let applications = Audience::any_of(["157730590492196864"]).unwrap();
    DiscordLookup::new(applications)
        .unwrap()
        .fetcher(upstream.fetcher())
}

fn serving(url: &str, answer: &Value) -> Upstream {
    let upstream = Upstream::default();
    upstream.serve(url, 200, "application/json", answer.to_string());
    upstream
}

fn ends_later(caller: &Principal) -> bool {
    caller.expires_at() == Some(Duration::from_secs(NOW + 600))
}

fn github_answer() -> Value {
    json!({
        "id": 1, "app": { "client_id": "app/1", "name": "Notes" }, "scopes": ["repo", "user"],
        "expires_at": format!("{LATER}Z"),
        "user": { "id": 583_231, "login": "octocat", "email": null, "exp": 1, "scope": "admin" },
    })
}

#[tokio::test]
async fn github_says_whose_a_token_is_and_of_which_app() {
    let upstream = serving(GITHUB, &github_answer());
    let caller = accepted(ask(github(&upstream)).await);
    assert_eq!(
        (caller.issuer(), caller.subject()),
        ("https://github.com", "583231")
    );
    assert_eq!(caller.scopes().to_string(), "repo user");
    assert_eq!(caller.claim("login"), Some(&json!("octocat")));
    assert!(ends_later(&caller));
    let asked = upstream.asked();
    assert_eq!(
        asked[0].headers[header::AUTHORIZATION],
        "Basic YXBwLzE6aHVudGVyMg=="
    );
    assert_eq!(&asked[0].body[..], br#"{"access_token":"opaque"}"#);

    let mut other = github_answer();
    other["app"]["client_id"] = json!("app/2");
    let reason = rejected(ask(github(&serving(GITHUB, &other))).await);
    assert_eq!(reason, TokenRejected::AudienceMismatch);
    upstream.serve(GITHUB, 404, "application/json", "{}");
    assert_eq!(
        rejected(ask(github(&upstream)).await),
        TokenRejected::Inactive
    );
    // Of the app, of nobody, or of a limit that GitHub answers with 403 or 422.
    for status in [401, 403, 422, 500] {
        upstream.serve(GITHUB, status, "application/json", "{}");
        is_unavailable(&ask(github(&upstream)).await, &status.to_string());
    }
    for broken in [
        json!({}),
        json!({ "app": { "client_id": "app/1" }, "user": 1 }),
    ] {
        is_unavailable(
            &ask(github(&serving(GITHUB, &broken))).await,
            &broken.to_string(),
        );
    }
    let mut odd = github_answer();
    odd["expires_at"] = json!("soon");
    is_unavailable(&ask(github(&serving(GITHUB, &odd))).await, "soon");
}

#[tokio::test]
async fn github_says_what_a_user_is_called() {
    const USER: &str = "https://api.github.com/user";
    let mona = json!({ "id": 583_231, "login": "octocat", "name": "Mona", "scope": "admin",
        "email": "mona@example.com", "avatar_url": null });
    let upstream = serving(GITHUB, &github_answer());
    upstream.serve(USER, 200, "application/json", mona.to_string());
    let caller = accepted(ask(github(&upstream).user()).await);
    assert_eq!(caller.subject(), "583231");
    assert_eq!(
        (caller.name(), caller.email()),
        (Some("Mona"), Some("mona@example.com"))
    );
    assert_eq!(caller.scopes().to_string(), "repo user");
    assert_eq!(
        upstream.asked()[1].headers[header::AUTHORIZATION],
        "Bearer opaque"
    );
    upstream.serve(USER, 200, "application/json", r#"{"id":1,"name":"Eve"}"#);
    is_unavailable(&ask(github(&upstream).user()).await, "another user");
    for status in [403, 404, 429, 500, 503] {
        upstream.serve(USER, status, "application/json", "{}");
        is_unavailable(&ask(github(&upstream).user()).await, &status.to_string());
    }
    upstream.serve(USER, 401, "application/json", "{}");
    assert_eq!(
        rejected(ask(github(&upstream).user()).await),
        TokenRejected::Inactive
    );
}

#[tokio::test]
async fn google_says_for_whom_a_token_is() {
    use TokenRejected::{AudienceMismatch, Expired, MissingClaim};
    let answer = |changes: &[(&str, Value)]| {
        let mut answer = json!({
            "aud": "c1", "azp": "c2", "sub": "110248495921238986420", "email": "ada@example.com",
            "scope": "openid https://www.googleapis.com/auth/userinfo.email",
            "exp": (NOW + 600).to_string(), "expires_in": "600",
        });
        for (name, value) in changes {
            answer[name] = value.clone();
        }
        answer
    };
    let upstream = serving(GOOGLE, &answer(&[]));
    let caller = accepted(ask(google(&upstream)).await);
    assert_eq!(caller.issuer(), "https://accounts.google.com");
    assert_eq!(caller.subject(), "110248495921238986420");
    assert!(caller.has_scope("openid") && ends_later(&caller));
    assert_eq!(
        upstream.asked()[0].headers[header::AUTHORIZATION],
        "Bearer opaque"
    );
    for (changes, reason) in [
        ([("aud", json!("c3"))], AudienceMismatch),
        ([("azp", json!("c3"))], AudienceMismatch),
        ([("aud", Value::Null)], MissingClaim(ClaimName::Aud)),
        ([("sub", Value::Null)], MissingClaim(ClaimName::Sub)),
        ([("exp", json!((NOW - 600).to_string()))], Expired),
    ] {
        let upstream = serving(GOOGLE, &answer(&changes));
        assert_eq!(
            rejected(ask(google(&upstream)).await),
            reason,
            "{changes:?}"
        );
    }
    upstream.serve(
        GOOGLE,
        400,
        "application/json",
        r#"{"error":"invalid_token"}"#,
    );
    assert_eq!(
        rejected(ask(google(&upstream)).await),
        TokenRejected::Inactive
    );
    let odd = serving(GOOGLE, &answer(&[("exp", json!("soon"))]));
    is_unavailable(&ask(google(&odd)).await, "soon");
}

#[tokio::test]
async fn discord_says_of_which_application_a_token_is() {
    let mut answer = json!({
        "application": { "id": "157730590492196864", "name": "Notes" }, "scopes": ["identify"],
        "expires": format!("{LATER}.350000+00:00"),
        "user": { "id": "268473310986240001", "username": "ada" },
    });
    let caller = accepted(ask(discord(&serving(DISCORD, &answer))).await);
    assert_eq!(caller.subject(), "268473310986240001");
    assert!(caller.has_scope("identify") && ends_later(&caller));
    assert_eq!((caller.name(), caller.email()), (Some("ada"), None));
    answer["user"]["global_name"] = json!("Ada Lovelace");
    answer["user"]["email"] = json!("ada@example.com");
    answer["user"]["verified"] = json!(true);
    let caller = accepted(ask(discord(&serving(DISCORD, &answer))).await);
    assert_eq!(caller.name(), Some("Ada Lovelace"));
    assert_eq!(caller.email(), Some("ada@example.com"));
    assert_eq!(caller.email_verified(), Some(true));
    assert_eq!(caller.claim("username"), Some(&json!("ada")));
    let mut nobody = answer.clone();
    nobody["user"] = Value::Null;
    let reason = rejected(ask(discord(&serving(DISCORD, &nobody))).await);
    assert_eq!(reason, TokenRejected::MissingClaim(ClaimName::Sub));
    answer["application"]["id"] = json!("1");
    let reason = rejected(ask(discord(&serving(DISCORD, &answer))).await);
    assert_eq!(reason, TokenRejected::AudienceMismatch);
}

#[tokio::test]
async fn user_info_says_whose_a_token_is() {
    let ada = json!({ "sub": "u1", "id": 7, "email": "ada@example.com", "scope": "openid",
        "client_id": "not-a-client", "azp": "not-a-client", "jti": "not-a-token" });
    for (url, issuer, lookup) in [
        (
            HUGGING_FACE,
            "https://huggingface.co",
            UserInfoLookup::hugging_face(AudienceUnchecked).unwrap(),
        ),
        (
            WORK_OS,
            "https://acme.authkit.app",
            UserInfoLookup::work_os("https://acme.authkit.app/", AudienceUnchecked).unwrap(),
        ),
    ] {
        let upstream = serving(url, &ada);
        let lookup = lookup.fetcher(upstream.fetcher());
        let caller = accepted(ask(lookup.clone()).await);
        assert_eq!((caller.issuer(), caller.subject()), (issuer, "u1"));
        assert!(caller.has_scope("openid"));
        assert_eq!((caller.client_id(), caller.token_id()), (None, None));
        let by_number = accepted(ask(lookup.clone().subject_member("id")).await);
        assert_eq!(by_number.subject(), "7");
        let reason = rejected(ask(lookup.clone().subject_member("email_verified")).await);
        assert_eq!(reason, TokenRejected::MissingClaim(ClaimName::Sub));

        upstream.serve(url, 401, "application/json", "{}");
        assert_eq!(rejected(ask(lookup.clone()).await), TokenRejected::Inactive);
        // 403 of a firewall is no word about the token.
        upstream.serve(url, 403, "text/html", "<html>");
        is_unavailable(&ask(lookup.clone()).await, "firewall");
        upstream.header(
            url,
            "www-authenticate",
            "Bearer error=\"insufficient_scope\"",
        );
        assert_eq!(rejected(ask(lookup.clone()).await), TokenRejected::Inactive);
        for status in [204, 302, 404, 429, 500, 503] {
            upstream.serve(url, status, "application/json", ada.to_string());
            is_unavailable(&ask(lookup.clone()).await, &status.to_string());
        }
        for body in ["", "[]", r#"{"sub":"u1","sub":"u2"}"#] {
            upstream.serve(url, 200, "application/json", body);
            is_unavailable(&ask(lookup.clone()).await, body);
        }
    }
    assert!(UserInfoLookup::new("i", "http://example.com/me", AudienceUnchecked).is_err());
}

#[test]
fn no_debug_output_holds_the_secret() {
    assert!(!format!("{:?}", github(&Upstream::default())).contains("hunter2"));
}

#[tokio::test]
async fn an_api_may_be_elsewhere() {
    let upstream = serving(
        "https://ghe.example/api/v3/applications/app%2F1/token",
        &github_answer(),
    );
    for api in ["https://ghe.example/api/v3", "https://ghe.example/api/v3/"] {
        accepted(ask(github(&upstream).api_url(api).unwrap()).await);
    }
    let answer = json!({
        "application": { "id": "157730590492196864" }, "scopes": ["identify"], "user": { "id": "1" },
    });
    let upstream = serving("https://chat.example/oauth2/@me", &answer);
    accepted(ask(discord(&upstream).api_url("https://chat.example/").unwrap()).await);
    assert!(github(&upstream).api_url("http://ghe.example").is_err());
    assert!(discord(&upstream).api_url("chat.example").is_err());
}
