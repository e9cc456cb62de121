//! The variables that a server protected by the environment reads.

use crate::environment::Environment;
use crate::vendor::fill;

/// The variables that an MCP server protected by the first resource reads, with their values. Those
/// about the environment client are left out when there is none with a secret.
pub(crate) fn variables(environment: &Environment) -> Vec<(&'static str, String)> {
    let Some(resource) = environment.resources.first() else {
        return Vec::new();
    };
    let confidential = environment
        .clients
        .iter()
        .filter(|client| client.resource.is_none())
        .find_map(|client| Some((client.id.as_str(), client.secret.as_deref()?)));
    let filled = |(name, value): &(&'static str, &str)| {
        if confidential.is_none() && (value.contains("{client}") || value.contains("{secret}")) {
            return None;
        }
        let (client, secret) = confidential.unwrap_or_default();
        let value = fill(value, environment.tenant_of(resource), &resource.id)
            .replace("{url}", &environment.url)
            .replace("{client}", client)
            .replace("{secret}", secret);
        Some((*name, value))
    };
    environment
        .vendor
        .variables
        .iter()
        .filter_map(filled)
        .collect()
}
