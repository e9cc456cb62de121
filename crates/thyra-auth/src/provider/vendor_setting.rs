//! A setting that only one vendor has.

use thyra_oauth::{ResourceUrl, ScopeSet, Secret};

use super::{ProviderError, issuer_url};
use crate::verify::{Audience, AudienceDemand};

/// How messages name a setting of a vendor's own, and where its value is found. It reads the value
/// in the ways that vendors need.
///
/// ```
/// use thyra_auth::VendorSetting;
///
/// const TENANT: VendorSetting = VendorSetting::new("tenant (ACME_TENANT)", "Copy it from the console.");
///
/// assert_eq!(TENANT.required(Some(" notes ")).unwrap(), "notes");
/// let problem = TENANT.required(None).unwrap_err();
/// assert_eq!(problem.to_string(), "tenant (ACME_TENANT) is not set. Copy it from the console.");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct VendorSetting {
    name: &'static str,
    help: &'static str,
}

impl VendorSetting {
    /// `name` is the field's with its variable, such as `realm_url (KEYCLOAK_REALM_URL)`; `help` is
    /// a sentence.
    pub const fn new(name: &'static str, help: &'static str) -> Self {
        Self { name, help }
    }

    /// The value cannot be used; `problem` is the rest of a sentence that begins with the name.
    pub fn invalid(&self, problem: &str) -> ProviderError {
        ProviderError::invalid(self.name, problem, self.help)
    }

    /// A value that must be there, without the white space around it.
    ///
    /// # Errors
    ///
    /// [`ProviderError`] when there is none, or it is blank.
    pub fn required<'v>(&self, value: Option<&'v str>) -> Result<&'v str, ProviderError> {
        let value = self.optional(value)?;
        value.ok_or_else(|| ProviderError::missing(self.name, self.help))
    }

    /// A value that may be left out, without the white space around it. A blank one is an error: a
    /// variable that lost its value must not be taken for one that was never set.
    ///
    /// # Errors
    ///
    /// [`ProviderError`] says what is wrong with it.
    pub fn optional<'v>(&self, value: Option<&'v str>) -> Result<Option<&'v str>, ProviderError> {
        match value.map(str::trim) {
            Some("") => Err(self.invalid("it is blank")),
            value => Ok(value),
        }
    }

    /// Values with spaces or commas between them, or a JSON array of strings; none if it is left
    /// out.
    ///
    /// # Errors
    ///
    /// [`ProviderError`] says what is wrong with it.
    pub fn list(&self, value: Option<&str>) -> Result<Vec<String>, ProviderError> {
        let Some(text) = self.optional(value)? else {
            return Ok(Vec::new());
        };
        // Scopes are written the same way.
        let list = ScopeSet::parse_configured(text);
        if list.is_empty() {
            return Err(self.invalid("it names nothing"));
        }
        Ok(list.iter().map(str::to_owned).collect())
    }

    /// A secret that must be there, without the white space around it.
    ///
    /// # Errors
    ///
    /// [`ProviderError`] when there is none, or it is blank.
    pub fn secret(&self, value: Option<&Secret>) -> Result<Secret, ProviderError> {
        let text = self.required(value.map(|secret| secret.expose().as_str()))?;
        Ok(Secret::new(text.to_owned()))
    }

    /// An identifier that becomes a segment of a URL: letters, digits, `_` and `-`.
    ///
    /// # Errors
    ///
    /// [`ProviderError`] says what is wrong with it.
    pub fn identifier<'v>(&self, value: &'v str) -> Result<&'v str, ProviderError> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
        if value.is_empty() || !value.bytes().all(is_plain) {
            return Err(self.invalid("it holds characters other than letters, digits, `_` and `-`"));
        }
        Ok(value)
    }

    /// A URL that issuers and the places of keys are made of: `https`, or `http` of a loopback
    /// host, without user, query and fragment, spelled as the URL standard does. Slashes at its end
    /// are left away.
    ///
    /// # Errors
    ///
    /// [`ProviderError`] says what is wrong with it.
    pub fn url(&self, value: &str) -> Result<String, ProviderError> {
        let text = value.trim_end_matches('/');
        let url = issuer_url::parse(text).map_err(|problem| self.invalid(problem))?;
        let canonical = url.as_str().trim_end_matches('/');
        if text != canonical {
            // Issuers are compared byte for byte.
            return Err(self.invalid(&format!(
                "tokens spell it in another way; write it as `{canonical}`"
            )));
        }
        Ok(canonical.to_owned())
    }

    /// As [`url`](Self::url), of a host alone.
    ///
    /// # Errors
    ///
    /// [`ProviderError`] says what is wrong with it.
    pub fn origin(&self, value: &str) -> Result<String, ProviderError> {
        let url = self.url(value)?;
        if url.matches('/').count() > 2 {
            return Err(self.invalid("it has a path; leave away what follows the host"));
        }
        Ok(url)
    }

    /// As [`origin`](Self::origin), where the scheme may be left away.
    ///
    /// # Errors
    ///
    /// [`ProviderError`] says what is wrong with it.
    pub fn domain(&self, value: &str) -> Result<String, ProviderError> {
        if value.contains("://") {
            self.origin(value)
        } else {
            self.origin(&format!("https://{value}"))
        }
    }

    /// What `aud` must hold: this value, or the URL of the resource if there is none.
    ///
    /// # Errors
    ///
    /// [`ProviderError`] says what is wrong with it.
    pub fn audience(
        &self,
        value: Option<&str>,
        resource: &ResourceUrl,
    ) -> Result<AudienceDemand, ProviderError> {
        let audience = self.optional(value)?.unwrap_or(resource.as_str());
        Ok(Audience::any_of([audience])?.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: VendorSetting = VendorSetting::new("url (ACME_URL)", "Copy it.");

    fn problem<T: std::fmt::Debug>(result: Result<T, ProviderError>) -> String {
        result.unwrap_err().to_string()
    }

    #[test]
    fn a_value_is_there_or_not_or_blank() {
        assert_eq!(URL.optional(Some(" x\n")).unwrap(), Some("x"));
        assert_eq!(URL.optional(None).unwrap(), None);
        assert_eq!(
            problem(URL.required(None)),
            "url (ACME_URL) is not set. Copy it."
        );
        for blank in ["", " ", "\t\n"] {
            let expected = "url (ACME_URL) cannot be used: it is blank. Copy it.";
            assert_eq!(problem(URL.optional(Some(blank))), expected);
            assert_eq!(problem(URL.required(Some(blank))), expected);
        }
    }

    #[test]
    fn a_url_is_what_tokens_can_spell() {
        for (value, expected) in [
            ("https://acme.example", "https://acme.example"),
            ("https://acme.example//", "https://acme.example"),
            (
                "https://acme.example/realms/a/",
                "https://acme.example/realms/a",
            ),
            ("http://127.0.0.1:8080/auth", "http://127.0.0.1:8080/auth"),
            ("http://[::1]:8080", "http://[::1]:8080"),
        ] {
            assert_eq!(URL.url(value).unwrap(), expected);
        }
        for (value, part) in [
            ("", "it is blank"),
            ("acme.example", "not an absolute URL"),
            ("https:acme.example", "not an absolute URL"),
            ("ftp://acme.example", "not an absolute URL"),
            ("http://acme.example", "must begin with `https://`"),
            ("http://localhost.example", "must begin with `https://`"),
            ("https://ada:hunter2@acme.example", "user name or password"),
            ("https://acme.example?x=hunter2", "query or a fragment"),
            ("https://acme.example#hunter2", "query or a fragment"),
            ("https://ACME.example", "write it as `https://acme.example`"),
            (
                "https://acme.example:443",
                "write it as `https://acme.example`",
            ),
            (
                "https://acme.example/a/../b",
                "write it as `https://acme.example/b`",
            ),
            (
                "https://acme.example/a b",
                "write it as `https://acme.example/a%20b`",
            ),
        ] {
            let problem = problem(URL.url(value));
            assert!(problem.contains(part), "{value}: {problem}");
            assert!(!problem.contains("hunter2"), "{value}: {problem}");
        }
    }

    #[test]
    fn a_domain_needs_no_scheme_and_has_no_path() {
        for value in ["acme.example", "https://acme.example/"] {
            assert_eq!(URL.domain(value).unwrap(), "https://acme.example");
        }
        assert!(problem(URL.domain("acme.example/a")).contains("it has a path"));
        assert!(problem(URL.domain("http://acme.example")).contains("must begin"));
        assert!(problem(URL.domain("a@acme.example")).contains("user name"));
    }

    #[test]
    fn a_list_is_written_as_scopes_are() {
        for text in ["a b", "a,b", " a , b ", r#"["a","b"]"#] {
            assert_eq!(URL.list(Some(text)).unwrap(), ["a", "b"], "{text}");
        }
        assert!(URL.list(None).unwrap().is_empty());
        for (text, part) in [
            (" ", "it is blank"),
            (",", "it names nothing"),
            ("[]", "it names nothing"),
        ] {
            assert!(problem(URL.list(Some(text))).contains(part), "{text}");
        }
    }

    #[test]
    fn an_identifier_cannot_leave_its_segment() {
        assert_eq!(URL.identifier("P2-a_b").unwrap(), "P2-a_b");
        for value in ["", "a/b", "..", "a%2fb", "a?b", "a#b", "a b", "é", "a\0"] {
            assert!(problem(URL.identifier(value)).contains("characters other than"));
        }
    }
}
