//! Scopes that depend on the arguments of a call.

use thyra_auth::{Principal, Refusal, ScopeSet};

use super::Context;

/// The caller lacks scopes that the call needs.
///
/// With `?` in a handler, it is answered as if the component had required them from the start: over
/// HTTP with 403 and a challenge that names all of them, as long as nothing else was sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", sentence(.needed))]
#[non_exhaustive]
pub struct MissingScopes {
    /// All scopes that are needed, those that the caller has among them; empty when any token would
    /// do.
    pub needed: ScopeSet,
}

fn sentence(needed: &ScopeSet) -> String {
    if needed.is_empty() {
        return "this needs to know who is calling, and nobody is signed in".to_owned();
    }
    format!("this needs the scopes {needed}, and the caller's token does not have all of them")
}

impl MissingScopes {
    /// Of an operation that needs `scopes`.
    pub fn new(scopes: impl Into<ScopeSet>) -> Self {
        Self {
            needed: scopes.into(),
        }
    }

    /// What `refusal` is about; `otherwise` if it names no scopes.
    pub(crate) fn of(refusal: Refusal, otherwise: &ScopeSet) -> Self {
        match refusal {
            Refusal::InsufficientScope { needed } | Refusal::TokenNeeded { needed } => {
                Self { needed }
            }
            _ => Self {
                needed: otherwise.clone(),
            },
        }
    }
}

impl Context {
    /// Checks that the caller has these scopes, for an operation whose scopes depend on its
    /// arguments. Scopes that it always needs belong to the component
    /// ([`Tool::scopes`](crate::Tool::scopes)).
    ///
    /// They are checked as those of components are: with the rules of the provider, and not for the
    /// user who started the process (stdio).
    ///
    /// ```
    /// use thyra::prelude::*;
    ///
    /// /// Delete a note.
    /// #[tool(scopes = ["notes:write"])]
    /// async fn delete_note(id: u64, forever: bool, ctx: Context) -> Result<String, ToolError> {
    ///     if forever {
    ///         ctx.require_scopes(["notes:admin"])?;
    ///     }
    ///     Ok(format!("Deleted note {id}."))
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// [`MissingScopes`], which `?` turns into the answer that the client understands as a step-up.
    /// Where nobody is signed in, every scope is missing.
    pub fn require_scopes(&self, scopes: impl Into<ScopeSet>) -> Result<(), MissingScopes> {
        let scopes = scopes.into();
        if let Some(server) = self.own_server() {
            return server
                .check_scopes(&self.scope(), &scopes)
                .map_err(|refusal| MissingScopes::of(refusal, &scopes));
        }
        let granted = self.principal().map(Principal::scopes);
        if scopes.is_empty() || granted.is_some_and(|granted| scopes.is_subset(granted)) {
            return Ok(());
        }
        Err(MissingScopes { needed: scopes })
    }
}
