//! The providers against emulated vendors, set up by the variables that the emulator prints. The
//! emulator knows nothing of this crate, so both have to read the vendors' documents alike.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a helper that fails is a test that fails"
)]

use std::ffi::OsString;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, header};
use http_body_util::{BodyExt, Empty};
use idp_emulator::{Emulator, Mint, Resource, Rotation, User, Vendor};
use serde_json::Value;
use thyra_auth::{
    Auth0ProviderSettings, AuthKitProviderSettings, AuthProvider, Cors, DescopeProviderSettings,
    KeycloakProviderSettings, Principal, Protection, ProviderError, Refusal,
    SupabaseProviderSettings, TokenRejected,
};

const SERVER: &str = "https://notes.example.com";
const VENDORS: [Vendor; 5] = [
    Vendor::Auth0,
    Vendor::AuthKit,
    Vendor::Descope,
    Vendor::Keycloak,
    Vendor::Supabase,
];

async fn start(vendor: Vendor) -> Emulator {
    let resource = |id: &str, path: &str| {
        let resource = Resource::new(id).uri(format!("{SERVER}{path}"));
        resource.scopes(["notes:read"])
    };
    let ada = User::new("ada-1", "ada@example.com").roles(["editors"]);
    Emulator::of(vendor)
        .user(ada)
        .resource(resource("notes", "/mcp"))
        .resource(resource("other", "/other").tenant("elsewhere"))
        .start()
        .await
        .unwrap()
}

/// The provider that the emulator's variables set up.
fn provider(vendor: Vendor, emulator: &Emulator) -> Box<dyn AuthProvider> {
    let vars = emulator.variables().into_iter();
    let vars = vars.filter(|(name, _)| !matches!(*name, "MCP_URL" | "THYRA_BASE_URL"));
    let vars: Vec<(OsString, OsString)> = vars
        .chain([("THYRA_BASE_URL", SERVER.to_owned())])
        .map(|(name, value)| (name.into(), value.into()))
        .collect();
    let provider = || -> Result<Box<dyn AuthProvider>, ProviderError> {
        Ok(match vendor {
            Vendor::Auth0 => Box::new(Auth0ProviderSettings::from_vars(vars)?.provider()?),
            Vendor::AuthKit => Box::new(AuthKitProviderSettings::from_vars(vars)?.provider()?),
            Vendor::Descope => Box::new(DescopeProviderSettings::from_vars(vars)?.provider()?),
            Vendor::Keycloak => Box::new(KeycloakProviderSettings::from_vars(vars)?.provider()?),
            Vendor::Supabase => Box::new(SupabaseProviderSettings::from_vars(vars)?.provider()?),
            other => panic!("{other} is not among these"),
        })
    };
    provider().unwrap()
}

fn protection(vendor: Vendor, emulator: &Emulator) -> Protection {
    provider(vendor, emulator).protection("/mcp").unwrap()
}

async fn admit(protection: &Protection, token: &str) -> Result<Arc<Principal>, Refusal> {
    let request = Request::post("/mcp").header(header::AUTHORIZATION, format!("Bearer {token}"));
    let (mut parts, ()) = request.body(()).unwrap().into_parts();
    protection.admit(&mut parts).await
}

async fn document(protection: &Protection, path: &str) -> Value {
    let request = Request::get(path).body(Empty::<Bytes>::new()).unwrap();
    let routes = protection.public_routes();
    let answer = routes.respond(request, &Cors::default()).await;
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    serde_json::from_slice(&body).unwrap()
}

#[tokio::test]
async fn a_token_of_the_vendor_says_who_calls() {
    for vendor in VENDORS {
        let emulator = start(vendor).await;
        let protection = protection(vendor, &emulator);
        assert!(
            emulator.journal().is_empty(),
            "{vendor}: nothing is fetched in advance"
        );
        let token = emulator.mint(&Mint::new()).unwrap();
        let ada = admit(&protection, &token).await.unwrap();
        assert_eq!(ada.subject(), "ada-1", "{vendor}");
        assert!(ada.client_id().is_some(), "{vendor}");
        let roles: Vec<&str> = ada.roles().collect();
        match vendor {
            // An Action would have to add them.
            Vendor::Auth0 => assert!(roles.is_empty()),
            Vendor::Supabase => assert_eq!(roles, ["authenticated"]),
            _ => assert_eq!(roles, ["editors"], "{vendor}"),
        }
        if matches!(vendor, Vendor::Keycloak | Vendor::Supabase) {
            assert_eq!(ada.email(), Some("ada@example.com"), "{vendor}");
        }
    }
}

#[tokio::test]
async fn a_token_for_another_server_is_refused_where_the_vendor_tells_them_apart() {
    for vendor in VENDORS {
        let emulator = start(vendor).await;
        let protection = protection(vendor, &emulator);
        let token = emulator.mint(&Mint::new().resource("other")).unwrap();
        let outcome = admit(&protection, &token).await;
        let expected = match vendor {
            // The tenant is another realm, or another project.
            Vendor::Descope | Vendor::Keycloak => TokenRejected::IssuerMismatch,
            // It issues one kind of token for all servers, and says so when the server starts.
            Vendor::Supabase => {
                assert!(outcome.is_ok());
                continue;
            }
            _ => TokenRejected::AudienceMismatch,
        };
        assert_eq!(
            outcome.map(drop),
            Err(Refusal::InvalidToken(expected)),
            "{vendor}"
        );
    }
}

#[tokio::test]
async fn a_token_is_refused_by_all_other_vendors() {
    for vendor in VENDORS {
        let emulator = start(vendor).await;
        let token = emulator.mint(&Mint::new()).unwrap();
        for other in VENDORS.into_iter().filter(|other| *other != vendor) {
            let elsewhere = start(other).await;
            let outcome = admit(&protection(other, &elsewhere), &token).await;
            assert!(outcome.is_err(), "a token of {vendor} at {other}");
        }
    }
}

#[tokio::test]
async fn keys_may_be_rotated() {
    for vendor in VENDORS {
        let emulator = start(vendor).await;
        let protection = protection(vendor, &emulator);
        let old = emulator.mint(&Mint::new()).unwrap();
        assert!(admit(&protection, &old).await.is_ok(), "{vendor}");
        emulator.rotate(Rotation::Now { drop_old: false }).unwrap();
        let new = emulator.mint(&Mint::new()).unwrap();
        assert!(admit(&protection, &new).await.is_ok(), "{vendor}");
    }
}

#[tokio::test]
async fn the_metadata_leads_to_the_vendor() {
    for vendor in VENDORS {
        let emulator = start(vendor).await;
        let protection = protection(vendor, &emulator);
        let ours = document(&protection, "/.well-known/oauth-protected-resource/mcp").await;
        let issuer = &ours["authorization_servers"][0];
        assert_eq!(*issuer, emulator.resource_issuer("notes"), "{vendor}");
        if vendor != Vendor::Keycloak {
            let theirs = document(&protection, "/.well-known/oauth-authorization-server").await;
            assert_eq!(theirs["issuer"], *issuer, "{vendor}");
            assert!(theirs["token_endpoint"].is_string(), "{vendor}");
        }
    }
}
