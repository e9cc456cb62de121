use http::HeaderValue;
use proptest::prelude::*;

use super::*;

/// Each challenge as `scheme[token68](name=value ...)`.
fn read(value: &str) -> Result<Vec<String>, ChallengeError> {
    let shown = |challenge: Challenge| {
        let token68 = challenge
            .token68()
            .map(|token| format!("[{token}]"))
            .unwrap_or_default();
        let parameters: Vec<String> = challenge
            .parameters
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        format!("{}{token68}({})", challenge.scheme(), parameters.join("; "))
    };
    Ok(Challenge::parse_all(value)?
        .into_iter()
        .map(shown)
        .collect())
}

#[test]
fn every_shape_of_the_grammar_is_read() {
    let cases: &[(&str, &[&str])] = &[
        ("", &[]),
        (" , ,", &[]),
        ("Bearer", &["Bearer()"]),
        ("Bearer realm=\"a, b\"", &["Bearer(realm=a, b)"]),
        ("Bearer realm=a", &["Bearer(realm=a)"]),
        ("Bearer SCOPE = \"x\"", &["Bearer(scope=x)"]),
        (
            r#"Bearer d="say \"hi\" \\ ho""#,
            &[r#"Bearer(d=say "hi" \ ho)"#],
        ),
        ("Bearer a=\"\", b=c", &["Bearer(a=; b=c)"]),
        ("Bearer a=b,,c=d", &["Bearer(a=b; c=d)"]),
        ("Negotiate", &["Negotiate()"]),
        ("Negotiate aGk=", &["Negotiate[aGk=]()"]),
        (
            "Negotiate aGk==, Bearer a=b",
            &["Negotiate[aGk==]()", "Bearer(a=b)"],
        ),
        ("Basic realm=\"x\", Bearer", &["Basic(realm=x)", "Bearer()"]),
        (
            "DPoP algs=\"ES256\", Bearer error=\"e\"",
            &["DPoP(algs=ES256)", "Bearer(error=e)"],
        ),
        ("Bearer , Basic realm=x", &["Bearer()", "Basic(realm=x)"]),
    ];
    for (value, wanted) in cases {
        assert_eq!(read(value).unwrap(), *wanted, "{value}");
    }
}

#[test]
fn what_breaks_the_grammar_is_refused() {
    let cases = [
        ("\"Bearer\"", ChallengeError::NotAToken),
        ("Bearer: realm=x", ChallengeError::NotAToken),
        ("Bearer a=\"b", ChallengeError::UnterminatedString),
        ("Bearer a=\"b\\", ChallengeError::UnterminatedString),
        ("Bearer a=b c=d", ChallengeError::UnseparatedParameters),
        ("Bearer a=b, A=c", ChallengeError::DuplicateParameter),
        ("Bearer a=b, c=, d=e", ChallengeError::MissingValue),
        ("Bearer a=b, =c", ChallengeError::NotAToken),
    ];
    for (value, wanted) in cases {
        assert_eq!(read(value), Err(wanted), "{value}");
    }
}

#[test]
fn every_size_has_a_bound() {
    let long = format!("Bearer a=\"{}\"", "x".repeat(MAX_VALUE));
    assert_eq!(read(&long), Err(ChallengeError::TooLong));
    let schemes = vec!["Bearer"; MAX_CHALLENGES + 1].join(",");
    assert_eq!(read(&schemes), Err(ChallengeError::TooLong));
    let parameters: Vec<String> = (0..=MAX_PARAMETERS).map(|n| format!("p{n}=v")).collect();
    assert_eq!(
        read(&format!("Bearer {}", parameters.join(","))),
        Err(ChallengeError::TooLong)
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
    let challenge = BearerChallenge::from_headers(&headers).unwrap();
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
fn an_empty_scope_is_no_scope() {
    let mut headers = HeaderMap::new();
    headers.append(
        WWW_AUTHENTICATE,
        HeaderValue::from_static("Bearer scope=\"\""),
    );
    assert_eq!(
        BearerChallenge::from_headers(&headers),
        Some(BearerChallenge::default())
    );
    assert_eq!(BearerChallenge::from_headers(&HeaderMap::new()), None);
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in ".{0,200}") {
        let _ = Challenge::parse_all(&text);
    }

    #[test]
    fn any_quoted_value_comes_back(value in "[ -~]{0,60}") {
        let escaped = value.replace('\\', "\\\\").replace('"', "\\\"");
        let challenges = Challenge::parse_all(&format!("Bearer a=\"{escaped}\"")).unwrap();
        prop_assert_eq!(challenges[0].parameter("a"), Some(value.as_str()));
    }
}
