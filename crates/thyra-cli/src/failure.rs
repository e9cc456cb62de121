//! Why the program did not do what it was asked, and the exit code that says so.

use std::error::Error;
use std::fmt::Write as _;
use std::io;
use std::process::ExitCode;

use thyra_client::{ClientError, GroupError, Printable, TransportError};

/// Why a command failed. The text says what to do.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// None of several servers answers.
    #[error("no server answers")]
    AllFailed(Vec<(String, Failure)>),
    /// The client could not do it.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// Several servers could not do it.
    #[error(transparent)]
    Group(GroupError),
    /// The person who runs the program ended it.
    #[error("interrupted")]
    Interrupted,
    /// Something of this machine failed.
    #[error("{0}")]
    Machine(String),
    /// There is no login.
    #[error("{0}")]
    NoLogin(String),
    /// Standard output cannot be written.
    #[error("standard output cannot be written: {0}")]
    Output(#[from] io::Error),
    /// The tool says that it failed. What it says has been printed.
    #[error("`{0}` says that it failed")]
    Tool(String),
    /// The command line asks for something that there is not.
    #[error("{0}")]
    Usage(String),
}

/// What kind of failure it was. The numbers are exit codes; `docs/src/program.md` has the table.
/// Those from 3 to 5 mean the same in MCP Inspector's program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Failed = 1,
    Usage = 2,
    Login = 3,
    Unreachable = 4,
    Tool = 5,
    Interrupted = 130,
}

impl Failure {
    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::AllFailed(failures) => {
                let first = failures.first();
                first.map_or(Kind::Failed, |(_, failure)| failure.kind())
            }
            Self::Client(error) | Self::Group(GroupError::Client { source: error, .. }) => {
                kind_of(error)
            }
            Self::Group(GroupError::AllFailed { failures }) => {
                let mut failures = failures.iter();
                let first = failures.find_map(|failure| match &**failure {
                    thyra_client::Failure::Client { source, .. } => Some(kind_of(source)),
                    _ => None,
                });
                first.unwrap_or(Kind::Usage)
            }
            Self::Interrupted => Kind::Interrupted,
            Self::Machine(_) | Self::Output(_) => Kind::Failed,
            Self::NoLogin(_) => Kind::Login,
            Self::Tool(_) => Kind::Tool,
            Self::Group(_) | Self::Usage(_) => Kind::Usage,
        }
    }

    /// The error with its causes, on one line for each. A cause that the line above tells already
    /// is left out.
    pub(crate) fn told(&self) -> String {
        let mut told = Printable(self).to_string();
        let mut cause = self.source();
        while let Some(error) = cause {
            let text = Printable(error).to_string();
            if !told.contains(&text) {
                // A text takes whatever is written to it.
                let _ = write!(told, "\n  because: {text}");
            }
            cause = error.source();
        }
        let error = match self {
            Self::AllFailed(failures) => {
                for (server, failure) in failures {
                    let told_there = failure.told();
                    let _ = write!(told, "\n  `{}`: {told_there}", Printable(server));
                }
                None
            }
            Self::Client(error) | Self::Group(GroupError::Client { source: error, .. }) => {
                Some(error)
            }
            _ => None,
        };
        if let Some(ClientError::Transport { method, source }) = error {
            told.push_str(&advice(method, source, &told));
        }
        told
    }
}

impl Kind {
    /// The word for programs.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Usage => "usage",
            Self::Login => "login",
            Self::Unreachable => "unreachable",
            Self::Tool => "tool",
            Self::Interrupted => "interrupted",
        }
    }
}

impl From<Kind> for ExitCode {
    fn from(kind: Kind) -> Self {
        ExitCode::from(kind as u8)
    }
}

/// What helps the person who reads the error, on lines of their own.
fn advice(method: &str, error: &TransportError, told: &str) -> String {
    match error {
        TransportError::Timeout(_) if matches!(method, "initialize" | "server/discover") => {
            "\n  is it an MCP server? one that needs longer to start gets more time with \
             --connect-timeout"
                .to_owned()
        }
        TransportError::Ended { last_lines, .. } => {
            let mut said = String::new();
            for line in last_lines {
                let _ = write!(said, "\n  it said: {}", Printable(line));
            }
            said
        }
        TransportError::Status {
            status: 404 | 405, ..
        } => "\n  is the path right? that of an MCP server often ends in /mcp".to_owned(),
        // This is how rustls says that the answer is no TLS.
        TransportError::Http(_) if told.contains("InvalidContentType") => {
            "\n  the server seems to speak http; write http:// instead of https://".to_owned()
        }
        _ => String::new(),
    }
}

fn kind_of(error: &ClientError) -> Kind {
    match error {
        ClientError::Forbidden { .. }
        | ClientError::Login(_)
        | ClientError::Unauthorized { .. } => Kind::Login,
        ClientError::Arguments { .. } | ClientError::Header { .. } | ClientError::Url { .. } => {
            Kind::Usage
        }
        ClientError::Tool { .. } => Kind::Tool,
        ClientError::Transport { source, .. } => match source {
            TransportError::Ended { .. }
            | TransportError::Http(_)
            | TransportError::NoAnswerToProbe
            | TransportError::Start { .. }
            | TransportError::Status { .. }
            | TransportError::StreamEnded
            | TransportError::Timeout(_) => Kind::Unreachable,
            TransportError::Login(_) => Kind::Login,
            _ => Kind::Failed,
        },
        _ => Kind::Failed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("outside")]
    struct Outside(#[source] io::Error);

    #[test]
    fn an_error_is_told_with_its_causes_once_each_and_printable() {
        let failure = Failure::Client(ClientError::Transport {
            method: "tools/list".to_owned(),
            source: TransportError::Start {
                program: "no-such".to_owned(),
                source: io::Error::new(io::ErrorKind::NotFound, "it is\u{1b}[31m not there"),
            },
        });
        assert_eq!(
            failure.told(),
            "tools/list failed: `no-such` cannot be started: it is\\u{1b}[31m not there; is it \
             installed, and in PATH?"
        );
        assert_eq!(failure.kind(), Kind::Unreachable);
        let cause = Outside(io::Error::other("refused"));
        let failure = Failure::Client(ClientError::Transport {
            method: "tools/list".to_owned(),
            source: TransportError::Other(Box::new(cause)),
        });
        assert_eq!(
            failure.told(),
            "tools/list failed: outside\n  because: refused"
        );
    }

    #[test]
    fn what_a_first_attempt_often_meets_comes_with_advice() {
        let told = |source| {
            let method = "initialize".to_owned();
            Failure::Client(ClientError::Transport { method, source }).told()
        };
        let ended = told(TransportError::Ended {
            status: Some("exit status: 1".to_owned()),
            last_lines: vec!["no module".to_owned(), "\u{1b}[31mbye".to_owned()],
        });
        assert!(
            ended.ends_with("\n  it said: no module\n  it said: \\u{1b}[31mbye"),
            "{ended}"
        );
        let status = |status| {
            told(TransportError::Status {
                status,
                retry_after: None,
            })
        };
        let slow = told(TransportError::Timeout(std::time::Duration::from_secs(30)));
        assert!(slow.ends_with("--connect-timeout"), "{slow}");
        assert!(status(404).contains("often ends in /mcp"));
        assert!(!status(500).contains("/mcp"));
    }

    #[test]
    fn the_exit_code_tells_who_has_to_act() {
        let rpc = ClientError::Unauthorized {
            method: "tools/list".to_owned(),
            advice: "log in",
        };
        assert_eq!(Failure::Client(rpc).kind() as u8, 3);
        let timeout = ClientError::Transport {
            method: "tools/call".to_owned(),
            source: TransportError::Timeout(std::time::Duration::from_secs(1)),
        };
        assert_eq!(Failure::Client(timeout).kind() as u8, 4);
        assert_eq!(Failure::Tool("add".to_owned()).kind() as u8, 5);
        assert_eq!(Failure::Interrupted.kind() as u8, 130);
    }
}
