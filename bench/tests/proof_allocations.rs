//! The allocation gate of tokens that are bound to a key: how often one `tools/call` with a proof
//! allocates, when the token is cached. Each proof is another one, so its signature is verified
//! each time.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use thyra::McpService;
use thyra::auth::{Confirmation, DpopPolicy, ProofNonces, Secret, StaticAuth, SystemClock};
use thyra::prelude::*;
use thyra_oauth::{DpopNonces, DpopProof, SigningKey};
use tower_service::Service;
use url::Url;

/// A plain bearer token has a budget of 40; see `allocations.rs`.
const MOST_ALLOCATIONS: u64 = 70;
const MOST_BYTES: u64 = 12 * 1024;
const CALLS: u64 = 200;

const TOKEN: &str = "bound-token";
const URL: &str = "http://127.0.0.1:1/mcp";
const BODY: &str = r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"gate","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}},"name":"add","arguments":{"a":2,"b":40}}}"#;

/// Add two numbers.
#[tool]
async fn add(a: i64, b: i64) -> i64 {
    a + b
}

#[test]
fn a_call_with_a_proof_stays_within_its_allocations() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let nonces = ProofNonces::new().unwrap();
    for (name, policy) in [
        ("without nonces", DpopPolicy::accepted()),
        ("with nonces", DpopPolicy::required().nonces(nonces)),
    ] {
        let key = SigningKey::generate().unwrap();
        let mut service = service(policy, &key);
        let nonces = DpopNonces::new();
        // The first one may be refused, and brings the nonce.
        let answer = runtime.block_on(service.call(request(&key, &nonces)));
        nonces.learn(&Url::parse(URL).unwrap(), answer.unwrap().headers(), None);
        for _ in 0..10 {
            runtime.block_on(call(&mut service, request(&key, &nonces)));
        }
        let requests: Vec<_> = (0..CALLS).map(|_| request(&key, &nonces)).collect();
        let counted = allocation_counter::measure(|| {
            for request in requests {
                runtime.block_on(call(&mut service, request));
            }
        });
        let (count, bytes) = (
            counted.count_total.div_ceil(CALLS),
            counted.bytes_total.div_ceil(CALLS),
        );
        println!("{name}: {count} allocations, {bytes} bytes a call");
        assert!(count <= MOST_ALLOCATIONS, "{name}: {count} allocations");
        assert!(bytes <= MOST_BYTES, "{name}: {bytes} bytes");
    }
}

fn service(policy: DpopPolicy, key: &SigningKey) -> McpService {
    let bound = Confirmation::key(key.thumbprint().parse().unwrap());
    let ada = Principal::builder("https://issuer.example", "ada").confirmation(bound);
    let auth = StaticAuth::new(URL).token(TOKEN, ada.build()).dpop(policy);
    let server = Server::new("gate").tool(add).auth(auth);
    server.into_service().unwrap()
}

fn request(key: &SigningKey, nonces: &DpopNonces) -> Request<Full<Bytes>> {
    let url = Url::parse(URL).unwrap();
    let nonce = nonces.of(&url);
    let proof = DpopProof {
        method: &Method::POST,
        url: &url,
        token: Some(&Secret::new(TOKEN.to_owned())),
        nonce: nonce.as_deref(),
    };
    Request::post("/mcp")
        .header("host", "127.0.0.1:1")
        .header("authorization", format!("DPoP {TOKEN}"))
        .header("dpop", proof.sign(key, &SystemClock).unwrap())
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream")
        .header("mcp-protocol-version", "2026-07-28")
        .header("mcp-method", "tools/call")
        .header("mcp-name", "add")
        .body(Full::new(Bytes::from_static(BODY.as_bytes())))
        .unwrap()
}

async fn call(service: &mut McpService, request: Request<Full<Bytes>>) {
    let response = service.call(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let mut body = response.into_body();
    let frame = body.frame().await.unwrap().unwrap().into_data().unwrap();
    assert!(frame.windows(4).any(|window| window == b"\"42\""));
}
