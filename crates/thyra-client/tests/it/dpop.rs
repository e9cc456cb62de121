//! Tokens that are bound to a key of the client (RFC 9449), at a server that gives nonces.

use serde_json::json;
use thyra_client::login::{Client as Registered, Dpop};
use thyra_client::protocol::Revision;
use thyra_client::{OAuth, Secret};

use crate::scripted::{Answer, Asked, Scripted};

/// A server that is its own authorization server. A call with a token is answered with `status` if
/// its proof has no nonce.
async fn server(status: &'static str) -> Scripted {
    Scripted::start(move |asked| {
        let origin = format!("http://{}", asked.header("host").unwrap());
        let path = asked.head.split(' ').nth(1).unwrap();
        match path {
            "/.well-known/oauth-protected-resource/mcp" => Answer::json(
                "200 OK",
                &json!({ "resource": format!("{origin}/mcp"), "authorization_servers": [origin] }),
            ),
            "/.well-known/oauth-authorization-server" => Answer::json(
                "200 OK",
                &json!({
                    "issuer": origin,
                    "authorization_endpoint": format!("{origin}/authorize"),
                    "token_endpoint": format!("{origin}/token"),
                    "response_types_supported": ["code"],
                    "code_challenge_methods_supported": ["S256"],
                    "dpop_signing_alg_values_supported": ["ES256"],
                }),
            ),
            "/token" => Answer::json(
                "200 OK",
                &json!({ "access_token": "t", "token_type": "DPoP", "expires_in": 300 }),
            ),
            "/mcp" if asked.header("dpop").is_some() => {
                let answer = if knows_nonce(asked) {
                    asked.result(&json!({ "content": [] }))
                } else {
                    asked.result_with(status, &json!({ "content": [] }))
                };
                answer
                    .header("DPoP-Nonce", &"n".repeat(400))
                    .header("WWW-Authenticate", "DPoP error=\"use_dpop_nonce\"")
            }
            "/mcp" => Answer::empty("401 Unauthorized").header("WWW-Authenticate", "DPoP"),
            _ => Answer::empty("404 Not Found"),
        }
    })
    .await
}

/// Whether the proof is as long as one with a nonce. Heads are in lower case here, so it cannot be
/// read.
fn knows_nonce(asked: &Asked) -> bool {
    let payload = asked
        .header("dpop")
        .and_then(|proof| proof.split('.').nth(1));
    payload.is_some_and(|payload| payload.len() > 500)
}

/// How often a call with a token came.
async fn calls(status: &'static str) -> usize {
    let server = server(status).await;
    let origin = format!("http://{}", server.address());
    let client = Registered::new(origin, "robot").secret(Secret::new("s".to_owned()));
    let client = server
        .builder()
        .revision(Revision::V2026_07_28)
        .oauth(OAuth::client_credentials(client).dpop(Dpop::Always))
        .build()
        .unwrap();
    client.call_tool("act", &()).await.unwrap();
    let with_token = |asked: &&Asked| asked.header("dpop").is_some() && asked.method() != "";
    server.asked().iter().filter(with_token).count()
}

#[tokio::test]
async fn only_a_request_that_was_refused_is_sent_again_with_a_nonce() {
    assert_eq!(calls("401 Unauthorized").await, 2);
    // It was carried out, whatever the header says.
    assert_eq!(calls("200 OK").await, 1);
}
