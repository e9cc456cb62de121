//! Rotation in phases, as Scalekit does it, and at once.

use idp_emulator::{Emulator, Mint, RotateError, Rotation};
use serde_json::{Value, json};

use crate::support::{decode, get_json, post_json, start};

async fn published(emulator: &Emulator) -> Vec<String> {
    let keys = get_json(emulator, "/keys").await;
    let keys = keys["keys"].as_array().unwrap();
    keys.iter()
        .map(|key| key["kid"].as_str().unwrap().to_owned())
        .collect()
}

fn signer(emulator: &Emulator) -> String {
    decode(&emulator.mint(&Mint::new()).unwrap()).0["kid"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[tokio::test]
async fn three_phases() {
    let emulator = start().await;
    for (stage, signs, keys, retired) in [
        ("publish", "snk_1", vec!["snk_1", "snk_2"], json!(null)),
        ("sign", "snk_2", vec!["snk_2", "snk_1"], json!("snk_1")),
        ("retire", "snk_2", vec!["snk_2"], json!("snk_1")),
    ] {
        let path = format!("/__emu/rotate?stage={stage}");
        let response = post_json(&emulator, &path, &json!({})).await;
        let summary: Value = response.json().await.unwrap();
        assert_eq!(
            summary,
            json!({"active": signs, "published": keys, "retired": retired})
        );
        assert_eq!(published(&emulator).await, keys);
        assert_eq!(signer(&emulator), signs);
    }
}

#[tokio::test]
async fn a_phase_out_of_turn_is_a_conflict() {
    let emulator = start().await;
    assert_eq!(
        emulator.rotate(Rotation::Sign),
        Err(RotateError::NothingPublished)
    );
    assert_eq!(
        emulator.rotate(Rotation::Retire),
        Err(RotateError::NothingToRetire)
    );
    emulator.rotate(Rotation::Publish).unwrap();
    assert_eq!(
        emulator.rotate(Rotation::Publish),
        Err(RotateError::AlreadyPublished)
    );
    let response = post_json(&emulator, "/__emu/rotate?stage=publish", &json!({})).await;
    assert_eq!(response.status(), 409);
    let body: Value = response.json().await.unwrap();
    assert!(body["error"].as_str().unwrap().contains("sign"));
}

#[tokio::test]
async fn at_once_with_and_without_the_old_key() {
    let emulator = start().await;
    post_json(&emulator, "/__emu/rotate", &json!({})).await;
    assert_eq!(published(&emulator).await, ["snk_2", "snk_1"]);
    post_json(&emulator, "/__emu/rotate?drop_old=true", &json!({})).await;
    assert_eq!(published(&emulator).await, ["snk_3"]);
    assert_eq!(signer(&emulator), "snk_3");
    assert_eq!(emulator.keys().retired.as_deref(), Some("snk_2"));
}

#[tokio::test]
async fn old_keys_are_bounded() {
    let emulator = start().await;
    for _ in 0..12 {
        emulator.rotate(Rotation::Now { drop_old: false }).unwrap();
    }
    let published = published(&emulator).await;
    assert_eq!(published.len(), 9);
    assert_eq!(published[0], "snk_13");
}

#[tokio::test]
async fn a_reset_brings_back_the_first_key_and_no_old_name() {
    let emulator = start().await;
    let first = emulator.jwks();
    emulator.rotate(Rotation::Now { drop_old: true }).unwrap();
    emulator.reset();
    assert_eq!(emulator.jwks(), first);
    assert_eq!(
        emulator.rotate(Rotation::Publish).unwrap().published,
        ["snk_1", "snk_3"]
    );
}
