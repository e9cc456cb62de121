//! The command line of a server, and what surrounds it.

use std::ffi::OsString;
use std::fmt;
use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex, OnceLock};

use tokio::process::Command;

use super::connection::Connection;
use super::environment::inherited;
use super::process::Process;
use crate::transport::{Inbox, TransportError};

/// A server that is a program of its own ([`Client::command`](crate::Client::command)): its command
/// line, and what surrounds it. It starts with the first request, and again with the next one after
/// it has ended.
///
/// Dropping the client kills the program and everything that it has started;
/// [`Client::close`](crate::Client::close) lets it end first.
pub struct ServerCommand {
    pub(crate) program: OsString,
    pub(crate) arguments: Vec<OsString>,
    pub(crate) variables: Vec<(OsString, OsString)>,
    pub(crate) inherits_all: bool,
    pub(crate) directory: Option<PathBuf>,
    pub(crate) error_output: ErrorOutput,
    pub(crate) max_bytes: usize,
    pub(super) inbox: OnceLock<Inbox>,
    /// The program that was started last.
    pub(super) running: Mutex<Option<Arc<Connection>>>,
}

/// Where a program's error output goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorOutput {
    /// Into the log of the client, a `tracing` event a line. Long lines are cut.
    #[default]
    Log,
    /// Nowhere.
    Discard,
    /// To the end of a file. If there is none, it is made, and only its owner can read it.
    File(PathBuf),
    /// Where the error output of the client goes.
    Inherit,
}

impl ServerCommand {
    pub(crate) fn new(program: OsString) -> Self {
        Self {
            program,
            arguments: Vec::new(),
            variables: Vec::new(),
            inherits_all: false,
            directory: None,
            error_output: ErrorOutput::default(),
            max_bytes: 16 * 1024 * 1024,
            inbox: OnceLock::new(),
            running: Mutex::default(),
        }
    }

    /// Starts the program.
    pub(super) fn start(&self) -> Result<Connection, TransportError> {
        let failed = |source| TransportError::Start {
            program: self.program.to_string_lossy().into_owned(),
            source,
        };
        let process = self.command().and_then(Process::start).map_err(failed)?;
        Connection::over(process, self.program(), self.max_bytes, self.inbox.get())
            .ok_or_else(|| failed(std::io::ErrorKind::BrokenPipe.into()))
    }

    fn command(&self) -> std::io::Result<Command> {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments);
        if !self.inherits_all {
            command.env_clear().envs(inherited(std::env::vars_os()));
        }
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        if let Some(directory) = &self.directory {
            command.current_dir(directory);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        command.stderr(match &self.error_output {
            ErrorOutput::Log => Stdio::piped(),
            ErrorOutput::Discard => Stdio::null(),
            ErrorOutput::File(path) => appended(path)?.into(),
            ErrorOutput::Inherit => Stdio::inherit(),
        });
        Ok(command)
    }

    /// The name of the program, for the log.
    fn program(&self) -> String {
        let path = Path::new(&self.program);
        let name = path.file_name().unwrap_or(&self.program);
        name.to_string_lossy().into_owned()
    }
}

/// The file, to be written at its end. One that is made is for its owner only: what programs say on
/// their error output may be secret.
fn appended(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Without the arguments and the variables, which may hold secrets.
impl fmt::Debug for ServerCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerCommand")
            .field("program", &self.program)
            .field("directory", &self.directory)
            .finish_non_exhaustive()
    }
}
