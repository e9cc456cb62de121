//! What a start-up message says about a protected resource.

use std::fmt;

/// What a start-up message should say about a protected resource, so that a wrong setting is seen
/// before the first token is refused. `Display` is one line for each fact.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Summary {
    /// The provider's name.
    pub provider: &'static str,
    /// The URL that identifies the resource.
    pub resource: String,
    /// What the `aud` of a token must hold.
    pub audience: Vec<String>,
    /// The issuers whose tokens are accepted.
    pub issuers: Vec<String>,
    /// The scopes that every request needs.
    pub required_scopes: Vec<String>,
    /// The sources whose tokens are accepted beside the provider's; see
    /// [`MultiAuth`](crate::MultiAuth).
    pub further_sources: Vec<String>,
    /// What is dangerous in production, as the verifier says it
    /// ([`TokenVerifier::warnings`](crate::TokenVerifier::warnings)).
    pub warnings: Vec<String>,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "auth      {}", self.provider)?;
        write!(f, "resource  {}", self.resource)?;
        for (name, values, separator) in [
            ("audience", &self.audience, ", "),
            ("issuers ", &self.issuers, ", "),
            ("scopes  ", &self.required_scopes, " "),
            ("also    ", &self.further_sources, ", "),
        ] {
            if !values.is_empty() {
                write!(f, "\n{name}  {}", values.join(separator))?;
            }
        }
        for warning in &self.warnings {
            write!(f, "\nWARNING   {warning}")?;
        }
        Ok(())
    }
}
