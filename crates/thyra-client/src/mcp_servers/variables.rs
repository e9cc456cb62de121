//! Variables in the values of an entry.

/// Why a value cannot be expanded.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refused<'a> {
    /// It is not the name of a variable.
    NoName(&'a str),
    /// The variable is not set.
    Unset(&'a str),
}

/// `text` with its variables: `${NAME}`, `${env:NAME}` as VS Code and Cursor write it, and
/// `${NAME:-default}` as shells do. `$${` is a plain `${`, and one that is not closed is plain,
/// too.
pub(super) fn expand<'a>(
    text: &'a str,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<String, Refused<'a>> {
    let mut expanded = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        if let Some(before) = before.strip_suffix('$') {
            expanded.extend([before, "${"]);
            rest = after;
            continue;
        }
        let Some((inner, after)) = after.split_once('}') else {
            break;
        };
        let (name, default) = match inner.split_once(":-") {
            Some((name, default)) => (name, Some(default)),
            None => (inner, None),
        };
        let name = name.strip_prefix("env:").unwrap_or(name);
        if !is_name(name) {
            return Err(Refused::NoName(inner));
        }
        // As in a shell, a variable that is empty has the default as well.
        let value = variable(name).filter(|value| !value.is_empty() || default.is_none());
        let value = value.or_else(|| default.map(str::to_owned));
        expanded.push_str(before);
        expanded.push_str(&value.ok_or(Refused::Unset(name))?);
        rest = after;
    }
    expanded.push_str(rest);
    Ok(expanded)
}

fn is_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn variable(name: &str) -> Option<String> {
        match name {
            "A" => Some("one".to_owned()),
            "EMPTY" => Some(String::new()),
            "NESTED" => Some("${A}".to_owned()),
            _ => None,
        }
    }

    #[test]
    fn variables_are_expanded_once() {
        let cases = [
            ("plain $A {A}", Ok("plain $A {A}")),
            ("${A}", Ok("one")),
            ("x${A}y${A}z", Ok("xoneyonez")),
            ("${env:A}", Ok("one")),
            ("${B:-two}", Ok("two")),
            ("${A:-two}", Ok("one")),
            ("${EMPTY:-two}", Ok("two")),
            ("${EMPTY}", Ok("")),
            ("${B:-}", Ok("")),
            ("${B:-a:-b}", Ok("a:-b")),
            ("${NESTED}", Ok("${A}")),
            ("$${A} $${", Ok("${A} ${")),
            ("open ${A", Ok("open ${A")),
            ("${B}", Err(Refused::Unset("B"))),
            ("${env:B}", Err(Refused::Unset("B"))),
            ("${input:key}", Err(Refused::NoName("input:key"))),
            ("${}", Err(Refused::NoName(""))),
            ("${1A}", Err(Refused::NoName("1A"))),
        ];
        for (text, wanted) in cases {
            let expanded = expand(text, &variable);
            assert_eq!(expanded, wanted.map(str::to_owned), "{text}");
        }
    }

    proptest! {
        #[test]
        fn text_without_braces_stays_as_it_is(text in "[^{]*") {
            prop_assert_eq!(expand(&text, &variable), Ok(text.clone()));
        }

        #[test]
        fn nothing_panics(text in "[$A{}:-]{0,20}") {
            let _ = expand(&text, &variable);
        }
    }
}
