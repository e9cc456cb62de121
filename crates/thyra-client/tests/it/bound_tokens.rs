//! Tokens that are bound to a key of the client (RFC 9449): the authorization server binds them,
//! and the server wants a proof with each request. Both want nonces, and check proofs as section
//! 4.3 has it.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use thyra_client::protocol::Revision;
use thyra_client::{Client, ClientError, FollowRedirects, OAuth};

use crate::authorization;
use crate::scripted::{Answer, Asked, Scripted};

/// What the servers know.
#[derive(Default)]
struct Known {
    /// The keys that codes and tokens are bound to, by their thumbprints.
    code: Option<String>,
    token: Option<String>,
    /// The identifiers of proofs.
    seen: HashSet<String>,
    /// What was served with a proof.
    served: Vec<String>,
    /// How often a nonce was asked for, by whom.
    asked_for_nonce: Vec<&'static str>,
}

fn hash(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, text.as_bytes()))
}

/// The claims of a proof and the thumbprint of the key that signed it.
fn opened(proof: &str) -> (Value, String) {
    let (signed, signature) = proof.rsplit_once('.').unwrap();
    let (head, claims) = signed.split_once('.').unwrap();
    let json = |part: &str| -> Value {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
    };
    let head = json(head);
    assert_eq!(
        (&head["typ"], &head["alg"]),
        (&json!("dpop+jwt"), &json!("ES256"))
    );
    let jwk = &head["jwk"];
    assert!(jwk.get("d").is_none(), "the key is private");
    let (x, y) = (jwk["x"].as_str().unwrap(), jwk["y"].as_str().unwrap());
    let mut point = vec![4];
    point.extend(URL_SAFE_NO_PAD.decode(x).unwrap());
    point.extend(URL_SAFE_NO_PAD.decode(y).unwrap());
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
        .verify(signed.as_bytes(), &signature)
        .unwrap();
    // RFC 7638 section 3.
    let members = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
    (json(claims), hash(&members))
}

impl Known {
    /// The thumbprint of the key behind the proof of a request; `None` when it lacks the nonce of
    /// `server`.
    fn verify(
        &mut self,
        asked: &Asked,
        token: Option<&str>,
        server: &'static str,
    ) -> Option<String> {
        let (claims, key) = opened(asked.exact_header("dpop").unwrap());
        let url = format!("{}{}", authorization::origin(asked), asked.target());
        assert_eq!(claims["htm"], asked.verb().to_uppercase());
        assert_eq!(claims["htu"], url);
        let wanted = token.map(|token| Value::from(hash(token)));
        assert_eq!(claims.get("ath"), wanted.as_ref());
        let id = claims["jti"].as_str().unwrap().to_owned();
        assert!(self.seen.insert(id), "a proof came twice");
        if claims["nonce"] == server {
            return Some(key);
        }
        self.asked_for_nonce.push(server);
        None
    }

    fn token(&mut self, asked: &Asked) -> Answer {
        let Some(key) = self.verify(asked, None, "issuer") else {
            let error = json!({ "error": "use_dpop_nonce" });
            return Answer::json("400 Bad Request", &error).header("DPoP-Nonce", "issuer");
        };
        assert_eq!(
            self.code.as_ref(),
            Some(&key),
            "the code was bound to another key"
        );
        self.token = Some(key);
        let issued = json!({ "access_token": "Hush", "token_type": "DPoP" });
        Answer::json("200 OK", &issued)
    }

    fn serve(&mut self, asked: &Asked) -> Answer {
        let refused = |error: &str| {
            let challenge = authorization::challenge(asked, "DPoP algs=\"ES256\",", "/mcp", error);
            Answer::empty("401 Unauthorized")
                .header("WWW-Authenticate", &challenge)
                .header("DPoP-Nonce", "server")
        };
        match asked.exact_header("authorization") {
            None => return refused("scope=\"use\""),
            shown => assert_eq!(shown, Some("DPoP Hush")),
        }
        let Some(key) = self.verify(asked, Some("Hush"), "server") else {
            return refused("error=\"use_dpop_nonce\"");
        };
        assert_eq!(self.token.as_ref(), Some(&key), "another key");
        let what = match asked.method() {
            "" => asked.verb(),
            method => method,
        };
        self.served.push(what.to_owned());
        match (asked.verb(), asked.method()) {
            ("post", "initialize") => asked
                .result(&json!({
                    "protocolVersion": "2025-11-25",
                    "capabilities": {},
                    "serverInfo": { "name": "bound", "version": "1" },
                }))
                .header("Mcp-Session-Id", "one"),
            ("post", "tools/call") => asked.result(&json!({ "content": [] })),
            ("post", _) => Answer::empty("202 Accepted"),
            _ => Answer::empty("204 No Content"),
        }
    }
}

async fn servers() -> (Scripted, Arc<Mutex<Known>>) {
    let known = Arc::new(Mutex::new(Known::default()));
    let shared = Arc::clone(&known);
    let server = Scripted::start(move |asked| {
        let mut known = shared.lock().unwrap();
        if let Some(key) = authorization::authorization_parameter(asked, "dpop_jkt") {
            known.code = Some(key);
        }
        match authorization::answer(asked, "/mcp") {
            Some(answer) => answer,
            None if asked.target() == "/token" => known.token(asked),
            None => known.serve(asked),
        }
    });
    (server.await, known)
}

fn client(server: &Scripted, revision: Revision) -> Client {
    let oauth = OAuth::new(FollowRedirects::new()).login_time(Duration::from_secs(20));
    let builder = server.builder().oauth(oauth).revision(revision);
    builder.build().unwrap()
}

async fn call(client: &Client) -> Result<(), ClientError> {
    client.call_tool("act", &json!({})).await.map(drop)
}

#[tokio::test]
async fn each_request_proves_that_the_token_is_the_clients_own() {
    let (server, known) = servers().await;
    let client = client(&server, Revision::V2026_07_28);
    call(&client).await.unwrap();
    call(&client).await.unwrap();
    let known = known.lock().unwrap();
    assert_eq!(known.served, ["tools/call", "tools/call"]);
    // Each nonce is remembered.
    assert_eq!(known.asked_for_nonce, ["issuer", "server"]);
    assert!(!format!("{client:?}").contains("Hush"));
}

#[tokio::test]
async fn every_message_of_a_session_is_proved_too() {
    let (server, known) = servers().await;
    let client = client(&server, Revision::V2025_11_25);
    call(&client).await.unwrap();
    client.close().await;
    let mut proved = known.lock().unwrap().served.clone();
    proved.sort_unstable();
    assert_eq!(
        proved,
        [
            "delete",
            "get",
            "initialize",
            "notifications/initialized",
            "tools/call"
        ]
    );
}
