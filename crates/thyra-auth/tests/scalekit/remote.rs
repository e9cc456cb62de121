//! The provider for any issuer, against the same environment.

use std::sync::Arc;
use std::time::Duration;

use http::{Request, StatusCode, header};
use idp_emulator::{Emulator, Faults, IssuerMode, MetadataFault, Mint};
use serde_json::json;
use thyra_auth::{
    Audience, AudienceUnchecked, AuthProvider, Principal, Protection, Refusal, RemoteAuth,
    RemoteAuthBuilder, ScopeSet, TokenRejected,
};

use crate::support::{RESOURCE, SERVER_URL, environment};

async fn start() -> Emulator {
    environment()
        .issuer_mode(IssuerMode::Resource)
        .start()
        .await
        .unwrap()
}

fn remote(emulator: &Emulator) -> RemoteAuthBuilder {
    RemoteAuth::builder(
        emulator.resource_issuer(RESOURCE),
        "https://notes.example.com",
    )
}

fn protection(builder: RemoteAuthBuilder) -> Protection {
    builder.build().unwrap().protection("/mcp").unwrap()
}

async fn admit(
    protection: &Protection,
    emulator: &Emulator,
    order: Mint,
) -> Result<Arc<Principal>, Refusal> {
    let token = emulator.mint(&order).unwrap();
    let (mut parts, ()) = Request::post("/mcp")
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .body(())
        .unwrap()
        .into_parts();
    protection.admit(&mut parts).await
}

#[tokio::test]
async fn the_keys_are_found_through_the_metadata() {
    let emulator = start().await;
    let protection = protection(remote(&emulator).organization_claims(["oid"]));
    assert!(
        emulator.journal().is_empty(),
        "nothing is fetched in advance"
    );
    let caller = admit(&protection, &emulator, Mint::new()).await.unwrap();
    assert_eq!(caller.subject(), "usr_1");
    assert_eq!(caller.organization(), Some("org_1"));
    assert_eq!(emulator.requests("/keys"), 1);
}

#[tokio::test]
async fn the_audience_is_what_the_settings_say() {
    let emulator = start().await;
    let by_url = protection(remote(&emulator));
    let by_id = protection(remote(&emulator).audience(Audience::any_of([RESOURCE]).unwrap()));
    let by_nothing = protection(remote(&emulator).audience_unchecked(AudienceUnchecked));
    for (audience, url_is_good, id_is_good) in [
        (SERVER_URL, true, false),
        (RESOURCE, false, true),
        ("another", false, false),
    ] {
        for (protection, good) in [
            (&by_url, url_is_good),
            (&by_id, id_is_good),
            (&by_nothing, true),
        ] {
            let order = Mint::new().claim("aud", json!([audience]));
            let outcome = admit(protection, &emulator, order).await.map(|_| ());
            let mismatch = Refusal::InvalidToken(TokenRejected::AudienceMismatch);
            assert_eq!(outcome, if good { Ok(()) } else { Err(mismatch) });
        }
    }
}

#[tokio::test]
async fn tokens_of_another_issuer_are_refused() {
    let emulator = start().await;
    let protection = protection(remote(&emulator));
    emulator.issuer(IssuerMode::Environment);
    assert_eq!(
        admit(&protection, &emulator, Mint::new())
            .await
            .unwrap_err(),
        Refusal::InvalidToken(TokenRejected::IssuerMismatch)
    );
}

#[tokio::test]
async fn a_lacking_scope_is_named() {
    let emulator = start().await;
    let needed = ScopeSet::from_iter(["notes:admin"]);
    let protection = protection(remote(&emulator).required_scopes(needed.clone()));
    let refusal = admit(&protection, &emulator, Mint::new())
        .await
        .unwrap_err();
    assert_eq!(refusal, Refusal::InsufficientScope { needed });
}

#[tokio::test]
async fn an_issuer_that_cannot_be_read_is_an_outage() {
    let emulator = start().await;
    emulator.faults(Faults {
        metadata: MetadataFault::Status500,
        ..Faults::default()
    });
    let protection = protection(remote(&emulator));
    let refusal = admit(&protection, &emulator, Mint::new())
        .await
        .unwrap_err();
    let Refusal::Unavailable { retry_after } = refusal else {
        panic!("{refusal:?}");
    };
    assert!(retry_after <= Duration::from_mins(1));
    assert_eq!(
        protection.answer(&refusal).status(),
        StatusCode::SERVICE_UNAVAILABLE
    );
    emulator.faults(Faults::default());
    assert!(admit(&protection, &emulator, Mint::new()).await.is_ok());
}
