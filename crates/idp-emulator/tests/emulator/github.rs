//! GitHub's ways.

use idp_emulator::{ClockChange, EndpointFault, Faults, Mint, Vendor};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use url::form_urlencoded;

use crate::proxy::{self, Proxy, json as answer, text};
use crate::support::VERIFIER;

async fn github() -> Proxy {
    Proxy::at(Vendor::GitHub).await
}

#[tokio::test]
async fn an_app_learns_who_its_user_is() {
    let github = github().await;
    let tokens = github.log_in(&[("scope", "read:user user:email")]).await;
    let token = text(&tokens, "access_token");
    assert!(token.starts_with("gho_"));
    assert_eq!(tokens["token_type"], "bearer");
    assert_eq!(tokens["scope"], "read:user,user:email");
    assert!(tokens.get("id_token").is_none());

    for root in ["", "/api/v3"] {
        let response = github.show(&format!("{root}/user"), token).await;
        let headers = response.headers();
        assert_eq!(headers["x-oauth-scopes"], "read:user, user:email");
        assert_eq!(headers["x-oauth-client-id"], github.id.as_str());
        let user: Value = response.json().await.unwrap();
        assert_eq!(user["id"], 583_231);
        assert_eq!(user["login"], "ada");
        assert_eq!(user["name"], "Ada Lovelace");
        assert_eq!(user["email"], "ada@example.com");
    }
    assert_eq!(github.shown("/user/repos", token).await, json!([]));
    let emails = github.shown("/user/emails", token).await;
    assert_eq!(emails[0]["email"], "ada@example.com");
    // `token` is as good as `Bearer`.
    let request = github.request(Method::GET, "/user");
    let request = request.header("authorization", format!("token {token}"));
    assert_eq!(request.send().await.unwrap().status(), StatusCode::OK);

    let refused = github.show("/user", "gho_unknown").await;
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    let body: Value = refused.json().await.unwrap();
    assert_eq!(body["message"], "Bad credentials");
}

#[tokio::test]
async fn an_address_is_shown_to_those_with_the_scope() {
    let github = github().await;
    let tokens = github.log_in(&[("scope", "gist")]).await;
    let user = github.shown("/user", text(&tokens, "access_token")).await;
    assert_eq!(user["email"], Value::Null);
    let tokens = github.log_in(&[]).await;
    assert_eq!(tokens["scope"], "");
    let response = github.show("/user", text(&tokens, "access_token")).await;
    assert_eq!(response.headers()["x-oauth-scopes"], "");
}

#[tokio::test]
async fn scopes_may_come_with_commas() {
    let github = github().await;
    for list in [
        "repo,user",
        "repo user",
        "repo, user",
        "repo,user,unheard-of",
    ] {
        let tokens = github.log_in(&[("scope", list)]).await;
        assert_eq!(tokens["scope"], "repo,user", "{list}");
    }
}

#[tokio::test]
async fn answers_are_forms_unless_json_is_asked_for() {
    let github = github().await;
    let code = github.code(&[("scope", "repo,gist")]).await;
    // Neither a grant type nor a redirect URI is needed.
    let form = [("code", code.as_str()), ("code_verifier", VERIFIER)];
    let response = github.token(&form).send().await.unwrap();
    let kind = response.headers()["content-type"].to_str().unwrap();
    assert!(
        kind.starts_with("application/x-www-form-urlencoded"),
        "{kind}"
    );
    let body = response.text().await.unwrap();
    let members: Vec<_> = form_urlencoded::parse(body.as_bytes()).collect();
    let member = |name: &str| {
        let found = members.iter().find(|(held, _)| held == name);
        found.map(|(_, value)| value.to_string())
    };
    assert!(member("access_token").unwrap().starts_with("gho_"));
    assert_eq!(member("scope").as_deref(), Some("repo,gist"));
    assert_eq!(member("expires_in"), None);

    let again = github.token(&form).send().await.unwrap();
    assert_eq!(again.status(), StatusCode::OK);
    let body = again.text().await.unwrap();
    assert!(body.contains("error=bad_verification_code"), "{body}");
}

#[tokio::test]
async fn errors_come_with_status_200() {
    let mut github = github().await;
    let used = github.code(&[]).await;
    github.redeem(&used).await;
    for code in ["unknown", &used] {
        let response = github.redemption(code).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        let body: Value = response.json().await.unwrap();
        assert_eq!(body["error"], "bad_verification_code");
        assert!(body["error_description"].is_string() && body["error_uri"].is_string());
    }
    let refused = github.refresh("ghr_unknown").await;
    assert_eq!(refused["error"], "bad_refresh_token");
    let code = github.code(&[]).await;
    github.secret = "guessed".to_owned();
    let response = github.redemption(&code).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["error"], "incorrect_client_credentials");
}

#[tokio::test]
async fn tokens_do_not_end() {
    let github = github().await;
    let tokens = github.log_in(&[]).await;
    for absent in ["expires_in", "refresh_token", "refresh_token_expires_in"] {
        assert!(tokens.get(absent).is_none(), "{absent}");
    }
    github
        .emulator
        .clock(ClockChange::Advance(10 * 365 * 86_400));
    let token = text(&tokens, "access_token");
    assert_eq!(github.show("/user", token).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn tokens_with_ends_come_with_refresh_tokens() {
    let builder = proxy::builder(Vendor::GitHub).expiring_tokens(true);
    let github = Proxy::of(Vendor::GitHub, builder).await;
    let tokens = github.log_in(&[("scope", "user")]).await;
    assert_eq!(tokens["expires_in"], 28_800);
    assert_eq!(tokens["refresh_token_expires_in"], 15_897_600);
    let first = text(&tokens, "refresh_token");
    assert!(first.starts_with("ghr_"));
    github.emulator.clock(ClockChange::Advance(28_801));
    let old = text(&tokens, "access_token");
    assert_eq!(github.show("/user", old).await.status(), 401);

    let renewed = github.refresh(first).await;
    assert_eq!(renewed["scope"], "user");
    assert_ne!(renewed["refresh_token"], tokens["refresh_token"]);
    let token = text(&renewed, "access_token");
    assert_eq!(github.show("/user", token).await.status(), 200);
    let again = github.refresh(first).await;
    assert_eq!(again["error"], "bad_refresh_token");
}

#[tokio::test]
async fn an_app_asks_about_its_own_tokens() {
    let github = github().await;
    let tokens = github.log_in(&[("scope", "repo user")]).await;
    let token = text(&tokens, "access_token");
    let path = format!("/applications/{}/token", github.id);
    let ask = |path: &str, secret: &str, token: &str| {
        github
            .request(Method::POST, path)
            .basic_auth(&github.id, Some(secret))
            .json(&json!({ "access_token": token }))
    };
    let told = answer(ask(&path, &github.secret, token)).await;
    assert_eq!(told["app"]["client_id"], github.id);
    assert_eq!(told["scopes"], json!(["repo", "user"]));
    assert_eq!(told["user"]["id"], 583_231);
    assert_eq!(told["expires_at"], Value::Null);
    assert_eq!(told["token"], token);
    assert!(token.ends_with(text(&told, "token_last_eight")));
    assert_eq!(text(&told, "token_last_eight").len(), 8);

    let other = Mint::new().claim("client_id", "Ov23liSomebodyElse00");
    let other = github.emulator.mint(&other).unwrap();
    for (path, secret, token, status) in [
        (path.as_str(), "guessed", token, 401),
        (&path, &github.secret, "gho_unknown", 404),
        (&path, &github.secret, &other, 404),
        ("/applications/other/token", &github.secret, token, 404),
    ] {
        let response = ask(path, secret, token).send().await.unwrap();
        assert_eq!(response.status(), status, "{path}");
    }
    let request = github
        .request(Method::POST, &path)
        .basic_auth(&github.id, Some(&github.secret))
        .json(&json!({}));
    assert_eq!(request.send().await.unwrap().status(), 422);

    github.emulator.faults(Faults {
        introspection: EndpointFault::Status403,
        ..Faults::default()
    });
    let limited = ask(&path, &github.secret, token).send().await.unwrap();
    assert_eq!(limited.status(), StatusCode::FORBIDDEN);
    assert_eq!(limited.headers()["x-ratelimit-remaining"], "0");
}

#[tokio::test]
async fn the_end_of_a_token_is_a_date() {
    let builder = proxy::builder(Vendor::GitHub).expiring_tokens(true);
    let github = Proxy::of(Vendor::GitHub, builder).await;
    github.emulator.clock(ClockChange::Freeze(1_800_000_000));
    let tokens = github.log_in(&[]).await;
    let path = format!("/applications/{}/token", github.id);
    let request = github
        .request(Method::POST, &path)
        .basic_auth(&github.id, Some(&github.secret))
        .json(&json!({ "access_token": tokens["access_token"] }));
    let told = answer(request).await;
    assert_eq!(told["created_at"], "2027-01-15T08:00:00Z");
    assert_eq!(told["expires_at"], "2027-01-15T16:00:00Z");
}

#[tokio::test]
async fn an_app_ends_a_token_or_all_of_a_user() {
    let github = github().await;
    let mut held = Vec::new();
    for hint in ["ada", "ada", "ada", "charles"] {
        let hint = format!("{hint}@example.com");
        let tokens = github.log_in(&[("login_hint", &hint)]).await;
        held.push(text(&tokens, "access_token").to_owned());
    }
    let end = async |what: &str, token: &str| {
        let path = format!("/applications/{}/{what}", github.id);
        let request = github
            .request(Method::DELETE, &path)
            .basic_auth(&github.id, Some(&github.secret))
            .json(&json!({ "access_token": token }));
        request.send().await.unwrap().status()
    };
    let alive = async || {
        let mut alive = Vec::new();
        for token in &held {
            alive.push(github.show("/user", token).await.status() == 200);
        }
        alive
    };
    assert_eq!(end("token", &held[0]).await, StatusCode::NO_CONTENT);
    assert_eq!(alive().await, [false, true, true, true]);
    assert_eq!(end("token", &held[0]).await, StatusCode::NOT_FOUND);
    assert_eq!(end("grant", &held[1]).await, StatusCode::NO_CONTENT);
    assert_eq!(alive().await, [false, false, false, true]);
}

#[tokio::test]
async fn it_has_no_metadata_and_no_registration() {
    let github = github().await;
    for path in [
        "/.well-known/oauth-authorization-server",
        "/.well-known/openid-configuration",
        "/register",
    ] {
        let response = github.show(path, "").await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(
        github.emulator.variables(),
        [
            ("GITHUB_URL", github.emulator.url().to_owned()),
            ("GITHUB_CLIENT_ID", github.id.clone()),
            ("GITHUB_CLIENT_SECRET", github.secret.clone()),
            ("UPSTREAM_CLIENT_ID", github.id.clone()),
            ("UPSTREAM_CLIENT_SECRET", github.secret.clone()),
        ]
    );
}
