//! The component of a call, as it stood when its question was asked.

use aws_lc_rs::digest;

/// What a later round learns of the component as it stood when the question was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    /// Whether it was hidden from its caller already. The call itself may have done that.
    pub(crate) hidden: bool,
    definition: [u8; 32],
}

impl Standing {
    /// The length of its bytes.
    pub(super) const BYTES: usize = 33;

    /// How a component stands whose list entry is `definition`.
    pub(crate) fn new(definition: &[u8], hidden: bool) -> Self {
        let mut digest = [0; 32];
        digest.copy_from_slice(digest::digest(&digest::SHA256, definition).as_ref());
        Self {
            hidden,
            definition: digest,
        }
    }

    /// Whether the component says the same of itself.
    pub(crate) fn has_definition_of(&self, other: &Self) -> bool {
        self.definition == other.definition
    }

    pub(super) fn to_bytes(self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        bytes[0] = self.hidden.into();
        bytes[1..].copy_from_slice(&self.definition);
        bytes
    }

    pub(super) fn from_bytes(bytes: [u8; Self::BYTES]) -> Self {
        let [hidden, definition @ ..] = bytes;
        Self {
            hidden: hidden != 0,
            definition,
        }
    }
}
