//! Why a catalog refuses a component.

use crate::selector::Kind;

/// Why a server cannot offer a component. The message says what to change.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CatalogError {
    /// A component has a check that nobody can pass, because nobody can sign in.
    #[error(
        "the {kind} `{name}` has the check `{check}`, which needs to know who is calling, and nobody can sign in over HTTP; protect the server with .auth(...)"
    )]
    CheckWithoutAuth {
        /// What kind of component it is.
        kind: Kind,
        /// Its name; for a resource, its URI.
        name: String,
        /// What the check is called.
        check: String,
    },
    /// A component cannot be described to clients.
    #[error("the {kind} `{name}` cannot be offered: {reason}")]
    Component {
        /// What kind of component it is.
        kind: Kind,
        /// Its name; for a resource, its URI.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Two components of the same kind have the same name, without two different versions to tell
    /// them apart.
    #[error(
        "there are two {kind}s `{name}`; rename one of them, or give each its own version with version = \"...\""
    )]
    Duplicate {
        /// What kind of component it is.
        kind: Kind,
        /// The name; for a resource, its URI.
        name: String,
    },
    /// A component needs state that the server does not have.
    #[error("the {kind} `{name}` needs State<{state}>; add one to the server with .state(...)")]
    MissingState {
        /// What kind of component it is.
        kind: Kind,
        /// Its name.
        name: String,
        /// The type of the missing state.
        state: &'static str,
    },
    /// A component needs state that the server has in another form only, such as in an `Arc`.
    #[error(
        "the {kind} `{name}` needs State<{state}>, and the server was given `{given}`, which is another type; take State<{given}> in the function, or give `{state}` to .state(...)"
    )]
    OtherState {
        /// What kind of component it is.
        kind: Kind,
        /// Its name.
        name: String,
        /// The type of the missing state.
        state: &'static str,
        /// The type that the server was given.
        given: &'static str,
    },
    /// A component needs scopes, but nothing checks them.
    #[error(
        "the {kind} `{name}` needs scopes, but nothing checks them over HTTP; protect the server with .auth(...)"
    )]
    ScopesWithoutAuth {
        /// What kind of component it is.
        kind: Kind,
        /// Its name.
        name: String,
    },
}
