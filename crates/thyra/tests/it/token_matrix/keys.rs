//! Keys that change, and keys that cannot be had.

use futures_util::future::join_all;
use idp_emulator::{Faults, JwksFault, Mint, MintKey, Rotation};

use super::{House, refused, seen};

fn broken(jwks: JwksFault) -> Faults {
    Faults {
        jwks,
        ..Faults::default()
    }
}

#[tokio::test]
async fn a_rotation_in_three_phases_fails_nobody() {
    let house = House::start().await;
    seen(&house.order(&Mint::new()).await);
    assert_eq!(house.fetches(), 1);

    house.emulator.rotate(Rotation::Publish).unwrap();
    for _ in 0..3 {
        seen(&house.order(&Mint::new()).await);
    }
    assert_eq!(house.fetches(), 1, "the old key still signs");

    house.emulator.rotate(Rotation::Sign).unwrap();
    let tokens: Vec<_> = (0..20).map(|_| house.mint(&Mint::new())).collect();
    for answer in join_all(tokens.iter().map(|token| house.whoami(token))).await {
        seen(&answer);
    }
    seen(&house.order(&Mint::new().key(MintKey::Retired)).await);
    assert_eq!(
        house.fetches(),
        2,
        "one look for the new key, however many ask"
    );

    house.emulator.rotate(Rotation::Retire).unwrap();
    seen(&house.order(&Mint::new()).await);
    assert_eq!(house.fetches(), 2, "the new key is known");
    // The next look finds that the old key is gone.
    let unknown = house.mint(&Mint::new().header("kid", "snk_unknown"));
    refused(&house.whoami(&unknown).await, &unknown);
    assert_eq!(house.fetches(), 3);
    let retired = house.mint(&Mint::new().key(MintKey::Retired));
    refused(&house.whoami(&retired).await, &retired);
    seen(&house.order(&Mint::new()).await);
}

#[tokio::test]
async fn a_token_that_was_accepted_falls_with_its_key() {
    let house = House::start().await;
    let token = house.mint(&Mint::new());
    seen(&house.whoami(&token).await);
    seen(&house.whoami(&token).await);
    house
        .emulator
        .rotate(Rotation::Now { drop_old: true })
        .unwrap();
    // The first token of the new key makes the server look.
    seen(&house.order(&Mint::new()).await);
    refused(&house.whoami(&token).await, &token);
}

#[tokio::test]
async fn a_flood_of_unknown_keys_costs_next_to_nothing_and_holds_up_no_rotation() {
    let house = House::start().await;
    seen(&house.order(&Mint::new()).await);
    house.emulator.clear_journal();
    let tokens: Vec<_> = (0..100)
        .map(|number| house.mint(&Mint::new().header("kid", format!("snk_flood_{number}"))))
        .collect();
    let answers = join_all(tokens.iter().map(|token| house.whoami(token))).await;
    for (answer, token) in answers.iter().zip(&tokens) {
        refused(answer, token);
    }
    assert!(house.fetches() <= 3, "{} fetches", house.fetches());

    house
        .emulator
        .rotate(Rotation::Now { drop_old: false })
        .unwrap();
    seen(&house.order(&Mint::new()).await);
    assert!(house.fetches() <= 4, "{} fetches", house.fetches());
}

#[tokio::test]
async fn many_callers_of_a_cold_server_cost_one_fetch() {
    let house = House::start().await;
    assert_eq!(house.fetches(), 0, "a server starts without the network");
    let tokens: Vec<_> = (0..50).map(|_| house.mint(&Mint::new())).collect();
    for answer in join_all(tokens.iter().map(|token| house.whoami(token))).await {
        seen(&answer);
    }
    assert_eq!(house.fetches(), 1);
}

#[tokio::test]
async fn an_outage_is_not_the_callers_fault_and_passes() {
    for fault in [
        JwksFault::Status500,
        JwksFault::Garbage,
        JwksFault::Oversize,
        JwksFault::Empty,
    ] {
        let house = House::start().await;
        house.emulator.faults(broken(fault));
        let token = house.mint(&Mint::new());
        let answer = house.whoami(&token).await;
        assert_eq!(answer.status, 503, "{fault:?}: {answer:?}");
        assert!(!answer.headers.contains_key("www-authenticate"));
        assert_eq!(answer.json()["error"], "temporarily_unavailable");
        let seconds: u64 = answer.header("retry-after").parse().unwrap();
        assert!((1..=60).contains(&seconds), "{seconds}");

        house.emulator.faults(Faults::default());
        seen(&house.whoami(&token).await);
    }
}

#[tokio::test]
async fn a_server_that_knows_the_keys_goes_on_without_the_environment() {
    for fault in [JwksFault::Status500, JwksFault::Garbage, JwksFault::Empty] {
        let house = House::start().await;
        seen(&house.order(&Mint::new()).await);
        house.emulator.faults(broken(fault));
        for _ in 0..3 {
            seen(&house.order(&Mint::new()).await);
        }
        // A look that finds nothing takes nothing away.
        let unknown = house.mint(&Mint::new().header("kid", "snk_unknown"));
        let answer = house.whoami(&unknown).await;
        assert!(matches!(answer.status, 401 | 503), "{answer:?}");
        seen(&house.order(&Mint::new()).await);
    }
}

#[tokio::test]
async fn keys_for_other_purposes_do_not_spoil_the_set() {
    let house = House::start().await;
    house.emulator.faults(broken(JwksFault::Decoys));
    seen(&house.order(&Mint::new()).await);
    let forged = house.mint(&Mint::new().key(MintKey::Foreign));
    refused(&house.whoami(&forged).await, &forged);
}
