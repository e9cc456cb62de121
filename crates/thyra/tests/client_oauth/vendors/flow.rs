//! Our client, from nothing to a tool that needs more, at every vendor.

use idp_emulator::Vendor;
use serde_json::json;
use thyra::auth::DpopPolicy;
use thyra::client::ClientError;

use super::Site;
use crate::world::{said, whoami_of};

/// Vendors that do not say that they know PKCE: MCP forbids a login there.
const WITHOUT_PKCE: [Vendor; 2] = [Vendor::Cognito, Vendor::Entra];

#[tokio::test]
async fn our_client_logs_in_steps_up_and_renews_at_every_vendor() {
    for vendor in Vendor::DIRECT {
        if WITHOUT_PKCE.contains(&vendor) {
            continue;
        }
        let site = Site::new(vendor).await;
        let client = site.client();
        let caller = whoami_of(&client)
            .await
            .unwrap_or_else(|error| panic!("{vendor}: {error}"));
        let subject = match vendor {
            Vendor::Okta => "ada@example.com",
            _ => "ada-1",
        };
        let has_scopes = vendor != Vendor::Supabase;
        let words: Vec<&str> = caller.split(' ').collect();
        assert_eq!(words.first(), Some(&subject), "{vendor}");
        assert_eq!(
            words.contains(&"notes:read"),
            has_scopes,
            "{vendor}: {caller}"
        );
        assert!(!words.contains(&"notes:write"), "{vendor}: {caller}");
        let registers = site.hops.take().contains(&"client registration".to_owned());
        assert_eq!(registers, vendor != Vendor::Okta, "{vendor}");

        if has_scopes {
            let noted = client.call_tool("write_note", &json!({})).await;
            let noted = noted.unwrap_or_else(|error| panic!("{vendor}: {error}"));
            assert_eq!(said(&noted), "noted");
            let hops = site.hops.take();
            assert_eq!(
                hops,
                ["403", "authorization", "token", "tools/call"],
                "{vendor}"
            );
        }

        site.advance(280);
        let renewed = whoami_of(&client).await;
        assert!(renewed.is_ok(), "{vendor}: {renewed:?}");
        assert_eq!(site.hops.take(), ["refresh", "tools/call"], "{vendor}");
    }
}

#[tokio::test]
async fn a_vendor_that_does_not_speak_of_pkce_is_told_and_its_tokens_are_good() {
    for vendor in WITHOUT_PKCE {
        let site = Site::new(vendor).await;
        let error = whoami_of(&site.client()).await.unwrap_err().to_string();
        assert!(
            error.contains("code_challenge_methods_supported"),
            "{vendor}: {error}"
        );
        let caller = site.call(&site.mint()).await;
        let caller = caller.unwrap_or_else(|error| panic!("{vendor}: {error}"));
        assert_eq!(caller, "ada-1 notes:read notes:write", "{vendor}");
    }
}

#[tokio::test]
async fn our_client_shows_bound_tokens_where_vendors_bind_them() {
    for vendor in [Vendor::Auth0, Vendor::Keycloak, Vendor::Oidc, Vendor::Okta] {
        let site = Site::start(vendor, |builder| builder, DpopPolicy::required()).await;
        let client = site.client();
        let caller = whoami_of(&client).await;
        assert!(caller.is_ok(), "{vendor}: {caller:?}");
        site.advance(280);
        site.hops.take();
        let renewed = whoami_of(&client).await;
        assert!(renewed.is_ok(), "{vendor}: {renewed:?}");
        assert_eq!(site.hops.take(), ["refresh", "tools/call"], "{vendor}");
        // Without the key, a token opens nothing.
        let without_key = site.call(&site.mint()).await;
        let refused = matches!(without_key, Err(ClientError::Unauthorized { .. }));
        assert!(refused, "{vendor}: {without_key:?}");
    }
}
