//! What a client does on its way, reported as it happens.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use thyra_oauth::{Challenge, Printable, printable};
use thyra_protocol::method as methods;

/// The longest list of scopes that a line shows, in characters.
const MAX_SCOPES: usize = 1000;

/// Is told of every hop once it is done. A closure will do.
///
/// ```
/// use thyra_client::{Client, Hop};
///
/// # fn build() -> Result<Client, thyra_client::ClientError> {
/// Client::builder("https://mcp.example.com/mcp").observer(|hop: &Hop<'_>| println!("{hop}")).build()
/// # }
/// # build().unwrap();
/// ```
pub trait Observer: Send + Sync {
    /// Takes note. It is called on the client's own task, so it must not block.
    fn hop(&self, hop: &Hop<'_>);
}

impl<F: Fn(&Hop<'_>) + Send + Sync> Observer for F {
    fn hop(&self, hop: &Hop<'_>) {
        self(hop);
    }
}

/// The observer of a client and of its login.
#[derive(Clone)]
pub(crate) struct SharedObserver(Arc<dyn Observer>);

impl SharedObserver {
    pub(crate) fn new(observer: impl Observer + 'static) -> Self {
        Self(Arc::new(observer))
    }

    pub(crate) fn hop(&self, hop: &Hop<'_>) {
        self.0.hop(hop);
    }
}

impl thyra_login::LoginObserver for SharedObserver {
    fn hop(&self, hop: &thyra_login::LoginHop<'_>) {
        self.0.hop(&Hop::Login(hop));
    }
}

impl Default for SharedObserver {
    fn default() -> Self {
        Self::new(|_: &Hop<'_>| {})
    }
}

impl fmt::Debug for SharedObserver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Observer")
    }
}

/// One exchange with the MCP server, or one hop of the login: what was sent, and what was learned.
/// It holds no token, code, `state` or verifier.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Hop<'a> {
    /// The server carried a request out.
    Answered {
        /// The MCP method.
        method: &'a str,
        /// The tool, prompt or resource that it is about, if any.
        name: Option<&'a str>,
    },
    /// The server asks something before it carries a request out.
    Asked {
        /// The MCP method of the request.
        method: &'a str,
        /// The tool, prompt or resource that it is about.
        name: Option<&'a str>,
        /// The MCP method of the question: `elicitation/create`, `roots/list` or
        /// `sampling/createMessage`.
        question: &'a str,
    },
    /// The server refused a request and said what it wants.
    Challenged {
        /// The MCP method.
        method: &'a str,
        /// The tool, prompt or resource that it is about, if any.
        name: Option<&'a str>,
        /// The HTTP status: 401 or 403.
        status: u16,
        /// Whether a token was sent.
        with_token: bool,
        /// What it wants, if it says so.
        challenge: Option<&'a Challenge<'a>>,
    },
    /// The client still has the answer, so the server was not asked.
    Kept {
        /// The MCP method.
        method: &'a str,
        /// The resource that it is about, if any.
        name: Option<&'a str>,
    },
    /// The structured content of a tool does not fit the schema that the server listed for it (with
    /// the feature `output-validation`). The call goes on.
    Misfit {
        /// The tool.
        name: &'a str,
        /// What does not fit. It names members of the content, and no values.
        problem: &'a str,
    },
    /// The server asks something, in a request of its own (up to 2025-11-25).
    Questioned {
        /// The MCP method of the question: `elicitation/create`, `roots/list` or
        /// `sampling/createMessage`.
        question: &'a str,
    },
    /// The server did not carry a request out, and the client will send it again.
    Retried {
        /// The MCP method.
        method: &'a str,
        /// The tool, prompt or resource that it is about, if any.
        name: Option<&'a str>,
        /// The HTTP status: 429 or 503; `None` when there was no connection, or it broke off.
        status: Option<u16>,
        /// How long the client waits before.
        wait: Duration,
    },
    /// The login went a step on.
    Login(&'a thyra_login::LoginHop<'a>),
}

/// A part of the way. Errors name the one that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Stage {
    /// A request to the MCP server.
    Call,
    /// A part of the login.
    Login(thyra_login::LoginStage),
}

impl Hop<'_> {
    /// The part of the way that it belongs to.
    pub fn stage(&self) -> Stage {
        match self {
            Self::Answered { .. }
            | Self::Asked { .. }
            | Self::Challenged { .. }
            | Self::Kept { .. }
            | Self::Misfit { .. }
            | Self::Questioned { .. }
            | Self::Retried { .. } => Stage::Call,
            Self::Login(hop) => Stage::Login(hop.stage()),
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Call => f.pad("call"),
            Self::Login(stage) => stage.fmt(f),
        }
    }
}

/// One line: what was sent, an arrow, what was learned. What comes from outside is escaped
/// ([`Printable`]) and cut.
impl fmt::Display for Hop<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answered { method, name } => {
                call(f, method, *name)?;
                f.write_str(" -> 200")
            }
            Self::Asked {
                method,
                name,
                question,
            } => {
                call(f, method, *name)?;
                write!(f, " -> asks {}", printable(question))
            }
            Self::Challenged {
                method,
                name,
                status,
                with_token,
                challenge,
            } => {
                call(f, method, *name)?;
                f.write_str(if *with_token { "" } else { " without a token" })?;
                write!(f, " -> {status}")?;
                let Some(challenge) = challenge else {
                    return f.write_str(" without a challenge");
                };
                if let Some(error) = &challenge.error {
                    write!(f, " {}", printable(error))?;
                }
                if let Some(scopes) = &challenge.scope {
                    write!(f, ", needs {:.MAX_SCOPES$}", Printable(scopes))?;
                }
                match &challenge.dpop {
                    Some(offer) if offer.beside_bearer => f.write_str(", takes DPoP")?,
                    Some(_) => f.write_str(", wants DPoP")?,
                    None => {}
                }
                match &challenge.resource_metadata {
                    Some(url) => write!(f, ", metadata at {}", printable(url)),
                    None => Ok(()),
                }
            }
            Self::Kept { method, name } => {
                call(f, method, *name)?;
                f.write_str(" -> kept from before")
            }
            Self::Misfit { name, problem } => {
                let problem = printable(problem);
                call(f, methods::TOOLS_CALL, Some(name))?;
                write!(f, " -> does not fit its output schema: {problem}")
            }
            Self::Questioned { question } => {
                write!(f, "the server asks {}", printable(question))
            }
            Self::Retried {
                method,
                name,
                status,
                wait,
            } => {
                call(f, method, *name)?;
                match status {
                    Some(status) => write!(f, " -> {status}")?,
                    None => f.write_str(" -> no answer")?,
                }
                write!(f, ", again in {} ms", wait.as_millis())
            }
            Self::Login(hop) => hop.fmt(f),
        }
    }
}

fn call(f: &mut fmt::Formatter<'_>, method: &str, name: Option<&str>) -> fmt::Result {
    f.write_str(&printable(method))?;
    match name {
        Some(name) => write!(f, " {}", printable(name)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use thyra_oauth::{DpopOffer, ScopeSet};

    use super::*;

    #[test]
    fn a_hop_is_one_line() {
        let scopes = ScopeSet::parse("a b");
        let challenge = Challenge::new()
            .error("insufficient_scope\n")
            .scope(&scopes);
        let hop = Hop::Challenged {
            method: "tools/call",
            name: Some("add"),
            status: 403,
            with_token: true,
            challenge: Some(&challenge),
        };
        assert_eq!(
            hop.to_string(),
            r"tools/call add -> 403 insufficient_scope\n, needs a b"
        );
        for (beside_bearer, wanted) in [(true, "takes DPoP"), (false, "wants DPoP")] {
            let offer = DpopOffer {
                beside_bearer,
                algorithms: Vec::new(),
            };
            let hop = Hop::Challenged {
                method: "tools/list",
                name: None,
                status: 401,
                with_token: false,
                challenge: Some(&Challenge::new().dpop(offer)),
            };
            let line = format!("tools/list without a token -> 401, {wanted}");
            assert_eq!(hop.to_string(), line);
        }
        assert_eq!(hop.stage(), Stage::Call);
        let hop = Hop::Asked {
            method: "tools/call",
            name: Some("add"),
            question: "roots/list",
        };
        assert_eq!(hop.to_string(), "tools/call add -> asks roots/list");
    }

    #[test]
    fn whoever_builds_a_hop_its_line_is_printable() {
        let odd = "\u{1b}]0;x\u{7}\r\n\u{9b}2J\u{202e}\u{2028}\u{200b}";
        let scopes = ScopeSet::from_iter([odd]);
        let challenge = Challenge::new()
            .error(odd)
            .error_description(odd)
            .scope(&scopes)
            .resource_metadata(odd);
        for hop in [
            Hop::Answered {
                method: odd,
                name: Some(odd),
            },
            Hop::Asked {
                method: odd,
                name: Some(odd),
                question: odd,
            },
            Hop::Challenged {
                method: odd,
                name: Some(odd),
                status: 401,
                with_token: false,
                challenge: Some(&challenge),
            },
            Hop::Kept {
                method: odd,
                name: Some(odd),
            },
            Hop::Misfit {
                name: odd,
                problem: odd,
            },
            Hop::Questioned { question: odd },
            Hop::Retried {
                method: odd,
                name: Some(odd),
                status: Some(503),
                wait: Duration::from_millis(200),
            },
        ] {
            for line in [hop.to_string(), format!("{hop:?}")] {
                assert!(
                    line.chars().all(|shown| matches!(shown, ' '..='~')),
                    "{line:?}"
                );
                assert!(line.contains(r"\u{1b}]0;x\u{7}\r\n\u{9b}2J\u{202e}\u{2028}\u{200b}"));
            }
        }
    }
}
