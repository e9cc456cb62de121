//! Identity providers that are slow, down, wrong or busy: 503 with `Retry-After`, never 401, and
//! nobody comes in.

use std::time::Duration;

use futures_util::future::join_all;
use idp_emulator::{EndpointFault, Faults, Vendor};

use super::Site;

/// A request with a token: its status, and what `Retry-After` says.
async fn ask(site: &Site, token: &str) -> (u16, Option<u64>) {
    let response = reqwest::Client::new()
        .post(&site.url)
        .bearer_auth(token)
        .header("accept", "application/json, text/event-stream")
        .header("content-type", "application/json")
        .body(r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#)
        .send()
        .await
        .unwrap();
    let retry_after = response.headers().get("retry-after");
    let retry_after = retry_after.map(|value| value.to_str().unwrap().parse().unwrap());
    let challenged = response.headers().contains_key("www-authenticate");
    let status = response.status().as_u16();
    assert_eq!(challenged, status == 401, "a challenge is for 401");
    (status, retry_after)
}

#[tokio::test]
async fn an_outage_is_503_at_every_vendor_and_passes() {
    for vendor in Vendor::DIRECT {
        for fault in [
            EndpointFault::Empty,
            EndpointFault::Garbage,
            EndpointFault::HangUp,
            EndpointFault::Status429,
            EndpointFault::Status500,
        ] {
            let site = Site::new(vendor).await;
            let token = site.mint();
            site.emulator.faults(Faults::everywhere(fault));
            let (status, retry_after) = ask(&site, &token).await;
            assert_eq!(status, 503, "{vendor}, {fault:?}");
            let retry_after = retry_after.unwrap_or_else(|| panic!("{vendor}, {fault:?}"));
            assert!((1..=60).contains(&retry_after), "{vendor}: {retry_after}");

            site.emulator.faults(Faults::default());
            site.clock.advance(Duration::from_secs(retry_after));
            assert!(ask(&site, &token).await.0 < 300, "{vendor}, {fault:?}");
        }
    }
}

#[tokio::test]
async fn callers_wait_as_long_as_a_busy_vendor_says() {
    for vendor in [Vendor::Clerk, Vendor::Oidc, Vendor::PropelAuth] {
        let site = Site::new(vendor).await;
        // By then the server knows whom to ask about tokens.
        assert!(ask(&site, &site.mint()).await.0 < 300, "{vendor}");
        site.emulator.faults(Faults {
            retry_after: 23,
            ..Faults::everywhere(EndpointFault::Status429)
        });
        assert_eq!(ask(&site, &site.mint()).await, (503, Some(23)), "{vendor}");
        // Nobody is asked meanwhile.
        site.emulator.clear_journal();
        site.clock.advance(Duration::from_secs(22));
        assert_eq!(ask(&site, &site.mint()).await, (503, Some(1)), "{vendor}");
        assert!(site.emulator.journal().is_empty(), "{vendor}");
        site.emulator.faults(Faults::default());
        site.clock.advance(Duration::from_secs(1));
        assert!(ask(&site, &site.mint()).await.0 < 300, "{vendor}");
    }
}

#[tokio::test]
async fn a_slow_vendor_holds_one_request_up_and_lets_nobody_in() {
    // One that publishes keys, and one that is asked about each token.
    let slow = [Vendor::Keycloak, Vendor::PropelAuth].map(async |vendor| {
        let site = Site::new(vendor).await;
        let token = site.mint();
        site.emulator.faults(Faults {
            slow_ms: 60_000,
            ..Faults::everywhere(EndpointFault::Slow)
        });
        let (status, retry_after) = ask(&site, &token).await;
        assert_eq!(status, 503, "{vendor}");
        let retry_after = retry_after.unwrap_or_else(|| panic!("{vendor}"));
        site.emulator.faults(Faults::default());
        site.clock.advance(Duration::from_secs(retry_after));
        assert!(ask(&site, &token).await.0 < 300, "{vendor}");
    });
    join_all(slow).await;
}

#[tokio::test]
async fn a_caller_who_is_known_goes_on_through_an_outage() {
    for vendor in Vendor::DIRECT {
        let site = Site::new(vendor).await;
        let token = site.mint();
        assert!(ask(&site, &token).await.0 < 300, "{vendor}");
        site.emulator
            .faults(Faults::everywhere(EndpointFault::Status500));
        assert!(ask(&site, &token).await.0 < 300, "{vendor}");
    }
}
