use proptest::prelude::*;

use super::*;

/// Each challenge as `scheme(name=value ...)`.
fn read(value: &str) -> Result<Vec<String>, SyntaxError> {
    let shown = |challenge: AuthChallenge| {
        let parameters: Vec<String> = challenge
            .parameters
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        format!("{}({})", challenge.scheme, parameters.join("; "))
    };
    Ok(AuthChallenge::parse_all(value)?
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
        ("Negotiate aGk=", &["Negotiate()"]),
        (
            "Negotiate aGk==, Bearer a=b",
            &["Negotiate()", "Bearer(a=b)"],
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
        ("\"Bearer\"", SyntaxError::NotAToken),
        ("Bearer: realm=x", SyntaxError::NotAToken),
        ("Bearer a=\"b", SyntaxError::UnterminatedString),
        ("Bearer a=\"b\\", SyntaxError::UnterminatedString),
        ("Bearer a=b c=d", SyntaxError::UnseparatedParameters),
        ("Bearer a=b, A=c", SyntaxError::DuplicateParameter),
        ("Bearer a=b, c=, d=e", SyntaxError::MissingValue),
        ("Bearer a=b, =c", SyntaxError::NotAToken),
    ];
    for (value, wanted) in cases {
        assert_eq!(read(value), Err(wanted), "{value}");
    }
}

#[test]
fn every_size_has_a_bound() {
    let long = format!("Bearer a=\"{}\"", "x".repeat(MAX_VALUE));
    assert_eq!(read(&long), Err(SyntaxError::TooLong));
    let schemes = vec!["Bearer"; MAX_CHALLENGES + 1].join(",");
    assert_eq!(read(&schemes), Err(SyntaxError::TooLong));
    let parameters: Vec<String> = (0..=MAX_PARAMETERS).map(|n| format!("p{n}=v")).collect();
    assert_eq!(
        read(&format!("Bearer {}", parameters.join(","))),
        Err(SyntaxError::TooLong)
    );
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in ".{0,200}") {
        let _ = AuthChallenge::parse_all(&text);
    }

    #[test]
    fn any_quoted_value_comes_back(value in "[ -~]{0,60}") {
        let escaped = value.replace('\\', "\\\\").replace('"', "\\\"");
        let challenges = AuthChallenge::parse_all(&format!("Bearer a=\"{escaped}\"")).unwrap();
        prop_assert_eq!(challenges[0].parameter("a"), Some(value.as_str()));
    }
}
