//! The OAuth server of a Supabase project as the authorization server.

use thyra_oauth::ResourceUrl;

use super::variables::provider_settings;
use super::vendor_setting::VendorSetting;
use super::{
    Provider, ProviderBuilder, ProviderError, ProviderSettings, TokenKind, TokenProfile, Vendor,
};
use crate::principal::IdentityClaims;
use crate::verify::{Algorithm, Audience, AudienceDemand};

const PROJECT_URL: VendorSetting = VendorSetting::new(
    "project_url (SUPABASE_PROJECT_URL)",
    "Copy the project URL from the Supabase dashboard, Project Settings > Data API; it looks like \
     https://abcdefgh.supabase.co.",
);
const AUTH_PATH: VendorSetting = VendorSetting::new(
    "auth_path (SUPABASE_AUTH_PATH)",
    "Set it to the path of Supabase Auth below the project URL, or remove it: the default is \
     /auth/v1.",
);
const AUDIENCE: VendorSetting = VendorSetting::new(
    "audience (SUPABASE_AUDIENCE)",
    "Set it to what your custom access token hook writes into `aud`, or remove it.",
);
/// What Supabase writes into every token of a user who has signed in.
const SIGNED_IN: &str = "authenticated";

/// Protects a resource with access tokens of a Supabase project, as a resource server only: clients
/// register at the project's OAuth server and log in there.
///
/// A token is accepted when it is signed with ES256 or RS256 by a key of
/// `{project}/auth/v1/.well-known/jwks.json`, its `iss` is `{project}/auth/v1`, and its `aud` holds
/// `authenticated`.
///
/// Supabase issues no tokens for one resource. **Every token of a signed-in user of the project is
/// accepted**, also one that another application or another server received, and the log says so
/// when the server starts. Let a custom access token hook write the URL of this server into `aud`
/// and name it with [`audience`](SupabaseProviderBuilder::audience), or give a server that matters
/// a project of its own.
///
/// ```
/// use thyra_auth::{AuthProvider, SupabaseProvider};
///
/// let provider = SupabaseProvider::builder()
///     .project_url("https://abcdefgh.supabase.co")
///     .base_url("https://mcp.example.com")
///     .build()?;
/// assert_eq!(provider.issuers(), ["https://abcdefgh.supabase.co/auth/v1"]);
/// # Ok::<(), thyra_auth::ProviderError>(())
/// ```
pub type SupabaseProvider = Provider<Supabase>;

/// Sets up a [`SupabaseProvider`]; made by [`SupabaseProvider::builder`].
pub type SupabaseProviderBuilder = ProviderBuilder<Supabase>;

/// What is special about Supabase; see [`SupabaseProvider`].
#[derive(Clone, Debug, Default)]
pub struct Supabase {
    project_url: Option<String>,
    auth_path: Option<String>,
    audience: Option<String>,
}

impl Vendor for Supabase {
    const NAME: &'static str = "Supabase";
    const VARIABLES: Option<&'static str> = Some("SUPABASE");
    const FORWARDS_METADATA: bool = true;

    fn tokens(&self, _: &ProviderSettings) -> Result<TokenKind, ProviderError> {
        let project = PROJECT_URL.url(PROJECT_URL.required(self.project_url.as_deref())?)?;
        let path = AUTH_PATH.optional(self.auth_path.as_deref())?;
        let path = path.unwrap_or("/auth/v1").trim_matches('/');
        let issuer = AUTH_PATH.url(&format!("{project}/{path}"))?;
        if AUDIENCE.optional(self.audience.as_deref())?.is_none() {
            tracing::warn!(
                issuer,
                "Supabase issues tokens for the whole project: whoever receives one can use it \
                 here. Let a custom access token hook write this server into `aud`, and set \
                 SUPABASE_AUDIENCE"
            );
        }
        let profile = TokenProfile::new(&issuer)
            .keys_url(format!("{issuer}/.well-known/jwks.json"))
            .algorithms([Algorithm::Es256, Algorithm::Rs256])
            .identity(
                IdentityClaims::default()
                    .name(["user_metadata", "name"])
                    .roles("role"),
            );
        Ok(profile.into())
    }

    fn audience(&self, _: &ResourceUrl) -> Result<AudienceDemand, ProviderError> {
        let audience = AUDIENCE.optional(self.audience.as_deref())?;
        Ok(Audience::any_of([audience.unwrap_or(SIGNED_IN)])?.into())
    }
}

provider_settings! {
    /// The settings of a [`SupabaseProvider`], before anything is checked.
    pub struct SupabaseProviderSettings for Supabase {
        /// The URL of the project, such as `https://abcdefgh.supabase.co`. Slashes at its end are
        /// ignored.
        project_url,
        /// The path of Supabase Auth below the project's URL; `/auth/v1` by default.
        auth_path,
        /// What `aud` must hold, where a custom access token hook writes it; `authenticated` by
        /// default.
        audience,
    }
}

#[cfg(test)]
pub(super) mod tests;
