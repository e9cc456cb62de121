//! How a server is told which vendor it trusts.

use std::sync::Arc;

use idp_emulator::{Emulator, Vendor};
use thyra::auth::{
    Algorithm, Audience, AudienceUnchecked, Auth0Provider, Auth0ProviderSettings, AuthProvider,
    KeycloakProvider, KeycloakProviderSettings, ManualClock, ProviderBuilder, RemoteAuth,
    RemoteAuthBuilder, ScalekitProvider, ScalekitProviderSettings,
};

use super::{APPLICATION, resource_id};

/// What all providers are told: who they are, whom they let in, what time it is.
fn finished<V: thyra::auth::Vendor>(
    builder: ProviderBuilder<V>,
    (url, clock): (&str, &ManualClock),
    scopes: &[&str],
) -> Box<dyn AuthProvider> {
    let builder = builder
        .base_url(url)
        .required_scopes(scopes.to_vec())
        .clock(Arc::new(clock.clone()));
    Box::new(builder.build().unwrap())
}

/// The provider of `vendor` for the server at `url`.
pub(super) fn of(
    vendor: Vendor,
    emulator: &Emulator,
    url: &str,
    clock: &ManualClock,
) -> Box<dyn AuthProvider> {
    let place = (url, clock);
    let issuer = emulator.resource_issuer(resource_id(vendor));
    let remote = || RemoteAuth::builder(&issuer, url);
    let read = ["notes:read"];
    // The emulator says in which variables its servers find it.
    macro_rules! by_variables {
        ($Provider:ident, $Settings:ident) => {{
            let settings = $Settings::from_vars(emulator.variables()).unwrap();
            finished($Provider::builder().settings(settings), place, &read)
        }};
    }
    match vendor {
        Vendor::Auth0 => by_variables!(Auth0Provider, Auth0ProviderSettings),
        Vendor::Keycloak => by_variables!(KeycloakProvider, KeycloakProviderSettings),
        Vendor::Scalekit => by_variables!(ScalekitProvider, ScalekitProviderSettings),
        Vendor::Descope => finished(for_audience(remote(), "P2Emulator"), place, &read),
        Vendor::Stytch => finished(for_audience(remote(), "project-test-1"), place, &read),
        Vendor::Entra => finished(for_audience(remote(), resource_id(vendor)), place, &read),
        Vendor::Supabase => {
            let builder = for_audience(remote(), "authenticated").algorithms([Algorithm::Es256]);
            finished(builder, place, &[])
        }
        Vendor::Cognito => {
            let builder = remote()
                .audience(Audience::any_of([APPLICATION, "client-mint"]).unwrap())
                .audience_claim("client_id")
                .required_claim("token_use", "access");
            finished(builder, place, &read)
        }
        Vendor::Okta => finished(remote().client_id_claims(["cid"]), place, &read),
        Vendor::Clerk | Vendor::PropelAuth => {
            finished(remote().audience_unchecked(AudienceUnchecked), place, &read)
        }
        _ => finished(remote(), place, &read),
    }
}

fn for_audience(builder: RemoteAuthBuilder, audience: &str) -> RemoteAuthBuilder {
    builder.audience(Audience::any_of([audience]).unwrap())
}
