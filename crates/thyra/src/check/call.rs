//! What a check is told.

use std::sync::Arc;

use thyra_auth::{Principal, Protection, ScopeSet};

use crate::selector::{ComponentInfo, HasInfo};

/// One use of a component, as a [`Check`](crate::Check) sees it. Cheap to clone.
#[derive(Clone, Debug)]
pub struct CheckedCall {
    caller: CheckedCaller,
    component: Arc<dyn HasInfo>,
    operation: Operation,
}

/// Who uses a component, as a [`Check`](crate::Check) sees it. Cheap to clone.
#[derive(Clone, Debug)]
pub struct CheckedCaller {
    principal: Option<Arc<Principal>>,
    protection: Option<Protection>,
    can_bring_more: bool,
}

/// What a caller does with a component.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Operation {
    /// Calls a tool: `tools/call`.
    Call,
    /// Has an argument completed: `completion/complete`.
    Complete,
    /// Fills in a prompt: `prompts/get`.
    Get,
    /// Sees it in a list, or hears that a list changed.
    List,
    /// Reads a resource: `resources/read`.
    Read,
    /// Subscribes to a resource, or hears that it changed.
    Subscribe,
    /// Looks after a task that the tool runs as: `tasks/get`, `tasks/update`, `tasks/cancel`. To
    /// begin one is [`Operation::Call`].
    Task,
}

impl CheckedCall {
    pub(super) fn new(
        caller: CheckedCaller,
        component: Arc<dyn HasInfo>,
        operation: Operation,
    ) -> Self {
        Self {
            caller,
            component,
            operation,
        }
    }

    /// Who uses it.
    pub fn caller(&self) -> &CheckedCaller {
        &self.caller
    }

    /// What is used: its kind, its name, its tags, its version and its `_meta`.
    pub fn component(&self) -> ComponentInfo<'_> {
        self.component.info()
    }

    /// What is done with it.
    pub fn operation(&self) -> Operation {
        self.operation
    }
}

impl CheckedCaller {
    /// A caller who may be known. `protection` judges scopes; `can_bring_more` says whether there
    /// is a way to a better token.
    pub(crate) fn new(
        principal: Option<Arc<Principal>>,
        protection: Option<Protection>,
        can_bring_more: bool,
    ) -> Self {
        Self {
            principal,
            protection,
            can_bring_more,
        }
    }

    /// Who is signed in; `None` for a caller without a token.
    pub fn principal(&self) -> Option<&Principal> {
        self.principal.as_deref()
    }

    /// Whether the caller has all of these scopes, by the rules of the provider
    /// ([`ScopeRules`](thyra_auth::ScopeRules)).
    pub fn has_scopes(&self, scopes: &ScopeSet) -> bool {
        match (&self.principal, &self.protection) {
            (None, _) => false,
            (Some(principal), Some(protection)) => {
                protection.check_scopes(principal, scopes).is_ok()
            }
            (Some(principal), None) => scopes.is_subset(principal.scopes()),
        }
    }

    /// Whether there is a way for the caller to get what a decision says that is missing.
    pub(super) fn can_bring_more(&self) -> bool {
        self.can_bring_more
    }
}
