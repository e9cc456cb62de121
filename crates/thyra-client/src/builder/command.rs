//! How a client of a program is set up.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use super::ClientBuilder;
use crate::client::Client;
use crate::stdio::{ErrorOutput, ServerCommand};

impl Client {
    /// A client of the server that `program` is, over its standard input and output.
    ///
    /// ```no_run
    /// use thyra_client::Client;
    ///
    /// # async fn example() -> Result<(), thyra_client::ClientError> {
    /// let client = Client::command("uvx").arg("mcp-server-time").build();
    /// println!("{} tools", client.list_tools().await?.len());
    /// client.close().await;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// No shell looks at the command line.
    pub fn command(program: impl Into<OsString>) -> ClientBuilder<ServerCommand> {
        Client::over(ServerCommand::new(program.into()))
    }
}

impl ClientBuilder<ServerCommand> {
    /// One more argument of the program.
    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.transport.arguments.push(argument.as_ref().to_owned());
        self
    }

    /// More arguments of the program.
    pub fn args(mut self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        let arguments = arguments.into_iter();
        let arguments = arguments.map(|argument| argument.as_ref().to_owned());
        self.transport.arguments.extend(arguments);
        self
    }

    /// A variable of the program's environment, such as a key for a service that it uses.
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        let variable = (name.as_ref().to_owned(), value.as_ref().to_owned());
        self.transport.variables.push(variable);
        self
    }

    /// Passes on all variables of this process. By default the program inherits only what it needs
    /// to run, such as `PATH` and `HOME`, and so none of this process's secrets.
    pub fn inherit_env(mut self) -> Self {
        self.transport.inherits_all = true;
        self
    }

    /// The directory in which the program runs. By default that of this process.
    pub fn current_dir(mut self, directory: impl Into<PathBuf>) -> Self {
        self.transport.directory = Some(directory.into());
        self
    }

    /// Where the program's error output goes. By default into the log.
    pub fn error_output(mut self, output: ErrorOutput) -> Self {
        self.transport.error_output = output;
        self
    }

    /// The largest message that the client reads, in bytes. Default 16 MiB.
    pub fn max_bytes(mut self, bytes: usize) -> Self {
        self.transport.max_bytes = bytes;
        self
    }
}
