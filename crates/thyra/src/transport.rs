//! How bytes reach dispatch, and how its messages become bytes again.

pub(crate) mod exchange;
pub(crate) mod http;
pub(crate) mod stdio;
