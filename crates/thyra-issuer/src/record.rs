//! What the authorization server remembers, as the store keeps it: JSON, read leniently, so that an
//! older or newer version of this crate can go on with it.

mod code;
mod grant;
mod kept;
pub(crate) mod secret;
mod signed_in;
mod transaction;

pub(crate) use code::{Code, Redemption};
pub(crate) use grant::Grant;
pub(crate) use kept::{Kept, Record, RecordError, add, remove, take};
pub(crate) use signed_in::{SignedIn, UpstreamTokens};
pub(crate) use transaction::{Approval, Transaction};
