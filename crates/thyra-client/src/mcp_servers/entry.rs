//! One server of a file.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use thyra_oauth::Secret;

use super::env_file;
use super::error::EntryProblem;
use super::written::Written;
use crate::builder::{ClientBuilder, ConfiguredServer};
use crate::client::Client;
use crate::error::ClientError;

/// One server of a file ([`McpServers`](super::McpServers)).
#[derive(Clone)]
pub struct McpServer {
    name: String,
    reached: Reached,
    timeout: Option<Duration>,
}

/// How it is reached.
#[derive(Clone)]
pub(super) enum Reached {
    Command {
        command: String,
        args: Vec<String>,
        env: Vec<(String, Secret)>,
        cwd: Option<String>,
    },
    Url {
        url: String,
        headers: Vec<(String, Secret)>,
        auth: Auth,
        /// Whether it is one of the old HTTP+SSE transport.
        is_old: bool,
    },
}

/// What the file says about the login.
#[derive(Clone)]
pub(super) enum Auth {
    Nothing,
    LogIn,
    Token(Secret),
}

impl McpServer {
    /// Reads an entry of a file that belongs to the folder `workspace`.
    pub(super) fn read(
        name: &str,
        written: &Written<'_>,
        workspace: Option<&Path>,
    ) -> Result<Self, EntryProblem> {
        let transport = match written.plain_text("transport")? {
            Some(transport) => Some(transport),
            None => written.plain_text("type")?,
        };
        let command = written.text("command")?;
        // The second name is Windsurf's.
        let url = match written.text("url")? {
            Some(url) => Some(url),
            None => written.text("serverUrl")?,
        };
        let reached = match (command, url) {
            (Some(_), Some(_)) => return Err(EntryProblem::Both),
            (None, None) => return Err(EntryProblem::Neither),
            (Some(command), None) => {
                fits(
                    transport,
                    &["stdio"],
                    "does not fit a `command`; it is stdio",
                )?;
                Reached::Command {
                    command,
                    args: written.texts("args")?,
                    env: secrets(variables(written, workspace)?),
                    cwd: written.text("cwd")?,
                }
            }
            (None, Some(url)) => {
                let http = [
                    "http",
                    "streamable-http",
                    "streamable_http",
                    "streamableHttp",
                    "sse",
                ];
                fits(
                    transport,
                    &http,
                    "this client does not reach a `url` with; it is http or sse",
                )?;
                Reached::Url {
                    is_old: transport == Some("sse"),
                    url,
                    headers: secrets(written.pairs("headers")?),
                    auth: match written.text("auth")? {
                        None => Auth::Nothing,
                        Some(auth) if auth == "oauth" => Auth::LogIn,
                        Some(token) => Auth::Token(token.into()),
                    },
                }
            }
        };
        let server = Self {
            name: name.to_owned(),
            reached,
            timeout: written.milliseconds("timeout")?.map(Duration::from_millis),
        };
        // What is wrong with it is better known now than at the first call.
        match server.client().build() {
            Err(ClientError::Url { problem, .. }) => Err(EntryProblem::Value {
                member: "url".to_owned(),
                problem,
            }),
            Err(ClientError::Header { name, problem }) => Err(EntryProblem::Value {
                member: format!("headers.{name}"),
                problem,
            }),
            _ => Ok(server),
        }
    }

    /// Its name in the file.
    pub fn name(&self) -> &str {
        &self.name
    }

    #[cfg(test)]
    pub(super) fn reached(&self) -> &Reached {
        &self.reached
    }

    /// Its URL, if it is no program. A query in it may hold a secret.
    pub fn url(&self) -> Option<&str> {
        match &self.reached {
            Reached::Command { .. } => None,
            Reached::Url { url, .. } => Some(url),
        }
    }

    /// A client of it, to be set up further. What the file says of it is set.
    pub fn client(&self) -> ClientBuilder<ConfiguredServer> {
        let builder = match &self.reached {
            Reached::Command {
                command,
                args,
                env,
                cwd,
            } => {
                let mut builder = Client::command(command).args(args);
                for (name, value) in env {
                    builder = builder.env(name, value.expose());
                }
                match cwd {
                    Some(cwd) => builder.current_dir(cwd),
                    None => builder,
                }
                .configured()
            }
            Reached::Url {
                url,
                headers,
                auth,
                is_old,
            } => {
                let mut builder = if *is_old {
                    Client::sse(url)
                } else {
                    Client::builder(url)
                };
                for (name, value) in headers {
                    builder = builder.header(name, value.expose());
                }
                match auth {
                    Auth::Nothing => builder.configured(),
                    Auth::LogIn => builder.configured().logging_in(),
                    Auth::Token(token) => builder.bearer(token.clone()).configured(),
                }
            }
        };
        match self.timeout {
            Some(timeout) => builder.call_time(timeout),
            None => builder,
        }
    }
}

/// The variables of a program: those of its file, and above them those of the entry.
fn variables(
    written: &Written<'_>,
    workspace: Option<&Path>,
) -> Result<Vec<(String, String)>, EntryProblem> {
    let mut variables = match written.text("envFile")? {
        Some(file) => env_file::read(&workspace.unwrap_or(Path::new("")).join(file))?,
        None => Vec::new(),
    };
    variables.extend(written.pairs("env")?);
    Ok(variables)
}

fn secrets(pairs: Vec<(String, String)>) -> Vec<(String, Secret)> {
    let pairs = pairs.into_iter();
    pairs.map(|(name, value)| (name, value.into())).collect()
}

fn fits(
    transport: Option<&str>,
    known: &[&str],
    problem: &'static str,
) -> Result<(), EntryProblem> {
    match transport {
        Some(transport) if !known.contains(&transport) => Err(EntryProblem::Transport {
            transport: transport.to_owned(),
            problem,
        }),
        _ => Ok(()),
    }
}

/// Without what may hold secrets: arguments, variables, headers, the token, and the URL.
impl fmt::Debug for McpServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("McpServer");
        shown.field("name", &self.name);
        if let Reached::Command { command, .. } = &self.reached {
            shown.field("command", command);
        }
        shown.finish_non_exhaustive()
    }
}
