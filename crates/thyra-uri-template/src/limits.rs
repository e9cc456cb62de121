//! How long templates and URIs may be.

/// The longest template, in bytes.
pub const MAX_TEMPLATE_LENGTH: usize = 2048;
/// The most variables that a template has.
pub const MAX_VARIABLES: usize = 32;
/// The longest URI that is looked at, in bytes. A longer one matches no template.
pub const MAX_URI_LENGTH: usize = 8192;
