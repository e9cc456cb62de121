use std::sync::Arc;
use std::time::Duration;

use http::{Request, header};
use serde_json::{Value, json};
use thyra_oauth::{ManualClock, ResourceUrl};

use super::*;
use crate::layer::Protection;
use crate::principal::Thumbprint;
use crate::verify::{Audience, Issuers, JwtVerifier, KeySet, TokenVerifier, testing};

const ISSUER: &str = "https://issuer.example";
const RESOURCE: &str = "https://mcp.example.com/mcp";

/// A server that takes JSON Web Tokens, and no tokens that are bound to a key.
fn protection() -> Protection {
    let keys = KeySet::from_jwks(testing::jwks(&[testing::ec()]).as_bytes()).unwrap();
    let issuers = Issuers::any_of([ISSUER]).unwrap();
    let verifier = JwtVerifier::builder(keys, issuers, Audience::any_of([RESOURCE]).unwrap())
        .clock(Arc::new(ManualClock::new(Duration::from_secs(1_000))))
        .build()
        .unwrap();
    let verifier: Arc<dyn TokenVerifier> = Arc::new(verifier);
    let resource = ResourceUrl::new(RESOURCE, "").unwrap();
    let builder = Protection::builder("test", resource, verifier, [ISSUER]);
    builder.build().unwrap()
}

async fn outcome(protection: &Protection, token: &str) -> Result<(), Refusal> {
    let request = Request::post("/mcp").header(header::AUTHORIZATION, format!("Bearer {token}"));
    let (mut parts, ()) = request.body(()).unwrap().into_parts();
    protection.admit(&mut parts).await.map(drop)
}

fn token(cnf: Option<&Value>) -> String {
    let mut claims = json!({ "iss": ISSUER, "aud": RESOURCE, "sub": "ada", "exp": 2_000 });
    if let Some(cnf) = cnf {
        claims["cnf"] = cnf.clone();
    }
    testing::ec().token(&claims)
}

#[tokio::test]
async fn a_bound_token_is_no_bearer_token_not_even_from_the_cache() {
    let protection = protection();
    let thumbprint = Thumbprint::of(b"a key").to_string();
    for (cnf, expected) in [
        (json!({ "jkt": thumbprint }), BindingRejected::KeysNotTaken),
        (
            json!({ "x5t#S256": thumbprint }),
            BindingRejected::CertificateMissing,
        ),
        (
            json!({ "jwk": { "kty": "EC" } }),
            BindingRejected::MethodUnknown,
        ),
    ] {
        let token = token(Some(&cnf));
        // The second time, the verifier knows it.
        for _ in 0..2 {
            let refused = outcome(&protection, &token).await;
            assert_eq!(refused, Err(Refusal::InvalidBinding(expected)), "{cnf}");
        }
    }
    assert_eq!(outcome(&protection, &token(None)).await, Ok(()));
}
