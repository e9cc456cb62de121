//! Identity providers that are slow, down, wrong or busy: 503 with `Retry-After`, never 401, and
//! nobody comes in.

use std::time::Duration;

use idp_emulator::{EndpointFault, Faults, Vendor};

use super::{Site, vendors};

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
    for vendor in vendors() {
        for fault in [
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
async fn a_slow_vendor_holds_one_request_up_and_lets_nobody_in() {
    for vendor in [Vendor::Keycloak] {
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
    }
}

#[tokio::test]
async fn a_caller_who_is_known_goes_on_through_an_outage() {
    for vendor in vendors() {
        let site = Site::new(vendor).await;
        let token = site.mint();
        assert!(ask(&site, &token).await.0 < 300, "{vendor}");
        site.emulator
            .faults(Faults::everywhere(EndpointFault::Status500));
        assert!(ask(&site, &token).await.0 < 300, "{vendor}");
    }
}
