//! Opaque tokens against emulated vendors, over real connections.

#![expect(
    clippy::unwrap_used,
    reason = "a helper that fails is a test that fails"
)]

use std::sync::Arc;
use std::time::Duration;

use http::{Request, header};
use idp_emulator::{Client, ClockChange, Emulator, EndpointFault, Faults, Mint, Resource, Vendor};
use thyra_auth::{
    AudienceUnchecked, AuthProvider, ClerkProvider, ClerkProviderSettings, Clock as _,
    IntrospectionAuth, ManualClock, Principal, PropelAuthProvider, PropelAuthProviderSettings,
    Protection, Refusal, Secret, TokenRejected,
};

const BASE_URL: &str = "https://notes.example.com";
const SERVER_URL: &str = "https://notes.example.com/mcp";

async fn start(vendor: Vendor) -> Emulator {
    let resource = Resource::new("mcp").uri(SERVER_URL);
    let other = Resource::new("other").uri("https://other.example.com/mcp");
    Emulator::of(vendor)
        .resource(resource.scopes(["notes:read"]))
        .resource(other)
        .client(Client::new("notes-api").secret("p% w"))
        .opaque_tokens(true)
        .start()
        .await
        .unwrap()
}

fn clock(emulator: &Emulator) -> Arc<ManualClock> {
    Arc::new(ManualClock::new(Duration::from_secs(emulator.now())))
}

/// A server of each kind, each with its emulator.
async fn servers() -> Vec<(Emulator, Arc<ManualClock>, Protection)> {
    let mut servers = Vec::new();
    for signed in [false, true] {
        let emulator = start(Vendor::Oidc).await;
        let clock = clock(&emulator);
        let mut builder = IntrospectionAuth::builder()
            .issuer(emulator.resource_issuer("mcp"))
            .client_id("notes-api")
            .client_secret(Secret::new("p% w".to_owned()));
        if signed {
            builder = builder.signed_answers();
        }
        let builder = builder.base_url(BASE_URL).clock(clock.clone());
        servers.push((emulator, clock, builder.protection("/mcp").unwrap()));
    }
    let emulator = start(Vendor::PropelAuth).await;
    let settings = PropelAuthProviderSettings::from_vars(emulator.variables()).unwrap();
    let clock = clock(&emulator);
    let builder = PropelAuthProvider::builder().settings(settings);
    let builder = builder.base_url(BASE_URL).clock(clock.clone());
    servers.push((emulator, clock, builder.protection("/mcp").unwrap()));

    let emulator = start(Vendor::Clerk).await;
    let settings = ClerkProviderSettings::from_vars(emulator.variables()).unwrap();
    let clock = self::clock(&emulator);
    let builder = ClerkProvider::builder().settings(settings);
    let builder = builder.audience_unchecked(AudienceUnchecked);
    let builder = builder.base_url(BASE_URL).clock(clock.clone());
    servers.push((emulator, clock, builder.protection("/mcp").unwrap()));
    servers
}

async fn admit(protection: &Protection, token: &str) -> Result<Arc<Principal>, Refusal> {
    let authorization = format!("Bearer {token}");
    let request = Request::post("/mcp").header(header::AUTHORIZATION, authorization);
    let (mut parts, ()) = request.body(()).unwrap().into_parts();
    protection.admit(&mut parts).await
}

#[tokio::test]
async fn a_token_is_asked_about_once_and_ends_when_it_should() {
    for (emulator, clock, protection) in servers().await {
        let token = emulator.mint(&Mint::new()).unwrap();
        assert!(!token.contains("eyJ"), "{token} is opaque");
        emulator.clear_journal();
        let caller = admit(&protection, &token).await.unwrap();
        assert_eq!(caller.issuer(), emulator.resource_issuer("mcp"));
        let questions = emulator.journal().len();
        admit(&protection, &token).await.unwrap();
        assert_eq!(emulator.journal().len(), questions);

        let end = caller.expires_at().unwrap();
        let later = end.as_secs() + 60;
        clock.advance(Duration::from_secs(later).saturating_sub(clock.unix()));
        emulator.clock(ClockChange::Freeze(later));
        let refusal = admit(&protection, &token).await.unwrap_err();
        assert_eq!(refusal, Refusal::InvalidToken(TokenRejected::Inactive));
    }
}

#[tokio::test]
async fn a_token_for_another_server_is_refused_where_tokens_say_it() {
    for (emulator, _, protection) in servers().await {
        let order = Mint::new().resource("other");
        let token = emulator.mint(&order).unwrap();
        let audience = protection.summary().audience.len();
        match admit(&protection, &token).await {
            Err(Refusal::InvalidToken(TokenRejected::AudienceMismatch)) => assert_eq!(audience, 1),
            outcome => assert!(outcome.is_ok() && audience == 0, "{outcome:?}"),
        }
    }
}

#[tokio::test]
async fn junk_is_refused() {
    for (_emulator, _, protection) in servers().await {
        for junk in ["x", "oat_x", "pat_x"] {
            let refusal = admit(&protection, junk).await.unwrap_err();
            assert_eq!(refusal, Refusal::InvalidToken(TokenRejected::Inactive));
        }
    }
}

#[tokio::test]
async fn every_outage_is_503_never_401_and_passes() {
    for (emulator, clock, protection) in servers().await {
        for fault in [
            EndpointFault::Garbage,
            EndpointFault::HangUp,
            EndpointFault::Status429,
            EndpointFault::Status500,
        ] {
            let token = emulator.mint(&Mint::new()).unwrap();
            emulator.faults(Faults::everywhere(fault));
            let refusal = admit(&protection, &token).await.unwrap_err();
            let Refusal::Unavailable { retry_after } = refusal else {
                panic!("{fault:?}: {refusal:?}")
            };
            let answer = protection.answer(&refusal);
            assert_eq!(answer.status(), 503, "{fault:?}");
            assert!(!answer.headers().contains_key(header::WWW_AUTHENTICATE));
            if fault == EndpointFault::Status429 {
                assert_eq!(retry_after, Duration::from_secs(7));
            }
            emulator.faults(Faults::default());
            clock.advance(retry_after);
            admit(&protection, &token).await.unwrap();
        }
    }
}
