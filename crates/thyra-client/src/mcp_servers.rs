//! Files that name servers, in the shape that Claude Desktop, Cursor, VS Code and FastMCP share.

mod entry;
mod env_file;
mod error;
mod inputs;
mod reader;
mod variables;
mod written;

use std::path::Path;

pub use self::entry::McpServer;
pub use self::error::{EntryError, EntryProblem, McpServersError};
pub use self::inputs::McpInput;
pub use self::reader::McpServersReader;
use self::variables::Placeholder;
use self::written::Written;

/// The most bytes of a file, and the most servers in it.
const MAX_BYTES: usize = 8 * 1024 * 1024;
const MAX_SERVERS: usize = 256;

/// The servers of a file in the shape that Claude Desktop, Cursor, VS Code and FastMCP share.
///
/// ```
/// use thyra_client::McpServers;
///
/// let json = r#"{
///     "mcpServers": {
///         "files": { "command": "npx", "args": ["-y", "@modelcontextprotocol/server-filesystem", "."] },
///         "notes": { "url": "https://notes.example.com/mcp", "headers": { "X-Team": "${TEAM:-green}" } },
///         "broken": { "url": 7 }
///     }
/// }"#;
/// let servers = McpServers::from_json(json)?;
/// let names: Vec<_> = servers.servers().iter().map(|server| server.name()).collect();
/// assert_eq!(names, ["files", "notes"]);
/// assert_eq!(
///     servers.errors()[0].to_string(),
///     "the server `broken` cannot be used: `url` must be a text"
/// );
/// # Ok::<(), thyra_client::McpServersError>(())
/// ```
///
/// The servers are under `mcpServers`, under `servers`, or at the top. Each has a `command`, with
/// `args`, `env`, `envFile` and `cwd`; or it has a `url`, with `headers` and `auth`: a token, or
/// `"oauth"`. The transport is `type` or `transport`: `stdio`, `http`, `streamable-http` or `sse`.
/// `timeout` is in milliseconds; with `disabled`, a server is not used. Other members do not
/// matter.
///
/// In `command`, `args`, `env`, `cwd`, `url`, `headers` and `auth`, `${NAME}` and `${env:NAME}`
/// stand for a variable of the environment, `${NAME:-text}` for `text` where there is none, and
/// `$${` for `${`. `${userHome}` and `${workspaceFolder}` are folders, and `${input:ID}` is asked
/// of the user ([`McpServers::reader`]). A file may have comments, and commas at the end of lists.
///
/// A bad entry does not take the others with it: [`McpServers::errors`] tells of it.
#[derive(Debug)]
pub struct McpServers {
    servers: Vec<McpServer>,
    errors: Vec<EntryError>,
    disabled: Vec<String>,
    inputs: Vec<McpInput>,
}

impl McpServers {
    /// Reads a file, with the variables of this process. It blocks while it reads.
    ///
    /// # Errors
    ///
    /// [`McpServersError`] when the file as a whole cannot be used.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, McpServersError> {
        Self::reader().file(path)
    }

    /// Reads the text of a file, with the variables of this process.
    ///
    /// # Errors
    ///
    /// As [`McpServers::from_file`].
    pub fn from_json(json: &str) -> Result<Self, McpServersError> {
        Self::reader().json(json)
    }

    /// Reads the text of a file, with the variables that `variable` gives.
    ///
    /// # Errors
    ///
    /// As [`McpServers::from_file`].
    pub fn from_json_with(
        json: &str,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, McpServersError> {
        Self::reader().variables(variable).json(json)
    }

    /// The entry, or `None` when it is disabled.
    fn entry(
        &self,
        name: &str,
        json: &str,
        known: &dyn Fn(Placeholder<'_>) -> Option<String>,
        workspace: Option<&Path>,
    ) -> Result<Option<McpServer>, EntryProblem> {
        let is_known = self.get(name).is_some() || self.disabled.iter().any(|known| known == name);
        if name.is_empty() || name.chars().any(char::is_control) {
            return Err(EntryProblem::Name);
        }
        if is_known || self.errors.iter().any(|error| error.name == name) {
            return Err(EntryProblem::Twice);
        }
        let written = Written::parse(json, known)?;
        if written.is_disabled()? {
            return Ok(None);
        }
        McpServer::read(name, &written, workspace).map(Some)
    }

    /// The servers that can be used, in the order of the file.
    pub fn servers(&self) -> &[McpServer] {
        &self.servers
    }

    /// The server of this name, if it can be used.
    pub fn get(&self, name: &str) -> Option<&McpServer> {
        self.servers.iter().find(|server| server.name() == name)
    }

    /// Why entries of the file cannot be used.
    pub fn errors(&self) -> &[EntryError] {
        &self.errors
    }

    /// What the file leaves to the user.
    pub fn inputs(&self) -> &[McpInput] {
        &self.inputs
    }

    /// The names of the servers that the file turns off.
    pub fn disabled(&self) -> &[String] {
        &self.disabled
    }
}

#[cfg(test)]
mod tests;
