//! Tokens stay out of the log, however much is logged.

use idp_emulator::{Faults, JwksFault, Mint, MintKey, Rotation};
use serde_json::json;
use thyra::Revision;

use super::{House, whoami};
use crate::support::{Ask, send};

#[tokio::test]
async fn no_part_of_a_token_is_ever_logged() {
    let house = House::start_with(&[("RUST_LOG", "trace")]).await;
    house.emulator.faults(Faults {
        jwks: JwksFault::Status500,
        ..Faults::default()
    });
    let mut tokens = vec![house.mint(&Mint::new())];
    assert_eq!(house.whoami(&tokens[0]).await.status, 503);
    house.emulator.faults(Faults::default());

    let now = house.emulator.now();
    for order in [
        Mint::new(),
        Mint::new().claim("scope", "notes:read"),
        Mint::new().claim("exp", now - 600),
        Mint::new().claim("aud", "res_other"),
        Mint::new().claim("iss", "https://evil.example"),
        Mint::new().claim("sub", 1),
        Mint::new().key(MintKey::Foreign),
        Mint::new().key(MintKey::Hs256Public),
        Mint::new().header("kid", "snk_unknown"),
        Mint::new().header("alg", "RS512"),
        Mint::new().header("crit", json!(["x"])),
        Mint::new().raw_claims("hello, I am no JSON"),
        Mint::new().raw_header("hello, I am no JSON"),
    ] {
        tokens.push(house.mint(&order));
    }
    tokens.push(format!("{}.tail-of-a-token", tokens[0]));
    tokens.push("opaque-token-of-somebody".to_owned());
    for token in &tokens {
        house.whoami(token).await;
        let note = Ask::call(
            Revision::V2025_11_25,
            "write_note",
            json!({ "text": "milk" }),
        )
        .header("authorization", &format!("Bearer {token}"));
        house.ask(&note).await;
    }

    // In all the wrong places.
    let token = tokens[0].clone();
    let url = format!("{}?access_token={token}", house.url);
    send(&house.client, whoami().request(&url)).await;
    house.ask(&whoami().header("authorization", &token)).await;
    house
        .ask(&whoami().header("authorization", &format!("Basic {token}")))
        .await;
    house
        .ask(
            &whoami()
                .header("authorization", &format!("Bearer {token}"))
                .also("authorization", &format!("Bearer {token}")),
        )
        .await;
    house
        .emulator
        .rotate(Rotation::Now { drop_old: true })
        .unwrap();
    house.whoami(&token).await;

    let log = house.end().await;
    assert!(log.contains("TRACE") && log.contains("DEBUG"), "{log}");
    for token in &tokens {
        assert!(!log.contains(token.as_str()));
        // Headers are alike, and say nothing; the rest must not be there in any part.
        for part in token.split('.').skip(1).filter(|part| part.len() >= 16) {
            assert!(!log.contains(part), "{part}");
            assert!(!log.contains(&part[..16]), "{part}");
        }
    }
    for secret in [
        "opaque-token-of-somebody",
        "tail-of-a-token",
        "hello, I am no JSON",
    ] {
        assert!(!log.contains(secret), "{secret}");
    }
}
