//! How long templates and URIs may be.

/// The longest template, in bytes.
pub const MAX_TEMPLATE_LENGTH: usize = 2048;
/// The maximum number of variables in a template.
pub const MAX_VARIABLES: usize = 32;
/// The longest URI that can match a template, in bytes. A longer one matches none.
pub const MAX_URI_LENGTH: usize = 8192;
