//! Vendors that MCP servers can also use directly, behind an OAuth proxy.

use idp_emulator::{Client, IssuerMode, Mint, Resource, Vendor};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::proxy::{self, BACK, Proxy, text};
use crate::support::{SERVER_URL, VERIFIER, decode, get_json, parameter};

const DIRECTORY: &str = "11111111-1111-4111-8111-111111111111";
const APPLICATION: &str = "22222222-2222-4222-8222-222222222222";
const GRAPH: &str = "https://graph.microsoft.com/";

async fn auth0() -> Proxy {
    let api = Resource::new("api").uri(SERVER_URL).scopes(["notes:read"]);
    let builder = proxy::builder(Vendor::Auth0).resource(api);
    Proxy::of(Vendor::Auth0, builder).await
}

fn entra_builder() -> idp_emulator::Builder {
    let api = Resource::new(APPLICATION).scopes(["notes:read", "notes:write"]);
    proxy::builder(Vendor::Entra).resource(api)
}

async fn entra() -> Proxy {
    Proxy::of(Vendor::Entra, entra_builder()).await
}

#[tokio::test]
async fn a_redirect_uri_of_an_application_is_exact_at_direct_vendors_too() {
    for vendor in [Vendor::Auth0, Vendor::Clerk, Vendor::Cognito, Vendor::Entra] {
        let native = Client::new("native").redirect_uris(["http://127.0.0.1/callback"]);
        let mut proxy = Proxy::of(vendor, proxy::builder(vendor).client(native)).await;
        let moved = "http://127.0.0.1:8001/auth/callback";
        let refused = proxy.authorize(&[("redirect_uri", moved)]).await;
        assert_eq!(refused.status(), StatusCode::BAD_REQUEST, "{vendor}");
        let tokens = proxy.log_in(&[("scope", "openid")]).await;
        assert!(tokens["access_token"].is_string(), "{vendor}: {tokens}");
        let without = [("code_challenge", ""), ("code_challenge_method", "")];
        assert!(!proxy.code(&without).await.is_empty(), "{vendor}");

        // A native client keeps the free port, and must use PKCE.
        proxy.id = "native".to_owned();
        let native = [("redirect_uri", "http://127.0.0.1:9/callback")];
        assert_eq!(proxy.authorize(&native).await.status(), StatusCode::FOUND);
        let without = [&native[..], &without].concat();
        let location = proxy.authorize(&without).await;
        let location = location.headers()["location"].to_str().unwrap();
        assert!(location.contains("error=invalid_request"), "{location}");
    }
}

#[tokio::test]
async fn auth0_gives_a_jwt_to_those_who_name_an_audience() {
    let auth0 = auth0().await;
    let tokens = auth0.log_in(&[("scope", "openid")]).await;
    let opaque = text(&tokens, "access_token");
    assert!(!opaque.contains('.'));
    assert_eq!(auth0.shown("/userinfo", opaque).await["sub"], "583231");
    assert!(tokens["id_token"].is_string());

    let asked = [("scope", "openid notes:read"), ("audience", SERVER_URL)];
    let tokens = auth0.log_in(&asked).await;
    let token = text(&tokens, "access_token");
    let (_, claims) = decode(token);
    assert_eq!(claims["aud"][0], SERVER_URL);
    assert_eq!(claims["azp"], auth0.id);
    assert_eq!(claims["scope"], "openid notes:read");
    assert_eq!(auth0.shown("/userinfo", token).await["sub"], "583231");

    let unknown = auth0.callback(&[("audience", "https://nobody")]).await;
    let error = parameter(&unknown, "error");
    assert_eq!(error.as_deref(), Some("access_denied"));
}

#[tokio::test]
async fn cognito_keeps_its_refresh_token_and_names_no_scopes() {
    let cognito = Proxy::at(Vendor::Cognito).await;
    let tokens = cognito.log_in(&[("scope", "openid email")]).await;
    assert!(tokens.get("scope").is_none(), "{tokens}");
    let (_, claims) = decode(text(&tokens, "access_token"));
    assert!(claims.get("aud").is_none());
    assert_eq!(claims["client_id"], cognito.id);
    assert_eq!(claims["token_use"], "access");
    assert_eq!(claims["scope"], "openid email");
    let (_, claims) = decode(text(&tokens, "id_token"));
    assert_eq!(claims["token_use"], "id");
    assert_eq!(claims["cognito:username"], "583231");
    let refresh = text(&tokens, "refresh_token");
    for _ in 0..2 {
        let renewed = cognito.refresh(refresh).await;
        assert!(renewed["access_token"].is_string(), "{renewed}");
        assert!(renewed.get("refresh_token").is_none());
    }
}

#[tokio::test]
async fn clerk_tells_its_application_about_a_token() {
    let clerk = Proxy::at(Vendor::Clerk).await;
    let tokens = clerk.log_in(&[("scope", "openid profile")]).await;
    let token = text(&tokens, "access_token");
    assert!(token.starts_with("oat_"));
    let asked = clerk
        .request(Method::POST, "/oauth/token_info")
        .basic_auth(&clerk.id, Some(&clerk.secret))
        .form(&[("token", token)]);
    let told = proxy::json(asked).await;
    assert_eq!(told["active"], true);
    assert_eq!(told["client_id"], clerk.id);
    assert_eq!(told["scope"], "openid profile");
    assert_eq!(clerk.shown("/oauth/userinfo", token).await["sub"], "583231");
}

#[tokio::test]
async fn entra_echoes_scopes_with_the_application_id_uri() {
    let entra = entra().await;
    assert_eq!(entra.id, APPLICATION);
    let long = format!("api://{APPLICATION}/notes:read");
    let asked = format!("{long} openid offline_access");
    let tokens = entra.log_in(&[("scope", &asked)]).await;
    assert_eq!(tokens["scope"], asked);
    let (_, claims) = decode(text(&tokens, "access_token"));
    assert_eq!(claims["aud"], APPLICATION);
    assert_eq!(claims["scp"], "notes:read");
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", text(&tokens, "refresh_token")),
        ("scope", &long),
    ];
    let renewed = proxy::json(entra.token(&form)).await;
    assert_eq!(renewed["scope"], long);
}

#[tokio::test]
async fn entra_knows_no_resource_but_that_of_the_scopes() {
    let entra = entra().await;
    let asked = [("scope", "notes:read"), ("resource", SERVER_URL)];
    let location = entra.callback(&asked).await;
    let description = parameter(&location, "error_description").unwrap();
    assert!(description.contains("AADSTS9010010"), "{description}");
}

#[tokio::test]
async fn entra_gives_one_token_for_one_api() {
    let entra = entra().await;
    let read = format!("api://{APPLICATION}/notes:read");
    let both = format!("{read} {GRAPH}User.Read offline_access");
    // People allow both at once.
    let code = entra.code(&[("scope", &both)]).await;
    let redeem = |scope: &str| {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("code_verifier", VERIFIER),
            ("redirect_uri", BACK),
            ("scope", scope),
        ];
        proxy::json(entra.token(&form))
    };
    let refused = redeem(&both).await;
    assert_eq!(refused["error"], "invalid_request");
    let description = text(&refused, "error_description");
    assert!(description.starts_with("AADSTS28000: "), "{description}");
    assert_eq!(refused["error_codes"], json!([28_000]));
    let tokens = redeem(&format!("{read} offline_access")).await;
    let (_, claims) = decode(text(&tokens, "access_token"));
    assert_eq!(claims["scp"], "notes:read");
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", text(&tokens, "refresh_token")),
        ("scope", &both),
    ];
    let refused = proxy::json(entra.token(&form)).await;
    assert_eq!(refused["error_codes"], json!([28_000]));
}

#[tokio::test]
async fn entra_gives_tokens_of_version_1() {
    let builder = entra_builder().issuer_mode(IssuerMode::Environment);
    let entra = Proxy::of(Vendor::Entra, builder).await;
    let tokens = entra.log_in(&[("scope", "notes:read")]).await;
    let (_, claims) = decode(text(&tokens, "access_token"));
    assert_eq!(claims["ver"], "1.0");
    assert_eq!(claims["aud"], format!("api://{APPLICATION}"));
    let issuer = format!("{}/{DIRECTORY}/", entra.emulator.url());
    assert_eq!(claims["iss"], issuer);
}

#[tokio::test]
async fn entra_takes_people_of_any_directory() {
    for any in ["common", "organizations", "consumers"] {
        let entra = entra().await;
        let url = entra.emulator.url();
        let path = format!("/{any}/v2.0/.well-known/openid-configuration");
        let metadata = get_json(&entra.emulator, &path).await;
        // Literally: whose tokens they will be is not known yet.
        assert_eq!(metadata["issuer"], format!("{url}/{{tenantid}}/v2.0"));
        for (member, end) in [
            ("authorization_endpoint", "authorize"),
            ("token_endpoint", "token"),
        ] {
            let expected = format!("{url}/{any}/oauth2/v2.0/{end}");
            assert_eq!(metadata[member], expected);
        }
        let keys = format!("/{any}/discovery/v2.0/keys");
        assert_eq!(metadata["jwks_uri"], format!("{url}{keys}"));
        assert!(get_json(&entra.emulator, &keys).await["keys"].is_array());

        let entra = entra.elsewhere(
            &format!("/{any}/oauth2/v2.0/authorize"),
            &format!("/{any}/oauth2/v2.0/token"),
        );
        let tokens = entra.log_in(&[("scope", "openid notes:read")]).await;
        let issuer = format!("{}/{DIRECTORY}/v2.0", entra.emulator.url());
        for member in ["access_token", "id_token"] {
            let (_, claims) = decode(text(&tokens, member));
            assert_eq!(claims["iss"], issuer, "{any} {member}");
            // Multi-tenant servers compare it with the issuer.
            assert_eq!(claims["tid"], DIRECTORY, "{any} {member}");
            assert_eq!(claims["oid"], "583231", "{any} {member}");
        }
        let path = "/nobody/v2.0/.well-known/openid-configuration";
        assert_eq!(entra.show(path, "").await.status(), StatusCode::NOT_FOUND);
    }
}

/// What Entra makes of an assertion.
async fn exchange(entra: &Proxy, assertion: &str, scope: &str) -> Value {
    let form = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
        ("requested_token_use", "on_behalf_of"),
        ("assertion", assertion),
        ("scope", scope),
    ];
    proxy::json(entra.token(&form)).await
}

#[tokio::test]
async fn entra_exchanges_a_token_on_behalf_of_its_user() {
    for mode in [IssuerMode::Resource, IssuerMode::Environment] {
        let builder = entra_builder().issuer_mode(mode);
        let entra = Proxy::of(Vendor::Entra, builder).await;
        let tokens = entra.log_in(&[("scope", "notes:read")]).await;
        let assertion = text(&tokens, "access_token");
        let asked = format!("{GRAPH}User.Read {GRAPH}Mail.Read");
        let exchanged = exchange(&entra, assertion, &asked).await;
        let (_, claims) = decode(text(&exchanged, "access_token"));
        assert_eq!(claims["aud"], "00000003-0000-0000-c000-000000000000");
        assert_eq!(claims["scp"], "User.Read Mail.Read");
        assert_eq!(claims["oid"], "583231");
        assert_eq!(exchanged["scope"], asked);
        assert!(exchanged["expires_in"].is_number());
        let grant = "urn:ietf:params:oauth:grant-type:jwt-bearer";
        assert_eq!(entra.emulator.grants(grant), 1);
    }
}

#[tokio::test]
async fn entra_exchanges_no_token_of_somebody_else() {
    let entra = entra().await;
    let graph = format!("{GRAPH}User.Read");
    let good = entra.emulator.mint(&Mint::new()).unwrap();
    assert!(exchange(&entra, &good, &graph).await["access_token"].is_string());
    for bad in [
        Mint::new().claim("aud", "another-application"),
        Mint::new().claim("exp", 1),
        Mint::new().claim("iss", "https://login.example.org/"),
        Mint::new().claim("oid", "nobody"),
        Mint::new().key(idp_emulator::MintKey::Foreign),
    ] {
        let bad = entra.emulator.mint(&bad).unwrap();
        let refused = exchange(&entra, &bad, &graph).await;
        assert_eq!(refused["error"], "invalid_grant", "{refused}");
        assert_eq!(refused["error_codes"], json!([50_013]));
    }
    let refused = exchange(&entra, &good, "notes:read").await;
    assert_eq!(refused["error"], "invalid_scope");
    assert_eq!(refused["error_codes"], json!([70_011]));
}

#[tokio::test]
async fn b2c_has_the_user_flow_in_its_paths_and_a_guid_in_its_issuer() {
    let api = Resource::new(APPLICATION).scopes(["notes:read"]);
    let builder = proxy::builder(Vendor::EntraB2c).resource(api);
    let b2c = Proxy::of(Vendor::EntraB2c, builder).await;
    let url = b2c.emulator.url();
    let flow = "/contoso.onmicrosoft.com/b2c_1_signin";
    let path = format!("{flow}/v2.0/.well-known/openid-configuration");
    let metadata = get_json(&b2c.emulator, &path).await;
    assert_eq!(metadata["issuer"], format!("{url}/{DIRECTORY}/v2.0/"));
    assert_eq!(
        metadata["token_endpoint"],
        format!("{url}{flow}/oauth2/v2.0/token")
    );
    assert_eq!(
        metadata["jwks_uri"],
        format!("{url}{flow}/discovery/v2.0/keys")
    );
    assert!(metadata.get("userinfo_endpoint").is_none());
    for (flow, status) in [("B2C_1_SignIn", 200), ("B2C_1_other", 404)] {
        let path = format!("/contoso.onmicrosoft.com/{flow}/discovery/v2.0/keys");
        assert_eq!(b2c.show(&path, "").await.status(), status, "{flow}");
    }
    let variables = b2c.emulator.variables();
    let uri = format!("https://contoso.onmicrosoft.com/{APPLICATION}");
    assert!(variables.contains(&("AZURE_IDENTIFIER_URI", uri)));

    let long = format!("https://contoso.onmicrosoft.com/{APPLICATION}/notes:read");
    let tokens = b2c
        .log_in(&[("scope", &format!("openid profile {long} offline_access"))])
        .await;
    assert_eq!(
        tokens["scope"],
        format!("openid profile {long} offline_access")
    );
    let (_, claims) = decode(text(&tokens, "access_token"));
    assert_eq!(claims["iss"], format!("{url}/{DIRECTORY}/v2.0/"));
    assert_eq!(claims["aud"], b2c.id);
    assert_eq!(claims["scp"], "notes:read");
    assert_eq!(claims["tfp"], "B2C_1_signin");
    let (_, claims) = decode(text(&tokens, "id_token"));
    assert_eq!(claims["iss"], format!("{url}/{DIRECTORY}/v2.0/"));
    let renewed = b2c.refresh(text(&tokens, "refresh_token")).await;
    assert!(renewed["access_token"].is_string());
}
