//! The bytes of bodies and replies in flight: all together have a bound, and so have those of one
//! caller.
//!
//! A body is counted as it arrives, and until its call is over. A reply is counted from when it is
//! made until it is written or given up. Nothing waits for bytes: two bodies that each hold half of
//! what both need would wait for ever.

use std::net::IpAddr;

use bytes::Bytes;
use thyra_auth::SubjectId;

use crate::shares::{Account, Full, Place, Places};

/// One caller has at most this part of the bytes, and one body or reply more.
const SHARE_PART: usize = 4;

/// This part of the bytes is left to small bodies.
const SPARE_PART: usize = 4;

/// Up to this size a body may use the spare part, and a reply is never refused, in bytes.
pub(crate) const SMALL: usize = 64 * 1024;

/// The bytes of one server. Clones share one budget.
#[derive(Clone, Debug)]
pub(crate) struct ByteBudget(Places<Account>);

/// The bytes that one message takes. Dropping it gives them back.
#[derive(Debug)]
pub(crate) struct Loan(Place<Account>);

impl ByteBudget {
    /// At most `most` bytes.
    pub(crate) fn new(most: usize) -> Self {
        Self(Places::with_share(most, most.div_ceil(SHARE_PART)))
    }

    /// No bytes yet, for a caller with a token of `subject`, or else from the address `peer`; see
    /// [`Account::of`].
    pub(crate) fn open(&self, subject: Option<SubjectId>, peer: Option<IpAddr>) -> Loan {
        Loan(self.0.open(Account::of(subject, peer)))
    }

    /// How many bytes are in flight.
    #[cfg(test)]
    pub(crate) fn taken(&self) -> usize {
        self.0.taken()
    }
}

impl Loan {
    /// No bytes yet, for the same caller.
    pub(crate) fn another(&self) -> Self {
        Self(self.0.another())
    }

    /// Takes `bytes` more.
    ///
    /// # Errors
    ///
    /// [`Full`] when there are not so many.
    pub(crate) fn grow(&mut self, bytes: usize) -> Result<(), Full> {
        let whole = self.0.amount().saturating_add(bytes);
        let spare = if whole <= SMALL {
            None
        } else {
            Some(SPARE_PART)
        };
        self.0.borrow_more(bytes, spare)
    }

    /// Takes `bytes` for a reply. A small one is never refused, because its call was carried out.
    ///
    /// # Errors
    ///
    /// [`Full`] when there are not so many.
    pub(crate) fn grow_for_reply(&mut self, bytes: usize) -> Result<(), Full> {
        if bytes > SMALL {
            return self.grow(bytes);
        }
        self.0.overdraw(bytes);
        Ok(())
    }

    /// Whether more than half of the bytes of all callers are taken.
    pub(crate) fn is_short(&self) -> bool {
        self.0.is_of_a_table_half_full()
    }

    /// The message for which the bytes were taken. They are given back with its last clone.
    pub(crate) fn keep(self, message: Vec<u8>) -> Bytes {
        Bytes::from_owner(Kept {
            message,
            _loan: self,
        })
    }
}

/// A message and what it takes.
struct Kept {
    message: Vec<u8>,
    _loan: Loan,
}

impl AsRef<[u8]> for Kept {
    fn as_ref(&self) -> &[u8] {
        &self.message
    }
}

#[cfg(test)]
mod tests;
