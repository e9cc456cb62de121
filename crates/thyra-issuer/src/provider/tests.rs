use std::time::Duration;

use thyra_auth::{AuthProvider, DebugVerifier, ProviderError, Secret};
use thyra_oauth::ScopeSet;

use super::*;
use crate::client::{IssuerClient, RedirectPatterns};
use crate::server::Consent;

fn oidc() -> OidcProxyBuilder {
    OidcProxy::builder()
        .base_url("https://mcp.example.com")
        .config_url("https://login.example.org/.well-known/openid-configuration")
        .client_id("the-proxy")
        .client_secret(Secret::new("hunter2".to_owned()))
}

fn problem<V>(builder: IssuerBuilder<V>) -> String {
    let Err(error) = builder.build() else {
        panic!("it was accepted")
    };
    assert!(!format!("{error:?}").contains("hunter2"));
    error.to_string()
}

#[test]
fn the_usual_settings_are_enough() {
    let proxy = oidc().build().unwrap();
    assert_eq!(proxy.issuer(), "https://mcp.example.com");
    let protection = proxy.protection("/mcp").unwrap();
    assert_eq!(
        protection.resource().as_str(),
        "https://mcp.example.com/mcp"
    );
    for path in [
        "/authorize",
        "/consent",
        "/auth/callback",
        "/token",
        "/register",
        "/revoke",
        "/.well-known/jwks.json",
        "/.well-known/oauth-authorization-server",
        "/.well-known/oauth-protected-resource/mcp",
    ] {
        assert!(protection.public_routes().answers(path), "{path}");
    }
    assert!(!protection.public_routes().answers("/mcp"));
    assert!(!format!("{proxy:?} {protection:?}").contains("hunter2"));
}

#[test]
fn a_base_url_with_a_path_has_its_endpoints_below_it_and_without_it() {
    let proxy = oidc()
        .base_url("https://mcp.example.com/notes/")
        .build()
        .unwrap();
    assert_eq!(proxy.issuer(), "https://mcp.example.com/notes/");
    let protection = proxy.protection("/mcp").unwrap();
    assert_eq!(
        protection.resource().as_str(),
        "https://mcp.example.com/notes/mcp"
    );
    for path in [
        "/notes/authorize",
        "/notes/auth/callback",
        "/notes/.well-known/jwks.json",
        // A reverse proxy may take the path away.
        "/authorize",
        "/auth/callback",
        "/.well-known/jwks.json",
        "/.well-known/oauth-authorization-server",
        "/mcp/.well-known/openid-configuration",
    ] {
        assert!(protection.public_routes().answers(path), "{path}");
    }
    for path in ["/mcp", "/notes", "/notes/mcp", "/notes/notes/authorize"] {
        assert!(!protection.public_routes().answers(path), "{path}");
    }
}

#[test]
fn an_endpoint_is_not_hidden_by_another_one_without_its_prefix() {
    let proxy = oidc()
        .base_url("https://mcp.example.com/a")
        .redirect_path("/a/token");
    let protection = proxy.build().unwrap().protection("/mcp").unwrap();
    let paths: Vec<_> = protection.public_routes().paths().collect();
    for path in ["/a/token", "/token", "/a/a/token"] {
        let times = paths.iter().filter(|one| **one == path).count();
        assert_eq!(times, 1, "{path} in {paths:?}");
    }
}

#[test]
fn the_resource_may_be_elsewhere() {
    let proxy = oidc()
        .resource_base_url("https://gateway.example.com")
        .build()
        .unwrap();
    let protection = proxy.protection("/mcp").unwrap();
    assert_eq!(
        protection.resource().as_str(),
        "https://gateway.example.com/mcp"
    );
    assert_eq!(protection.summary().issuers, ["https://mcp.example.com"]);
}

#[test]
fn each_setting_that_cannot_work_is_named() {
    let scope = || ScopeSet::from(["a\"b"]);
    let client = || IssuerClient::new("", ["https://a.example/callback"]);
    for (problem, expected) in [
        (problem(OidcProxy::builder()), "base_url is not set"),
        (
            problem(oidc().base_url("mcp.example.com")),
            "base_url cannot be used",
        ),
        (
            problem(oidc().base_url("http://mcp.example.com")),
            "base_url cannot be used",
        ),
        (
            problem(oidc().base_url("https://a:hunter2@h")),
            "base_url cannot be used",
        ),
        (
            problem(oidc().resource_base_url("x")),
            "resource_base_url cannot be used",
        ),
        (
            problem(oidc().issuer_url("https://a.example?b")),
            "issuer_url cannot be used",
        ),
        (
            problem(oidc().redirect_path("/")),
            "redirect_path cannot be used",
        ),
        (
            problem(oidc().redirect_path("token")),
            "redirect_path cannot be used",
        ),
        (
            problem(oidc().redirect_path("/a?b")),
            "redirect_path cannot be used",
        ),
        (
            problem(oidc().required_scopes(scope())),
            "required_scopes cannot be used",
        ),
        (
            problem(oidc().valid_scopes(scope())),
            "valid_scopes cannot be used",
        ),
        (
            problem(oidc().consent_csp_policy("a\nb")),
            "consent_csp_policy cannot be used",
        ),
        (
            problem(oidc().code_lifetime(Duration::ZERO)),
            "code_lifetime cannot be used",
        ),
        (
            problem(oidc().code_lifetime(Duration::from_hours(1))),
            "code_lifetime cannot be used",
        ),
        (
            problem(oidc().refresh_grace(Duration::from_mins(6))),
            "refresh_grace cannot be used",
        ),
        (
            problem(oidc().access_token_lifetime(Duration::ZERO)),
            "access_token_lifetime cannot be used",
        ),
        (
            problem(oidc().service_documentation_url("x")),
            "service_documentation_url cannot be used",
        ),
        (problem(oidc().client(client())), "client cannot be used"),
    ] {
        assert!(problem.contains(expected), "{expected}: {problem}");
    }
}

#[test]
fn each_setting_of_the_identity_provider_that_cannot_work_is_named() {
    let no_verifier = OAuthProxy::builder()
        .base_url("https://mcp.example.com")
        .upstream_authorization_endpoint("https://a.example/authorize")
        .upstream_token_endpoint("https://a.example/token")
        .client_id("the-proxy");
    for (problem, expected) in [
        (problem(oidc().client_id(" ")), "client_id is not set"),
        (
            problem(oidc().client_secret(Secret::new(" ".to_owned()))),
            "client_secret",
        ),
        (
            problem(
                oidc()
                    .forward_pkce(false)
                    .extra_authorize_param("state", "x"),
            ),
            "`state`",
        ),
        (
            problem(oidc().config_url("login.example.org")),
            "config_url cannot be used",
        ),
        (
            problem(oidc().config_url("https://login.example.org/x")),
            "config_url cannot be used",
        ),
        (problem(oidc().config_url("")), "config_url is not set"),
        (
            problem(oidc().verify_id_token(false)),
            "audience is not set",
        ),
        (problem(no_verifier.clone()), "token_verifier is not set"),
        (
            problem(
                no_verifier
                    .clone()
                    .upstream_token_endpoint("http://a.example/token"),
            ),
            "an endpoint of the identity provider cannot be used",
        ),
    ] {
        assert!(problem.contains(expected), "{expected}: {problem}");
    }
    let verified = no_verifier.token_verifier(DebugVerifier::accepting(|_| true));
    assert!(verified.build().is_ok());
}

#[test]
fn values_of_extra_parameters_are_not_printed() {
    let builder = oidc().extra_token_param("api_key", "hunter2");
    let upstream = builder.upstream_settings().unwrap();
    for printed in [
        format!("{:?}", builder.vendor.options),
        format!("{upstream:?}"),
    ] {
        assert!(printed.contains("api_key"), "{printed}");
        assert!(!printed.contains("hunter2"), "{printed}");
    }
}

#[test]
fn whoever_starts_the_server_is_told_what_is_dangerous() {
    let warnings = |builder: OidcProxyBuilder| {
        let protection = builder.build().unwrap().protection("/mcp").unwrap();
        protection.summary().warnings.join("\n")
    };
    assert!(warnings(oidc()).contains("all logins end with this process"));
    let off = oidc().require_authorization_consent(Consent::Off);
    assert!(warnings(off).contains("a link is enough"));
    let external = oidc().require_authorization_consent(Consent::External);
    assert!(warnings(external).contains("must ask at each login"));
    let tied = oidc().forward_pkce(false);
    assert!(!warnings(tied).contains("nothing ties a code"));
    let loose = oidc().verify_id_token(false).audience("x");
    assert!(!warnings(loose.clone()).contains("nothing ties a code"));
    let loose = loose.forward_pkce(false);
    assert!(warnings(loose).contains("leave `forward_pkce` on"));
    let none = RedirectPatterns::new::<&str>([]).unwrap();
    let none = oidc().allowed_client_redirect_uris(none);
    assert!(warnings(none).contains("no client can log in"));
}

#[test]
fn scopes_that_nobody_can_ask_for_are_refused() {
    let proxy = oidc().required_scopes(["offline_access"]).build().unwrap();
    let error = proxy.protection("/mcp").unwrap_err();
    assert!(matches!(error, ProviderError::Protection(_)), "{error}");
}
