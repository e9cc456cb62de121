//! The variables that a server protected by the environment reads.

use crate::environment::Environment;

/// The variables that an MCP server protected by the first resource reads, with their values.
pub(crate) fn variables(environment: &Environment) -> Vec<(&'static str, String)> {
    let mut variables = vec![("SCALEKIT_ENVIRONMENT_URL", environment.url.clone())];
    if let Some(resource) = environment.resources.first() {
        variables.push(("SCALEKIT_RESOURCE_ID", resource.id.clone()));
    }
    let sdk = environment
        .clients
        .iter()
        .find(|client| client.resource.is_none());
    if let Some((client, secret)) = sdk.and_then(|client| Some((client, client.secret.clone()?))) {
        variables.push(("SCALEKIT_CLIENT_ID", client.id.clone()));
        variables.push(("SCALEKIT_CLIENT_SECRET", secret));
    }
    variables
}
