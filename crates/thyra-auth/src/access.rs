//! What a route demands of its caller.

use crate::scope::ScopeSet;

/// What a route demands of its caller: a value, so that nobody has to guess it from a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    /// A good token.
    Authenticated,
    /// Nothing.
    Public,
    /// A good token with these scopes.
    Scoped(ScopeSet),
}
