//! Whose state it is.

use std::fmt;

use aws_lc_rs::digest;
use thyra_auth::PrincipalId;

/// Whose state it is: one session, or one signed-in caller. A store keeps the states of different
/// owners apart.
///
/// It is a digest, so a store learns neither the id of a session nor who the caller is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StateOwner([u8; 32]);

impl StateOwner {
    /// The session with this id.
    pub(crate) fn session(id: &str) -> Self {
        Self::of(b"session\0", id.as_bytes())
    }

    /// The signed-in caller, where calls stand alone.
    pub(crate) fn caller(id: PrincipalId) -> Self {
        Self::of(b"caller\0", id.as_bytes())
    }

    /// The value as bytes, for use as a key elsewhere.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    fn of(kind: &[u8], name: &[u8]) -> Self {
        let mut hash = digest::Context::new(&digest::SHA256);
        hash.update(b"thyra state ");
        hash.update(kind);
        hash.update(name);
        let mut owner = [0; 32];
        owner.copy_from_slice(hash.finish().as_ref());
        Self(owner)
    }
}

impl fmt::Display for StateOwner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for StateOwner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StateOwner({self})")
    }
}
