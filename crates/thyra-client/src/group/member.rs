//! One server of a group, and how its names are told from those of the others.

use std::fmt::Write as _;

use crate::client::Client;

/// One server of a group.
#[derive(Debug)]
pub(super) struct Member {
    server: String,
    client: Client,
    names: Names,
}

/// How its names look from outside.
#[derive(Debug, PartialEq, Eq)]
enum Names {
    /// As the server's own.
    Own,
    Prefixed {
        /// What names of tools and prompts begin with.
        prefix: String,
        /// What URIs have after their scheme.
        segment: String,
    },
}

impl Member {
    pub(super) fn new(server: String, client: Client, is_alone: bool) -> Self {
        let names = if is_alone {
            Names::Own
        } else {
            Names::of(&server)
        };
        Self {
            server,
            client,
            names,
        }
    }

    pub(super) fn server(&self) -> &str {
        &self.server
    }

    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    /// The name of a tool or a prompt as the group has it.
    pub(super) fn outward(&self, name: &str) -> String {
        self.names.outward(name)
    }

    /// The server's own name of a tool or a prompt, if `name` can be one of its names.
    pub(super) fn inward<'n>(&self, name: &'n str) -> Option<&'n str> {
        self.names.inward(name)
    }

    /// A URI, or a template of URIs, as the group has it. `None` without `scheme://`.
    pub(super) fn outward_uri(&self, uri: &str) -> Option<String> {
        self.names.outward_uri(uri)
    }

    /// The server's own URI, if `uri` has its name.
    pub(super) fn inward_uri(&self, uri: &str) -> Option<String> {
        self.names.inward_uri(uri)
    }
}

impl Names {
    fn of(server: &str) -> Self {
        Self::Prefixed {
            prefix: format!("{server}_"),
            segment: segment(server),
        }
    }

    fn outward(&self, name: &str) -> String {
        match self {
            Self::Own => name.to_owned(),
            Self::Prefixed { prefix, .. } => format!("{prefix}{name}"),
        }
    }

    fn inward<'n>(&self, name: &'n str) -> Option<&'n str> {
        match self {
            Self::Own => Some(name),
            Self::Prefixed { prefix, .. } => {
                let name = name.strip_prefix(prefix.as_str());
                name.filter(|name| !name.is_empty())
            }
        }
    }

    fn outward_uri(&self, uri: &str) -> Option<String> {
        match self {
            Self::Own => Some(uri.to_owned()),
            Self::Prefixed { segment, .. } => {
                let (scheme, rest) = parts(uri)?;
                Some(format!("{scheme}://{segment}/{rest}"))
            }
        }
    }

    fn inward_uri(&self, uri: &str) -> Option<String> {
        match self {
            Self::Own => Some(uri.to_owned()),
            Self::Prefixed { segment, .. } => {
                let (scheme, rest) = parts(uri)?;
                let rest = rest.strip_prefix(segment.as_str())?.strip_prefix('/')?;
                Some(format!("{scheme}://{rest}"))
            }
        }
    }
}

/// The scheme of a URI or a template, and what follows its `://`.
fn parts(uri: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = uri.split_once("://")?;
    let is_scheme = !scheme.is_empty() && !scheme.contains([':', '/', '?', '#']);
    is_scheme.then_some((scheme, rest))
}

/// A server's name as one segment of a path. Without a slash in it, no name is the beginning of
/// another one's path.
fn segment(server: &str) -> String {
    let mut segment = String::new();
    for byte in server.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            segment.push(char::from(byte));
        } else {
            // Writing to a `String` cannot fail.
            let _ = write!(segment, "%{byte:02X}");
        }
    }
    segment
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_begin_with_the_server() {
        let names = Names::of("git");
        assert_eq!(names.outward("log"), "git_log");
        let cases = [
            ("git_log", Some("log")),
            ("git__log", Some("_log")),
            ("git_hub_log", Some("hub_log")),
            ("git_", None),
            ("git", None),
            ("log", None),
            ("Git_log", None),
        ];
        for (name, own) in cases {
            assert_eq!(names.inward(name), own, "{name}");
        }
        assert_eq!(Names::Own.inward("log"), Some("log"));
        assert_eq!(Names::Own.outward("log"), "log");
    }

    #[test]
    fn uris_have_the_server_after_their_scheme() {
        let cases = [
            ("data://info", Some("data://git/info")),
            ("data://{id}", Some("data://git/{id}")),
            ("{kind}://a/b", Some("{kind}://git/a/b")),
            ("file:///home/ada", Some("file://git//home/ada")),
            ("data://", Some("data://git/")),
            ("urn:isbn:7", None),
            ("urn:x?at=http://a", None),
            ("://a", None),
            ("", None),
        ];
        for (own, outward) in cases {
            let names = Names::of("git");
            assert_eq!(names.outward_uri(own).as_deref(), outward, "{own}");
            if let Some(outward) = outward {
                assert_eq!(names.inward_uri(outward).as_deref(), Some(own));
                assert_eq!(Names::of("gi").inward_uri(outward), None);
                assert_eq!(Names::of("git/info").inward_uri(outward), None);
            }
        }
        assert_eq!(
            Names::Own.inward_uri("urn:isbn:7").as_deref(),
            Some("urn:isbn:7")
        );
    }

    proptest! {
        #[test]
        fn a_uri_belongs_to_one_server(
            server in "[a-c/ %_é]{1,4}",
            other in "[a-c/ %_é]{1,4}",
            rest in "[a-c/%]{0,6}",
        ) {
            let own = format!("data://{rest}");
            let outward = Names::of(&server).outward_uri(&own).unwrap();
            let inward = Names::of(&server).inward_uri(&outward);
            prop_assert_eq!(inward.as_ref(), Some(&own));
            if server != other {
                prop_assert_eq!(Names::of(&other).inward_uri(&outward), None);
            }
        }
    }
}
