//! Tokens that are bound to a key. Another emulator, which signs with ES256, makes the proofs.

use idp_emulator::{Emulator, Mint, Vendor};
use serde_json::{Value, json};

use crate::support::{decode, http};

struct World {
    prover: Emulator,
    emulator: Emulator,
}

impl World {
    async fn new() -> Self {
        Self {
            prover: Emulator::of(Vendor::Supabase).start().await.unwrap(),
            emulator: Emulator::of(Vendor::Oidc).start().await.unwrap(),
        }
    }

    /// A good proof with its own number.
    fn proof(&self, number: u32) -> Mint {
        let mut jwk = self.prover.jwks()["keys"][0].clone();
        jwk.as_object_mut()
            .unwrap()
            .retain(|name, _| ["kty", "crv", "x", "y"].contains(&name.as_str()));
        Mint::new()
            .bare()
            .header("typ", "dpop+jwt")
            .header("jwk", jwk)
            .header("kid", Value::Null)
            .claim("htm", "POST")
            .claim("htu", format!("{}/token", self.emulator.url()))
            .claim("iat", self.emulator.now())
            .claim("jti", format!("proof-{number}"))
    }

    /// A machine's token; `proofs` go into the header, signed.
    async fn token(&self, proofs: &[&Mint]) -> (u16, Value) {
        let mut request = http()
            .post(format!("{}/token", self.emulator.url()))
            .basic_auth("machine-1", Some("development-secret"))
            .form(&[("grant_type", "client_credentials")]);
        for proof in proofs {
            request = request.header("dpop", self.prover.mint(proof).unwrap());
        }
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }
}

#[tokio::test]
async fn a_proof_binds_the_token_and_works_once() {
    let world = World::new().await;
    let (status, tokens) = world.token(&[&world.proof(1)]).await;
    assert_eq!(status, 200, "{tokens}");
    assert_eq!(tokens["token_type"], "DPoP");
    let claims = decode(tokens["access_token"].as_str().unwrap()).1;
    assert_eq!(claims["cnf"]["jkt"].as_str().unwrap().len(), 43);

    let (status, error) = world.token(&[&world.proof(1)]).await;
    assert_eq!(
        (status, &error["error"]),
        (400, &json!("invalid_dpop_proof"))
    );
    let (status, tokens) = world.token(&[]).await;
    assert_eq!((status, &tokens["token_type"]), (200, &json!("Bearer")));
    assert!(
        decode(tokens["access_token"].as_str().unwrap())
            .1
            .get("cnf")
            .is_none()
    );
}

#[tokio::test]
async fn a_bad_proof_is_refused() {
    let world = World::new().await;
    let now = world.emulator.now();
    for (number, bad) in [
        world.proof(0).header("typ", "JWT"),
        world.proof(0).header("jwk", Value::Null),
        world.proof(0).claim("htm", "GET"),
        world.proof(0).claim("htu", "https://other.example/token"),
        world.proof(0).claim("iat", now - 400),
        world.proof(0).claim("iat", now + 400),
        world.proof(0).without("jti"),
        world.proof(0).key(idp_emulator::MintKey::None),
        world.proof(0).key(idp_emulator::MintKey::Foreign),
    ]
    .iter()
    .enumerate()
    {
        let (status, error) = world.token(&[bad]).await;
        assert_eq!(status, 400, "{number}: {error}");
        assert_eq!(error["error"], "invalid_dpop_proof", "{number}");
    }
    let two = world.token(&[&world.proof(1), &world.proof(2)]).await;
    assert_eq!(two.0, 400);
}

#[tokio::test]
async fn a_vendor_that_binds_nothing_looks_at_no_proof() {
    let world = World::new().await;
    let stytch = Emulator::of(Vendor::Stytch).start().await.unwrap();
    let request = http()
        .post(format!("{}/v1/oauth2/token", stytch.url()))
        .basic_auth("connected-app-test-machine", Some("development-secret"))
        .header("dpop", world.prover.mint(&world.proof(1)).unwrap())
        .form(&[("grant_type", "client_credentials")]);
    let tokens: Value = request.send().await.unwrap().json().await.unwrap();
    assert_eq!(tokens["token_type"], "Bearer");
}
