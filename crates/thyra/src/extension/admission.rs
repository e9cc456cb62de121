//! Checks which extensions a server may have side by side, and reports every mistake in their
//! names.

use std::collections::{BTreeMap, BTreeSet};

use thyra_protocol::{TASKS_EXTENSION, method};

/// Why an extension cannot be installed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExtensionError {
    /// It cannot be announced under its identifier.
    #[error("`{identifier}` cannot be the identifier of an extension: {reason}")]
    Identifier {
        /// The identifier.
        identifier: String,
        /// What is wrong with it, and what to write.
        reason: &'static str,
    },
    /// It cannot answer one of its methods, because the name is taken or empty.
    #[error("the extension `{identifier}` cannot answer `{method}`: {reason}")]
    Method {
        /// The extension.
        identifier: String,
        /// The method.
        method: String,
        /// Why not, and what to do about it.
        reason: String,
    },
}

/// Checks extensions, each with its identifier and its methods.
pub(super) fn check<'a>(
    extensions: impl IntoIterator<Item = (&'a str, &'a [String])>,
) -> Result<(), ExtensionError> {
    let mut identifiers = BTreeSet::new();
    let mut owners: BTreeMap<&str, &str> = BTreeMap::new();
    for (identifier, methods) in extensions {
        let refused = |reason| ExtensionError::Identifier {
            identifier: identifier.to_owned(),
            reason,
        };
        if let Some(reason) = identifier_problem(identifier) {
            return Err(refused(reason));
        }
        if !identifiers.insert(identifier) {
            return Err(refused(
                "another extension has it already; add each extension once, or give one another identifier",
            ));
        }
        for method in methods {
            let refused = |reason| ExtensionError::Method {
                identifier: identifier.to_owned(),
                method: method.clone(),
                reason,
            };
            if method.is_empty() {
                return Err(refused(
                    "it is an empty name, which no request asks for; give it one, as in example/count"
                        .to_owned(),
                ));
            }
            if is_of_the_protocol(method) {
                return Err(refused(
                    "it is a method of the protocol; give it a name of its own, as in example/count"
                        .to_owned(),
                ));
            }
            let owner = *owners.entry(method).or_insert(identifier);
            if owner != identifier {
                return Err(refused(format!(
                    "the extension `{owner}` answers it already; give one of the two another name"
                )));
            }
        }
    }
    Ok(())
}

/// What is wrong with an identifier: it is a key of `_meta` with a prefix (MCP 2026-07-28,
/// `basic/index`, `_meta`).
fn identifier_problem(identifier: &str) -> Option<&'static str> {
    if identifier == TASKS_EXTENSION {
        return Some(
            "the server has this extension itself; mark tools with #[tool(task)], or use another identifier",
        );
    }
    let Some((prefix, name)) = identifier.split_once('/') else {
        return Some("it has no prefix; put a domain of yours before it, as in com.example/audit");
    };
    if !prefix.split('.').all(is_label) {
        return Some(
            "its prefix must be labels with dots between them, as in com.example/audit; a label begins with a letter, ends with a letter or a digit, and has only those and hyphens",
        );
    }
    if !is_name(name) {
        return Some(
            "its name, after the slash, must begin and end with a letter or a digit and have only those, hyphens, underscores and dots, as in com.example/audit",
        );
    }
    None
}

fn is_label(label: &str) -> bool {
    let bytes = label.as_bytes();
    bytes.first().is_some_and(u8::is_ascii_alphabetic)
        && bytes.last().is_some_and(u8::is_ascii_alphanumeric)
        && bytes
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
}

fn is_name(name: &str) -> bool {
    let bytes = name.as_bytes();
    bytes.first().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.last().is_some_and(u8::is_ascii_alphanumeric)
        && bytes
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

/// Whether a revision of the protocol defines this name, in either direction. A name that we answer
/// in some revisions only must not mean something else in the others.
fn is_of_the_protocol(name: &str) -> bool {
    method::ALL.contains(&name) || name.starts_with("notifications/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(extensions: &[(&str, &[&str])]) -> Option<String> {
        let owned: Vec<(&str, Vec<String>)> = extensions
            .iter()
            .map(|(identifier, methods)| {
                let methods = methods.iter().map(|name| (*name).to_owned()).collect();
                (*identifier, methods)
            })
            .collect();
        let named = owned
            .iter()
            .map(|(identifier, methods)| (*identifier, &**methods));
        check(named).err().map(|error| error.to_string())
    }

    #[test]
    fn identifiers_have_a_prefix_and_follow_the_rules_for_keys() {
        for identifier in [
            "com.example/audit",
            "example/x",
            "com.ex-ample.v2/Audit_log.v1-2",
            "io.modelcontextprotocol/ui",
            "io.modelcontextprotocol/tasks2",
            "c/1",
        ] {
            assert_eq!(refusal(&[(identifier, &[])]), None);
        }
        for (identifier, said) in [
            ("audit", "no prefix"),
            ("", "no prefix"),
            ("com.example", "no prefix"),
            ("/audit", "its prefix"),
            (".com/audit", "its prefix"),
            ("com..example/audit", "its prefix"),
            ("com.1example/audit", "its prefix"),
            ("com.example-/audit", "its prefix"),
            ("com.exämple/audit", "its prefix"),
            ("com example/audit", "its prefix"),
            ("com.example/", "its name"),
            ("com.example/-audit", "its name"),
            ("com.example/audit.", "its name"),
            ("com.example/a/b", "its name"),
            ("com.example/a b", "its name"),
            ("io.modelcontextprotocol/tasks", "the server has"),
        ] {
            let refused = refusal(&[(identifier, &[])]).unwrap();
            assert!(refused.contains(said), "{identifier}: {refused}");
            assert!(refused.contains(&format!("`{identifier}`")), "{refused}");
        }
    }

    #[test]
    fn no_two_extensions_share_an_identifier_or_a_method() {
        let twice = refusal(&[("com.example/a", &[]), ("com.example/a", &[])]).unwrap();
        assert!(twice.contains("another extension has it"), "{twice}");

        let shared: &[&str] = &["x/one", "x/two"];
        let refused = refusal(&[("com.example/a", shared), ("com.example/b", &["x/two"])]).unwrap();
        for part in ["`com.example/b`", "`x/two`", "`com.example/a` answers it"] {
            assert!(refused.contains(part), "{refused}");
        }
        let apart: [(&str, &[&str]); 2] =
            [("com.example/a", shared), ("com.example/b", &["x/three"])];
        assert_eq!(refusal(&apart), None);
        // An extension that names a method twice is fine.
        assert_eq!(refusal(&[("com.example/a", &["x/one", "x/one"])]), None);
    }

    #[test]
    fn no_method_of_the_protocol_is_an_extensions() {
        for name in [
            "tools/list",
            "tools/call",
            "ping",
            "server/discover",
            "tasks/get",
            "tasks/list",
            "tasks/result",
            "roots/list",
            "notifications/cancelled",
            "notifications/mine",
        ] {
            let refused = refusal(&[("com.example/a", &["a/b", name])]).unwrap();
            assert!(refused.contains(&format!("`{name}`")), "{refused}");
            assert!(refused.contains("method of the protocol"), "{refused}");
        }
        for name in ["tools/count", "tools", "com.example/audit", "pings"] {
            assert_eq!(refusal(&[("com.example/a", &[name])]), None);
        }
    }

    #[test]
    fn a_method_has_a_name() {
        let refused = refusal(&[("com.example/a", &["a/b", ""])]).unwrap();
        assert!(refused.contains("an empty name"), "{refused}");
    }
}
