//! The emulator as its users meet it: over HTTP, and through its handle.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a helper that fails is a test that fails"
)]

mod applications;
mod assertions;
mod bounds;
mod client_credentials;
mod code_flow;
mod consent;
mod control;
mod direct_applications;
mod discord;
mod dpop;
mod faults;
mod github;
mod google;
mod key_rotation;
mod metadata;
mod minting;
mod openid_applications;
mod people;
mod proxy;
mod refresh;
mod registration;
mod start;
mod support;
mod vendors;
