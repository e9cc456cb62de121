//! The documents that tell clients where to get tokens, and where those documents are served.

pub(crate) mod forward;
pub(crate) mod well_known;
