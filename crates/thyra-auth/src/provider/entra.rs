//! Tenants of Microsoft Entra ID as the authorization server.

use thyra_oauth::ResourceUrl;

use super::variables::provider_settings;
use super::vendor_setting::VendorSetting;
use super::{
    Provider, ProviderBuilder, ProviderError, ProviderSettings, TokenKind, TokenProfile, Vendor,
};
use crate::principal::IdentityClaims;
use crate::verify::{Algorithm, Audience, AudienceDemand, IssuerPattern, Issuers, VerifierError};

const PUBLIC_CLOUD: &str = "https://login.microsoftonline.com";
/// The tenant of all personal accounts, such as those of Outlook.com.
const PERSONAL: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";
/// Where the issuers of version 1 are, in the public cloud.
const VERSION_1: &str = "https://sts.windows.net";
const EXTERNAL_ID: &str = ".ciamlogin.com";

const TENANT_ID: VendorSetting = VendorSetting::new(
    "tenant_id (AZURE_TENANT_ID)",
    "Copy the Directory (tenant) ID from the Entra admin center, App registrations > your app > \
     Overview; for several tenants, set it to `organizations`.",
);
const CLIENT_ID: VendorSetting = VendorSetting::new(
    "client_id (AZURE_CLIENT_ID)",
    "Copy the Application (client) ID of this server's own app registration from the Entra admin \
     center, App registrations > your app > Overview.",
);
const IDENTIFIER_URI: VendorSetting = VendorSetting::new(
    "identifier_uri (AZURE_IDENTIFIER_URI)",
    "Copy the Application ID URI from App registrations > your app > Expose an API, or remove it: \
     the default is api:// and the client ID.",
);
const ALLOWED_TENANTS: VendorSetting = VendorSetting::new(
    "allowed_tenants (AZURE_ALLOWED_TENANTS)",
    "Set it to the tenant IDs whose users may call this server, with spaces between them, or to `*` \
     for all tenants of Microsoft's customers.",
);
const AUTHORITY: VendorSetting = VendorSetting::new(
    "authority (AZURE_AUTHORITY)",
    "Set it to the host of your cloud, such as https://login.microsoftonline.us, or of your external \
     tenant, such as https://contoso.ciamlogin.com, or remove it.",
);
const USER_FLOW: VendorSetting = VendorSetting::new(
    "user_flow (AZURE_USER_FLOW)",
    "Set it to the name of the user flow of Azure AD B2C, such as B2C_1_signin, or remove it.",
);

/// Protects a resource with access tokens of Microsoft Entra ID (Azure AD): of one tenant, of
/// several, of an external tenant, or of a user flow of Azure AD B2C.
///
/// A token is accepted when it is signed with RS256 by a key of the tenant, its `iss` is the tenant
/// (or one of the [allowed](EntraProviderBuilder::allowed_tenants)), its `aud` is the client ID or
/// the Application ID URI of this server's app registration, and it names its client, which
/// identity tokens do not. In the public cloud, tokens of version 1 and of version 2 are accepted.
///
/// Tokens hold scopes in the short form, `Notes.Read`, and that is how they are required here.
/// Clients ask for the long form, `api://{client id}/Notes.Read`, which challenges and metadata
/// name. Roles are not scopes: read [`Principal::roles`](crate::Principal::roles), also of tokens
/// for an application itself.
///
/// ```
/// use thyra_auth::{AuthProvider, EntraProvider};
///
/// let provider = EntraProvider::builder()
///     .tenant_id("11111111-1111-4111-8111-111111111111")
///     .client_id("22222222-2222-4222-8222-222222222222")
///     .base_url("https://mcp.example.com")
///     .required_scopes(["Notes.Read"])
///     .build()?;
/// assert_eq!(
///     provider.issuers(),
///     [
///         "https://login.microsoftonline.com/11111111-1111-4111-8111-111111111111/v2.0",
///         "https://sts.windows.net/11111111-1111-4111-8111-111111111111/",
///     ]
/// );
/// # Ok::<(), thyra_auth::ProviderError>(())
/// ```
pub type EntraProvider = Provider<Entra>;

/// Sets up an [`EntraProvider`]; made by [`EntraProvider::builder`].
pub type EntraProviderBuilder = ProviderBuilder<Entra>;

/// What is special about Entra; see [`EntraProvider`].
#[derive(Clone, Debug, Default)]
pub struct Entra {
    tenant_id: Option<String>,
    client_id: Option<String>,
    identifier_uri: Option<String>,
    allowed_tenants: Option<String>,
    authority: Option<String>,
    user_flow: Option<String>,
}

/// Whose tokens are accepted.
enum Tenants {
    These(Vec<String>),
    All,
    /// All but personal accounts.
    Organizations,
}

/// What follows from the settings.
struct Directory {
    /// Where users log in and keys are.
    endpoint: String,
    tenants: Tenants,
    authority: String,
    is_public_cloud: bool,
}

impl Entra {
    fn directory(&self) -> Result<Directory, ProviderError> {
        let authority = match AUTHORITY.optional(self.authority.as_deref())? {
            Some(url) => AUTHORITY.domain(url)?,
            None => PUBLIC_CLOUD.to_owned(),
        };
        let tenant = TENANT_ID.required(self.tenant_id.as_deref())?;
        let allowed = ALLOWED_TENANTS.list(self.allowed_tenants.as_deref())?;
        let (tenant, tenants) = if matches!(tenant, "common" | "consumers" | "organizations") {
            // Without the list, everybody with a Microsoft account would come in.
            ALLOWED_TENANTS.required(self.allowed_tenants.as_deref())?;
            (tenant.to_owned(), allowed_tenants(tenant, &allowed)?)
        } else if allowed.is_empty() {
            let tenant = guid(TENANT_ID, tenant)?;
            (tenant.clone(), Tenants::These(vec![tenant]))
        } else {
            let problem = "it needs `organizations` as the tenant_id, and that is a single tenant";
            return Err(ALLOWED_TENANTS.invalid(problem));
        };
        let endpoint = match USER_FLOW.optional(self.user_flow.as_deref())? {
            Some(flow) => b2c_endpoint(&authority, USER_FLOW.identifier(flow)?)?,
            None => format!("{authority}/{tenant}"),
        };
        Ok(Directory {
            is_public_cloud: authority == PUBLIC_CLOUD,
            endpoint,
            tenants,
            authority,
        })
    }

    fn client_id(&self) -> Result<String, ProviderError> {
        guid(CLIENT_ID, CLIENT_ID.required(self.client_id.as_deref())?)
    }

    fn identifier_uri(&self) -> Result<String, ProviderError> {
        match IDENTIFIER_URI.optional(self.identifier_uri.as_deref())? {
            Some(uri) if uri.contains("://") && !uri.ends_with('/') => Ok(uri.to_owned()),
            Some(_) => Err(IDENTIFIER_URI.invalid("it has no `://`, or ends with a slash")),
            None => Ok(format!("api://{}", self.client_id()?)),
        }
    }
}

impl Directory {
    /// The issuer of a tenant's tokens of version 2.
    fn issuer(&self, tenant: &str, user_flow: bool) -> String {
        if user_flow {
            format!("{}/{tenant}/v2.0/", self.authority)
        } else if self.authority.ends_with(EXTERNAL_ID) {
            format!("https://{tenant}{EXTERNAL_ID}/{tenant}/v2.0")
        } else {
            format!("{}/{tenant}/v2.0", self.authority)
        }
    }
}

impl Directory {
    /// Who issues tokens: names in full, and patterns. Version 1 has issuers of its own.
    fn issuers(
        &self,
        user_flow: bool,
        with_version_1: bool,
    ) -> Result<(Vec<String>, Vec<IssuerPattern>), VerifierError> {
        let mut issuers = Vec::new();
        let mut patterns = Vec::new();
        match &self.tenants {
            Tenants::These(ids) => {
                for id in ids {
                    issuers.push(self.issuer(id, user_flow));
                    if with_version_1 {
                        issuers.push(format!("{VERSION_1}/{id}/"));
                    }
                }
            }
            tenants @ (Tenants::All | Tenants::Organizations) => {
                let tenant = |prefix: String, suffix: &str| {
                    let tenant = IssuerPattern::new(prefix, suffix)?.segment_equals_claim("tid");
                    Ok::<_, VerifierError>(match tenants {
                        Tenants::Organizations => tenant.except(PERSONAL),
                        Tenants::All | Tenants::These(_) => tenant,
                    })
                };
                patterns.push(tenant(format!("{}/", self.authority), "/v2.0")?);
                if with_version_1 {
                    patterns.push(tenant(format!("{VERSION_1}/"), "/")?);
                }
            }
        }
        Ok((issuers, patterns))
    }
}

/// Where a directory of Entra signs people in, for those who set up its endpoints themselves. Made
/// by [`EntraProviderSettings::directory`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct EntraDirectory {
    /// The URL that its endpoints are below: `/oauth2/v2.0/authorize`, `/oauth2/v2.0/token` and
    /// `/discovery/v2.0/keys`.
    pub endpoint: String,
    /// Who issues its ID tokens, which are always of version 2.
    pub issuers: Issuers,
    /// The Application (client) ID.
    pub client_id: String,
    /// The Application ID URI, which stands before the application's scopes.
    pub identifier_uri: String,
}

impl EntraProviderSettings {
    /// Checks the settings, and says what follows from them.
    ///
    /// # Errors
    ///
    /// [`ProviderError`] names the setting that is missing or cannot be used.
    pub fn directory(&self) -> Result<EntraDirectory, ProviderError> {
        let entra = Entra {
            tenant_id: self.tenant_id.clone(),
            client_id: self.client_id.clone(),
            identifier_uri: self.identifier_uri.clone(),
            allowed_tenants: self.allowed_tenants.clone(),
            authority: self.authority.clone(),
            user_flow: self.user_flow.clone(),
        };
        let directory = entra.directory()?;
        let (issuers, patterns) = directory.issuers(self.user_flow.is_some(), false)?;
        Ok(EntraDirectory {
            issuers: Issuers::of(&issuers, patterns)?,
            client_id: entra.client_id()?,
            identifier_uri: entra.identifier_uri()?,
            endpoint: directory.endpoint,
        })
    }
}

impl Vendor for Entra {
    const NAME: &'static str = "Entra ID";
    const VARIABLES: Option<&'static str> = Some("AZURE");

    fn tokens(&self, _: &ProviderSettings) -> Result<TokenKind, ProviderError> {
        let directory = self.directory()?;
        let Directory {
            endpoint,
            is_public_cloud,
            ..
        } = &directory;
        let mut profile = TokenProfile::new(format!("{endpoint}/v2.0"))
            .keys_url(format!("{endpoint}/discovery/v2.0/keys"))
            .algorithms([Algorithm::Rs256])
            .client_id_claims(["appid"])
            .require_client()
            .machine_claim("idtyp", "app")
            .organization_claims(["tid"])
            .scope_prefix(format!("{}/", self.identifier_uri()?))
            .identity(IdentityClaims::default().tenant("tid"));
        let (issuers, patterns) = directory.issuers(self.user_flow.is_some(), *is_public_cloud)?;
        profile = profile.issuers(issuers);
        for pattern in patterns {
            profile = profile.issuer_pattern(pattern);
        }
        Ok(profile.into())
    }

    fn audience(&self, _: &ResourceUrl) -> Result<AudienceDemand, ProviderError> {
        // Version 2 has the first, version 1 either.
        Ok(Audience::any_of([self.client_id()?, self.identifier_uri()?])?.into())
    }
}

/// Which tenants are meant by `allowed`, for users who log in at `tenant`.
fn allowed_tenants(tenant: &str, allowed: &[String]) -> Result<Tenants, ProviderError> {
    match allowed {
        [all] if all == "*" => Ok(match tenant {
            "consumers" => Tenants::These(vec![PERSONAL.to_owned()]),
            "organizations" => Tenants::Organizations,
            _ => Tenants::All,
        }),
        ids => {
            let ids = ids.iter().map(|id| guid(ALLOWED_TENANTS, id));
            Ok(Tenants::These(ids.collect::<Result<_, _>>()?))
        }
    }
}

/// An identifier of Microsoft's, as tokens spell it.
fn guid(setting: VendorSetting, text: &str) -> Result<String, ProviderError> {
    let groups: Vec<_> = text.split('-').collect();
    let lengths = groups.iter().map(|group| group.len());
    let is_hex = |group: &&str| group.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !lengths.eq([8, 4, 4, 4, 12]) || !groups.iter().all(is_hex) {
        return Err(setting.invalid("it is not a GUID, which is what tokens carry"));
    }
    Ok(text.to_ascii_lowercase())
}

/// Where the users of a user flow of Azure AD B2C log in.
fn b2c_endpoint(authority: &str, user_flow: &str) -> Result<String, ProviderError> {
    let tenant = authority
        .strip_prefix("https://")
        .and_then(|host| host.strip_suffix(".b2clogin.com"));
    match tenant {
        Some(name) if !name.contains('.') => {
            Ok(format!("{authority}/{name}.onmicrosoft.com/{user_flow}"))
        }
        _ => Err(AUTHORITY.invalid(
            "with a user_flow it must be https://contoso.b2clogin.com, with the name of the tenant",
        )),
    }
}

provider_settings! {
    /// The settings of an [`EntraProvider`], before anything is checked.
    pub struct EntraProviderSettings for Entra {
        /// The ID of the tenant, a GUID; or `organizations`, `consumers` or `common`, together with
        /// the allowed tenants.
        tenant_id,
        /// The Application (client) ID of this server's own app registration.
        client_id,
        /// The Application ID URI of the app registration; `api://{client id}` by default.
        identifier_uri,
        /// The tenants whose users may call, with spaces or commas between their IDs; `*` for all.
        /// Only where `tenant_id` is not a single tenant.
        allowed_tenants,
        /// The host of the login; `https://login.microsoftonline.com` by default.
        authority,
        /// The user flow of Azure AD B2C, together with the authority
        /// `https://{tenant name}.b2clogin.com`.
        user_flow,
    }
}

#[cfg(test)]
pub(super) mod tests;
