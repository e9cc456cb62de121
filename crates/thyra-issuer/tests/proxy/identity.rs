//! What says who has signed in.

use reqwest::StatusCode;
use thyra_auth::{Audience, Issuers, Jwks, JwtVerifier, KeySetUrl, Secret};
use thyra_issuer::OAuthProxy;
use tokio::net::TcpListener;

use crate::support::{
    Browser, CALLBACK, Client, Replica, Rig, UPSTREAM_CLIENT, UPSTREAM_SECRET, emulator,
};

/// What the emulated identity provider issues access tokens for.
const API: &str = "https://api.example.com";

fn verifier(issuer: &str, audience: &str) -> JwtVerifier {
    let keys = KeySetUrl::configured(&format!("{issuer}/jwks")).unwrap();
    let issuers = Issuers::any_of([issuer]).unwrap();
    let audience = Audience::any_of([audience]).unwrap();
    let verifier = JwtVerifier::builder(Jwks::builder(keys).build(), issuers, audience);
    verifier.build().unwrap()
}

/// Who the resource says has called, after a whole login.
async fn caller(url: &str) -> serde_json::Value {
    let client = Client::register(url, CALLBACK).await;
    let answer = client.log_in(&mut Browser::new()).await;
    let (status, tokens) = client.redeem(&answer.parameter("code").unwrap()).await;
    assert_eq!(status, StatusCode::OK, "{tokens}");
    client
        .call(tokens["access_token"].as_str().unwrap())
        .await
        .1
}

#[tokio::test]
async fn an_oauth_proxy_asks_a_verifier_about_the_access_token() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let emulator = emulator(&url).await;
    let issuer = emulator.url();
    let proxy = |audience| {
        OAuthProxy::builder()
            .base_url(&*url)
            .upstream_authorization_endpoint(format!("{issuer}/authorize"))
            .upstream_token_endpoint(format!("{issuer}/token"))
            .upstream_revocation_endpoint(format!("{issuer}/revoke"))
            .upstream_issuer(issuer)
            .client_id(UPSTREAM_CLIENT)
            .client_secret(Secret::new(UPSTREAM_SECRET.to_owned()))
            .token_verifier(verifier(issuer, audience))
            .build()
            .unwrap()
    };
    let address = listener.local_addr().unwrap();
    let replica = Replica::serve(listener, &proxy(API));
    assert_eq!(caller(&url).await["subject"], "user-1");
    replica.kill().await;

    // A token for another application is nobody's.
    let listener = TcpListener::bind(address).await.unwrap();
    let replica = Replica::serve(listener, &proxy("https://other.example.com"));
    let client = Client::register(&replica.url, CALLBACK).await;
    let answer = client.log_in(&mut Browser::new()).await;
    answer.assert_error(CALLBACK, "access_denied");
}

#[tokio::test]
async fn an_oidc_proxy_can_read_the_access_token_in_place_of_the_id_token() {
    let rig = Rig::with(|builder| builder.verify_id_token(false).audience(API)).await;
    assert_eq!(caller(rig.url()).await["subject"], "user-1");

    // The audience is compared.
    let other = "https://other.example.com";
    let rig = Rig::with(|builder| builder.verify_id_token(false).audience(other)).await;
    let client = Client::register(rig.url(), CALLBACK).await;
    let answer = client.log_in(&mut Browser::new()).await;
    answer.assert_error(CALLBACK, "access_denied");
}
