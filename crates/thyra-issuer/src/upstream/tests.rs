mod emulated;
mod id_tokens;
mod refusals;
mod requests;
pub(super) mod vendor;

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, json};
use thyra_oauth::{Fetcher, ManualClock};

use self::vendor::{FakeVendor, Names};
use super::*;

const NOW: u64 = 1_700_000_000;

fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

/// An identity provider that answers what it is told, and the settings to ask it with.
fn settings(vendor: &FakeVendor) -> UpstreamSettings {
    let endpoints = Endpoints::given(
        "https://idp.example/authorize?tenant=a+b",
        "https://idp.example/token",
        Some("https://idp.example/revoke"),
    );
    UpstreamSettings {
        fetcher: Fetcher::over(vendor.clone()),
        clock: Arc::new(ManualClock::new(Duration::from_secs(NOW))),
        ..UpstreamSettings::new(
            endpoints.unwrap(),
            "app",
            ClientProof::Basic(secret("hush:1")),
            "https://mcp.example/auth/callback",
            Identity::AccessToken(Arc::new(Names)),
        )
    }
}

fn upstream(vendor: &FakeVendor) -> Upstream {
    Upstream::new(settings(vendor)).unwrap()
}

/// The verifier of RFC 7636 appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

async fn redeem(upstream: &Upstream, scopes: &str) -> Result<SignedIn, UpstreamError> {
    let callback = Redeem {
        code: &secret("code/1"),
        code_verifier: &secret(VERIFIER),
        nonce: &secret("nonce"),
        scopes: &ScopeSet::parse(scopes),
        resource: "https://mcp.example/mcp",
    };
    upstream.redeem(callback).await
}

async fn renew(upstream: &Upstream, tokens: &UpstreamTokens) -> Result<SignedIn, UpstreamError> {
    let claims = Map::from_iter([("name".to_owned(), json!("Ada"))]);
    let renewal = Renewal {
        tokens,
        subject: "ada",
        claims: &claims,
        scopes: &ScopeSet::parse("read"),
        resource: "https://mcp.example/mcp",
    };
    upstream.renew(renewal).await
}

fn tokens() -> UpstreamTokens {
    UpstreamTokens {
        access_token: secret("ada-1"),
        refresh_token: Some(secret("refresh-1")),
        id_token: Some(secret("id.1")),
        expires_at: Some(NOW),
        refresh_expires_at: Some(NOW + 1_000),
    }
}
