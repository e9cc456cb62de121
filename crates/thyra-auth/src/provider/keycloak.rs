//! A realm of Keycloak as the authorization server.

use thyra_oauth::ResourceUrl;

use super::variables::provider_settings;
use super::vendor_setting::VendorSetting;
use super::{
    Provider, ProviderBuilder, ProviderError, ProviderSettings, TokenKind, TokenProfile, Vendor,
};
use crate::principal::IdentityClaims;
use crate::verify::{Algorithm, AudienceDemand};

const REALM_URL: VendorSetting = VendorSetting::new(
    "realm_url (KEYCLOAK_REALM_URL)",
    "Set it to the URL of the realm, such as https://login.example.com/realms/acme: the `issuer` \
     that Realm settings > OpenID Endpoint Configuration shows.",
);
const AUDIENCE: VendorSetting = VendorSetting::new(
    "audience (KEYCLOAK_AUDIENCE)",
    "Set it to what the audience mapper writes into `aud`, or remove it: the default is the URL of \
     this server.",
);
const ROLES_CLIENT: VendorSetting = VendorSetting::new(
    "roles_client (KEYCLOAK_ROLES_CLIENT)",
    "Set it to the Client ID whose roles count, or remove it: the default are the roles of the \
     realm.",
);

/// Protects a resource with access tokens of a Keycloak realm.
///
/// A token is accepted when it is signed by a key of the realm
/// (`{realm}/protocol/openid-connect/certs`), its `iss` is the URL of the realm, its `aud` holds
/// the URL of this server (or the [audience](KeycloakProviderBuilder::audience) set instead), and
/// its `typ` says that it is an access token. Keycloak puts no `aud` of ours into tokens by itself:
/// the realm needs an audience mapper, or Keycloak's feature `resource-indicators`.
///
/// [`Principal::roles`](crate::Principal::roles) are those of the realm, unless
/// [`roles_client`](KeycloakProviderBuilder::roles_client) names a client.
///
/// ```
/// use thyra_auth::{AuthProvider, KeycloakProvider};
///
/// let provider = KeycloakProvider::builder()
///     .realm_url("https://login.example.com/realms/acme")
///     .base_url("https://mcp.example.com")
///     .required_scopes(["notes:read"])
///     .build()?;
/// assert_eq!(provider.issuers(), ["https://login.example.com/realms/acme"]);
/// # Ok::<(), thyra_auth::ProviderError>(())
/// ```
pub type KeycloakProvider = Provider<Keycloak>;

/// Sets up a [`KeycloakProvider`]; made by [`KeycloakProvider::builder`].
pub type KeycloakProviderBuilder = ProviderBuilder<Keycloak>;

/// What is special about Keycloak; see [`KeycloakProvider`].
#[derive(Clone, Debug, Default)]
pub struct Keycloak {
    realm_url: Option<String>,
    audience: Option<String>,
    roles_client: Option<String>,
}

impl Vendor for Keycloak {
    const NAME: &'static str = "Keycloak";
    const VARIABLES: Option<&'static str> = Some("KEYCLOAK");

    fn tokens(&self, _: &ProviderSettings) -> Result<TokenKind, ProviderError> {
        let realm = REALM_URL.url(REALM_URL.required(self.realm_url.as_deref())?)?;
        let identity = IdentityClaims::default();
        let identity = match ROLES_CLIENT.optional(self.roles_client.as_deref())? {
            Some(client) => identity.roles(["resource_access", client, "roles"]),
            None => identity.roles(["realm_access", "roles"]),
        };
        let mut profile = TokenProfile::new(&realm)
            .keys_url(format!("{realm}/protocol/openid-connect/certs"))
            .algorithms([
                Algorithm::Rs256,
                Algorithm::Ps256,
                Algorithm::Es256,
                Algorithm::EdDsa,
            ])
            .identity(identity);
        // Identity tokens have `ID` there, and refresh tokens `Refresh`. A client can be set to
        // write the type in lower case.
        for typ in ["Bearer", "bearer", "DPoP", "dpop"] {
            profile = profile.required_claim("typ", typ);
        }
        Ok(profile.into())
    }

    fn audience(&self, resource: &ResourceUrl) -> Result<AudienceDemand, ProviderError> {
        AUDIENCE.audience(self.audience.as_deref(), resource)
    }
}

provider_settings! {
    /// The settings of a [`KeycloakProvider`], before anything is checked.
    pub struct KeycloakProviderSettings for Keycloak {
        /// The URL of the realm, such as `https://login.example.com/realms/acme`.
        realm_url,
        /// What `aud` must hold, where an audience mapper writes something else than the URL of
        /// this server.
        audience,
        /// The client whose roles [`Principal::roles`](crate::Principal::roles) are; those of the
        /// realm by default.
        roles_client,
    }
}

#[cfg(test)]
pub(super) mod tests;
