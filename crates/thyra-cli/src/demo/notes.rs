//! The server of the demonstration: three tools, one of which needs a scope of its own.

use std::sync::Mutex;

use thyra::auth::{ProviderError, ScopeSet};
use thyra::prelude::*;

/// The scopes: every request needs the first, and `write_note` also the second.
pub(super) const READ: &str = "notes:read";
pub(super) const WRITE: &str = "notes:write";

const MAX_NOTES: usize = 1000;

/// The server that clients reach at `url`, protected as a resource of a Scalekit environment.
pub(super) fn server(
    url: &str,
    environment_url: &str,
    resource_id: &str,
) -> Result<Server, ProviderError> {
    let provider = ScalekitProvider::builder()
        .environment_url(environment_url)
        .resource_id(resource_id)
        .base_url(url)
        .required_scopes(ScopeSet::from_iter([READ]))
        .scopes_supported(ScopeSet::from_iter([READ, WRITE]))
        .build()?;
    Ok(Server::new("notes")
        .version(env!("CARGO_PKG_VERSION"))
        .tool(whoami)
        .tool(add)
        .tool(write_note)
        .state(Notes::default())
        .auth(provider))
}

#[derive(Default)]
struct Notes {
    written: Mutex<Vec<String>>,
}

/// Who is calling, as the verified token says.
#[tool(read_only)]
async fn whoami(caller: Principal) -> Json<Principal> {
    Json(caller)
}

/// Add two numbers.
#[tool(read_only)]
async fn add(a: i64, b: i64) -> i64 {
    a + b
}

/// Write a note, and say how many there are.
#[tool(scopes = ["notes:write"])]
async fn write_note(
    /// What to remember
    text: String,
    notes: State<Notes>,
) -> Result<String, ToolError> {
    let mut written = notes
        .written
        .lock()
        .map_err(|_| ToolError::new("The notebook is broken."))?;
    if written.len() >= MAX_NOTES {
        return Err(ToolError::new("The notebook is full."));
    }
    written.push(text);
    Ok(format!("Noted; notes so far: {}", written.len()))
}
