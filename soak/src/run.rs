//! The two ways to run: one attack after the other, or all of them for a long time.

pub(crate) mod each;
pub(crate) mod mixed;
