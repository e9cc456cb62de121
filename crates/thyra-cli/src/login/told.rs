//! What is told about a login. It never holds a token.

use std::fmt::{self, Write as _};
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde_json::{Map, Value};
use thyra_client::Printable;
use thyra_client::login::Tokens;

/// The claims of a token that say whose it is.
const CLAIMS: [&str; 6] = ["sub", "email", "name", "client_id", "org_id", "aud"];

/// What is known about a login.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Told {
    resource: String,
    issuer: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    scopes: Option<Vec<String>>,
    /// When the token ends (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
    is_expired: bool,
    is_renewable: bool,
    /// What the token says about its owner, if it is a JWT. Nobody has checked it.
    #[serde(skip_serializing_if = "Option::is_none")]
    unverified_claims: Option<Map<String, Value>>,
}

/// What is known about the login that has these tokens.
pub(super) fn told(tokens: &Tokens, now: SystemTime) -> Told {
    let expires_at = tokens.expires_at();
    Told {
        resource: tokens.resource().to_owned(),
        issuer: tokens.issuer().to_owned(),
        scopes: tokens
            .scopes()
            .map(|scopes| scopes.iter().map(str::to_owned).collect()),
        expires_at: expires_at.and_then(rfc3339),
        is_expired: expires_at.is_some_and(|time| time <= now),
        is_renewable: tokens.is_renewable(),
        unverified_claims: claims(tokens.access().expose()),
    }
}

/// The time in the form of RFC 3339, which ends with the year 9999.
fn rfc3339(time: SystemTime) -> Option<String> {
    let mut text = String::new();
    write!(text, "{}", humantime::format_rfc3339_seconds(time)).ok()?;
    Some(text)
}

/// The claims of a JWT that say whose it is, unverified. `None` if the token is no JWT.
fn claims(token: &str) -> Option<Map<String, Value>> {
    let mut parts = token.split('.');
    let (_, payload, _) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let payload = URL_SAFE_NO_PAD.decode(payload).ok()?;
    let mut all: Map<String, Value> = serde_json::from_slice(&payload).ok()?;
    let known = CLAIMS.iter();
    Some(known.filter_map(|name| all.remove_entry(*name)).collect())
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "resource  {}", Printable(&self.resource))?;
        writeln!(f, "issuer    {}", Printable(&self.issuer))?;
        if let Some(scopes) = &self.scopes {
            writeln!(f, "scopes    {}", Printable(scopes.join(" ")))?;
        }
        let renewed = if self.is_renewable {
            ", and is renewed"
        } else {
            ""
        };
        match &self.expires_at {
            Some(time) if self.is_expired => writeln!(f, "expired   {time}{renewed}")?,
            Some(time) => writeln!(f, "expires   {time}{renewed}")?,
            None => writeln!(f, "expires   nobody said when{renewed}")?,
        }
        let Some(claims) = &self.unverified_claims else {
            return writeln!(f, "The token does not say whose it is.");
        };
        writeln!(f, "The token says, and nobody has checked:")?;
        for name in CLAIMS {
            match claims.get(name) {
                Some(Value::String(text)) => writeln!(f, "  {name:<9} {:.200}", Printable(text))?,
                Some(value) => writeln!(f, "  {name:<9} {:.200}", Printable(value))?,
                None => {}
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;

    fn token(payload: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        format!("{}.{}.c2ln", part(&json!({ "alg": "none" })), part(payload))
    }

    #[test]
    fn a_jwt_says_whose_it_is_and_any_other_token_says_nothing() {
        let payload = json!({ "sub": "usr_1", "aud": ["a"], "secret": "hush", "exp": 1 });
        let known = claims(&token(&payload)).unwrap();
        assert_eq!(
            Value::Object(known),
            json!({ "sub": "usr_1", "aud": ["a"] })
        );
        for opaque in [
            "", "opaque", "a.b.c", "a.b", "a.eyJ9.c", "a.W10.c", "a.b.c.d",
        ] {
            assert_eq!(claims(opaque), None, "{opaque}");
        }
    }

    #[test]
    fn a_time_that_cannot_be_written_is_none() {
        let after = |seconds| {
            let time = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds));
            rfc3339(time.unwrap())
        };
        assert_eq!(
            after(253_402_300_799).as_deref(),
            Some("9999-12-31T23:59:59Z")
        );
        assert_eq!(after(253_402_300_800), None);
        assert_eq!(after(1 << 50), None);
    }

    #[test]
    fn what_is_told_holds_nothing_that_a_terminal_would_obey() {
        let odd = "\u{1b}[2J\u{9b}1m";
        let told = Told {
            resource: odd.to_owned(),
            issuer: odd.to_owned(),
            scopes: Some(vec![odd.to_owned()]),
            expires_at: None,
            is_expired: false,
            is_renewable: true,
            unverified_claims: claims(&token(&json!({ "sub": odd, "aud": { odd: odd } }))),
        };
        let text = told.to_string();
        assert!(
            text.chars().all(|c| matches!(c, ' '..='~' | '\n')),
            "{text:?}"
        );
        assert!(text.contains(r"  sub       \u{1b}[2J"), "{text}");
    }

    #[test]
    fn a_login_is_told_in_lines() {
        let told = Told {
            resource: "https://mcp.example.com/mcp".to_owned(),
            issuer: "https://login.example.org".to_owned(),
            scopes: Some(vec!["a".to_owned(), "b".to_owned()]),
            expires_at: Some("2026-07-28T12:00:00Z".to_owned()),
            is_expired: true,
            is_renewable: false,
            unverified_claims: None,
        };
        assert_eq!(
            told.to_string(),
            "resource  https://mcp.example.com/mcp\nissuer    https://login.example.org\nscopes    \
             a b\nexpired   2026-07-28T12:00:00Z\nThe token does not say whose it is.\n"
        );
    }
}
