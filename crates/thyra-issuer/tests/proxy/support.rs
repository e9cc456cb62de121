//! What the tests share: a server behind the proxy, an emulated identity provider, browsers that
//! keep cookies, and clients.

mod browser;
mod client;
mod log;
mod rig;

pub(crate) use browser::{Browser, Page};
pub(crate) use client::{CALLBACK, Client};
pub(crate) use log::Log;
pub(crate) use rig::{Replica, Rig, UPSTREAM_CLIENT, UPSTREAM_SECRET, builder, emulator, whoami};
