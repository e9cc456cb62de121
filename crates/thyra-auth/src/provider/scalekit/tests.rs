mod settings;

use bytes::Bytes;
use http::Request;
use http_body_util::Empty;
use thyra_oauth::ScopeSet;

use super::*;
use crate::layer::ProtectionError;
use crate::provider::AuthProvider;
use crate::routes::Cors;

fn builder() -> ScalekitProviderBuilder {
    ScalekitProvider::builder()
        .environment_url("https://my-env.scalekit.com")
        .resource_id("res_456")
        .base_url("https://myserver.com/")
}

fn problem(builder: ScalekitProviderBuilder) -> String {
    builder.build().unwrap_err().to_string()
}

/// The protected resource metadata as it is served.
async fn metadata(provider: &ScalekitProvider, path: &str) -> serde_json::Value {
    use http_body_util::BodyExt;

    let protection = provider.protection("/mcp").unwrap();
    let request = Request::get(path).body(Empty::<Bytes>::new()).unwrap();
    let routes = protection.public_routes();
    let response = routes.respond(request, &Cors::default()).await;
    assert_eq!(response.status(), http::StatusCode::OK);
    let body = response.into_body().collect().await.unwrap().to_bytes();
    serde_json::from_slice(&body).unwrap()
}

#[test]
fn everything_follows_from_three_settings() {
    for (environment_url, base_url) in [
        ("https://my-env.scalekit.com", "https://myserver.com"),
        ("https://my-env.scalekit.com/", "https://myserver.com/"),
        (
            " https://my-env.scalekit.com ",
            " https://myserver.com/mcp\n",
        ),
    ] {
        let provider = ScalekitProvider::builder()
            .environment_url(environment_url)
            .resource_id("res_456")
            .base_url(base_url)
            .build()
            .unwrap();
        assert_eq!(
            provider.keys_url(),
            Some("https://my-env.scalekit.com/keys")
        );
        assert_eq!(
            provider.issuers(),
            [
                "https://my-env.scalekit.com",
                "https://my-env.scalekit.com/resources/res_456"
            ]
        );
        let protection = provider.protection("/mcp").unwrap();
        insta::allow_duplicates! {
            insta::assert_snapshot!(protection.summary(), @r"
            auth      Scalekit
            resource  https://myserver.com/mcp
            audience  res_456
            issuers   https://my-env.scalekit.com, https://my-env.scalekit.com/resources/res_456
            ");
        }
        assert_eq!(
            protection.metadata_url(),
            "https://myserver.com/.well-known/oauth-protected-resource/mcp"
        );
    }
}

#[test]
fn audience_and_issuers_can_be_chosen() {
    let summary = |audience, issuers| {
        let provider = builder().audience(audience).issuers(issuers).build();
        let protection = provider.unwrap().protection("/mcp").unwrap();
        let summary = protection.summary().clone();
        (summary.audience, summary.issuers)
    };
    let (audience, issuers) = summary(
        ScalekitAudience::ServerUrl,
        ScalekitIssuers::EnvironmentOnly,
    );
    assert_eq!(audience, ["https://myserver.com/mcp"]);
    assert_eq!(issuers, ["https://my-env.scalekit.com"]);
    let (audience, issuers) = summary(ScalekitAudience::Both, ScalekitIssuers::ResourceOnly);
    assert_eq!(audience, ["res_456", "https://myserver.com/mcp"]);
    assert_eq!(issuers, ["https://my-env.scalekit.com/resources/res_456"]);
}

#[test]
fn what_is_missing_is_named() {
    insta::assert_snapshot!(problem(ScalekitProvider::builder()), @"environment_url (SCALEKIT_ENVIRONMENT_URL) is not set. Copy the environment URL from the Scalekit dashboard, Developers > Settings > API credentials; it looks like https://acme.scalekit.dev.");
    let builder = ScalekitProvider::builder().environment_url("https://my-env.scalekit.com");
    insta::assert_snapshot!(problem(builder.clone()), @"resource_id (SCALEKIT_RESOURCE_ID) is not set. Copy the resource ID from the Scalekit dashboard, MCP servers > your server; it looks like res_1234567890.");
    insta::assert_snapshot!(problem(builder.resource_id("res_1")), @"base_url (THYRA_BASE_URL or MCP_URL) is not set. Set it to the URL at which clients reach this server, such as https://mcp.example.com; for development, http://localhost:8000.");
}

#[test]
fn what_cannot_be_used_is_named() {
    insta::assert_snapshot!(problem(builder().base_url(" ")), @"base_url (THYRA_BASE_URL or MCP_URL) cannot be used: it is blank. Set it to the URL at which clients reach this server, such as https://mcp.example.com; for development, http://localhost:8000.");
    insta::assert_snapshot!(problem(builder().base_url("http://myserver.com")), @"base_url (THYRA_BASE_URL or MCP_URL) cannot be used: it must begin with `https://`; `http://` is accepted for localhost only. Set it to the URL at which clients reach this server, such as https://mcp.example.com; for development, http://localhost:8000.");
    insta::assert_snapshot!(problem(builder().resource_documentation("docs")), @"resource_documentation (SCALEKIT_RESOURCE_DOCUMENTATION) cannot be used: it is not an absolute URL. Set it to the URL of a page for developers, or remove it.");
    let scopes = ScopeSet::parse_configured("[\"read\"");
    insta::assert_snapshot!(problem(builder().required_scopes(scopes)), @"required_scopes (SCALEKIT_REQUIRED_SCOPES) cannot be used: a scope holds quotes, backslashes or characters other than ASCII. Write the scopes with spaces or commas between them, or as a JSON array of strings.");
    let path = builder().build().unwrap().protection("mcp").unwrap_err();
    insta::assert_snapshot!(path, @"the endpoint's path `mcp` cannot be used: the path of the endpoint must begin with `/` and hold no `?`, `#`, spaces and dot segments");
}

#[test]
fn offline_access_is_not_a_scope_to_require() {
    let provider = builder()
        .required_scopes(ScopeSet::from_iter(["offline_access"]))
        .build()
        .unwrap();
    assert!(matches!(
        provider.protection("/mcp"),
        Err(ProviderError::Protection(
            ProtectionError::OfflineAccessRequired
        ))
    ));
}

#[tokio::test]
async fn the_metadata_names_the_resource_issuer_and_the_scopes() {
    let provider = builder()
        .required_scopes(ScopeSet::from_iter(["read", "write"]))
        .scopes_supported(ScopeSet::from_iter([
            "read",
            "write",
            "x",
            "offline_access",
        ]))
        .resource_name("Notes")
        .resource_documentation("https://myserver.com/docs")
        .build()
        .unwrap();
    let document = metadata(&provider, "/.well-known/oauth-protected-resource/mcp").await;
    assert_eq!(
        document,
        serde_json::json!({
            "resource": "https://myserver.com/mcp",
            "authorization_servers": ["https://my-env.scalekit.com/resources/res_456"],
            "scopes_supported": ["read", "write", "x"],
            "bearer_methods_supported": ["header"],
            "resource_name": "Notes",
            "resource_documentation": "https://myserver.com/docs",
        })
    );
    assert_eq!(
        metadata(&provider, "/.well-known/oauth-protected-resource").await,
        document
    );
}

#[tokio::test]
async fn required_scopes_are_advertised_and_blank_texts_are_not() {
    let provider = builder()
        .required_scopes(ScopeSet::from_iter(["read"]))
        .resource_name(" ")
        .resource_documentation("")
        .build()
        .unwrap();
    let document = metadata(&provider, "/.well-known/oauth-protected-resource").await;
    assert_eq!(document["scopes_supported"], serde_json::json!(["read"]));
    assert_eq!(document.as_object().unwrap().len(), 4);
}

#[test]
fn the_path_of_the_endpoint_is_never_doubled() {
    let provider = builder()
        .base_url("https://h/scalekit/streamable")
        .build()
        .unwrap();
    let protection = provider.protection("/scalekit/streamable").unwrap();
    assert_eq!(
        protection.metadata_url(),
        "https://h/.well-known/oauth-protected-resource/scalekit/streamable"
    );
    assert_eq!(
        protection.public_routes().paths().collect::<Vec<_>>(),
        [
            "/.well-known/oauth-protected-resource/scalekit/streamable",
            "/.well-known/oauth-protected-resource",
            "/.well-known/oauth-authorization-server/scalekit/streamable",
            "/.well-known/oauth-authorization-server",
        ]
    );
}

#[test]
fn the_forward_can_be_turned_off() {
    let provider = builder()
        .forward_authorization_server_metadata(false)
        .build()
        .unwrap();
    assert!(
        !provider
            .protection("/mcp")
            .unwrap()
            .public_routes()
            .answers("/.well-known/oauth-authorization-server")
    );
}

#[test]
fn settings_and_builder_agree() {
    let mut settings = ScalekitProviderSettings::from_vars([
        ("SCALEKIT_ENVIRONMENT_URL", "https://my-env.scalekit.com"),
        ("SCALEKIT_RESOURCE_ID", "res_456"),
        ("SCALEKIT_CLIENT_ID", "skc_1"),
    ])
    .unwrap();
    settings
        .base_url
        .get_or_insert_with(|| "http://localhost:8000".to_owned());
    let provider = settings.provider().unwrap();
    assert_eq!(provider.base_url(), "http://localhost:8000");
    assert_eq!(
        provider.protection("/mcp").unwrap().resource().as_str(),
        "http://localhost:8000/mcp"
    );
}

#[test]
fn a_resource_id_of_another_shape_is_accepted() {
    let provider = builder().resource_id("sk_resource_456").build().unwrap();
    let protection = provider.protection("/mcp").unwrap();
    assert_eq!(protection.summary().audience, ["sk_resource_456"]);
}
