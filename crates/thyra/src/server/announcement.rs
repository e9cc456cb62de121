//! The lines that a server prints when it starts.

use std::net::SocketAddr;

use thyra_auth::Summary;

use crate::app::App;

/// Three lines: the server's URL, who may call it, how to connect.
pub(super) fn announcement(app: &App, address: SocketAddr) -> [String; 3] {
    let local = format!("http://{address}{}", app.path);
    let serves = format!("{} serves MCP at {local}", app.name);
    match app.door.protection() {
        None => [
            serves,
            "Open to everybody who can reach it: no .auth(...) was given".to_owned(),
            connection(&app.name, &local),
        ],
        Some(protection) => {
            let summary = protection.summary();
            [
                serves,
                protected_by(summary),
                connection(&app.name, &summary.resource),
            ]
        }
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
    use thyra_auth::StaticAuth;

    use super::*;
    use crate::Server;
    use crate::server::Exposure;

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
        summary.audience = vec!["res_1".to_owned(), "res_2".to_owned()];
        assert_eq!(
            protected_by(&summary),
            "Protected by static tokens: audience res_1 and res_2; issuer https://a.example or https://b.example"
        );
    }
}
