//! The identity provider's tokens, in tools.

use reqwest::StatusCode;

use crate::support::{Browser, CALLBACK, Client, Rig};

#[tokio::test]
async fn a_tool_gets_the_token_of_the_identity_provider_and_the_client_does_not() {
    let rig = Rig::start().await;
    let client = Client::register(rig.url(), CALLBACK).await;
    let answer = client.log_in(&mut Browser::new()).await;
    let (_, tokens) = client.redeem(&answer.parameter("code").unwrap()).await;
    let own = tokens["access_token"].as_str().unwrap();

    let (status, upstream) = client.call_at("/upstream", own).await;
    assert_eq!(status, StatusCode::OK, "{upstream}");
    let upstream = upstream.as_str().unwrap();
    assert!(!tokens.to_string().contains(upstream));
    let (_, caller) = client.call(own).await;
    assert!(!caller.to_string().contains(upstream));
    // The identity provider knows it, and this server does not take it.
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let userinfo = format!("{}/userinfo", rig.emulator.url());
    let answer = http
        .get(userinfo)
        .bearer_auth(upstream)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(client.call(upstream).await.0, StatusCode::UNAUTHORIZED);
    // And the other way round.
    let userinfo = format!("{}/userinfo", rig.emulator.url());
    let answer = http.get(userinfo).bearer_auth(own).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn when_the_login_has_ended_there_is_no_token() {
    let rig = Rig::start().await;
    let client = Client::register(rig.url(), CALLBACK).await;
    let answer = client.log_in(&mut Browser::new()).await;
    let (_, tokens) = client.redeem(&answer.parameter("code").unwrap()).await;
    let own = tokens["access_token"].as_str().unwrap();
    assert_eq!(client.call_at("/upstream", own).await.0, StatusCode::OK);
    let refresh_token = tokens["refresh_token"].as_str().unwrap();
    let form = [("token", refresh_token), ("client_id", &*client.id)];
    let (status, _) = client.post("/revoke", &form).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(
        client.call_at("/upstream", own).await.0,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(rig.emulator.requests("/revoke"), 1);
}
