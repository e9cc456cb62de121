//! The variables that a server protected by the environment reads.

use crate::environment::Environment;

/// The variables that an MCP server protected by the first resource reads, with their values.
pub(crate) fn variables(environment: &Environment) -> Vec<(&'static str, String)> {
    let names = &environment.vendor.variables;
    let mut variables = vec![(names.environment_url, environment.url.clone())];
    if let Some(resource) = environment.resources.first() {
        variables.push((names.resource_id, resource.id.clone()));
    }
    let sdk = environment
        .clients
        .iter()
        .find(|client| client.resource.is_none());
    if let Some((client, secret)) = sdk.and_then(|client| Some((client, client.secret.clone()?))) {
        variables.push((names.client_id, client.id.clone()));
        variables.push((names.client_secret, secret));
    }
    variables
}
