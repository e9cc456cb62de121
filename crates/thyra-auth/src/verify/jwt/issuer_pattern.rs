//! Issuers that differ in one segment of their path.

use std::fmt;

use serde_json::{Map, Value};
use thyra_oauth::is_loopback;
use url::Url;

use super::VerifierError;

/// How long the free segment may be. Vendors put an identifier there.
const MAX_SEGMENT: usize = 128;

/// Accepts issuers that are the same but for one whole segment of the path, such as those of all
/// tenants of a vendor. What stands before and behind the segment is compared byte for byte; the
/// segment is made of letters, digits, `-`, `_`, `.` and `~`, and is neither `.` nor `..`.
///
/// Whoever can get such a segment at the vendor can issue tokens that are accepted, as far as the
/// audience lets them. So use a pattern only where the vendor's own documentation does.
///
/// ```
/// use thyra_auth::IssuerPattern;
///
/// let tenants = IssuerPattern::new("https://login.example.com/", "/v2.0")?
///     .segment_equals_claim("tid");
/// assert_eq!(tenants.to_string(), "https://login.example.com/{tid}/v2.0");
/// # Ok::<(), thyra_auth::VerifierError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a pattern accepts nothing by itself"]
pub struct IssuerPattern {
    prefix: Box<str>,
    suffix: Box<str>,
    claim: Option<Box<str>>,
    except: Vec<Box<str>>,
}

impl IssuerPattern {
    /// The segment stands between `prefix`, an absolute URL that ends with a slash, and `suffix`,
    /// which is empty or begins with one.
    ///
    /// # Errors
    ///
    /// [`VerifierError::IssuerPattern`] when they leave no whole segment free, or are not part of
    /// an `https` URL (or an `http` one of a loopback host) without user, query and fragment, in
    /// the spelling that the URL standard gives it.
    pub fn new(
        prefix: impl Into<Box<str>>,
        suffix: impl Into<Box<str>>,
    ) -> Result<Self, VerifierError> {
        let (prefix, suffix) = (prefix.into(), suffix.into());
        // A URL that is spelled canonically cannot hide where its host or its path ends.
        let is_plain = |text: &str| {
            Url::parse(text).is_ok_and(|url| {
                url.as_str() == text
                    && (url.scheme() == "https" || (url.scheme() == "http" && is_loopback(&url)))
                    && !text.contains(['@', '?', '#'])
            })
        };
        let is_whole = prefix.ends_with('/') && (suffix.is_empty() || suffix.starts_with('/'));
        if !is_whole || !is_plain(&prefix) || !is_plain(&format!("{prefix}segment{suffix}")) {
            return Err(VerifierError::IssuerPattern);
        }
        Ok(Self {
            prefix,
            suffix,
            claim: None,
            except: Vec::new(),
        })
    }

    /// The segment must be what this claim of the same token says, byte for byte.
    pub fn segment_equals_claim(mut self, claim: impl Into<Box<str>>) -> Self {
        self.claim = Some(claim.into());
        self
    }

    /// The segment must not be this, in any case of its letters. It can be called for several.
    pub fn except(mut self, segment: impl Into<Box<str>>) -> Self {
        self.except.push(segment.into());
        self
    }

    pub(super) fn accepts(&self, issuer: &str, claims: &Map<String, Value>) -> bool {
        let Some(segment) = self.segment(issuer) else {
            return false;
        };
        self.claim
            .as_ref()
            .is_none_or(|name| claims.get(&**name).is_some_and(|value| value == segment))
    }

    /// What an issuer of this form has in the free segment.
    pub(super) fn segment<'i>(&self, issuer: &'i str) -> Option<&'i str> {
        issuer
            .strip_prefix(&*self.prefix)
            .and_then(|rest| rest.strip_suffix(&*self.suffix))
            .filter(|segment| is_segment(segment))
            .filter(|segment| {
                !self
                    .except
                    .iter()
                    .any(|not| not.eq_ignore_ascii_case(segment))
            })
    }
}

/// Shows the free segment in braces, by the name of its claim where it has one.
impl fmt::Display for IssuerPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.claim.as_deref().unwrap_or("segment");
        write!(f, "{}{{{name}}}{}", self.prefix, self.suffix)
    }
}

/// Whether it is one segment of a path that nobody reads as anything else: the unreserved
/// characters of RFC 3986 section 2.3, and no dot segment (section 3.3).
fn is_segment(text: &str) -> bool {
    (1..=MAX_SEGMENT).contains(&text.len())
        && !matches!(text, "." | "..")
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn accepts(pattern: &IssuerPattern, issuer: &str, claims: &Value) -> bool {
        pattern.accepts(issuer, claims.as_object().unwrap())
    }

    #[test]
    fn what_is_excepted_is_no_tenant() {
        let tenants = IssuerPattern::new("https://login.example.com/", "/v2.0").unwrap();
        let tenants = tenants.except("9188040d");
        let accepts = |tenant: &str| {
            let issuer = format!("https://login.example.com/{tenant}/v2.0");
            accepts(&tenants, &issuer, &json!({}))
        };
        assert!(accepts("9188040e"));
        assert!(!accepts("9188040d"));
        assert!(!accepts("9188040D"));
    }

    #[test]
    fn one_whole_segment_is_free() {
        let apps = IssuerPattern::new("https://api.example.com/v1/apps/P1/", "").unwrap();
        assert_eq!(
            apps.to_string(),
            "https://api.example.com/v1/apps/P1/{segment}"
        );
        let none = json!({});
        for segment in ["MS1", "a-b_c.d~e", "...", &"x".repeat(128)] {
            let issuer = format!("https://api.example.com/v1/apps/P1/{segment}");
            assert!(accepts(&apps, &issuer, &none), "{issuer}");
        }
        for issuer in [
            "https://api.example.com/v1/apps/P1",
            "https://api.example.com/v1/apps/P1/",
            "https://api.example.com/v1/apps/P1//",
            "https://api.example.com/v1/apps/P1/MS1/",
            "https://api.example.com/v1/apps/P1/MS1/x",
            "https://api.example.com/v1/apps/P1/.",
            "https://api.example.com/v1/apps/P1/..",
            "https://api.example.com/v1/apps/P1/../P2",
            "https://api.example.com/v1/apps/P1/%2e%2e",
            "https://api.example.com/v1/apps/P1/MS%31",
            "https://api.example.com/v1/apps/P1/MS1?x=1",
            "https://api.example.com/v1/apps/P1/MS1#x",
            "https://api.example.com/v1/apps/P1/\\evil",
            "https://api.example.com/v1/apps/P1/MS1 ",
            "https://api.example.com/v1/apps/P1/é",
            "https://api.example.com/v1/apps/P1/\0",
            "https://api.example.com/v1/apps/P2/MS1",
            "https://API.example.com/v1/apps/P1/MS1",
            "http://api.example.com/v1/apps/P1/MS1",
            "https://api.example.com@evil.example/v1/apps/P1/MS1",
            "https://api.example.com.evil.example/v1/apps/P1/MS1",
            " https://api.example.com/v1/apps/P1/MS1",
            "",
        ] {
            assert!(!accepts(&apps, issuer, &none), "{issuer}");
        }
        let long = format!("https://api.example.com/v1/apps/P1/{}", "x".repeat(129));
        assert!(!accepts(&apps, &long, &none));
    }

    #[test]
    fn the_segment_may_have_to_be_a_claim() {
        let tenants = IssuerPattern::new("https://login.example.com/", "/v2.0")
            .unwrap()
            .segment_equals_claim("tid");
        let issuer = "https://login.example.com/t1/v2.0";
        assert!(accepts(&tenants, issuer, &json!({ "tid": "t1" })));
        for claims in [
            json!({}),
            json!({ "tid": null }),
            json!({ "tid": "" }),
            json!({ "tid": "t2" }),
            json!({ "tid": "T1" }),
            json!({ "tid": "t1 " }),
            json!({ "tid": ["t1"] }),
            json!({ "Tid": "t1" }),
        ] {
            assert!(!accepts(&tenants, issuer, &claims), "{claims}");
        }
        for issuer in [
            "https://login.example.com/v2.0",
            "https://login.example.com//v2.0",
            "https://login.example.com/t1/v2.0/",
            "https://login.example.com/t1",
            "https://login.example.com/t1/t1/v2.0",
        ] {
            assert!(
                !accepts(&tenants, issuer, &json!({ "tid": "t1" })),
                "{issuer}"
            );
        }
        // Prefix and suffix must not share their slash.
        assert!(!accepts(
            &tenants,
            "https://login.example.com/v2.0",
            &json!({ "tid": "" })
        ));
    }

    #[test]
    fn a_pattern_leaves_exactly_one_segment_free() {
        for (prefix, suffix) in [
            ("", ""),
            ("https://", ""),
            ("https://", ".example.com/"),
            ("https://", "/v2.0"),
            ("https://login.example.com/segment/a", ""),
            ("https://login.example.com", ""),
            ("https://login.example.com", "/v2.0"),
            ("https://login.example.com/a", ""),
            ("https://login.example.com/", "v2.0"),
            ("https://login.example.com/", "?x=1"),
            ("https://login.example.com/?x=", ""),
            ("https://login.example.com/#", ""),
            ("https://login.example.com/", "/../x"),
            ("https://user@login.example.com/", ""),
            ("https://user:secret@login.example.com/", ""),
            ("https://LOGIN.example.com/", ""),
            ("https://login.example.com:443/", ""),
            ("http://login.example.com/", ""),
            ("ftp://login.example.com/", ""),
            ("login.example.com/", ""),
            (" https://login.example.com/", ""),
        ] {
            assert_eq!(
                IssuerPattern::new(prefix, suffix),
                Err(VerifierError::IssuerPattern),
                "{prefix} {suffix}"
            );
        }
        assert!(IssuerPattern::new("http://127.0.0.1:9911/", "/v2.0").is_ok());
    }
}
