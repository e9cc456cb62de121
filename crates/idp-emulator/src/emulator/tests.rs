//! A vendor is a row, and everything reads it.

use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::{Builder, Emulator};
use crate::mint::Mint;
use crate::resource::Resource;
use crate::vendor::{Claims, Ids, Paths, SCALEKIT, Vendor};

static ACME: Vendor = Vendor {
    realm: "acme",
    paths: Paths {
        resource_issuer: "/servers/{resource}",
        authorize: "/v2/authorize",
        token: "/v2/token",
        keys: "/v2/jwks.json",
        ..SCALEKIT.paths
    },
    ids: Ids {
        key: "acme-",
        ..SCALEKIT.ids
    },
    claims: Claims {
        header_type: "at+jwt",
        organization: "tenant",
        scope: "scp",
        ..SCALEKIT.claims
    },
    audience: |resource| vec![resource.uri.as_deref().unwrap_or("acme")],
    error: |status, message| json!({ "acme_error": message, "status": status.as_u16() }),
    ..SCALEKIT
};

async fn acme() -> Emulator {
    Builder::new(&ACME)
        .resource(Resource::new("res_1").scopes(["read", "write"]))
        .start()
        .await
        .unwrap()
}

async fn get(emulator: &Emulator, path: &str) -> Value {
    let response = reqwest::get(format!("{}{path}", emulator.url()));
    serde_json::from_str(&response.await.unwrap().text().await.unwrap()).unwrap()
}

#[tokio::test]
async fn endpoints_are_where_the_vendor_has_them() {
    let emulator = acme().await;
    let issuer = format!("{}/servers/res_1", emulator.url());
    for path in [
        "/.well-known/oauth-authorization-server/servers/res_1",
        "/servers/res_1/.well-known/oauth-authorization-server",
    ] {
        let metadata = get(&emulator, path).await;
        assert_eq!(metadata["issuer"], issuer);
        assert_eq!(metadata["token_endpoint"], format!("{issuer}/v2/token"));
    }
    let keys = get(&emulator, "/v2/jwks.json").await;
    assert_eq!(keys["keys"][0]["kid"], "acme-1");
}

#[tokio::test]
async fn tokens_are_spelled_as_the_vendor_spells_them() {
    let token = acme().await.mint(&Mint::new()).unwrap();
    let part = |index| -> Value {
        let part = token.split('.').nth(index).unwrap();
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
    };
    assert_eq!(part(0)["typ"], "at+jwt");
    let claims = part(1);
    assert_eq!(claims["tenant"], "org_1");
    assert_eq!(claims["aud"], json!(["acme"]));
    assert_eq!(claims["scp"], "read write");
}

#[tokio::test]
async fn errors_are_spelled_as_the_vendor_spells_them() {
    let emulator = acme().await;
    let expected = json!({ "acme_error": "nothing is at /nowhere", "status": 404 });
    assert_eq!(get(&emulator, "/nowhere").await, expected);

    let client = reqwest::Client::new();
    let post = client.post(format!("{}/v2/token", emulator.url()));
    let post = post
        .header("content-type", "application/x-www-form-urlencoded")
        .body("client_id=stranger&grant_type=client_credentials");
    let refused = post.send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(
        refused.headers()["www-authenticate"],
        "Basic realm=\"acme\""
    );
}
