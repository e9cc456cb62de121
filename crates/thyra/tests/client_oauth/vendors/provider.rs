//! How a server is told which vendor it trusts.

use std::sync::Arc;

use idp_emulator::{Emulator, Vendor};
use thyra::auth::{
    AudienceUnchecked, Auth0Provider, Auth0ProviderSettings, AuthKitProvider,
    AuthKitProviderSettings, AuthProvider, ClerkProvider, ClerkProviderSettings, CognitoProvider,
    CognitoProviderSettings, DescopeProvider, DescopeProviderSettings, DpopPolicy, EntraProvider,
    EntraProviderSettings, IntrospectionAuth, IntrospectionClient, KeycloakProvider,
    KeycloakProviderSettings, ManualClock, OktaProvider, OktaProviderSettings, PropelAuthProvider,
    PropelAuthProviderSettings, ProviderBuilder, RemoteAuth, ScalekitProvider,
    ScalekitProviderSettings, Secret, StytchProvider, StytchProviderSettings, SupabaseProvider,
    SupabaseProviderSettings,
};

use super::{APPLICATION, resource_id};

/// What all providers are told: who they are, whom they let in, what time it is.
fn finished<V: thyra::auth::Vendor>(
    builder: ProviderBuilder<V>,
    (url, clock, dpop): (&str, &ManualClock, DpopPolicy),
    scopes: &[&str],
) -> Box<dyn AuthProvider> {
    let builder = builder
        .base_url(url)
        .required_scopes(scopes.to_vec())
        .clock(Arc::new(clock.clone()))
        .dpop(dpop);
    Box::new(builder.build().unwrap())
}

/// The provider of `vendor` for the server at `url`.
pub(super) fn of(
    vendor: Vendor,
    emulator: &Emulator,
    place: (&str, &ManualClock, DpopPolicy),
) -> Box<dyn AuthProvider> {
    let issuer = emulator.resource_issuer(resource_id(vendor));
    let read = ["notes:read"];
    // The emulator says in which variables its servers find it.
    macro_rules! by_variables {
        ($Provider:ident, $Settings:ident, $scopes:expr) => {{
            let settings = $Settings::from_vars(emulator.variables()).unwrap();
            finished($Provider::builder().settings(settings), place, $scopes)
        }};
    }
    match vendor {
        Vendor::Auth0 => by_variables!(Auth0Provider, Auth0ProviderSettings, &read),
        Vendor::AuthKit => by_variables!(AuthKitProvider, AuthKitProviderSettings, &read),
        Vendor::Descope => by_variables!(DescopeProvider, DescopeProviderSettings, &read),
        Vendor::Keycloak => by_variables!(KeycloakProvider, KeycloakProviderSettings, &read),
        Vendor::Scalekit => by_variables!(ScalekitProvider, ScalekitProviderSettings, &read),
        Vendor::Stytch => by_variables!(StytchProvider, StytchProviderSettings, &read),
        Vendor::Entra => by_variables!(EntraProvider, EntraProviderSettings, &read),
        Vendor::Supabase => by_variables!(SupabaseProvider, SupabaseProviderSettings, &[]),
        Vendor::Cognito => {
            let settings = CognitoProviderSettings::from_vars(emulator.variables()).unwrap();
            let builder = CognitoProvider::builder().settings(settings);
            // Minted tokens have no audience.
            finished(
                builder.client_ids(format!("{APPLICATION} client-mint")),
                place,
                &read,
            )
        }
        Vendor::Okta => by_variables!(OktaProvider, OktaProviderSettings, &read),
        Vendor::Clerk => {
            let settings = ClerkProviderSettings::from_vars(emulator.variables()).unwrap();
            let builder = ClerkProvider::builder().settings(settings);
            finished(builder.audience_unchecked(AudienceUnchecked), place, &read)
        }
        Vendor::Oidc => {
            let secret = Secret::new("s3cret".to_owned());
            let builder = IntrospectionAuth::builder()
                .issuer(issuer)
                .client(IntrospectionClient::secret_basic("introspector", secret))
                .signed_answers();
            finished(builder, place, &read)
        }
        Vendor::PropelAuth => by_variables!(PropelAuthProvider, PropelAuthProviderSettings, &read),
        _ => finished(RemoteAuth::builder(issuer, place.0), place, &read),
    }
}
