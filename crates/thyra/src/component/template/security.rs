//! What a value from a URI may hold, when it is likely to become part of a path.

use std::collections::BTreeSet;

/// What the values of a template's variables may hold. A URI with another value fits no template, as if there were no such resource.
///
/// By default no value may climb (`..` as a segment), be absolute (begin with `/`, `\` or a drive such as `C:`) or hold a NUL, whether it
/// is percent-encoded or not. It is not all that a handler must look at which opens files: a symbolic link is no part of a URI.
///
/// ```
/// use thyra::PathSecurity;
///
/// // The variable `query` is no path, and may be anything.
/// let security = PathSecurity::default().exempt("query");
/// # let _ = security;
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PathSecurity {
    exempt: BTreeSet<String>,
}

impl PathSecurity {
    /// Lets the variable `name` be anything.
    #[must_use]
    pub fn exempt(mut self, name: impl Into<String>) -> Self {
        self.exempt.insert(name.into());
        self
    }

    /// Whether the variable `name` may be `value`, which is decoded.
    pub(super) fn allows(&self, name: &str, value: &str) -> bool {
        self.exempt.contains(name) || is_safe(value)
    }

    /// The names of those variables that may be anything.
    pub(super) fn exempted(&self) -> impl Iterator<Item = &str> {
        self.exempt.iter().map(String::as_str)
    }
}

fn is_safe(value: &str) -> bool {
    let climbs = value.split(['/', '\\']).any(|segment| segment == "..");
    let is_absolute = value.starts_with(['/', '\\'])
        || matches!(value.as_bytes(), [drive, b':', ..] if drive.is_ascii_alphabetic());
    !climbs && !is_absolute && !value.contains('\0')
}

#[cfg(test)]
mod tests {
    use super::PathSecurity;

    #[test]
    fn what_leaves_its_folder_is_refused() {
        let security = PathSecurity::default().exempt("free");
        for value in [
            "..", "../x", "a/../b", "a/..", r"a\..\b", "/etc", r"\\host", "C:", "c:/x", "a\0",
        ] {
            assert!(!security.allows("path", value), "{value}");
            assert!(security.allows("free", value), "{value}");
        }
        for value in ["a", "a/b", "..a", "a..", "...", "ab:c", "10:30", ""] {
            assert!(security.allows("path", value), "{value}");
        }
    }
}
