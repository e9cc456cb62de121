//! Which server a command is about.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use thyra::Revision;
use thyra_client::Printable;

use crate::failure::Failure;
use crate::network::Network;
use crate::registered::Registered;

/// The options that say which server is meant, and how to speak with it.
#[derive(Debug, Args)]
pub(crate) struct ServerArguments {
    /// Print one JSON document, for programs
    #[arg(long)]
    pub(crate) json: bool,

    /// Start this command line as the server. No shell reads it
    #[arg(long, value_name = "COMMAND LINE")]
    stdio: Option<String>,

    /// Read this file of servers, as other programs have it (`mcpServers`), and use the one that is
    /// named
    #[arg(long, value_name = "FILE", conflicts_with = "stdio")]
    config: Option<PathBuf>,

    /// Send this header to a server at a URL. `${NAME}` is the value of a variable. May be repeated
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE", value_parser = header)]
    headers: Vec<(String, String)>,

    /// Start the server with this variable. Without `=VALUE`, it is passed on. May be repeated
    #[arg(long = "env", value_name = "NAME[=VALUE]", value_parser = variable)]
    variables: Vec<Variable>,

    /// Start the server in this directory
    #[arg(long, value_name = "DIRECTORY")]
    cwd: Option<PathBuf>,

    /// Send the token that is in this variable, instead of logging in
    #[arg(long, value_name = "VARIABLE")]
    bearer_env: Option<String>,

    /// Fail if the server wants a login
    #[arg(long)]
    pub(crate) no_login: bool,

    /// Print the address of the login page, and open no browser
    #[arg(long)]
    pub(crate) no_browser: bool,

    #[command(flatten)]
    pub(crate) registered: Registered,

    #[command(flatten)]
    pub(crate) network: Network,

    /// How long one request may take, such as 30, 30s or 5m [default: 5m, or what the file says]
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) timeout: Option<Duration>,

    /// How long a server may take to be there: to start, and to answer what opens the conversation
    /// [default: 30s]
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) connect_timeout: Option<Duration>,

    /// Speak this revision of the protocol only, such as 2025-11-25
    #[arg(long, value_name = "REVISION", value_parser = revision)]
    pub(crate) revision: Option<Revision>,

    /// Start this program as the server, with all that follows as its arguments. Where a server is
    /// named already, what begins with `-` is no program, but a name such as that of a tool
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// Where a server is looked for that is named without a file: where other programs keep the servers
/// of a project.
const USUAL_FILES: [&str; 4] = [
    "mcp.json",
    ".mcp.json",
    ".cursor/mcp.json",
    ".vscode/mcp.json",
];

/// A server.
#[derive(Debug, PartialEq)]
pub(crate) enum Target {
    /// The server of this name in the first of the files that names it. Without a name, the only
    /// one in the file.
    Named {
        files: Vec<PathBuf>,
        name: Option<String>,
    },
    /// A program, which is started.
    Program(Program),
    /// An MCP endpoint.
    Url(Endpoint),
}

/// An MCP endpoint, and what is sent there.
#[derive(Debug, PartialEq)]
pub(crate) struct Endpoint {
    pub(crate) url: String,
    pub(crate) token: Option<String>,
    pub(crate) headers: Vec<(String, String)>,
}

/// A program that is a server.
#[derive(Debug, PartialEq)]
pub(crate) struct Program {
    pub(crate) name: OsString,
    pub(crate) arguments: Vec<OsString>,
    pub(crate) variables: Vec<(String, OsString)>,
    pub(crate) directory: Option<PathBuf>,
}

/// A variable for a program.
#[derive(Clone, Debug, PartialEq)]
struct Variable {
    name: String,
    /// `None` means the value that this process has.
    value: Option<String>,
}

/// The environment of this process.
pub(crate) type Environment<'a> = &'a dyn Fn(&str) -> Option<OsString>;

impl ServerArguments {
    /// Which server is meant, and the words of the command line that are about something else. The
    /// first word is the server unless there is a command line.
    pub(crate) fn target(
        &self,
        words: &[String],
        environment: Environment<'_>,
    ) -> Result<(Target, Vec<String>), Failure> {
        let mut words = words.to_vec();
        // No program is called so.
        let are_words = self
            .command
            .first()
            .is_some_and(|first| first.as_encoded_bytes().starts_with(b"-"));
        let is_named = self.stdio.is_some() || self.config.is_some() || !words.is_empty();
        if are_words && is_named {
            for word in &self.command {
                let word = word.to_str().ok_or_else(|| {
                    Failure::Usage("what follows `--` is no text in UTF-8".to_owned())
                })?;
                words.push(word.to_owned());
            }
        } else if (self.stdio.is_some() || self.config.is_some()) && !self.command.is_empty() {
            return Err(Failure::Usage(
                "there are two servers, and one of them is the command line after `--`; leave out \
                 one"
                .to_owned(),
            ));
        }
        let command = match &self.stdio {
            Some(line) => split(line)?,
            None if are_words && is_named => Vec::new(),
            None => self.command.clone(),
        };
        if let Some((name, arguments)) = command.split_first() {
            self.refuse_for_programs(&words)?;
            let program = Program {
                name: name.clone(),
                arguments: arguments.to_vec(),
                variables: self.passed_on(environment)?,
                directory: self.cwd.clone(),
            };
            return Ok((Target::Program(program), words));
        }
        if words.is_empty() {
            return Err(Failure::Usage(
                "which server? Give its URL, its name in a file, or a command line after `--`"
                    .to_owned(),
            ));
        }
        let word = words.remove(0);
        let rest = words;
        if !self.variables.is_empty() || self.cwd.is_some() {
            return Err(Failure::Usage(
                "--env and --cwd are for a command line, and there is none; write it after `--`"
                    .to_owned(),
            ));
        }
        if is_url(&word) && self.config.is_none() {
            refuse_credentials(&word)?;
            let endpoint = Endpoint {
                url: word,
                token: self.token(environment)?,
                headers: self.expanded_headers(environment)?,
            };
            return Ok((Target::Url(endpoint), rest));
        }
        let (files, name) = named(self.config.as_deref(), &word)?;
        if self.bearer_env.is_some() || !self.headers.is_empty() {
            return Err(Failure::Usage(
                "--bearer-env and --header are for a server at a URL; the file says what is sent \
                 to its servers"
                    .to_owned(),
            ));
        }
        Ok((Target::Named { files, name }, rest))
    }

    fn expanded_headers(
        &self,
        environment: Environment<'_>,
    ) -> Result<Vec<(String, String)>, Failure> {
        let headers = self.headers.iter();
        headers
            .map(|(name, value)| Ok((name.clone(), expanded(value, environment)?)))
            .collect()
    }

    fn refuse_for_programs(&self, words: &[String]) -> Result<(), Failure> {
        let refused = |problem: &str| Err(Failure::Usage(problem.to_owned()));
        if words.first().is_some_and(|word| is_url(word)) {
            return refused("there are two servers, a URL and a command line; leave out one");
        }
        if self.bearer_env.is_some() || !self.headers.is_empty() {
            return refused(
                "--bearer-env and --header are for a server at a URL; give a program its secrets \
                 with --env NAME",
            );
        }
        if self.registered.is_asked_for() {
            return refused("--client-id is for a server at a URL; a program wants no login");
        }
        if self.network.is_asked_for() {
            return refused("--ca is for a server at a URL; a program has its own certificates");
        }
        Ok(())
    }

    fn passed_on(&self, environment: Environment<'_>) -> Result<Vec<(String, OsString)>, Failure> {
        let known = |variable: &Variable| {
            let name = variable.name.clone();
            let value = match &variable.value {
                Some(value) => Some(value.into()),
                None => environment(&name),
            };
            let missing = || not_set("--env", &name);
            value.ok_or_else(missing).map(|value| (name.clone(), value))
        };
        self.variables.iter().map(known).collect()
    }

    fn token(&self, environment: Environment<'_>) -> Result<Option<String>, Failure> {
        let Some(name) = &self.bearer_env else {
            return Ok(None);
        };
        let token = environment(name).ok_or_else(|| not_set("--bearer-env", name))?;
        match token.into_string() {
            Ok(token) if !token.is_empty() => Ok(Some(token)),
            _ => Err(Failure::Usage(format!(
                "the variable {:.100} holds no token",
                Printable(name)
            ))),
        }
    }
}

/// The files in which a server is looked for that `word` names, and its name there.
pub(crate) fn named(
    config: Option<&Path>,
    word: &str,
) -> Result<(Vec<PathBuf>, Option<String>), Failure> {
    let name = Some(word.to_owned());
    if let Some(file) = config {
        return Ok((vec![file.to_owned()], name));
    }
    let is_file = Path::new(word)
        .extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
    if is_file {
        return Ok((vec![word.into()], None));
    }
    if word.contains(['/', ':', '.', '\\']) {
        return Err(no_server(word));
    }
    Ok((USUAL_FILES.map(PathBuf::from).to_vec(), name))
}

fn not_set(option: &str, name: &str) -> Failure {
    Failure::Usage(format!(
        "{option} names the variable {:.100}, which is not set",
        Printable(name)
    ))
}

pub(crate) fn is_url(word: &str) -> bool {
    word.starts_with("http://") || word.starts_with("https://")
}

/// The URL is not repeated: it holds a secret.
pub(crate) fn refuse_credentials(url: &str) -> Result<(), Failure> {
    let (_, rest) = url.split_once("://").unwrap_or_default();
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if host.contains('@') {
        return Err(Failure::Usage(
            "a URL must not hold a user name or a password; send a token with --bearer-env, or a \
             header with -H"
                .to_owned(),
        ));
    }
    Ok(())
}

/// What is wrong with a word that is no server.
fn no_server(word: &str) -> Failure {
    let shown = Printable(word);
    let looks_like_host = word.starts_with("localhost")
        || word.split_once(':').is_some_and(|(_, port)| {
            let port = port.split('/').next().unwrap_or_default();
            port.parse::<u16>().is_ok()
        });
    Failure::Usage(if looks_like_host {
        format!("`{shown:.200}` is no URL; did you mean `http://{shown:.200}`?")
    } else {
        format!(
            "`{shown:.200}` is no server; give a URL such as https://mcp.example.com/mcp, the name \
             of a server in a file, or a command line after `--`"
        )
    })
}

/// The text with the variables that it names as `${NAME}`.
fn expanded(text: &str, environment: Environment<'_>) -> Result<String, Failure> {
    let mut parts = text.split("${");
    let mut expanded = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let Some((name, rest)) = part.split_once('}') else {
            return Err(Failure::Usage(
                "a header has `${` without the name of a variable and `}`".to_owned(),
            ));
        };
        let value = environment(name).and_then(|value| value.into_string().ok());
        expanded.push_str(&value.ok_or_else(|| not_set("a header", name))?);
        expanded.push_str(rest);
    }
    Ok(expanded)
}

fn header(text: &str) -> Result<(String, String), String> {
    match text.split_once(':') {
        Some((name, value)) if !name.trim().is_empty() => {
            Ok((name.trim().to_owned(), value.trim().to_owned()))
        }
        // What was written may be a secret, so it is not repeated.
        _ => Err("write a name, `:` and a value, as in 'X-Api-Key: ${MY_KEY}'".to_owned()),
    }
}

/// The words of a command line, as a shell reads quotes.
fn split(line: &str) -> Result<Vec<OsString>, Failure> {
    match shlex::split(line) {
        Some(words) if !words.is_empty() => Ok(words.into_iter().map(OsString::from).collect()),
        Some(_) => Err(Failure::Usage("--stdio names no program".to_owned())),
        None => Err(Failure::Usage(
            "the command line of --stdio has a quote that is not closed".to_owned(),
        )),
    }
}

fn variable(text: &str) -> Result<Variable, String> {
    let (name, value) = match text.split_once('=') {
        Some((name, value)) => (name, Some(value.to_owned())),
        None => (text, None),
    };
    if name.is_empty() || name.contains('\0') {
        return Err("write a name, or a name and a value, as in DEBUG=1".to_owned());
    }
    let name = name.to_owned();
    Ok(Variable { name, value })
}

/// A time. A number alone is seconds.
fn time(text: &str) -> Result<Duration, String> {
    let seconds = text.parse::<f64>().ok();
    let time = match seconds {
        Some(seconds) => Duration::try_from_secs_f64(seconds).ok(),
        None => humantime::parse_duration(text).ok(),
    };
    let longest = Duration::from_hours(24 * 7);
    time.filter(|time| !time.is_zero() && *time <= longest)
        .ok_or_else(|| "write seconds, or a time such as 500ms, 30s or 5m, up to 7 days".to_owned())
}

fn revision(text: &str) -> Result<Revision, String> {
    text.parse().map_err(|_| {
        let known: Vec<&str> = Revision::ALL.iter().map(|known| known.as_str()).collect();
        format!("the revisions are {}", known.join(", "))
    })
}

#[cfg(test)]
mod tests;
