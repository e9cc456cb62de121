//! All vendors through the same flow, and what each does differently.

use idp_emulator::{Builder, Client, Emulator, Mint, Resource, User, Vendor};
use reqwest::{Response, StatusCode};
use serde_json::{Map, Value, json};
use url::Url;

use crate::support::{CALLBACK, SERVER_URL, VERIFIER, callback, decode, http, parameter, s256};

/// The client of vendors where clients do not register.
const KNOWN: &str = "known-client";

fn builder(vendor: Vendor) -> Builder {
    let resource = match vendor {
        Vendor::Entra => Resource::new("22222222-2222-4222-8222-222222222222"),
        _ => Resource::new("res_1"),
    };
    let ada = User::new("ada-1", "ada@example.com")
        .roles(["editors"])
        .permissions(["notes:share"]);
    Emulator::of(vendor)
        .auto_consent(true)
        .user(ada)
        .resource(
            resource
                .uri(SERVER_URL)
                .scopes(["notes:read", "notes:write"]),
        )
        .client(Client::new(KNOWN).redirect_uris([CALLBACK]))
        .client(Client::new("introspector").secret("s3cret"))
}

async fn start(vendor: Vendor) -> Emulator {
    builder(vendor).start().await.unwrap()
}

fn resource_id(vendor: Vendor) -> &'static str {
    match vendor {
        Vendor::Entra => "22222222-2222-4222-8222-222222222222",
        _ => "res_1",
    }
}

/// The metadata of the first resource, as a client finds it.
async fn metadata(emulator: &Emulator, vendor: Vendor) -> Value {
    let issuer = Url::parse(&emulator.resource_issuer(resource_id(vendor))).unwrap();
    let path = issuer.path().trim_end_matches('/');
    for (before, after) in [
        ("/.well-known/oauth-authorization-server", ""),
        ("", "/.well-known/openid-configuration"),
    ] {
        let url = format!("{}{before}{path}{after}", emulator.url());
        let response = http().get(url).send().await.unwrap();
        if response.status() == StatusCode::OK {
            return response.json().await.unwrap();
        }
    }
    panic!("{vendor} has no metadata");
}

/// A client, its metadata, and what it says to both endpoints.
struct Flow<'a> {
    metadata: Value,
    client: String,
    resource: Option<&'a str>,
    scope: &'a str,
}

impl Flow<'_> {
    async fn new(emulator: &Emulator, vendor: Vendor) -> Self {
        let metadata = metadata(emulator, vendor).await;
        let client = match metadata["registration_endpoint"].as_str() {
            Some(endpoint) => {
                let body = json!({
                    "redirect_uris": [CALLBACK],
                    "token_endpoint_auth_method": "none",
                });
                let response = http().post(endpoint).json(&body).send().await.unwrap();
                assert_eq!(response.status(), StatusCode::CREATED, "{vendor}");
                let registered: Value = response.json().await.unwrap();
                registered["client_id"].as_str().unwrap().to_owned()
            }
            None => KNOWN.to_owned(),
        };
        Self {
            metadata,
            client,
            resource: Some(SERVER_URL),
            scope: "openid notes:read",
        }
    }

    async fn authorize(&self) -> Response {
        let challenge = s256(VERIFIER);
        let mut parameters = vec![
            ("response_type", "code"),
            ("client_id", &self.client),
            ("redirect_uri", CALLBACK),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
            ("scope", self.scope),
        ];
        parameters.extend(self.resource.map(|resource| ("resource", resource)));
        let endpoint = self.metadata["authorization_endpoint"].as_str().unwrap();
        let url = Url::parse_with_params(endpoint, parameters).unwrap();
        http().get(url).send().await.unwrap()
    }

    async fn token(&self, form: &[(&str, &str)]) -> Response {
        let endpoint = self.metadata["token_endpoint"].as_str().unwrap();
        let mut form = form.to_vec();
        form.push(("client_id", &self.client));
        http().post(endpoint).form(&form).send().await.unwrap()
    }

    async fn log_in(&self) -> Value {
        let location = callback(&self.authorize().await);
        let code = parameter(&location, "code").unwrap_or_else(|| panic!("{location}"));
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("code_verifier", VERIFIER),
            ("redirect_uri", CALLBACK),
        ];
        self.token(&form).await.json().await.unwrap()
    }

    async fn introspect(&self, token: &str) -> Value {
        let endpoint = self.metadata["introspection_endpoint"].as_str().unwrap();
        let request = http()
            .post(endpoint)
            .basic_auth("introspector", Some("s3cret"))
            .form(&[("token", token)]);
        request.send().await.unwrap().json().await.unwrap()
    }
}

#[tokio::test]
async fn every_vendor_leads_from_metadata_to_tokens() {
    for vendor in Vendor::DIRECT {
        let emulator = start(vendor).await;
        let mut flow = Flow::new(&emulator, vendor).await;
        if !matches!(vendor, Vendor::Cognito | Vendor::Supabase) {
            flow.scope = "openid offline_access notes:read";
        }
        let issuer = emulator.resource_issuer(resource_id(vendor));
        assert_eq!(flow.metadata["issuer"], issuer, "{vendor}");

        let location = callback(&flow.authorize().await);
        let named = flow.metadata["authorization_response_iss_parameter_supported"] == true;
        let expected = named.then_some(issuer);
        assert_eq!(parameter(&location, "iss"), expected, "{vendor}");

        let tokens = flow.log_in().await;
        let token = tokens["access_token"].as_str().unwrap();
        let opaque = matches!(vendor, Vendor::Clerk | Vendor::PropelAuth);
        assert_eq!(token.split('.').count() == 1, opaque, "{vendor}");
        let refresh = tokens["refresh_token"].as_str().unwrap();
        let form = [("grant_type", "refresh_token"), ("refresh_token", refresh)];
        let refreshed = flow.token(&form).await;
        assert_eq!(refreshed.status(), StatusCode::OK, "{vendor}");
        let again = flow.token(&form).await;
        let status = match vendor {
            Vendor::Auth0 => 403,
            // The same refresh token goes on.
            Vendor::Cognito => 200,
            _ => 400,
        };
        assert_eq!(again.status(), status, "{vendor}");
        let error = &again.json::<Value>().await.unwrap()["error"];
        if status != 200 {
            assert_eq!(error, "invalid_grant");
        }

        // Every endpoint that the metadata names is there.
        for (name, endpoint) in flow.metadata.as_object().unwrap() {
            if let Some(url) = endpoint.as_str().filter(|_| name.ends_with("_endpoint")) {
                let status = http().get(url).send().await.unwrap().status();
                assert_ne!(status, StatusCode::NOT_FOUND, "{vendor}: {url}");
            }
        }
    }
}

/// What an access token of a login holds, without what changes from run to run.
async fn claims(vendor: Vendor) -> Map<String, Value> {
    let emulator = start(vendor).await;
    let flow = Flow::new(&emulator, vendor).await;
    let tokens = flow.log_in().await;
    let token = tokens["access_token"].as_str().unwrap();
    let claims = match flow.metadata["introspection_endpoint"].as_str() {
        Some(_) => flow.introspect(token).await,
        None => decode(token).1,
    };
    let mut claims = claims.as_object().unwrap().clone();
    assert!(
        claims
            .remove("iss")
            .is_some_and(|issuer| { issuer.as_str().unwrap().starts_with(emulator.url()) })
    );
    claims.retain(|_, value| !value.is_number() && !value.is_boolean());
    claims
}

#[tokio::test]
async fn claims_are_spelt_as_the_vendor_spells_them() {
    for (vendor, expected) in [
        (
            Vendor::Auth0,
            json!({"permissions": ["notes:share"], "scope": "openid notes:read"}),
        ),
        (
            Vendor::AuthKit,
            json!({"aud": SERVER_URL, "role": "editors", "org_id": "org_1"}),
        ),
        (
            Vendor::Clerk,
            json!({"scope": "openid notes:read", "sub": "ada-1"}),
        ),
        (
            Vendor::Cognito,
            json!({"token_use": "access", "cognito:groups": ["editors"]}),
        ),
        (
            Vendor::Descope,
            json!({"aud": ["P2Emulator"], "dct": "org_1"}),
        ),
        (
            Vendor::Entra,
            json!({"scp": "notes:read", "aud": resource_id(Vendor::Entra)}),
        ),
        (
            Vendor::Keycloak,
            json!({
                "aud": [SERVER_URL, "account"], "realm_access": {"roles": ["editors"]},
            }),
        ),
        (
            Vendor::Oidc,
            json!({"aud": SERVER_URL, "scope": "openid notes:read"}),
        ),
        (
            Vendor::Okta,
            json!({
                "aud": SERVER_URL, "scp": ["openid", "notes:read"], "sub": "ada@example.com",
                "uid": "ada-1",
            }),
        ),
        (
            Vendor::PropelAuth,
            json!({"aud": SERVER_URL, "username": "ada@example.com"}),
        ),
        (
            Vendor::Scalekit,
            json!({"aud": ["res_1", SERVER_URL], "oid": "org_1"}),
        ),
        (
            Vendor::Stytch,
            json!({"aud": ["project-test-1"], "scope": "openid notes:read"}),
        ),
        (
            Vendor::Supabase,
            json!({"aud": "authenticated", "role": "authenticated"}),
        ),
    ] {
        let claims = claims(vendor).await;
        for (name, value) in expected.as_object().unwrap() {
            assert_eq!(
                claims.get(name),
                Some(value),
                "{vendor}: {name} in {claims:?}"
            );
        }
        let has_audience = vendor != Vendor::Clerk;
        assert_eq!(claims.contains_key("aud"), has_audience, "{vendor}");
        let has_scope = claims.contains_key("scope") || claims.contains_key("scp");
        assert_eq!(has_scope, vendor != Vendor::Supabase, "{vendor}");
    }
}

#[tokio::test]
async fn headers_name_algorithm_and_type_as_the_vendor_does() {
    for vendor in Vendor::DIRECT {
        let emulator = builder(vendor).opaque_tokens(false).start().await.unwrap();
        let header = decode(&emulator.mint(&Mint::new()).unwrap()).0;
        let algorithm = if vendor == Vendor::Supabase {
            "ES256"
        } else {
            "RS256"
        };
        assert_eq!(header["alg"], algorithm, "{vendor}");
        let kind = match vendor {
            Vendor::AuthKit | Vendor::Cognito | Vendor::Okta => Value::Null,
            Vendor::Clerk | Vendor::Oidc | Vendor::PropelAuth => json!("at+jwt"),
            _ => json!("JWT"),
        };
        assert_eq!(header["typ"], kind, "{vendor}");
        let key = &emulator.jwks()["keys"][0];
        assert_eq!(key["kid"], header["kid"]);
        assert_eq!(key["alg"], algorithm);
    }
}

#[tokio::test]
async fn a_resource_that_nobody_knows_is_met_as_the_vendor_meets_it() {
    let foreign = "https://other.example/mcp";
    for (vendor, expected) in [
        (Vendor::Auth0, Err("access_denied")),
        (Vendor::Cognito, Err("invalid_grant")),
        (Vendor::AuthKit, Ok(json!("client_environment"))),
        (Vendor::Entra, Err("invalid_target")),
        (Vendor::Keycloak, Ok(json!([SERVER_URL, "account"]))),
        (Vendor::Oidc, Err("invalid_target")),
        (Vendor::Okta, Ok(json!(SERVER_URL))),
        (Vendor::Stytch, Ok(json!(["project-test-1"]))),
    ] {
        let emulator = start(vendor).await;
        let mut flow = Flow::new(&emulator, vendor).await;
        flow.resource = Some(foreign);
        let location = callback(&flow.authorize().await);
        match expected {
            Err(error) => {
                let sent = parameter(&location, "error");
                assert_eq!(sent.as_deref(), Some(error), "{vendor}");
            }
            Ok(audience) => {
                let tokens = flow.log_in().await;
                let token = tokens["access_token"].as_str().unwrap();
                assert_eq!(decode(token).1["aud"], audience, "{vendor}");
            }
        }
    }
}

#[tokio::test]
async fn a_scope_that_nobody_knows_is_dropped_or_refused() {
    for vendor in Vendor::DIRECT {
        let emulator = start(vendor).await;
        let mut flow = Flow::new(&emulator, vendor).await;
        flow.scope = "openid notes:read notes:burn";
        let location = callback(&flow.authorize().await);
        let refused = matches!(
            vendor,
            Vendor::Cognito | Vendor::Entra | Vendor::Keycloak | Vendor::Okta
        );
        let error = parameter(&location, "error");
        assert_eq!(
            error.as_deref(),
            refused.then_some("invalid_scope"),
            "{vendor}"
        );
    }
}

#[tokio::test]
async fn cognito_names_an_audience_to_those_who_ask() {
    let emulator = start(Vendor::Cognito).await;
    let mut flow = Flow::new(&emulator, Vendor::Cognito).await;
    for (resource, audience) in [(Some(SERVER_URL), json!(SERVER_URL)), (None, Value::Null)] {
        flow.resource = resource;
        let tokens = flow.log_in().await;
        let claims = decode(tokens["access_token"].as_str().unwrap()).1;
        assert_eq!(claims["aud"], audience);
    }
}

#[tokio::test]
async fn entra_takes_scopes_with_the_application_id_uri() {
    let emulator = start(Vendor::Entra).await;
    let mut flow = Flow::new(&emulator, Vendor::Entra).await;
    flow.resource = None;
    flow.scope = "api://22222222-2222-4222-8222-222222222222/notes:read";
    let tokens = flow.log_in().await;
    let claims = decode(tokens["access_token"].as_str().unwrap()).1;
    assert_eq!(claims["scp"], "notes:read");
    assert_eq!(claims["ver"], "2.0");
    assert_eq!(claims["tid"], "11111111-1111-4111-8111-111111111111");
}

#[tokio::test]
async fn tenants_have_issuers_of_their_own_and_share_the_keys() {
    for vendor in [
        Vendor::Cognito,
        Vendor::Descope,
        Vendor::Entra,
        Vendor::Keycloak,
        Vendor::Okta,
    ] {
        let emulator = builder(vendor)
            .resource(
                Resource::new("res_2")
                    .tenant("second")
                    .scopes(["notes:read"]),
            )
            .start()
            .await
            .unwrap();
        let [first, second] = ["res_1", "res_2"].map(|id| {
            let id = if id == "res_1" {
                resource_id(vendor)
            } else {
                id
            };
            emulator.mint(&Mint::new().resource(id)).unwrap()
        });
        let (first, second) = (decode(&first), decode(&second));
        assert_eq!(first.0["kid"], second.0["kid"], "{vendor}");
        assert_ne!(first.1["iss"], second.1["iss"], "{vendor}");
        assert!(
            second.1["iss"].as_str().unwrap().contains("second"),
            "{vendor}"
        );
    }
}

#[tokio::test]
async fn a_client_that_registered_at_one_tenant_is_unknown_at_another() {
    let emulator = builder(Vendor::Keycloak)
        .resource(Resource::new("res_2").tenant("second"))
        .start()
        .await
        .unwrap();
    let mut flow = Flow::new(&emulator, Vendor::Keycloak).await;
    let own = flow.metadata["authorization_endpoint"].as_str().unwrap();
    flow.metadata["authorization_endpoint"] = json!(own.replace("/main/", "/second/"));
    assert_eq!(flow.authorize().await.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn introspection_knows_what_is_good() {
    for vendor in [
        Vendor::AuthKit,
        Vendor::Clerk,
        Vendor::Keycloak,
        Vendor::Oidc,
        Vendor::Okta,
        Vendor::PropelAuth,
        Vendor::Stytch,
    ] {
        let emulator = start(vendor).await;
        let flow = Flow::new(&emulator, vendor).await;
        let tokens = flow.log_in().await;
        let token = tokens["access_token"].as_str().unwrap();
        assert_eq!(flow.introspect(token).await["active"], true, "{vendor}");
        for bad in ["unknown", "a.b.c", &format!("{token}x")] {
            assert_eq!(
                flow.introspect(bad).await,
                json!({"active": false}),
                "{vendor}"
            );
        }
        let endpoint = flow.metadata["introspection_endpoint"].as_str().unwrap();
        for (id, secret) in [("introspector", "wrong"), ("nobody", "s3cret")] {
            let request = http()
                .post(endpoint)
                .basic_auth(id, Some(secret))
                .form(&[("token", token)]);
            assert_eq!(request.send().await.unwrap().status(), 401, "{vendor}");
        }
        let public = [("token", token), ("client_id", flow.client.as_str())];
        let public = http().post(endpoint).form(&public).send().await.unwrap();
        assert_eq!(public.status(), 401, "{vendor}");

        if let Some(revocation) = flow.metadata["revocation_endpoint"].as_str() {
            let request = http()
                .post(revocation)
                .basic_auth("introspector", Some("s3cret"))
                .form(&[("token", token)]);
            assert_eq!(request.send().await.unwrap().status(), 200, "{vendor}");
            // PropelAuth's tokens are opaque and have no `jti`; they are gone all the same.
            assert_eq!(flow.introspect(token).await["active"], false, "{vendor}");
        }
    }
}

#[tokio::test]
async fn introspection_is_signed_for_those_who_ask() {
    let emulator = start(Vendor::Oidc).await;
    let flow = Flow::new(&emulator, Vendor::Oidc).await;
    let token = emulator.mint(&Mint::new()).unwrap();
    let request = http()
        .post(flow.metadata["introspection_endpoint"].as_str().unwrap())
        .header("accept", "application/token-introspection+jwt")
        .basic_auth("introspector", Some("s3cret"))
        .form(&[("token", token)]);
    let response = request.send().await.unwrap();
    assert_eq!(
        response.headers()["content-type"],
        "application/token-introspection+jwt"
    );
    let (header, claims) = decode(&response.text().await.unwrap());
    assert_eq!(header["typ"], "token-introspection+jwt");
    assert_eq!(claims["aud"], "introspector");
    assert_eq!(claims["iss"], emulator.url());
    assert_eq!(claims["token_introspection"]["active"], true);
    assert!(claims.get("sub").is_none() && claims.get("exp").is_none());
}

#[tokio::test]
async fn user_info_is_for_good_tokens_only() {
    let emulator = start(Vendor::Okta).await;
    let path = format!("{}/oauth2/default/v1/userinfo", emulator.url());
    let good = emulator.mint(&Mint::new()).unwrap();
    let old = emulator.mint(&Mint::new().claim("exp", 1)).unwrap();
    let response = http().get(&path).bearer_auth(good).send().await.unwrap();
    let user: Value = response.json().await.unwrap();
    assert_eq!(user["sub"], "ada-1");
    assert_eq!(user["email"], "ada@example.com");
    for token in [old.as_str(), "opaque", ""] {
        let response = http().get(&path).bearer_auth(token).send().await.unwrap();
        assert_eq!(response.status(), 401);
        assert!(response.headers().contains_key("www-authenticate"));
    }
}

#[tokio::test]
async fn errors_have_the_shape_of_the_vendor() {
    for (vendor, member) in [
        (Vendor::Auth0, "/statusCode"),
        (Vendor::AuthKit, "/message"),
        (Vendor::Clerk, "/errors/0/code"),
        (Vendor::Cognito, "/message"),
        (Vendor::Descope, "/errorCode"),
        (Vendor::Entra, "/error/code"),
        (Vendor::Keycloak, "/error"),
        (Vendor::Oidc, "/error"),
        (Vendor::Okta, "/errorSummary"),
        (Vendor::PropelAuth, "/error_code"),
        (Vendor::Scalekit, "/code"),
        (Vendor::Stytch, "/error_type"),
        (Vendor::Supabase, "/error_code"),
    ] {
        let emulator = start(vendor).await;
        let response = crate::support::get(&emulator, "/nothing/is/here").await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND);
        let body: Value = response.json().await.unwrap();
        assert!(body.pointer(member).is_some(), "{vendor}: {body}");
    }
}

#[tokio::test]
async fn the_variables_name_what_a_server_needs() {
    let emulator = start(Vendor::Keycloak).await;
    let url = emulator.url();
    assert_eq!(
        emulator.variables(),
        [("KEYCLOAK_REALM_URL", format!("{url}/realms/main"))]
    );
    let emulator = Emulator::of(Vendor::PropelAuth).start().await.unwrap();
    let variables = emulator.variables();
    assert_eq!(variables[1].1, "propelauth-introspection");
    assert_eq!(variables[2].1, "development-secret");
}

#[tokio::test]
async fn a_tenant_is_part_of_a_path() {
    let odd = Resource::new("res_2").tenant("a/b");
    let refused = builder(Vendor::Keycloak)
        .resource(odd)
        .start()
        .await
        .unwrap_err();
    assert!(
        refused.to_string().contains("the tenant must be"),
        "{refused}"
    );
}
