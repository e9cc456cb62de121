//! How bytes reach dispatch, and how what is said there becomes bytes again.

pub(crate) mod exchange;
pub(crate) mod http;
pub(crate) mod stdio;
