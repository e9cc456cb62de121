//! Good tokens of somebody else: of another vendor, and of another tenant of the same one.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use idp_emulator::{Mint, Resource, Vendor};
use serde_json::Value;
use thyra::client::ClientError;

use super::Site;

fn is_refused(called: &Result<String, ClientError>) -> bool {
    matches!(called, Err(ClientError::Unauthorized { .. }))
}

#[tokio::test]
async fn a_token_of_one_vendor_opens_no_server_of_another() {
    let mut sites = Vec::new();
    for vendor in Vendor::DIRECT {
        sites.push(Site::new(vendor).await);
    }
    for of in &sites {
        let token = of.mint();
        for at in &sites {
            let called = at.call(&token).await;
            let own = of.vendor == at.vendor;
            assert_eq!(called.is_ok(), own, "{} at {}", of.vendor, at.vendor);
            assert_eq!(is_refused(&called), !own, "{} at {}", of.vendor, at.vendor);
        }
    }
}

#[tokio::test]
async fn a_token_with_the_claims_of_another_vendor_needs_its_key() {
    // The worst case: vendor A signs what B's token says, word for word.
    let [victim, attacker] = [Vendor::Keycloak, Vendor::Auth0];
    let (victim, attacker) = (Site::new(victim).await, Site::new(attacker).await);
    let token = victim.mint();
    let payload = token.split('.').nth(1).unwrap();
    let payload = base64_url(payload);
    let forged = attacker.emulator.mint(&Mint::new().raw_claims(payload));
    assert!(is_refused(&victim.call(&forged.unwrap()).await));
    assert!(victim.call(&token).await.is_ok());
}

#[tokio::test]
async fn a_token_of_one_tenant_opens_no_server_of_another() {
    for vendor in [
        Vendor::Cognito,
        Vendor::Descope,
        Vendor::Entra,
        Vendor::Keycloak,
        Vendor::Okta,
    ] {
        // The other tenant has a server of the same URL, and signs with the same keys.
        let site = Site::with(vendor, |builder| {
            let other = Resource::new("res_other")
                .tenant("other")
                .scopes(["notes:read"]);
            builder.resource(other)
        })
        .await;
        let foreign = Mint::new()
            .resource("res_other")
            .claim("aud", audience(&site));
        let foreign = site.emulator.mint(&foreign).unwrap();
        assert!(is_refused(&site.call(&foreign).await), "{vendor}");
        assert!(site.call(&site.mint()).await.is_ok(), "{vendor}");
    }
}

#[tokio::test]
async fn a_token_for_another_server_of_a_tenant_is_refused_where_vendors_tell_servers_apart() {
    for vendor in Vendor::DIRECT {
        let site = Site::with(vendor, |builder| {
            let other = Resource::new("res_other").uri("http://127.0.0.1:1/mcp");
            builder.resource(other.scopes(["notes:read"]))
        })
        .await;
        let foreign = Mint::new().resource("res_other");
        let called = site.call(&site.emulator.mint(&foreign).unwrap()).await;
        // What these vendors issue is for all servers of a project: their pages say so.
        let shared = matches!(
            vendor,
            Vendor::Clerk | Vendor::Cognito | Vendor::Descope | Vendor::Stytch | Vendor::Supabase
        );
        assert_eq!(called.is_ok(), shared, "{vendor}: {called:?}");
        assert_eq!(is_refused(&called), !shared, "{vendor}: {called:?}");
    }
}

/// What tokens for the site say in `aud`, or null.
fn audience(site: &Site) -> Value {
    let claims = base64_url(site.mint().split('.').nth(1).unwrap());
    let claims: Value = serde_json::from_str(&claims).unwrap();
    claims["aud"].clone()
}

fn base64_url(text: &str) -> String {
    String::from_utf8(URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap()
}
