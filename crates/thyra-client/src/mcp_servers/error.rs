//! Why a file that names servers, or an entry of it, cannot be used.

use std::path::PathBuf;

use thyra_oauth::printable;

/// Why a file that names servers cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum McpServersError {
    /// It is not JSON.
    #[error("this is not JSON: {source}")]
    NotJson {
        /// Where the mistake is.
        source: serde_json::Error,
    },
    /// It names no servers.
    #[error(
        "there are no servers here: they belong under `mcpServers`, as in {{\"mcpServers\": {{\"name\": {{\"url\": \"https://...\"}}}}}}"
    )]
    NoServers,
    /// It cannot be read.
    #[error("{} cannot be read: {source}", printable(&.path.to_string_lossy()))]
    Read {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        source: std::io::Error,
    },
    /// It is too large.
    #[error("the file has more than {max_bytes} bytes; is it the right one?")]
    TooLarge {
        /// The most that is read.
        max_bytes: usize,
    },
    /// It leaves too much to the user.
    #[error("the file has more than {most} inputs")]
    TooManyInputs {
        /// The most that it may have.
        most: usize,
    },
    /// It names too many servers.
    #[error("the file names more than {most} servers")]
    TooMany {
        /// The most that it may name.
        most: usize,
    },
}

/// Why one entry of such a file cannot be used.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the server `{}` cannot be used: {problem}", printable(.name))]
#[non_exhaustive]
pub struct EntryError {
    /// The name of the server.
    pub name: String,
    /// What is wrong.
    pub problem: EntryProblem,
}

/// What is wrong with an entry.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EntryProblem {
    /// It has a `command` and a `url`.
    #[error("it has a `command` and a `url`; leave one of them out")]
    Both,
    /// The file of its variables cannot be used.
    #[error("its `envFile` {} cannot be used: {problem}", printable(&.path.to_string_lossy()))]
    EnvFile {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// Nobody has said what an input is.
    #[error("`{}` needs the input `{}`, and has none: the file must describe it under `inputs`, and somebody must be there to answer", printable(.member), printable(.id))]
    Input {
        /// The member.
        member: String,
        /// The name of the input.
        id: String,
    },
    /// A member is of the wrong kind.
    #[error("`{}` must be {wanted}", printable(.member))]
    Member {
        /// The member.
        member: String,
        /// What it must be.
        wanted: &'static str,
    },
    /// Its name cannot be one.
    #[error("a name must not be empty, and must not hold control characters")]
    Name,
    /// It has neither a `command` nor a `url`.
    #[error("it needs a `command` or a `url`")]
    Neither,
    /// It is not an object.
    #[error("it must be an object with a `command` or a `url`")]
    NotAnObject,
    /// The client does not know the transport, or it does not fit the rest.
    #[error("its transport is `{}`, which {problem}", printable(.transport))]
    Transport {
        /// The transport.
        transport: String,
        /// Why it cannot be.
        problem: &'static str,
    },
    /// There are two of this name.
    #[error("the file names it twice; only the first one counts")]
    Twice,
    /// It names a variable that is not set.
    #[error("`{}` names the variable `{}`, which is not set; set it, or write ${{{}:-a default}}", printable(.member), printable(.variable), printable(.variable))]
    Unset {
        /// The member.
        member: String,
        /// The variable.
        variable: String,
    },
    /// A member has a value that does not do.
    #[error("`{}` cannot be used: {problem}", printable(.member))]
    Value {
        /// The member.
        member: String,
        /// What is wrong with its value.
        problem: &'static str,
    },
    /// It has something in `${...}` that is not the name of a variable.
    #[error("`{}` holds ${{{}}}, which only some editors fill in; write the value, or the name of a variable", printable(.member), printable(.found))]
    Variable {
        /// The member.
        member: String,
        /// What stands between the braces.
        found: String,
    },
}
