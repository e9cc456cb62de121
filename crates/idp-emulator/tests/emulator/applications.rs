//! Applications of OAuth proxies: one identifier, one secret, exact redirect URIs.

use std::time::Duration;

use idp_emulator::{AuthorizationFault, Emulator, EndpointFault, Faults, TokenFault, Vendor};
use reqwest::Method;
use serde_json::{Value, json};

use crate::proxy::{self, BACK, Proxy, text};
use crate::support::{VERIFIER, parameter, post_json};

/// Vendors that know applications only.
fn proxied() -> Vec<Vendor> {
    let mut all = Vendor::ALL.to_vec();
    all.retain(|vendor| !Vendor::DIRECT.contains(vendor));
    all
}

#[test]
fn every_vendor_is_direct_or_proxied() {
    assert_eq!(proxied().len() + Vendor::DIRECT.len(), Vendor::ALL.len());
    assert!(proxied().contains(&Vendor::GitHub));
}

#[tokio::test]
async fn an_application_is_there_without_being_asked_for() {
    for vendor in proxied() {
        let emulator = Emulator::of(vendor).start().await.unwrap();
        let variables = emulator.variables();
        let own = variables
            .iter()
            .filter(|(name, _)| !name.starts_with("UPSTREAM"));
        let own: Vec<_> = own.collect();
        assert!(own.len() >= 3, "{vendor}: {own:?}");
        for (ending, value) in [("_CLIENT_ID", 0), ("_CLIENT_SECRET", 1)] {
            let own = own.iter().find(|(name, _)| name.ends_with(ending)).unwrap();
            let upstream = &variables[variables.len() - 2 + value];
            assert_eq!(upstream.1, own.1, "{vendor}");
        }
        let registration = post_json(&emulator, "/register", &json!({})).await;
        assert_eq!(registration.status(), 404, "{vendor}");
    }
}

#[tokio::test]
async fn a_direct_vendor_has_an_application_when_asked_for() {
    for vendor in Vendor::DIRECT {
        let without = Emulator::of(vendor).start().await.unwrap();
        let upstream = |emulator: &Emulator| {
            let variables = emulator.variables();
            variables
                .iter()
                .any(|(name, _)| *name == "UPSTREAM_CLIENT_ID")
        };
        assert!(!upstream(&without), "{vendor}");
        without.application([BACK]).unwrap();
        assert!(upstream(&without), "{vendor}");
        let with = Emulator::of(vendor)
            .application(BACK)
            .start()
            .await
            .unwrap();
        assert!(upstream(&with), "{vendor}");
    }
}

#[tokio::test]
async fn a_redirect_uri_of_an_application_matches_byte_for_byte() {
    for vendor in proxied() {
        let proxy = Proxy::at(vendor).await;
        assert!(!proxy.code(&[]).await.is_empty());
        for other in [
            "http://127.0.0.1:8001/auth/callback",
            "http://localhost:8000/auth/callback",
            "http://127.0.0.1:8000/auth/callback/",
            "http://127.0.0.1:8000/auth/callback?a=1",
        ] {
            let refused = proxy.authorize(&[("redirect_uri", other)]).await;
            assert_eq!(refused.status(), 400, "{vendor}: {other}");
            assert!(!refused.headers().contains_key("location"));
        }
    }
}

#[tokio::test]
async fn the_control_plane_gives_an_application_other_redirect_uris() {
    let proxy = Proxy::at(Vendor::GitHub).await;
    let other = "http://127.0.0.1:9/auth/callback";
    let body = json!({ "redirect_uris": [other] });
    let answer = post_json(&proxy.emulator, "/__emu/application", &body).await;
    let answer: Value = answer.json().await.unwrap();
    assert_eq!(
        answer,
        json!({
            "client_id": proxy.id, "client_secret": proxy.secret, "redirect_uris": [other],
        })
    );
    let response = proxy.authorize(&[("redirect_uri", other)]).await;
    assert_eq!(response.status(), 302);
    assert_eq!(proxy.authorize(&[]).await.status(), 400);
    proxy.emulator.application([BACK]).unwrap();
    assert_eq!(proxy.authorize(&[]).await.status(), 302);

    for bad in [
        json!({}),
        json!({ "redirect_uris": ["http://evil.example/"] }),
        json!({ "redirect_uris": vec![BACK; 101] }),
    ] {
        let refused = post_json(&proxy.emulator, "/__emu/application", &bad).await;
        assert_eq!(refused.status(), 400, "{bad}");
    }
    let refused = proxy.emulator.application(["http://evil.example/"]);
    assert!(refused.unwrap_err().to_string().contains("must be https"));
    proxy.emulator.application::<_, &str>([]).unwrap();
    assert_eq!(proxy.authorize(&[]).await.status(), 400);
    proxy.emulator.reset();
    assert_eq!(proxy.authorize(&[]).await.status(), 302);
}

#[tokio::test]
async fn a_person_who_says_no_sends_the_proxy_an_error() {
    for vendor in proxied() {
        let proxy = Proxy::at(vendor).await;
        for (fault, error) in [
            (AuthorizationFault::Denied, "access_denied"),
            (AuthorizationFault::ServerError, "server_error"),
        ] {
            proxy.emulator.faults(Faults {
                authorization: fault,
                ..Faults::default()
            });
            let location = proxy.callback(&[]).await;
            assert_eq!(parameter(&location, "error").as_deref(), Some(error));
            assert_eq!(parameter(&location, "state").as_deref(), Some("st"));
            assert_eq!(parameter(&location, "code"), None);
        }
    }
}

#[tokio::test]
async fn no_on_the_page_is_no_to_the_proxy() {
    let builder = proxy::builder(Vendor::Google).auto_consent(false);
    let proxy = Proxy::of(Vendor::Google, builder).await;
    let page = proxy
        .authorize(&[("login_hint", "charles@example.com")])
        .await;
    let page = page.text().await.unwrap();
    let hidden = |name: &str| {
        let at = page.find(&format!("name=\"{name}\"")).unwrap();
        let value = page[at..].split_once("value=\"").unwrap().1;
        value.split_once('"').unwrap().0.to_owned()
    };
    let (id, csrf) = (hidden("login_request_id"), hidden("csrf"));
    let form = [
        ("login_request_id", id.as_str()),
        ("csrf", csrf.as_str()),
        ("decision", "deny"),
    ];
    let request = proxy.request(Method::POST, "/consent").form(&form);
    let denied = request.send().await.unwrap();
    assert_eq!(denied.status(), 303);
    let location = denied.headers()["location"].to_str().unwrap();
    assert!(location.contains("error=access_denied"), "{location}");
}

#[tokio::test]
async fn a_hint_chooses_the_person() {
    let proxy = Proxy::at(Vendor::GitHub).await;
    let hint = [("login_hint", "charles@example.com"), ("scope", "user")];
    let tokens = proxy.log_in(&hint).await;
    let user = proxy.shown("/user", text(&tokens, "access_token")).await;
    assert_eq!(user["id"], 583_232);
}

#[tokio::test]
async fn pkce_may_be_left_out_but_not_taken_away() {
    for vendor in proxied() {
        let proxy = Proxy::at(vendor).await;
        let without = [("code_challenge", ""), ("code_challenge_method", "")];
        let redeem = |code: String, verifier: &'static str| {
            let form = [
                ("grant_type", "authorization_code"),
                ("code", &code),
                ("redirect_uri", BACK),
                ("code_verifier", verifier),
            ];
            let request = proxy.token(&form).header("accept", "application/json");
            proxy::json(request)
        };
        let good = redeem(proxy.code(&without).await, "").await;
        assert!(good["access_token"].is_string(), "{vendor}: {good}");
        for (changes, verifier) in [
            (&without[..], VERIFIER),
            (&[], ""),
            (&[], "another-verifier-of-at-least-forty-three-characters"),
        ] {
            let refused = redeem(proxy.code(changes).await, verifier).await;
            assert!(refused["error"].is_string(), "{vendor}: {refused}");
        }
        let plain = proxy.callback(&[("code_challenge_method", "plain")]).await;
        let error = parameter(&plain, "error");
        assert_eq!(error.as_deref(), Some("invalid_request"), "{vendor}");
    }
}

#[tokio::test]
async fn a_wrong_secret_gets_nothing() {
    for vendor in proxied() {
        let mut proxy = Proxy::at(vendor).await;
        proxy.secret = "guessed".to_owned();
        let refused = proxy.log_in(&[]).await;
        assert!(refused["error"].is_string(), "{vendor}");
        assert!(refused.get("access_token").is_none(), "{vendor}");
    }
}

#[tokio::test]
async fn a_resource_of_a_client_means_nothing() {
    for vendor in proxied() {
        let proxy = Proxy::at(vendor).await;
        let resource = [("resource", "http://127.0.0.1:8000/mcp")];
        let tokens = proxy.log_in(&resource).await;
        assert!(tokens["access_token"].is_string(), "{vendor}: {tokens}");
    }
}

#[tokio::test]
async fn the_token_endpoint_fails_in_each_way() {
    let proxy = Proxy::at(Vendor::Google).await;
    let set = |token| {
        proxy.emulator.faults(Faults {
            token,
            slow_ms: 0,
            ..Faults::default()
        });
    };
    let code = proxy.code(&[]).await;
    for (fault, status) in [
        (TokenFault::Status500, 500),
        (TokenFault::Status429, 429),
        (TokenFault::Page, 403),
        (TokenFault::Garbage, 200),
    ] {
        set(fault);
        let response = proxy.redemption(&code).send().await.unwrap();
        assert_eq!(response.status(), status, "{fault:?}");
        if fault == TokenFault::Garbage {
            assert!(response.json::<Value>().await.is_err());
        }
    }
    set(TokenFault::HangUp);
    assert!(proxy.redemption(&code).send().await.is_err());
    // The code was not spent.
    set(TokenFault::Slow);
    assert!(proxy.redeem(&code).await["access_token"].is_string());
}

#[tokio::test(start_paused = true)]
async fn a_slow_token_endpoint_takes_its_time() {
    let proxy = Proxy::at(Vendor::Google).await;
    let code = proxy.code(&[]).await;
    proxy.emulator.faults(Faults {
        token: TokenFault::Slow,
        slow_ms: 5_000,
        ..Faults::default()
    });
    let before = tokio::time::Instant::now();
    assert!(proxy.redeem(&code).await["access_token"].is_string());
    assert!(before.elapsed() >= Duration::from_secs(5));
}

#[tokio::test]
async fn a_refresh_is_refused_on_order_and_counted() {
    let proxy = Proxy::at(Vendor::Google).await;
    let offline = [("access_type", "offline"), ("prompt", "consent")];
    let tokens = proxy.log_in(&offline).await;
    let token = text(&tokens, "refresh_token");
    proxy.emulator.faults(Faults {
        token: TokenFault::RefreshRefused,
        ..Faults::default()
    });
    assert_eq!(proxy.refresh(token).await["error"], "invalid_grant");
    assert!(proxy.log_in(&[]).await["access_token"].is_string());
    proxy.emulator.faults(Faults::default());
    assert!(proxy.refresh(token).await["access_token"].is_string());

    assert_eq!(proxy.emulator.grants("refresh_token"), 2);
    assert_eq!(proxy.emulator.grants("authorization_code"), 2);
    assert_eq!(proxy.emulator.grants("password"), 0);
    assert_eq!(proxy.emulator.requests("/token"), 4);
    let count = "/__emu/requests?grant_type=refresh_token";
    let count = crate::support::get_json(&proxy.emulator, count).await;
    assert_eq!(count, json!({ "grant_type": "refresh_token", "count": 2 }));
    let journal = proxy.emulator.journal();
    let refreshes = journal
        .iter()
        .filter(|entry| entry.grant_type == Some("refresh_token"));
    assert_eq!(refreshes.count(), 2);
    proxy.emulator.clear_journal();
    assert_eq!(proxy.emulator.grants("refresh_token"), 0);
}

#[tokio::test]
async fn what_is_told_of_people_breaks_and_heals() {
    let proxy = Proxy::at(Vendor::GitHub).await;
    let token = proxy.log_in(&[]).await;
    let token = text(&token, "access_token");
    let set = |userinfo| {
        proxy.emulator.faults(Faults {
            userinfo,
            ..Faults::default()
        });
    };
    set(EndpointFault::Status500);
    assert_eq!(proxy.show("/user", token).await.status(), 500);
    set(EndpointFault::Status403);
    let limited = proxy.show("/user", token).await;
    assert_eq!(limited.status(), 403);
    assert_eq!(limited.headers()["x-ratelimit-remaining"], "0");
    assert_eq!(limited.headers()["retry-after"], "7");
    let body: Value = limited.json().await.unwrap();
    assert!(text(&body, "message").contains("secondary rate limit"));
    set(EndpointFault::Ok);
    assert_eq!(proxy.show("/user", token).await.status(), 200);
}
