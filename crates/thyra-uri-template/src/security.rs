//! Checks values from a URI that are likely to become part of a path.

use std::collections::BTreeSet;

use crate::matched::Matched;
use crate::value::Value;

/// What the values of a template's variables may hold, decoded.
///
/// By default no value may climb (`..` between `/` or `\`), be absolute (begin with `/`, `\` or a
/// drive such as `C:`) or hold a null byte. Each of the three can be allowed, for all variables,
/// and a variable can be exempt from all three. The values of a list are checked one by one, and
/// also joined as one path.
///
/// A handler that opens files must check more than this: a URI does not show symbolic links, and a
/// value that the handler decodes again was not checked here in that form.
///
/// ```
/// use thyra_uri_template::PathSecurity;
///
/// // The variable `query` is not a path, and may be anything.
/// let security = PathSecurity::default().exempt("query");
/// # let _ = security;
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PathSecurity {
    allowed: BTreeSet<Danger>,
    exempt: BTreeSet<String>,
}

impl PathSecurity {
    /// Switches one check off.
    #[must_use]
    pub fn allow(mut self, danger: Danger) -> Self {
        self.allowed.insert(danger);
        self
    }

    /// Lets the variable `name` be anything.
    #[must_use]
    pub fn exempt(mut self, name: impl Into<String>) -> Self {
        self.exempt.insert(name.into());
        self
    }

    /// The names of those variables that may be anything.
    pub fn exempted(&self) -> impl Iterator<Item = &str> {
        self.exempt.iter().map(String::as_str)
    }

    /// Checks the values from a URI.
    ///
    /// # Errors
    ///
    /// [`UnsafeValue`] names the first variable whose value is refused, and says why. It does not
    /// contain the value.
    pub fn check(&self, matched: &Matched) -> Result<(), UnsafeValue> {
        for (variable, value) in matched.iter() {
            if self.exempt.contains(variable) {
                continue;
            }
            let danger = match value {
                Value::Text(text) => self.danger(text),
                Value::List(items) => {
                    let one_by_one = items.iter().find_map(|item| self.danger(item));
                    one_by_one.or_else(|| self.danger(&items.join("/")))
                }
                Value::Pairs(pairs) => pairs
                    .iter()
                    .find_map(|(name, value)| self.danger(name).or_else(|| self.danger(value))),
            };
            if let Some(danger) = danger {
                let variable = variable.to_owned();
                return Err(UnsafeValue { variable, danger });
            }
        }
        Ok(())
    }

    fn danger(&self, value: &str) -> Option<Danger> {
        let mut dangers = [Danger::Climbs, Danger::Absolute, Danger::NullByte].into_iter();
        dangers.find(|danger| !self.allowed.contains(danger) && danger.is_in(value))
    }
}

/// Why a value is not safe in a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Danger {
    /// One of its components is `..`.
    Climbs,
    /// It begins with `/`, `\` or a drive such as `C:`.
    Absolute,
    /// It holds a null byte.
    NullByte,
}

impl Danger {
    fn is_in(self, value: &str) -> bool {
        match self {
            Self::Climbs => value.split(['/', '\\']).any(|component| component == ".."),
            Self::Absolute => {
                value.starts_with(['/', '\\'])
                    || matches!(value.as_bytes(), [drive, b':', ..] if drive.is_ascii_alphabetic())
            }
            Self::NullByte => value.contains('\0'),
        }
    }

    fn reason(self) -> &'static str {
        match self {
            Self::Climbs => "has `..` as a component: name the resource without it",
            Self::Absolute => "is an absolute path: name the resource by a relative one",
            Self::NullByte => "holds a null byte: leave it out",
        }
    }
}

/// A value that [`PathSecurity`] refuses.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the value of `{variable}` {}", danger.reason())]
pub struct UnsafeValue {
    /// The variable that has the value.
    pub variable: String,
    /// What is wrong with the value.
    pub danger: Danger,
}

#[cfg(test)]
mod tests;
