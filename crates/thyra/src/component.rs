//! What a server offers.

pub(crate) mod tool;
