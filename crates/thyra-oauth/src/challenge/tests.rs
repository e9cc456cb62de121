use proptest::prelude::*;

use super::*;

/// Reads a challenge back, as a client does: `None` when it is not one well-formed Bearer challenge.
fn read(value: &HeaderValue) -> Option<Vec<(String, String)>> {
    let text = value.to_str().ok()?;
    let mut rest = text.strip_prefix("Bearer")?;
    let mut parameters = Vec::new();
    let mut separator = " ";
    while !rest.is_empty() {
        rest = rest.strip_prefix(separator)?;
        separator = ", ";
        let (name, after) = rest.split_once("=\"")?;
        let mut value = String::new();
        let mut characters = after.char_indices();
        rest = loop {
            match characters.next()? {
                (at, '"') => break &after[at + 1..],
                (_, '\\') => value.push(characters.next()?.1),
                (_, character) => value.push(character),
            }
        };
        parameters.push((name.to_owned(), value));
    }
    Some(parameters)
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
    let value = challenge.header_value();
    assert_eq!(
        read(&value).unwrap(),
        [
            ("error_description".to_owned(), "a', error='b/".to_owned()),
            (
                "resource_metadata".to_owned(),
                "https://h/\",realm=\"xSet-Cookie:y".to_owned()
            ),
        ]
    );
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
            error: error.as_deref(),
            error_description: description.as_deref(),
            scope: scopes.as_ref(),
            resource_metadata: url.as_deref(),
        };
        prop_assert!(HeaderValue::try_from(challenge.to_string()).is_ok());
        let parameters = read(&challenge.header_value());
        prop_assert!(parameters.is_some());
        for (name, value) in parameters.unwrap_or_default() {
            match name.as_str() {
                "error" | "error_description" => prop_assert!(
                    value.chars().all(|c| matches!(c, ' '..='~') && c != '"' && c != '\\')
                ),
                "scope" => prop_assert!(value.split(' ').all(is_scope_token)),
                "resource_metadata" => prop_assert!(value.chars().all(|c| c.is_ascii_graphic())),
                other => prop_assert!(false, "unknown parameter {other}"),
            }
        }
    }
}
