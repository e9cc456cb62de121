//! The examples as programs of their own.

use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::LazyLock;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout};

use crate::support::soon;

/// The folder of the examples, which are built if they are not there yet or not new.
static EXAMPLES: LazyLock<PathBuf> = LazyLock::new(|| {
    // This program is TARGET/PROFILE/deps/it-HASH, and an example is TARGET/PROFILE/examples/NAME.
    let program = std::env::current_exe().unwrap();
    let folder = program.parent().unwrap().parent().unwrap();
    let profile = match folder.file_name().unwrap().to_str().unwrap() {
        "debug" => "dev",
        other => other,
    };
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let built = Command::new(cargo)
        .args(["build", "--quiet", "--package", "thyra"])
        .arg("--examples")
        .args(["--profile", profile, "--target-dir"])
        .arg(folder.parent().unwrap())
        .status()
        .unwrap();
    assert!(built.success(), "the examples do not build");
    folder.join("examples")
});

/// The command that runs an example, its environment free of what this one says to servers.
pub(crate) fn example(name: &str) -> Command {
    let mut command = Command::new(EXAMPLES.join(name));
    for (variable, _) in std::env::vars() {
        if variable.starts_with("SCALEKIT_") || variable.starts_with("THYRA_") {
            command.env_remove(variable);
        }
    }
    command
        .env_remove("RUST_LOG")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// A running example, spoken to line by line. Dropping it kills it.
pub(crate) struct Program {
    child: Child,
    input: Option<ChildStdin>,
    output: Option<Lines<BufReader<ChildStdout>>>,
    errors: Option<ChildStderr>,
}

impl Program {
    pub(crate) fn start(command: Command) -> Self {
        let mut child = tokio::process::Command::from(command)
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        Self {
            input: child.stdin.take(),
            output: child
                .stdout
                .take()
                .map(|output| BufReader::new(output).lines()),
            errors: child.stderr.take(),
            child,
        }
    }

    pub(crate) fn take_errors(&mut self) -> ChildStderr {
        self.errors.take().unwrap()
    }

    /// For a test that writes while it reads.
    pub(crate) fn take_input(&mut self) -> ChildStdin {
        self.input.take().unwrap()
    }

    pub(crate) async fn write(&mut self, bytes: &[u8]) {
        let input = self.input.as_mut().unwrap();
        input.write_all(bytes).await.unwrap();
        input.flush().await.unwrap();
    }

    pub(crate) async fn say(&mut self, message: &Value) {
        self.write(format!("{message}\n").as_bytes()).await;
    }

    /// The next line of its output, which must be JSON.
    pub(crate) async fn hear(&mut self) -> Value {
        let output = self.output.as_mut().unwrap();
        let line = soon("a line", output.next_line()).await.unwrap();
        serde_json::from_str(&line.unwrap()).unwrap()
    }

    pub(crate) async fn ask(&mut self, message: &Value) -> Value {
        self.say(message).await;
        let answer = self.hear().await;
        assert_eq!(answer["jsonrpc"], "2.0");
        assert_eq!(answer["id"], message["id"]);
        answer
    }

    /// Says that nothing more will be said.
    pub(crate) fn close(&mut self) {
        drop(self.input.take());
    }

    /// Closes its input and its output, as the end of whoever started it does.
    pub(crate) fn abandon(&mut self) {
        drop((self.input.take(), self.output.take()));
    }

    #[cfg(unix)]
    pub(crate) fn id(&self) -> u32 {
        self.child.id().unwrap()
    }

    /// Waits until it ends.
    pub(crate) async fn exit(&mut self) -> ExitStatus {
        soon("the end of the program", self.child.wait())
            .await
            .unwrap()
    }

    /// Closes its input, and checks that it ends well and has said all that it had to.
    pub(crate) async fn end(mut self) {
        self.close();
        let output = self.output.as_mut().unwrap();
        let rest = soon("the end of the output", output.next_line()).await;
        assert_eq!(rest.unwrap(), None);
        let status = soon("the end of the program", self.child.wait()).await;
        assert!(status.unwrap().success());
        let mut errors = String::new();
        if let Some(mut stream) = self.errors.take() {
            soon("the end of the errors", stream.read_to_string(&mut errors))
                .await
                .unwrap();
        }
        assert_eq!(errors, "");
    }
}
