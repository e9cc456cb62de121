//! People who change while they are logged in.

use idp_emulator::{User, Vendor};
use reqwest::Method;
use serde_json::{Value, json};

use crate::proxy::{self, Proxy, text};
use crate::support::{decode, post_json};

const OFFLINE: [(&str, &str); 3] = [
    ("access_type", "offline"),
    ("prompt", "consent"),
    ("scope", "openid email profile"),
];

#[tokio::test]
async fn a_refresh_reads_again_who_somebody_is() {
    let google = Proxy::at(Vendor::Google).await;
    let tokens = google.log_in(&OFFLINE).await;
    let change = json!({ "subject": "583231", "name": "Ada King" });
    let changed = post_json(&google.emulator, "/__emu/user", &change).await;
    let changed: Value = changed.json().await.unwrap();
    assert_eq!(changed["email"], "ada@example.com");
    let renewed = google.refresh(text(&tokens, "refresh_token")).await;
    let (_, claims) = decode(text(&renewed, "id_token"));
    assert_eq!(claims["name"], "Ada King");
    let token = text(&renewed, "access_token");
    assert_eq!(
        google.shown("/v1/userinfo", token).await["name"],
        "Ada King"
    );
    google.emulator.reset();
    let again = google.log_in(&OFFLINE).await;
    let (_, claims) = decode(text(&again, "id_token"));
    assert_eq!(claims["name"], "Ada Lovelace");
}

#[tokio::test]
async fn somebody_who_is_gone_gets_nothing_more() {
    let google = Proxy::at(Vendor::Google).await;
    let tokens = google.log_in(&OFFLINE).await;
    let gone = async |subject: &str| {
        let path = format!("/__emu/user?subject={subject}");
        let request = google.request(Method::DELETE, &path);
        request.send().await.unwrap().status()
    };
    assert_eq!(gone("nobody").await, 400);
    assert_eq!(gone("583231").await, 204);
    let refresh = text(&tokens, "refresh_token");
    assert_eq!(google.refresh(refresh).await["error"], "invalid_grant");
    let token = text(&tokens, "access_token");
    assert_eq!(google.show("/v1/userinfo", token).await.status(), 401);
    // The next one logs in now.
    let tokens = google.log_in(&OFFLINE).await;
    let (_, claims) = decode(text(&tokens, "id_token"));
    assert_eq!(claims["sub"], "583232");
}

#[tokio::test]
async fn people_come_and_go_through_the_handle() {
    let proxy = Proxy::of(Vendor::GitHub, proxy::builder(Vendor::GitHub)).await;
    assert!(proxy.emulator.set_user(User::new("7", "grace@example.com")));
    let tokens = proxy.log_in(&[("login_hint", "grace@example.com")]).await;
    let token = text(&tokens, "access_token");
    assert_eq!(proxy.shown("/user", token).await["id"], 7);
    assert!(proxy.emulator.remove_user("7"));
    assert!(!proxy.emulator.remove_user("7"));
    assert_eq!(proxy.show("/user", token).await.status(), 401);
    let nameless = json!({ "subject": "8" });
    let refused = post_json(&proxy.emulator, "/__emu/user", &nameless).await;
    assert_eq!(refused.status(), 400);
    for subject in 10..1_010 {
        let user = User::new(subject.to_string(), "somebody@example.com");
        let room = subject < 1_008;
        assert_eq!(proxy.emulator.set_user(user), room, "{subject}");
    }
}
