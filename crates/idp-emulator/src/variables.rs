//! The variables that a server protected by the environment reads.

use crate::environment::Environment;
use crate::vendor::fill;

/// The variables that an MCP server protected by the first resource reads, with their values. Those
/// about the environment client are left out when there is none with a secret, those about the
/// application of an OAuth proxy when there is none.
pub(crate) fn variables(environment: &Environment) -> Vec<(&'static str, String)> {
    let Some(resource) = environment.resources.first() else {
        return Vec::new();
    };
    let confidential = environment
        .clients
        .iter()
        .filter(|client| client.resource.is_none())
        .find_map(|client| Some((client.id.clone(), client.secret.clone()?)));
    let application = environment.application();
    let application = application.and_then(|client| Some((client.id, client.secret?)));
    let filled = |(name, value): &(&'static str, &str)| {
        let mut value = fill(value, environment.tenant_of(resource), &resource.id)
            .replace("{url}", &environment.url);
        for (id, secret, client) in [
            ("{client}", "{secret}", &confidential),
            ("{application}", "{application_secret}", &application),
        ] {
            if value.contains(id) || value.contains(secret) {
                let (known, its_secret) = client.as_ref()?;
                value = value.replace(id, known).replace(secret, its_secret);
            }
        }
        Some((*name, value))
    };
    let of_vendor = environment.vendor.variables.iter();
    of_vendor.chain(UPSTREAM).filter_map(filled).collect()
}

/// What an OAuth proxy reads, whoever the vendor is.
const UPSTREAM: &[(&str, &str)] = &[
    ("UPSTREAM_CLIENT_ID", "{application}"),
    ("UPSTREAM_CLIENT_SECRET", "{application_secret}"),
];
