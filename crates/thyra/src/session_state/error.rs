//! Why a state cannot be read or kept.

use std::error::Error;

use super::LONGEST_KEY;

/// Why the state of a session cannot be read or kept ([`Context::session_state`]).
///
/// [`Context::session_state`]: crate::Context::session_state
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SessionStateError {
    /// The key is empty or too long.
    #[error("a key of the session's state has 1 to {LONGEST_KEY} bytes")]
    Key,
    /// The call belongs to no session, and nobody is signed in.
    #[error(
        "there is neither a session nor a signed-in caller whose state this could be; sign callers in with .auth(..), or let the client \
         begin with initialize"
    )]
    Nobody,
    /// The machine gives no random numbers.
    #[error("the machine gives no random numbers")]
    NoRandomness,
    /// The state would have more keys than it may have.
    #[error("the state of one session has at most {most} keys; delete one first")]
    TooMany {
        /// How many it may have.
        most: usize,
    },
    /// The state would be larger than it may be.
    #[error("the state of one session has at most {most} bytes; delete something first")]
    TooLarge {
        /// How large it may be, keys and values together, in bytes of JSON.
        most: usize,
    },
    /// The store cannot be reached, or cannot do it.
    #[error("the store of the sessions' state is unavailable")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
    /// The value cannot be written as JSON, or what is kept is not of the type asked for.
    #[error("the value of `{key}` in the session's state does not fit: {source}")]
    Value {
        /// The key.
        key: String,
        /// What is wrong.
        source: serde_json::Error,
    },
}
