//! What the attributes write compiles in a crate that is strict with itself, and leaves the
//! functions usable.

#![deny(
    missing_debug_implementations,
    missing_docs,
    unsafe_code,
    unused,
    clippy::all,
    clippy::pedantic
)]

pub mod caller_error;
pub mod elicit;
pub mod names;
pub mod prompt;
pub mod reports;
pub mod resource;
pub mod tool;
pub mod tools;

/// How a test ends.
pub type Outcome = Result<(), Box<dyn std::error::Error>>;
