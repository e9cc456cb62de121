//! Whose share a call counts against.

use std::net::IpAddr;

use thyra_auth::SubjectId;

use crate::shares::origin;

/// Whose share a call counts against, as well as callers can be told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum CountedAs {
    /// A person or a machine with a token, whichever client it uses.
    Subject(SubjectId),
    /// Whoever calls without a token from this address, or its network.
    Address(IpAddr),
    /// The only caller, such as the program at the other end of stdio. It may use all.
    Alone,
}

impl CountedAs {
    /// A caller without a token.
    pub(crate) fn address(address: IpAddr) -> Self {
        Self::Address(origin(address))
    }

    /// Whether there may be others beside it.
    pub(super) fn has_share(self) -> bool {
        self != Self::Alone
    }
}
