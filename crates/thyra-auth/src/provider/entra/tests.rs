use serde_json::{Value, json};

use super::*;
use crate::principal::PrincipalKind;
use crate::provider::AuthProvider;
use crate::provider::testing::{BASE_URL, Door, NOW, RESOURCE, Sample, refuses_bad_urls, with};
use crate::refusal::Refusal;
use crate::verify::{ClaimName, TokenRejected};

const TENANT: &str = "11111111-1111-4111-8111-111111111111";
const OTHER: &str = "aaaaaaaa-1111-4111-8111-111111111111";
const CLIENT: &str = "22222222-2222-4222-8222-222222222222";
const CALLER: &str = "44444444-4444-4444-8444-444444444444";

fn builder() -> EntraProviderBuilder {
    EntraProvider::builder().tenant_id(TENANT).client_id(CLIENT)
}

fn version_2(tenant: &str) -> String {
    format!("https://login.microsoftonline.com/{tenant}/v2.0")
}

/// An access token of a person, of version 2.
fn claims() -> Value {
    json!({
        "aud": CLIENT, "iss": version_2(TENANT), "iat": NOW, "nbf": NOW, "exp": NOW + 300,
        "azp": CALLER, "azpacr": "0", "name": "Ada Lovelace", "oid": "o1",
        "preferred_username": "ada@example.com", "roles": ["Editor"], "groups": ["g1"],
        "scp": "Notes.Read", "sub": "s1", "tid": TENANT, "uti": "u1", "ver": "2.0",
    })
}

/// The same of version 1.
fn version_1() -> Value {
    let changes = json!({
        "aud": format!("api://{CLIENT}"), "iss": format!("https://sts.windows.net/{TENANT}/"),
        "azp": null, "azpacr": null, "appid": CALLER, "appidacr": "0", "ver": "1.0",
    });
    with(&claims(), &changes)
}

pub(in crate::provider) fn sample() -> Sample {
    Sample::new(builder(), claims())
}

#[tokio::test]
async fn tokens_of_both_versions_say_who_calls() {
    let door = Door::of(builder());
    for token in [claims(), version_1()] {
        let ada = door.judge(&token).await.unwrap();
        assert_eq!(ada.subject(), "s1");
        assert_eq!(ada.client_id(), Some(CALLER));
        assert_eq!(ada.kind(), PrincipalKind::User);
        assert_eq!(ada.tenant(), Some(TENANT));
        assert_eq!(ada.name(), Some("Ada Lovelace"));
        assert_eq!(ada.email(), None, "a login is not an address");
        assert_eq!(ada.roles().collect::<Vec<_>>(), ["Editor"]);
        assert_eq!(ada.groups().collect::<Vec<_>>(), ["g1"]);
        assert!(ada.has_scope("Notes.Read"));
        assert!(!ada.has_scope("Editor"), "a role is not a scope");
    }
    assert_eq!(
        door.fetched(),
        [format!(
            "https://login.microsoftonline.com/{TENANT}/discovery/v2.0/keys"
        )]
    );
}

#[tokio::test]
async fn a_token_for_an_application_itself_is_a_machines() {
    let changes = json!({ "idtyp": "app", "scp": null, "name": null, "oid": "s1" });
    let door = Door::of(builder());
    let app = door.judge(&with(&claims(), &changes)).await.unwrap();
    assert_eq!(app.kind(), PrincipalKind::Machine);
    assert!(app.scopes().is_empty());
    assert_eq!(app.roles().collect::<Vec<_>>(), ["Editor"]);
}

#[tokio::test]
async fn only_access_tokens_of_this_tenant_for_this_server_are_accepted() {
    use TokenRejected::{AudienceMismatch, IssuerMismatch, MissingClaim};
    let door = Door::of(builder());
    let v1 = |tenant: &str| format!("https://sts.windows.net/{tenant}/");
    for (changes, expected) in [
        (
            json!({ "iss": version_2(OTHER), "tid": OTHER }),
            IssuerMismatch,
        ),
        (json!({ "iss": version_2(OTHER) }), IssuerMismatch),
        (json!({ "iss": v1(OTHER) }), IssuerMismatch),
        (
            json!({ "iss": v1(TENANT).trim_end_matches('/') }),
            IssuerMismatch,
        ),
        (
            json!({ "iss": format!("https://sts.windows.net/{TENANT}/v2.0") }),
            IssuerMismatch,
        ),
        (
            json!({ "iss": format!("https://login.microsoftonline.com/{TENANT}/") }),
            IssuerMismatch,
        ),
        (
            json!({ "iss": format!("https://login.microsoftonline.us/{TENANT}/v2.0") }),
            IssuerMismatch,
        ),
        // Microsoft Graph, the client that asks, and the URL of the server.
        (
            json!({ "aud": "00000003-0000-0000-c000-000000000000" }),
            AudienceMismatch,
        ),
        (json!({ "aud": CALLER }), AudienceMismatch),
        (json!({ "aud": RESOURCE }), AudienceMismatch),
        // An identity token has the same audience where this app logs people in itself.
        (
            json!({ "azp": null, "scp": null, "nonce": "n1" }),
            MissingClaim(ClaimName::ClientId),
        ),
    ] {
        let outcome = door.judge(&with(&claims(), &changes)).await.map(drop);
        assert_eq!(outcome, Err(expected), "{changes}");
    }
}

#[tokio::test]
async fn of_several_tenants_the_allowed_ones_come_in() {
    let multi = |allowed: &str| {
        let builder = builder().tenant_id("organizations");
        Door::of(builder.allowed_tenants(allowed))
    };
    let of =
        |issuer: String, tenant: &str| with(&claims(), &json!({ "iss": issuer, "tid": tenant }));
    let listed = multi(&format!("{TENANT}, {OTHER}"));
    let third = "bbbbbbbb-1111-4111-8111-111111111111";
    for tenant in [TENANT, OTHER] {
        assert!(listed.judge(&of(version_2(tenant), tenant)).await.is_ok());
    }
    assert_eq!(
        listed.judge(&of(version_2(third), third)).await.map(drop),
        Err(TokenRejected::IssuerMismatch)
    );
    let all = multi("*");
    let personal = of(version_2(PERSONAL), PERSONAL);
    assert_eq!(
        all.judge(&personal).await.map(drop),
        Err(TokenRejected::IssuerMismatch)
    );
    let at = |tenant: &str| Door::of(builder().tenant_id(tenant).allowed_tenants("*"));
    for (tenant, [person, member]) in [("consumers", [true, false]), ("common", [true, true])] {
        let door = at(tenant);
        assert_eq!(door.judge(&personal).await.is_ok(), person, "{tenant}");
        let member_of_third = of(version_2(third), third);
        assert_eq!(
            door.judge(&member_of_third).await.is_ok(),
            member,
            "{tenant}"
        );
    }
    assert!(all.judge(&of(version_2(third), third)).await.is_ok());
    let v1 = format!("https://sts.windows.net/{third}/");
    assert!(all.judge(&of(v1, third)).await.is_ok());
    for (issuer, tenant) in [
        // The issuer and `tid` must be the same tenant.
        (version_2(third), OTHER),
        (version_2("organizations"), TENANT),
        (version_2(""), ""),
        (version_2(&format!("{third}/x")), third),
        (format!("https://evil.example/{third}/v2.0"), third),
    ] {
        assert_eq!(
            all.judge(&of(issuer.clone(), tenant)).await.map(drop),
            Err(TokenRejected::IssuerMismatch),
            "{issuer} {tenant}"
        );
    }
    assert_eq!(
        all.fetched(),
        ["https://login.microsoftonline.com/organizations/discovery/v2.0/keys"]
    );
}

#[test]
fn clients_ask_for_the_long_form_of_a_scope() {
    let provider = builder()
        .base_url(BASE_URL)
        .required_scopes(["Notes.Read", "openid"])
        .build()
        .unwrap();
    let protection = provider.protection("/mcp").unwrap();
    let answer = protection.answer(&Refusal::MissingToken);
    let challenge = answer.headers()["www-authenticate"].to_str().unwrap();
    let long = format!("scope=\"api://{CLIENT}/Notes.Read openid\"");
    assert!(challenge.contains(&long), "{challenge}");
    assert_eq!(
        protection.summary().required_scopes,
        ["Notes.Read", "openid"]
    );
}

#[test]
fn every_cloud_has_its_issuer() {
    let issuer = |builder: EntraProviderBuilder| {
        let provider = builder.base_url(BASE_URL).build().unwrap();
        let keys = provider.keys_url().unwrap_or_default();
        format!("{} {keys}", provider.issuers().join(" "))
    };
    assert_eq!(
        issuer(builder().authority("https://login.microsoftonline.us/")),
        format!(
            "https://login.microsoftonline.us/{TENANT}/v2.0 \
             https://login.microsoftonline.us/{TENANT}/discovery/v2.0/keys"
        )
    );
    assert_eq!(
        issuer(builder().authority("contoso.ciamlogin.com")),
        format!(
            "https://{TENANT}.ciamlogin.com/{TENANT}/v2.0 \
             https://contoso.ciamlogin.com/{TENANT}/discovery/v2.0/keys"
        )
    );
    let b2c = builder().authority("https://contoso.b2clogin.com");
    assert_eq!(
        issuer(b2c.user_flow("B2C_1_signin")),
        format!(
            "https://contoso.b2clogin.com/{TENANT}/v2.0/ \
             https://contoso.b2clogin.com/contoso.onmicrosoft.com/B2C_1_signin/discovery/v2.0/keys"
        )
    );
}

#[test]
fn settings_are_checked() {
    let problem = |builder: EntraProviderBuilder| {
        let error = builder.base_url(BASE_URL).build().unwrap_err();
        error.to_string()
    };
    insta::assert_snapshot!(problem(EntraProvider::builder()), @"tenant_id (AZURE_TENANT_ID) is not set. Copy the Directory (tenant) ID from the Entra admin center, App registrations > your app > Overview; for several tenants, set it to `organizations`.");
    insta::assert_snapshot!(problem(EntraProvider::builder().tenant_id(TENANT)), @"client_id (AZURE_CLIENT_ID) is not set. Copy the Application (client) ID of this server's own app registration from the Entra admin center, App registrations > your app > Overview.");
    insta::assert_snapshot!(problem(builder().tenant_id("common")), @"allowed_tenants (AZURE_ALLOWED_TENANTS) is not set. Set it to the tenant IDs whose users may call this server, with spaces between them, or to `*` for all tenants of Microsoft's customers.");
    for (builder, part) in [
        (builder().tenant_id(" "), "it is blank"),
        (builder().tenant_id("contoso.onmicrosoft.com"), "not a GUID"),
        (builder().tenant_id(format!("{TENANT}/x")), "not a GUID"),
        (builder().client_id("api://x"), "not a GUID"),
        (
            builder().client_id("zzzzzzzz-1111-4111-8111-111111111111"),
            "not a GUID",
        ),
        (builder().allowed_tenants(OTHER), "single tenant"),
        (
            builder()
                .tenant_id("organizations")
                .allowed_tenants(format!("* {OTHER}")),
            "not a GUID",
        ),
        (
            builder().tenant_id("organizations").allowed_tenants(","),
            "names nothing",
        ),
        (builder().identifier_uri("notes"), "no `://`"),
        (
            builder().identifier_uri("api://notes/"),
            "ends with a slash",
        ),
        (builder().user_flow("B2C_1_signin"), "b2clogin.com"),
        (
            builder()
                .authority("a.b.b2clogin.com")
                .user_flow("B2C_1_signin"),
            "b2clogin.com",
        ),
        (
            builder().authority("contoso.b2clogin.com").user_flow("a/b"),
            "characters other than",
        ),
        (
            builder().authority("https://login.microsoftonline.com/x"),
            "it has a path",
        ),
    ] {
        let problem = problem(builder);
        assert!(problem.contains(part), "{part}: {problem}");
    }
    refuses_bad_urls(|url| problem(builder().authority(url)));
    let settings = EntraProviderSettings::from_vars([
        ("AZURE_TENANT_ID", "11111111-1111-4111-8111-11111111111A"),
        ("AZURE_CLIENT_ID", CLIENT),
        ("AZURE_IDENTIFIER_URI", "https://mcp.example.com/mcp"),
        ("THYRA_BASE_URL", BASE_URL),
    ]);
    let provider = settings.unwrap().provider().unwrap();
    // Tokens have GUIDs in lower case.
    assert_eq!(
        provider.issuers()[0],
        version_2("11111111-1111-4111-8111-11111111111a")
    );
}

#[test]
fn a_directory_has_endpoints_and_issuers_of_version_2() {
    let settings = |change: fn(&mut EntraProviderSettings)| {
        let mut settings = EntraProviderSettings {
            tenant_id: Some(TENANT.to_owned()),
            client_id: Some(CLIENT.to_owned()),
            ..EntraProviderSettings::default()
        };
        change(&mut settings);
        settings.directory()
    };
    let one = settings(|_| {}).unwrap();
    assert_eq!(
        one.endpoint,
        format!("https://login.microsoftonline.com/{TENANT}")
    );
    assert_eq!(one.issuers.iter().collect::<Vec<_>>(), [version_2(TENANT)]);
    assert!(one.issuers.patterns().is_empty());
    assert_eq!(one.client_id, CLIENT);
    assert_eq!(one.identifier_uri, format!("api://{CLIENT}"));
    let many = settings(|settings| {
        settings.tenant_id = Some("organizations".to_owned());
        settings.allowed_tenants = Some("*".to_owned());
    });
    let many = many.unwrap();
    assert_eq!(many.issuers.iter().count(), 0);
    assert_eq!(many.issuers.patterns().len(), 1);
    let flow = settings(|settings| {
        settings.authority = Some("https://contoso.b2clogin.com".to_owned());
        settings.user_flow = Some("B2C_1_signin".to_owned());
    });
    let flow = flow.unwrap();
    assert_eq!(
        flow.endpoint,
        "https://contoso.b2clogin.com/contoso.onmicrosoft.com/B2C_1_signin"
    );
    let issuer = format!("https://contoso.b2clogin.com/{TENANT}/v2.0/");
    assert_eq!(flow.issuers.iter().collect::<Vec<_>>(), [issuer]);
    assert!(settings(|settings| settings.client_id = None).is_err());
}
