//! How a server is told which vendor it trusts.

use std::sync::Arc;

use idp_emulator::{Emulator, Vendor};
use thyra::auth::{
    Audience, AudienceDemand, AudienceUnchecked, Auth0Provider, Auth0ProviderSettings,
    AuthKitProvider, AuthKitProviderSettings, AuthProvider, CognitoProvider,
    CognitoProviderSettings, DescopeProvider, DescopeProviderSettings, DpopPolicy, Introspection,
    IntrospectionClient, Jwks, KeySetUrl, KeycloakProvider, KeycloakProviderSettings,
    LookupVerifier, ManualClock, OktaProvider, OktaProviderSettings, ProviderBuilder,
    ProviderError, ProviderSettings, RemoteAuth, RemoteAuthBuilder, ScalekitProvider,
    ScalekitProviderSettings, Secret, StytchProvider, StytchProviderSettings, SupabaseProvider,
    SupabaseProviderSettings, TokenKind,
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
    let url = place.0;
    let issuer = emulator.resource_issuer(resource_id(vendor));
    let remote = || RemoteAuth::builder(&issuer, url);
    let asked = |audience, signed| {
        let issuer = issuer.clone();
        ProviderBuilder::of(Asked {
            issuer,
            audience,
            signed,
        })
    };
    let for_url = || Audience::any_of([url]).unwrap().into();
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
        Vendor::Entra => finished(for_audience(remote(), resource_id(vendor)), place, &read),
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
        Vendor::Clerk => finished(asked(AudienceUnchecked.into(), false), place, &read),
        Vendor::Oidc => finished(asked(for_url(), true), place, &read),
        Vendor::PropelAuth => finished(asked(for_url(), false), place, &read),
        _ => finished(remote(), place, &read),
    }
}

fn for_audience(builder: RemoteAuthBuilder, audience: &str) -> RemoteAuthBuilder {
    builder.audience(Audience::any_of([audience]).unwrap())
}

/// An issuer that is asked about each token (RFC 7662).
#[derive(Clone, Debug)]
struct Asked {
    issuer: String,
    audience: AudienceDemand,
    /// Answers must be signed (RFC 9701).
    signed: bool,
}

impl thyra::auth::Vendor for Asked {
    const NAME: &'static str = "introspection";

    fn tokens(&self, settings: &ProviderSettings) -> Result<TokenKind, ProviderError> {
        let secret = Secret::new("s3cret".to_owned());
        let client = IntrospectionClient::secret_basic("introspector", secret);
        let mut introspection =
            Introspection::builder(&*self.issuer, client, self.audience.clone());
        if self.signed {
            let keys = KeySetUrl::configured(&format!("{}/jwks", self.issuer)).unwrap();
            let keys = Jwks::builder(keys).clock(Arc::clone(settings.clock()));
            introspection = introspection.signed_answers(keys.build());
        }
        let verifier = LookupVerifier::builder(introspection.build().unwrap())
            .clock(Arc::clone(settings.clock()))
            .build();
        Ok(TokenKind::Other {
            verifier: Arc::new(verifier),
            authorization_servers: vec![self.issuer.clone()],
        })
    }
}
