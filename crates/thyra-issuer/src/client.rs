//! Who the clients are: those that the operator set up, those that registered themselves (RFC
//! 7591), and those that a document describes (Client ID Metadata Documents).

mod redirect;
mod redirect_pattern;

use serde::{Deserialize, Serialize};

pub(crate) use self::redirect::{RedirectRefused, RedirectUri};
pub use self::redirect_pattern::{RedirectPatternError, RedirectPatterns};

/// What a client runs as (SEP-837).
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ApplicationType {
    /// On its user's machine.
    #[default]
    Native,
    /// On a server.
    Web,
}
