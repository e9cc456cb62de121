//! The bytes of bodies and replies in flight: all together have a bound, and so have those of one
//! caller.
//!
//! A body is counted as it arrives, and until its call is over. A reply is counted from when it is
//! made until it is written or given up. Nothing waits for bytes: two bodies that each hold half of
//! what both need would wait for ever.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use bytes::Bytes;
use thyra_auth::SubjectId;

use crate::shares::{Full, Place, Places};

/// One caller has at most this part of the bytes, and one body or reply more.
const SHARE_PART: usize = 4;

/// This part of the bytes is left to small bodies.
const SPARE_PART: usize = 4;

/// Up to this size a body may use the spare part, and a reply is never refused, in bytes.
pub(crate) const SMALL: usize = 64 * 1024;

/// Whom bytes count against, where callers can be told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Holder {
    Subject(SubjectId),
    /// A public address; of an IPv6 address the network.
    Peer(IpAddr),
}

/// The bytes of one server. Clones share one budget.
#[derive(Clone, Debug)]
pub(crate) struct ByteBudget(Places<Holder>);

/// The bytes that one message takes. Dropping it gives them back.
#[derive(Debug)]
pub(crate) struct Loan(Place<Holder>);

impl ByteBudget {
    /// At most `most` bytes.
    pub(crate) fn new(most: usize) -> Self {
        Self(Places::with_share(most, most.div_ceil(SHARE_PART)))
    }

    /// No bytes yet, for a caller with a token of `subject`, or else from the address `peer`. Only
    /// public addresses tell callers apart. Any other may be that of a proxy, which calls for many.
    pub(crate) fn open(&self, subject: Option<SubjectId>, peer: Option<IpAddr>) -> Loan {
        let holder = match subject {
            Some(subject) => Some(Holder::Subject(subject)),
            None => peer.and_then(network_of).map(Holder::Peer),
        };
        Loan(self.0.open(holder))
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

/// What stands for everybody who can send from `address`; `None` if it is not public.
fn network_of(address: IpAddr) -> Option<IpAddr> {
    match address.to_canonical() {
        IpAddr::V4(address) => is_public(address).then_some(IpAddr::V4(address)),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            // 2000::/3 is what is given out to the public internet (RFC 4291 section 2.4).
            (a & 0xe000 == 0x2000).then(|| IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0)))
        }
    }
}

fn is_public(address: Ipv4Addr) -> bool {
    let [a, b, ..] = address.octets();
    // 100.64.0.0/10 is shared by the customers of one network (RFC 6598).
    let is_shared = a == 100 && b & 0xc0 == 64;
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_unspecified()
        || is_shared)
}

#[cfg(test)]
mod tests;
