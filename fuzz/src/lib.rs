//! What fuzzing runs: a function for each parser of bytes from outside.
//!
//! Each takes any bytes. It panics when the parser breaks a promise: what is read, written and read
//! again stays the same, limits hold, and what is said of the bytes can be printed. The ordinary
//! tests run each over its corpus; `cargo xtask fuzz` looks for bytes that nobody thought of.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a promise that is broken is a panic, as in a test"
)]

mod arguments;
mod challenge;
mod claims;
mod events;
mod form;
mod key_set;
mod message;
mod metadata;
mod proof;
mod redirect;
mod request;
mod request_state;
mod responses;
mod service;
mod shown;
mod token;
mod uri_template;

/// A function that takes any bytes, and its name.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// The name, which is also that of its folder in `fuzz/corpus`.
    pub name: &'static str,
    /// Runs it once. It panics when a promise is broken.
    pub run: fn(&[u8]),
}

/// All of them.
pub const TARGETS: &[Target] = &[
    Target {
        name: "arguments",
        run: arguments::run,
    },
    Target {
        name: "challenge",
        run: challenge::run,
    },
    Target {
        name: "claims",
        run: claims::run,
    },
    Target {
        name: "events",
        run: events::run,
    },
    Target {
        name: "form",
        run: form::run,
    },
    Target {
        name: "key_set",
        run: key_set::run,
    },
    Target {
        name: "message",
        run: message::run,
    },
    Target {
        name: "metadata",
        run: metadata::run,
    },
    Target {
        name: "proof",
        run: proof::run,
    },
    Target {
        name: "redirect",
        run: redirect::run,
    },
    Target {
        name: "request",
        run: request::run,
    },
    Target {
        name: "request_state",
        run: request_state::run,
    },
    Target {
        name: "responses",
        run: responses::run,
    },
    Target {
        name: "token",
        run: token::run,
    },
    Target {
        name: "uri_template",
        run: uri_template::run,
    },
];

/// The target of this name.
pub fn target(name: &str) -> Option<Target> {
    TARGETS.iter().find(|target| target.name == name).copied()
}
