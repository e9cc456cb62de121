//! Where the answer goes, as a person can judge it.

use thyra_oauth::{is_loopback, printable};
use url::Url;

/// Where the answer goes.
#[derive(Debug)]
pub(super) struct Goal {
    /// The host with its port, in its ASCII form: letters that look like others are seen. For a
    /// private scheme, the scheme.
    pub(super) shown: String,
    /// What that means, where it is not a web site.
    pub(super) means: Option<&'static str>,
    /// What to think of before allowing it.
    pub(super) warning: Option<&'static str>,
}

impl Goal {
    pub(super) fn of(redirect_uri: &str) -> Self {
        let Ok(url) = Url::parse(redirect_uri) else {
            return Self {
                shown: printable(redirect_uri),
                means: None,
                warning: Some("This address cannot be read. Refuse."),
            };
        };
        if !matches!(url.scheme(), "http" | "https") {
            return Self {
                shown: format!("{}:", url.scheme()),
                means: Some("An application on this device"),
                warning: Some(
                    "Any application on this device can register to get this answer. \
                     If you have not just started to connect one, refuse.",
                ),
            };
        }
        let host = url.host_str().unwrap_or_default();
        let shown = match url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        };
        let (means, warning) = if is_loopback(&url) {
            let warning = "Any application on this computer can say that it is the one named \
                           above. If you have not just started to connect one, refuse.";
            (Some("An application on this computer"), Some(warning))
        } else if url.scheme() == "http" {
            let warning = "The answer is not encrypted on its way, so others can read it. Refuse, \
                           unless you know this network.";
            (None, Some(warning))
        } else {
            (None, None)
        };
        Self {
            shown,
            means,
            warning,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(redirect_uri: &str) -> (String, bool) {
        let goal = Goal::of(redirect_uri);
        (goal.shown, goal.warning.is_some())
    }

    #[test]
    fn the_host_is_what_the_browser_goes_to() {
        let table = [
            (
                "https://claude.ai/api/mcp/auth_callback",
                "claude.ai",
                false,
            ),
            ("https://CLAUDE.ai:443/cb", "claude.ai", false),
            ("https://claude.ai:8443/cb", "claude.ai:8443", false),
            ("https://claude.ai@evil.example/cb", "evil.example", false),
            ("https://claude.ai\\@evil.example/cb", "claude.ai", false),
            ("https://cl\u{430}ude.ai/cb", "xn--clude-5ve.ai", false),
            ("https://[2001:db8::1]/cb", "[2001:db8::1]", false),
            ("http://127.0.0.1:33418/callback", "127.0.0.1:33418", true),
            ("http://[::1]:33418/callback", "[::1]:33418", true),
            ("http://localhost/callback", "localhost", true),
            ("https://localhost/callback", "localhost", true),
            ("http://intranet.example/cb", "intranet.example", true),
            (
                "cursor://anysphere.cursor-mcp/oauth/callback",
                "cursor:",
                true,
            ),
            ("com.example.app:/callback", "com.example.app:", true),
            ("no address", "no address", true),
        ];
        for (redirect_uri, host, has_warning) in table {
            assert_eq!(
                shown(redirect_uri),
                (host.to_owned(), has_warning),
                "{redirect_uri}"
            );
        }
    }
}
