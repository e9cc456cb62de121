use super::*;

fn server(methods: &[&str], algorithms: &[&str]) -> AuthorizationServer {
    let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    AuthorizationServer {
        authentication_methods: owned(methods),
        assertion_algorithms: owned(algorithms),
        ..AuthorizationServer::example()
    }
}

fn client() -> Client {
    Client::new("https://login.example.org", "m2m_1")
}

fn secret() -> Client {
    client().secret(Secret::new("hush".to_owned()))
}

fn key() -> Client {
    client().key(SigningKey::generate().unwrap())
}

#[test]
fn the_authorization_server_chooses_among_what_the_client_has() {
    let (basic, post, jwt) = (
        "client_secret_basic",
        "client_secret_post",
        "private_key_jwt",
    );
    let cases: [(Client, &[&str], Result<Method, &str>); 10] = [
        (client(), &[], Ok(Method::None)),
        (client(), &[basic], Ok(Method::None)),
        (secret(), &[], Ok(Method::Basic)),
        (secret(), &["none", post, basic], Ok(Method::Basic)),
        (secret(), &["none", post], Ok(Method::Post)),
        (secret(), &["none"], Err("none")),
        (
            secret(),
            &[jwt, "tls_client_auth"],
            Err("private_key_jwt, tls_client_auth"),
        ),
        (key(), &[], Ok(Method::PrivateKeyJwt)),
        (key(), &[basic, jwt], Ok(Method::PrivateKeyJwt)),
        (key(), &[basic], Err(basic)),
    ];
    for (client, offered, wanted) in cases {
        let method = client.method_at(&server(offered, &[]));
        let wanted = wanted.map_err(|offered| ClientError::Method {
            issuer: "https://login.example.org".to_owned(),
            offered: offered.to_owned(),
        });
        assert_eq!(method, wanted, "{offered:?}");
    }
}

#[test]
fn a_key_must_be_one_whose_signatures_are_checked() {
    assert!(key().method_at(&server(&[], &["RS256", "ES256"])).is_ok());
    let error = key().method_at(&server(&[], &["RS256"])).unwrap_err();
    assert!(matches!(
        error,
        ClientError::Algorithm { found: "ES256", .. }
    ));
}

#[test]
fn a_client_is_used_at_its_own_authorization_server_only() {
    for issuer in [
        "https://evil.example",
        "https://login.example.org/",
        "https://LOGIN.example.org",
    ] {
        for client in [
            Client::new(issuer, "m2m_1"),
            Client::new(issuer, "m2m_1").secret(Secret::new("hush".to_owned())),
        ] {
            let error = client.method_at(&server(&[], &[])).unwrap_err();
            assert!(matches!(error, ClientError::OtherIssuer { .. }), "{issuer}");
            assert!(!error.to_string().contains("hush"));
        }
    }
    let anywhere = Client::at_any_issuer("m2m_1");
    assert_eq!(anywhere.method_at(&server(&[], &[])), Ok(Method::None));
}

#[test]
fn no_debug_output_holds_a_secret() {
    assert!(!format!("{:?}", secret()).contains("hush"));
}
