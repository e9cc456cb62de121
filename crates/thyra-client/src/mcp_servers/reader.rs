//! How a file is read: where the values come from that it leaves open.

use std::fmt;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::error::{EntryError, McpServersError};
use super::inputs::McpInput;
use super::variables::Placeholder;
use super::written::{Members, Top, top};
use super::{MAX_BYTES, MAX_SERVERS, McpServers};

/// Reads a file of servers ([`McpServers::reader`]).
///
/// ```no_run
/// use thyra_client::McpServers;
///
/// # fn ask(_: &thyra_client::McpInput) -> Option<String> { None }
/// # fn example() -> Result<(), thyra_client::McpServersError> {
/// let servers = McpServers::reader()
///     .inputs(|server, input| {
///         println!("{server:?} needs {:?}", input.description);
///         ask(input)
///     })
///     .file(".vscode/mcp.json")?;
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is read before `file` or `json`"]
pub struct McpServersReader<'a> {
    variable: Box<dyn Variables + 'a>,
    input: Box<dyn Inputs + 'a>,
}

trait Variables: Fn(&str) -> Option<String> {}

impl<F: Fn(&str) -> Option<String>> Variables for F {}

trait Inputs: Fn(&str, &McpInput) -> Option<String> {}

impl<F: Fn(&str, &McpInput) -> Option<String>> Inputs for F {}

impl McpServers {
    /// A reader with the variables of this process, and nobody who is asked for inputs.
    pub fn reader<'a>() -> McpServersReader<'a> {
        McpServersReader {
            variable: Box::new(|name: &str| std::env::var(name).ok()),
            input: Box::new(|_: &str, _: &McpInput| None),
        }
    }
}

impl<'a> McpServersReader<'a> {
    /// Where the values of `${NAME}` come from.
    pub fn variables(mut self, variable: impl Fn(&str) -> Option<String> + 'a) -> Self {
        self.variable = Box::new(variable);
        self
    }

    /// Where the values of `${input:ID}` come from: `ask` gets the name of the server that needs
    /// one, each time that it does. `None` is no answer; the input then has its default, or else
    /// the entry is an error.
    pub fn inputs(mut self, ask: impl Fn(&str, &McpInput) -> Option<String> + 'a) -> Self {
        self.input = Box::new(ask);
        self
    }

    /// Reads a file. It blocks while it reads. `${workspaceFolder}` is the folder of the file, or
    /// the one above where that is `.vscode` or `.cursor`; a relative `envFile` begins there.
    ///
    /// # Errors
    ///
    /// [`McpServersError`] when the file as a whole cannot be used.
    pub fn file(&self, path: impl AsRef<Path>) -> Result<McpServers, McpServersError> {
        let path = path.as_ref();
        let failed = |source| McpServersError::Read {
            path: path.to_owned(),
            source,
        };
        let mut json = String::new();
        let file = File::open(path).map_err(failed)?;
        file.take(MAX_BYTES as u64 + 1)
            .read_to_string(&mut json)
            .map_err(failed)?;
        self.read(&json, Some(&workspace(path).map_err(failed)?))
    }

    /// Reads the text of a file.
    ///
    /// # Errors
    ///
    /// As [`McpServersReader::file`].
    pub fn json(&self, json: &str) -> Result<McpServers, McpServersError> {
        self.read(json, None)
    }

    fn read(&self, json: &str, workspace: Option<&Path>) -> Result<McpServers, McpServersError> {
        if json.len() > MAX_BYTES {
            return Err(McpServersError::TooLarge {
                max_bytes: MAX_BYTES,
            });
        }
        // Some editors begin a file with it.
        let json = json.strip_prefix('\u{feff}').unwrap_or(json);
        let Top {
            servers: Members(entries),
            inputs,
        } = top(json)?;
        if entries.len() > MAX_SERVERS {
            return Err(McpServersError::TooMany { most: MAX_SERVERS });
        }
        let mut read = McpServers {
            servers: Vec::new(),
            errors: Vec::new(),
            disabled: Vec::new(),
            inputs: Vec::new(),
        };
        for (name, entry) in &entries {
            let known = |placeholder: Placeholder<'_>| match placeholder {
                Placeholder::Input(id) => {
                    let input = inputs.iter().find(|input| input.id == id)?;
                    input.value((self.input)(name, input))
                }
                Placeholder::UserHome => {
                    let home = (self.variable)("HOME");
                    home.or_else(|| (self.variable)("USERPROFILE"))
                }
                Placeholder::Variable(name) => (self.variable)(name),
                Placeholder::WorkspaceFolder => Some(workspace?.to_str()?.to_owned()),
            };
            match read.entry(name, entry.get(), &known, workspace) {
                Ok(Some(server)) => read.servers.push(server),
                Ok(None) => read.disabled.push(name.clone()),
                Err(problem) => read.errors.push(EntryError {
                    name: name.clone(),
                    problem,
                }),
            }
        }
        read.inputs = inputs;
        Ok(read)
    }
}

/// The folder of which a file speaks.
fn workspace(file: &Path) -> std::io::Result<PathBuf> {
    let file = std::path::absolute(file)?;
    let folder = file.parent().unwrap_or(&file);
    let is_editors = folder
        .file_name()
        .is_some_and(|name| name == ".vscode" || name == ".cursor");
    let folder = if is_editors {
        folder.parent().unwrap_or(folder)
    } else {
        folder
    };
    Ok(folder.to_owned())
}

impl fmt::Debug for McpServersReader<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("McpServersReader")
    }
}
