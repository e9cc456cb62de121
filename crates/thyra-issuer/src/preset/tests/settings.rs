//! What is sent to the real vendors.

use std::fmt::Debug;

use super::*;

pub(super) const CLIENT: &str = "22222222-2222-4222-8222-222222222222";
const TENANT: &str = "11111111-1111-4111-8111-111111111111";

fn problem<T: Debug>(result: Result<T, ProviderError>) -> String {
    result.unwrap_err().to_string()
}

async fn page(settings: UpstreamSettings, scopes: &str) -> String {
    let upstream = Upstream::new(settings).unwrap();
    let request = UpstreamRequest {
        state: "s",
        code_verifier: &Secret::new("v".to_owned()),
        nonce: &Secret::new("n".to_owned()),
        scopes: &ScopeSet::parse(scopes),
        resource: RESOURCE,
    };
    upstream.authorization_url(&request).await.unwrap().into()
}

fn scopes_of(page: &str) -> String {
    let url = Url::parse(page).unwrap();
    let mut pairs = url.query_pairs();
    let scope = pairs.find(|(name, _)| name == "scope");
    scope
        .map(|(_, scope)| scope.into_owned())
        .unwrap_or_default()
}

#[test]
fn a_missing_setting_is_named_with_its_variable() {
    let github = GitHubProxy::builder().base_url(BASE_URL);
    let error = problem(github.clone().build());
    assert!(
        error.starts_with("client_id (GITHUB_CLIENT_ID) is not set"),
        "{error}"
    );
    let error = problem(github.client_id("Ov23li").build());
    let start = "client_secret (GITHUB_CLIENT_SECRET) is not set";
    assert!(error.starts_with(start), "{error}");
    let error = problem(GitHubProxy::builder().build());
    assert!(error.contains("THYRA_BASE_URL"), "{error}");
}

#[test]
fn a_store_of_the_environment_that_cannot_be_opened_names_its_variable() {
    assert!(kept(entra(), Ok(Store::memory())).is_ok());
    let error = problem(kept(entra(), Err(OpenError::NoKeys)));
    let start = "store (THYRA_STORE) cannot be used: THYRA_STORE_KEYS is not set";
    assert!(error.starts_with(start), "{error}");
}

fn entra() -> EntraProxyBuilder {
    EntraProxy::builder()
        .base_url(BASE_URL)
        .tenant_id(TENANT)
        .client_id(CLIENT)
        .client_secret(Secret::new("s".to_owned()))
}

#[tokio::test]
async fn entra_gets_its_own_names_of_scopes() {
    let builder = entra().additional_authorize_scopes(["https://graph.microsoft.com/Mail.Read"]);
    let settings = builder.upstream_settings().unwrap();
    let page = page(settings.clone(), "Notes.Read email").await;
    let start = format!("https://login.microsoftonline.com/{TENANT}/oauth2/v2.0/authorize?");
    assert!(page.starts_with(&start), "{page}");
    assert!(page.ends_with("&prompt=select_account"), "{page}");
    assert_eq!(
        scopes_of(&page),
        format!(
            "api://{CLIENT}/Notes.Read email https://graph.microsoft.com/Mail.Read openid profile \
             offline_access"
        )
    );
    // A token is for one API.
    let asked = settings
        .scopes
        .of_tokens(&ScopeSet::parse("Notes.Read email"))
        .unwrap();
    let expected = format!("api://{CLIENT}/Notes.Read email openid profile offline_access");
    assert_eq!(asked.to_string(), expected);
    let answer = ScopeSet::from([format!("api://{CLIENT}/Notes.Read")]);
    let granted = settings
        .scopes
        .granted(&answer, &ScopeSet::parse("Notes.Read email"));
    assert_eq!(granted, ScopeSet::parse("Notes.Read email"));
}

#[tokio::test]
async fn an_extra_parameter_takes_the_place_of_the_account_picker() {
    let settings = entra().extra_authorize_param("domain_hint", "acme.example");
    let page = page(settings.upstream_settings().unwrap(), "openid").await;
    assert!(page.ends_with("&domain_hint=acme.example"), "{page}");
    assert!(!page.contains("prompt="), "{page}");
}

#[tokio::test]
async fn a_user_flow_has_its_own_endpoints_and_names() {
    let flow = entra()
        .authority("https://contoso.b2clogin.com")
        .user_flow("B2C_1_signin");
    let page = page(flow.upstream_settings().unwrap(), "read").await;
    let start =
        "https://contoso.b2clogin.com/contoso.onmicrosoft.com/B2C_1_signin/oauth2/v2.0/authorize?";
    assert!(page.starts_with(start), "{page}");
    assert!(!page.contains("prompt="), "{page}");
    assert_eq!(
        scopes_of(&page),
        format!("https://contoso.onmicrosoft.com/{CLIENT}/read openid profile offline_access")
    );
}

#[test]
fn everybody_at_microsoft_is_a_choice() {
    let common = entra().tenant_id("common");
    assert!(problem(common.clone().upstream_settings()).contains("AZURE_ALLOWED_TENANTS"));
    common.allowed_tenants("*").upstream_settings().unwrap();
    let odd = problem(entra().tenant_id("contoso").upstream_settings());
    assert!(odd.contains("AZURE_TENANT_ID"), "{odd}");
}

#[tokio::test]
async fn github_may_be_an_enterprise_server() {
    let builder = GitHubProxy::builder().base_url(BASE_URL).client_id("app");
    assert!(problem(builder.upstream_settings()).contains("client_secret"));
    let builder = builder.client_secret(Secret::new("s".to_owned()));
    for (url, start) in [
        (None, "https://github.com/login/oauth/authorize?"),
        (
            Some("https://ghe.example/"),
            "https://ghe.example/login/oauth/authorize?",
        ),
    ] {
        let builder = builder.clone();
        let builder = url.map_or(builder.clone(), |url| builder.url(url));
        let settings = builder.upstream_settings().unwrap();
        let page = page(settings.clone(), "user repo").await;
        assert!(page.starts_with(start), "{page}");
        assert_eq!(scopes_of(&page), "user repo");
        let asked = ScopeSet::parse("user read:user");
        let granted = settings
            .scopes
            .granted(&ScopeSet::from(["gist,user"]), &asked);
        assert_eq!(granted, ScopeSet::parse("gist user read:user"));
    }
    assert!(problem(builder.url("http://ghe.example").upstream_settings()).contains("GITHUB_URL"));
}

#[test]
fn google_gives_refresh_tokens_unless_it_is_asked_otherwise() {
    let builder = GoogleProxy::builder().base_url(BASE_URL).client_id("app");
    let parameters = |builder: &GoogleProxyBuilder| {
        let settings = builder.upstream_settings().unwrap();
        let mut parameters = settings.extra_authorize_params;
        parameters.sort();
        parameters
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        parameters(&builder),
        ["access_type=offline", "prompt=consent"]
    );
    let other = builder.extra_authorize_param("prompt", "select_account");
    assert_eq!(
        parameters(&other),
        ["access_type=offline", "prompt=select_account"]
    );
}

#[test]
fn each_vendor_says_what_is_missing() {
    for (setting, error) in [
        (
            "AUTH0_DOMAIN",
            problem(Auth0Proxy::builder().base_url(BASE_URL).build()),
        ),
        (
            "CLERK_DOMAIN",
            problem(ClerkProxy::builder().base_url(BASE_URL).build()),
        ),
        (
            "COGNITO_USER_POOL_ID",
            problem(CognitoProxy::builder().base_url(BASE_URL).build()),
        ),
        (
            "client_id",
            problem(DiscordProxy::builder().base_url(BASE_URL).build()),
        ),
        (
            "client_id",
            problem(EntraProxy::builder().base_url(BASE_URL).build()),
        ),
        (
            "client_id",
            problem(GitHubProxy::builder().base_url(BASE_URL).build()),
        ),
        (
            "client_id",
            problem(GoogleProxy::builder().base_url(BASE_URL).build()),
        ),
        (
            "client_id",
            problem(HuggingFaceProxy::builder().base_url(BASE_URL).build()),
        ),
        (
            "OCI_DOMAIN_URL",
            problem(OciProxy::builder().base_url(BASE_URL).build()),
        ),
        (
            "WORKOS_AUTHKIT_DOMAIN",
            problem(WorkOsProxy::builder().base_url(BASE_URL).build()),
        ),
    ] {
        assert!(error.contains(setting), "{setting}: {error}");
    }
}
