//! A started program, which ends with everything that it has started.

use std::process::ExitStatus;
use std::time::Duration;

use process_wrap::tokio::{ChildWrapper, CommandWrap};
use tokio::process::{ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::time::{sleep, timeout};

/// How long a program may take to end, first after its input has ended, then after it was asked to;
/// and how long what it has said last may take to arrive.
pub(super) const GRACE: Duration = Duration::from_secs(2);

/// A started program. Dropping it kills it, and everything that it has started.
#[derive(Debug)]
pub(super) struct Process(Box<dyn ChildWrapper>);

impl Process {
    pub(super) fn start(command: Command) -> std::io::Result<Self> {
        let mut command = CommandWrap::from(command);
        #[cfg(unix)]
        command.wrap(process_wrap::tokio::ProcessGroup::leader());
        #[cfg(windows)]
        command.wrap(process_wrap::tokio::JobObject);
        command.spawn().map(Self)
    }

    pub(super) fn stdin(&mut self) -> Option<ChildStdin> {
        self.0.stdin().take()
    }

    pub(super) fn stdout(&mut self) -> Option<ChildStdout> {
        self.0.stdout().take()
    }

    pub(super) fn stderr(&mut self) -> Option<ChildStderr> {
        self.0.stderr().take()
    }

    /// Waits until the program has ended by itself, and what it has said should be there. What it
    /// has started may live on and keep its output open.
    pub(super) async fn gone(&mut self) {
        // Without a status there is nothing to wait for.
        let _ = self.0.wait().await;
        sleep(GRACE).await;
    }

    /// Ends a program whose input has ended: waits, asks it to, and kills it (MCP
    /// `basic/lifecycle`, shutdown).
    pub(super) async fn end(&mut self) -> Option<ExitStatus> {
        if let Ok(status) = timeout(GRACE, self.0.wait()).await {
            return status.ok();
        }
        #[cfg(unix)]
        {
            /// POSIX has fixed its number.
            const SIGTERM: i32 = 15;
            let asked = self.0.signal(SIGTERM);
            if asked.is_ok()
                && let Ok(status) = timeout(GRACE, self.0.wait()).await
            {
                return status.ok();
            }
        }
        self.0.start_kill().ok()?;
        timeout(GRACE, self.0.wait()).await.ok()?.ok()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // What the program has started may live longer than itself. If nothing does, this fails.
        let _ = self.0.start_kill();
    }
}
