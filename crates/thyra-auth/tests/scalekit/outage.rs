//! An identity provider that is not there.

use std::sync::Arc;
use std::time::Duration;

use http::{StatusCode, header};
use idp_emulator::{Faults, JwksFault, Mint};
use thyra_auth::ManualClock;

use crate::support::{Door, provider, start};

fn faults(jwks: JwksFault) -> Faults {
    Faults {
        jwks,
        ..Faults::default()
    }
}

#[tokio::test]
async fn a_cold_outage_is_503_and_passes() {
    for fault in [
        JwksFault::Status500,
        JwksFault::Garbage,
        JwksFault::Oversize,
        JwksFault::Empty,
    ] {
        let emulator = start().await;
        let clock = Arc::new(ManualClock::new(Duration::from_secs(emulator.now())));
        let mut door = Door::new(provider(&emulator).clock(clock.clone()));
        emulator.faults(faults(fault));
        let answer = door.mint(&emulator, &Mint::new()).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{fault:?}");
        assert!(!answer.headers.contains_key(header::WWW_AUTHENTICATE));
        assert_eq!(answer.json()["error"], "temporarily_unavailable");
        let retry_after = answer.headers[header::RETRY_AFTER].to_str().unwrap();
        let retry_after: u64 = retry_after.parse().unwrap();
        assert!((1..=60).contains(&retry_after), "{retry_after}");

        emulator.faults(Faults::default());
        clock.advance(Duration::from_secs(retry_after));
        door.mint(&emulator, &Mint::new()).await.accepted();
    }
}

#[tokio::test]
async fn a_warm_door_stays_open_through_an_outage() {
    let emulator = start().await;
    let mut door = Door::new(provider(&emulator));
    door.mint(&emulator, &Mint::new()).await.accepted();
    emulator.faults(faults(JwksFault::Status500));
    door.mint(&emulator, &Mint::new()).await.accepted();
}

#[tokio::test]
async fn keys_that_cannot_be_used_do_not_spoil_the_others() {
    let emulator = start().await;
    emulator.faults(faults(JwksFault::Decoys));
    let mut door = Door::new(provider(&emulator));
    door.mint(&emulator, &Mint::new()).await.accepted();
}

#[tokio::test]
async fn a_provider_starts_without_the_network() {
    let emulator = start().await;
    let builder = provider(&emulator);
    let url = emulator.url().to_owned();
    drop(emulator);
    let mut door = Door::new(builder.environment_url(url));
    let answer = door.call("e30.e30.e30").await;
    assert_ne!(answer.status, StatusCode::OK);
    let request = http::Request::get("/.well-known/oauth-protected-resource/mcp");
    assert_eq!(door.send(request).await.status, StatusCode::OK);
}
