//! Variables in the values of an entry.

/// The most bytes of a value with its variables: a few bytes of a file name many.
const MAX_VALUE: usize = 1024 * 1024;

/// What stands in `${...}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Placeholder<'a> {
    /// What the editor asks the user for: `${input:ID}`.
    Input(&'a str),
    /// Where the user's own files are: `${userHome}`.
    UserHome,
    /// A variable of the environment.
    Variable(&'a str),
    /// Where the file belongs: `${workspaceFolder}`.
    WorkspaceFolder,
}

/// Why a value cannot be expanded.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refused<'a> {
    /// It is not the name of a variable.
    NoName(&'a str),
    /// It would be longer than a megabyte.
    TooLong,
    /// Nobody says what it stands for.
    Unset(Placeholder<'a>),
}

/// `text` with its variables: `${NAME}`, `${env:NAME}` as VS Code and Cursor write it, and
/// `${NAME:-default}` as shells do; `${input:ID}`, `${userHome}` and `${workspaceFolder}` of these
/// editors. `$${` is a plain `${`, and one that is not closed is plain, too.
pub(super) fn expand<'a>(
    text: &'a str,
    known: &dyn Fn(Placeholder<'_>) -> Option<String>,
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
        let (placeholder, default) = placeholder(inner).ok_or(Refused::NoName(inner))?;
        // As in a shell, a variable that is empty has the default as well.
        let value = known(placeholder).filter(|value| !value.is_empty() || default.is_none());
        let value = value.or_else(|| default.map(str::to_owned));
        expanded.push_str(before);
        expanded.push_str(&value.ok_or(Refused::Unset(placeholder))?);
        if expanded.len() > MAX_VALUE {
            return Err(Refused::TooLong);
        }
        rest = after;
    }
    expanded.push_str(rest);
    Ok(expanded)
}

/// What `inner` stands for, and what it is when that is not set.
fn placeholder(inner: &str) -> Option<(Placeholder<'_>, Option<&str>)> {
    match inner {
        "userHome" => return Some((Placeholder::UserHome, None)),
        "workspaceFolder" => return Some((Placeholder::WorkspaceFolder, None)),
        _ => {}
    }
    if let Some(id) = inner.strip_prefix("input:") {
        return (!id.is_empty()).then_some((Placeholder::Input(id), None));
    }
    let (name, default) = match inner.split_once(":-") {
        Some((name, default)) => (name, Some(default)),
        None => (inner, None),
    };
    let name = name.strip_prefix("env:").unwrap_or(name);
    is_name(name).then_some((Placeholder::Variable(name), default))
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

    fn variable(placeholder: Placeholder<'_>) -> Option<String> {
        let value = match placeholder {
            Placeholder::Variable("A") => "one",
            Placeholder::Variable("EMPTY") => "",
            Placeholder::Variable("NESTED") => "${A}",
            Placeholder::Input("my-key") => "hush",
            Placeholder::UserHome => "/home/ada",
            Placeholder::WorkspaceFolder => "/home/ada/notes",
            _ => return None,
        };
        Some(value.to_owned())
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
            ("${input:my-key}", Ok("hush")),
            ("${userHome}/x", Ok("/home/ada/x")),
            ("${workspaceFolder}/.env", Ok("/home/ada/notes/.env")),
            ("${B}", Err(Refused::Unset(Placeholder::Variable("B")))),
            ("${env:B}", Err(Refused::Unset(Placeholder::Variable("B")))),
            (
                "${input:key}",
                Err(Refused::Unset(Placeholder::Input("key"))),
            ),
            ("${input:}", Err(Refused::NoName("input:"))),
            ("${command:x}", Err(Refused::NoName("command:x"))),
            ("${}", Err(Refused::NoName(""))),
            ("${1A}", Err(Refused::NoName("1A"))),
        ];
        for (text, wanted) in cases {
            let expanded = expand(text, &variable);
            assert_eq!(expanded, wanted.map(str::to_owned), "{text}");
        }
    }

    #[test]
    fn a_value_does_not_grow_without_bound() {
        let long = |_: Placeholder<'_>| Some("x".repeat(64 * 1024));
        assert!(expand(&"${A}".repeat(15), &long).is_ok());
        assert_eq!(
            expand(&"${A}".repeat(1_000_000), &long),
            Err(Refused::TooLong)
        );
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
