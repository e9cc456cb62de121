//! The lines that a server prints when it starts.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use thyra_auth::Summary;

use crate::app::App;

/// Three lines: the server's URL, who may call it, how to connect. Between the last two stands what
/// is dangerous in production.
pub(super) fn announcement(app: &App, address: SocketAddr) -> Vec<String> {
    let local = format!("http://{}{}", reachable(address), app.path);
    let mut serves = format!("{} serves MCP at {local}", app.name);
    if address.ip().is_unspecified() {
        serves.push_str(" and at every other address of this machine");
    }
    match app.door.protection() {
        None => vec![
            serves,
            openness(address).to_owned(),
            connection(&app.name, &local),
        ],
        Some(protection) => {
            let summary = protection.summary();
            let mut protected = protected_by(summary);
            if app.door.admits_anybody() {
                protected.push_str(". Callers without a token use what needs no scope");
            }
            let mut lines = vec![serves, protected];
            let warnings = summary.warnings.iter();
            lines.extend(warnings.map(|warning| format!("WARNING: {warning}")));
            lines.push(connection(&app.name, &summary.resource));
            lines
        }
    }
}

/// An address that a client on this machine can use. A server on all interfaces has no such
/// address of its own: `0.0.0.0` is no destination (RFC 1122 section 3.2.1.3).
fn reachable(address: SocketAddr) -> SocketAddr {
    let loopback: IpAddr = match address.ip() {
        ip if !ip.is_unspecified() => return address,
        IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
    };
    (loopback, address.port()).into()
}

/// Who may call a server without a provider.
fn openness(address: SocketAddr) -> &'static str {
    if address.ip().is_loopback() {
        "Open to every program on this machine: no .auth(...) was given"
    } else {
        "WARNING: OPEN TO EVERYBODY who can reach this machine: no .auth(...) was given. \
         Give one, or listen on 127.0.0.1"
    }
}

/// What protects the server, and which tokens it accepts. The audience and the issuer are left out
/// if the provider has none.
fn protected_by(summary: &Summary) -> String {
    let parts = [
        ("audience", summary.audience.join(" and ")),
        ("issuer", summary.issuers.join(" or ")),
    ];
    let parts = parts.iter().filter(|(_, value)| !value.is_empty());
    let known: Vec<_> = parts
        .map(|(name, value)| format!("{name} {value}"))
        .collect();
    let mut line = format!("Protected by {}", summary.provider);
    if !known.is_empty() {
        line.push_str(": ");
        line.push_str(&known.join("; "));
    }
    line
}

fn connection(name: &str, url: &str) -> String {
    let servers = serde_json::json!({ "mcpServers": { name: { "type": "http", "url": url } } });
    format!("Connect a client with {servers}")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use thyra_auth::{DebugVerifier, StaticAuth};

    use super::*;
    use crate::Server;
    use crate::server::Exposure;

    #[test]
    fn a_server_on_all_interfaces_names_an_address_that_works_and_warns_if_it_is_open() {
        let app = Server::new("Notes").build(Exposure::Network).unwrap();
        for (bound, said, warns) in [
            ("127.0.0.1:8000", "http://127.0.0.1:8000/mcp", false),
            ("[::1]:8000", "http://[::1]:8000/mcp", false),
            ("192.0.2.7:8000", "http://192.0.2.7:8000/mcp", true),
            (
                "0.0.0.0:8000",
                "http://127.0.0.1:8000/mcp and at every other address of this machine",
                true,
            ),
            (
                "[::]:8000",
                "http://[::1]:8000/mcp and at every other address of this machine",
                true,
            ),
        ] {
            let lines = announcement(&app, bound.parse().unwrap());
            let [serves, open, connect] = lines.try_into().unwrap();
            assert_eq!(serves, format!("Notes serves MCP at {said}"));
            assert_eq!(
                open.starts_with("WARNING: OPEN TO EVERYBODY"),
                warns,
                "{open}"
            );
            assert!(open.contains("no .auth(...) was given"), "{open}");
            let url = said.split(' ').next().unwrap();
            assert!(
                connect.ends_with(&format!(r#""url":"{url}"}}}}}}"#)),
                "{connect}"
            );
        }
    }

    #[test]
    fn a_protected_server_on_all_interfaces_does_not_warn() {
        let auth = StaticAuth::new("https://mcp.example.com");
        let server = Server::new("Notes").auth(auth);
        let app = server.build(Exposure::Network).unwrap();
        let lines = announcement(&app, ([0, 0, 0, 0], 8000).into());
        assert!(
            lines.iter().all(|line| !line.contains("WARNING")),
            "{lines:?}"
        );
        assert!(
            lines[2].contains("https://mcp.example.com/mcp"),
            "{lines:?}"
        );
    }

    #[test]
    fn the_announcement_names_only_what_the_provider_has() {
        let auth = StaticAuth::new("https://mcp.example.com");
        let app = Server::new("Notes")
            .auth(auth)
            .build(Exposure::Network)
            .unwrap();
        let lines = announcement(&app, ([127, 0, 0, 1], 8000).into());
        assert_eq!(lines[1], "Protected by static tokens");

        let mut summary = app.door.protection().unwrap().summary().clone();
        summary.issuers = vec![
            "https://a.example".to_owned(),
            "https://b.example".to_owned(),
        ];
        assert_eq!(
            protected_by(&summary),
            "Protected by static tokens: issuer https://a.example or https://b.example"
        );
        let auth = StaticAuth::new("https://mcp.example.com");
        let optional = Server::new("Notes").optional_auth(auth);
        let app = optional.build(Exposure::Network).unwrap();
        let lines = announcement(&app, ([127, 0, 0, 1], 8000).into());
        assert_eq!(
            lines[1],
            "Protected by static tokens. Callers without a token use what needs no scope"
        );
        summary.audience = vec!["res_1".to_owned(), "res_2".to_owned()];
        assert_eq!(
            protected_by(&summary),
            "Protected by static tokens: audience res_1 and res_2; issuer https://a.example or https://b.example"
        );
    }

    #[test]
    fn what_is_dangerous_is_said() {
        let auth = StaticAuth::new("https://mcp.example.com")
            .token_verifier(Arc::new(DebugVerifier::accepting(|_| true)));
        let app = Server::new("Notes")
            .auth(auth)
            .build(Exposure::Network)
            .unwrap();
        let lines = announcement(&app, ([127, 0, 0, 1], 8000).into());
        assert_eq!(lines.len(), 4);
        assert!(lines[2].starts_with("WARNING: DEBUG: "), "{lines:?}");
    }
}
