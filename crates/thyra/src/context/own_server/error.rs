//! Why a handler got nothing from its own server.

use thyra_protocol::ErrorObject;

use crate::context::scopes::MissingScopes;
use crate::selector::Kind;

/// Why a handler got nothing from its own server ([`Context::call_tool`](crate::Context::call_tool)
/// and its siblings).
///
/// With `?` in a handler, the caller is told: a missing scope becomes the server's own answer to
/// one, and the others are sentences.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OwnServerError {
    /// The arguments cannot be written as a JSON object.
    #[error("the arguments of `{subject}` are no JSON object: {source}")]
    Arguments {
        /// The name of the component.
        subject: String,
        /// What is wrong with them.
        source: serde_json::Error,
    },
    /// The component failed, or middleware answered in its place.
    #[error("`{subject}` failed: {}", error.message)]
    Failed {
        /// The name, the URI or the method that was asked for.
        subject: String,
        /// What a client would have got.
        error: ErrorObject,
    },
    /// The caller lacks scopes.
    #[error(transparent)]
    MissingScopes(#[from] MissingScopes),
    /// The scope of this call was made without a server, as in a test of one tool.
    #[error("this call is served by no server; test it with Server::connect")]
    NoServer,
    /// The caller sees no such component.
    #[error("there is no {kind} `{name}`")]
    NotFound {
        /// What was asked for.
        kind: Kind,
        /// The name; for a resource, the URI.
        name: String,
    },
    /// The component took longer than it may.
    #[error("the {kind} `{name}` was stopped: it took longer than {seconds} seconds")]
    TimedOut {
        /// What was asked for.
        kind: Kind,
        /// The name; for a resource, the URI.
        name: String,
        /// How long it may take.
        seconds: f64,
    },
    /// The component is called by one that is called by one, and so on.
    #[error(
        "components call each other more than {most} deep; look for one that calls itself without end"
    )]
    TooDeep {
        /// How deep they may.
        most: usize,
    },
    /// One request of a client has caused too many calls already.
    #[error("one request makes at most {most} calls of its own server; do the work without calls")]
    TooMany {
        /// How many it may make.
        most: usize,
    },
}
