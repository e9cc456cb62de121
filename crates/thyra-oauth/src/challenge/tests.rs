use proptest::prelude::*;

use super::*;

/// Reads a challenge back, as a client does.
fn read(value: HeaderValue) -> Option<Challenge<'static>> {
    let mut headers = HeaderMap::new();
    headers.insert(WWW_AUTHENTICATE, value);
    Challenge::from_headers(&headers)
}

#[test]
fn a_challenge_without_parameters_is_the_scheme() {
    assert_eq!(Challenge::new().header_value(), "Bearer");
}

#[test]
fn parameters_keep_their_order() {
    let scopes = ScopeSet::from_iter(["read", "write"]);
    let challenge = Challenge::new()
        .resource_metadata("https://h/.well-known/oauth-protected-resource/mcp")
        .scope(&scopes)
        .error_description("The access token has expired.")
        .error("invalid_token");
    insta::assert_snapshot!(challenge, @r#"Bearer error="invalid_token", error_description="The access token has expired.", scope="read write", resource_metadata="https://h/.well-known/oauth-protected-resource/mcp""#);
}

#[test]
fn offline_access_is_never_challenged() {
    let scopes = ScopeSet::from_iter(["offline_access"]);
    assert_eq!(Challenge::new().scope(&scopes).to_string(), "Bearer");
    let scopes = ScopeSet::from_iter(["read", "offline_access", "openid"]);
    assert_eq!(
        Challenge::new().scope(&scopes).to_string(),
        "Bearer scope=\"read openid\""
    );
}

#[test]
fn a_value_cannot_leave_its_quotes() {
    let challenge = Challenge::new()
        .error_description("a\", error=\"b\\")
        .resource_metadata("https://h/\", realm=\"x\r\nSet-Cookie: y");
    assert_eq!(
        read(challenge.header_value()),
        Some(
            Challenge::new()
                .error_description("a', error='b/")
                .resource_metadata("https://h/\",realm=\"xSet-Cookie:y")
        )
    );
}

#[test]
fn the_first_bearer_challenge_of_all_header_values_counts() {
    let mut headers = HeaderMap::new();
    for value in [
        "Bearer a=\"unterminated",
        "Basic realm=\"x\"",
        "bearer error=\"insufficient_scope\", scope=\"notes:read notes:write\", \
         resource_metadata=\"https://mcp.example.com/.well-known/oauth-protected-resource/mcp\"",
        "Bearer scope=\"other\"",
    ] {
        headers.append(WWW_AUTHENTICATE, HeaderValue::from_static(value));
    }
    let challenge = Challenge::from_headers(&headers).unwrap();
    assert!(challenge.is_insufficient_scope());
    assert_eq!(
        challenge.scope.unwrap().to_string(),
        "notes:read notes:write"
    );
    assert_eq!(
        challenge.resource_metadata.unwrap(),
        "https://mcp.example.com/.well-known/oauth-protected-resource/mcp"
    );
    assert_eq!(challenge.error_description, None);
}

#[test]
fn a_dpop_challenge_is_read_alone_and_beside_a_bearer_one() {
    let read = |values: &[&'static str]| {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(WWW_AUTHENTICATE, HeaderValue::from_static(value));
        }
        Challenge::from_headers(&headers).unwrap()
    };
    let alone = read(&["DPoP algs=\"ES256 PS256\", resource_metadata=\"https://h/\""]);
    assert_eq!(alone.resource_metadata.as_deref(), Some("https://h/"));
    let offer = alone.dpop.unwrap();
    assert!(!offer.beside_bearer);
    assert_eq!(offer.algorithms, ["ES256", "PS256"]);

    for beside in [
        &["Bearer scope=\"a\", DPoP algs=\"ES256\", error=\"use_dpop_nonce\""][..],
        &[
            "dpop error=\"use_dpop_nonce\", algs=\"ES256\"",
            "bearer scope=\"a\"",
        ],
        &[
            "Bearer error=\"invalid_token\", scope=\"a\"",
            "DPoP error=\"use_dpop_nonce\", algs=ES256",
        ],
    ] {
        let challenge = read(beside);
        assert!(challenge.wants_dpop_nonce(), "{beside:?}");
        assert_eq!(challenge.scope, Some(ScopeSet::parse("a")));
        let offer = challenge.dpop.unwrap();
        assert!(offer.beside_bearer);
        assert_eq!(offer.algorithms, ["ES256"]);
    }
    let challenge = read(&["Bearer error=\"use_dpop_nonce\""]);
    assert!(!challenge.wants_dpop_nonce());
    let many = Box::leak(format!("DPoP algs=\"{}\"", "A ".repeat(100)).into_boxed_str());
    assert_eq!(read(&[many]).dpop.unwrap().algorithms.len(), 32);
}

#[test]
fn a_parameter_with_characters_that_it_must_not_have_is_absent() {
    let read = |value: &[u8]| read(HeaderValue::from_bytes(value).unwrap()).unwrap();
    for odd in ["\u{9b}2J", "\u{202e}", "\u{e9}", "a\tb", "\\\"", "\\\\"] {
        for name in ["error", "error_description", "scope"] {
            let value = format!("Bearer {name}=\"a {odd}\", resource_metadata=\"https://h/\"");
            assert_eq!(
                read(value.as_bytes()),
                Challenge::new().resource_metadata("https://h/"),
                "{value:?}"
            );
        }
    }
    assert_eq!(read(b"Bearer error=\"\x9b2J\""), Challenge::new());
}

#[test]
fn an_empty_scope_is_no_scope() {
    let mut headers = HeaderMap::new();
    headers.append(
        WWW_AUTHENTICATE,
        HeaderValue::from_static("Bearer scope=\"\""),
    );
    assert_eq!(Challenge::from_headers(&headers), Some(Challenge::new()));
    assert_eq!(Challenge::from_headers(&HeaderMap::new()), None);
}

proptest! {
    #[test]
    fn whatever_goes_in_one_readable_header_comes_out(
        error in proptest::option::of(any::<String>()),
        description in proptest::option::of(any::<String>()),
        scopes in proptest::option::of(proptest::collection::vec(any::<String>(), 0..5)),
        url in proptest::option::of(any::<String>()),
    ) {
        let scopes = scopes.map(|scopes| scopes.into_iter().collect::<ScopeSet>());
        let challenge = Challenge {
            error: error.as_deref().map(Cow::Borrowed),
            error_description: description.as_deref().map(Cow::Borrowed),
            scope: scopes.clone(),
            resource_metadata: url.as_deref().map(Cow::Borrowed),
            dpop: None,
        };
        prop_assert!(HeaderValue::try_from(challenge.to_string()).is_ok());
        let back = read(challenge.header_value());
        prop_assert!(back.is_some());
        let back = back.unwrap_or_default();
        let described = |text: &str| text.chars().map(described).collect::<String>();
        let owned = |text: Option<Cow<'_, str>>| text.map(Cow::into_owned);
        prop_assert_eq!(owned(back.error), error.as_deref().map(described));
        prop_assert_eq!(owned(back.error_description), description.as_deref().map(described));
        let written: Option<ScopeSet> = scopes
            .map(|scopes| scopes.iter().filter(|scope| is_challengeable(scope)).collect());
        prop_assert_eq!(back.scope.as_ref(), written.as_ref().filter(|scopes| !scopes.is_empty()));
        let visible = |url: &str| url.chars().filter(char::is_ascii_graphic).collect::<String>();
        prop_assert_eq!(owned(back.resource_metadata), url.as_deref().map(visible));
    }

    #[test]
    fn a_well_formed_challenge_comes_back_as_it_was(
        error in proptest::option::of("[a-z_]{1,20}"),
        description in proptest::option::of("[ !#-\\[\\]-~]{0,40}"),
        scopes in proptest::option::of(proptest::collection::vec("[!#-\\[\\]-~]{1,8}", 1..5)),
        url in proptest::option::of("https://[!-~]{1,40}"),
        dpop in proptest::option::of((
            any::<bool>(),
            proptest::collection::vec("[A-Za-z0-9-]{1,8}", 0..4),
        )),
    ) {
        let scopes = scopes.map(|scopes| scopes.into_iter().collect::<ScopeSet>());
        let challenge = Challenge {
            error: error.map(Cow::Owned),
            error_description: description.map(Cow::Owned),
            scope: scopes,
            resource_metadata: url.map(Cow::Owned),
            dpop: dpop.map(|(beside_bearer, algorithms)| DpopOffer { beside_bearer, algorithms }),
        };
        prop_assert_eq!(read(challenge.header_value()), Some(challenge));
    }
}
