//! Identity providers on one loopback port, for development and tests: Scalekit, and many others.
//!
//! The emulator behaves like the part of a [`Vendor`] that an MCP server and its clients meet: a
//! key set, authorization server metadata, dynamic client registration, the authorization code flow
//! with PKCE and a consent page, refresh tokens, client credentials, introspection, user info,
//! revocation and logout, as far as the vendor has them. Tokens are real, with the vendor's claims.
//! Beside it sits a control plane under `/__emu/` that mints arbitrary tokens, rotates keys, moves
//! the clock and injects faults, so that a test can reach every state of the identity provider
//! without the network.
//!
//! ```
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use idp_emulator::{Emulator, Mint, Resource, Vendor};
//!
//! let emulator = Emulator::builder()
//!     .resource(Resource::new("res_123").uri("http://127.0.0.1:8000/mcp").scopes(["notes:read"]))
//!     .start()
//!     .await?;
//! let token = emulator.mint(&Mint::new().claim("scope", "notes:read"))?;
//! assert_eq!(token.split('.').count(), 3);
//!
//! let keycloak = Emulator::of(Vendor::Keycloak).start().await?;
//! assert_eq!(keycloak.resource_issuer("mcp"), format!("{}/realms/main", keycloak.url()));
//! # Ok(())
//! # }
//! # tokio::runtime::Runtime::new().unwrap().block_on(example()).unwrap();
//! ```
//!
//! It listens on loopback addresses only, keeps everything in memory, and bounds every store.
//! Identifiers count up from one (`snk_1`, `m2m_1`, `tkn_1`), so runs repeat; codes, refresh
//! tokens and secrets are random.
//!
//! What is special about a vendor is one row of data, in `vendor/`. Some know applications only, as
//! OAuth proxies are: those outside [`Vendor::DIRECT`].
//!
//! Where a vendor's behaviour is not public, the emulator chooses, and the choice is documented at
//! the item that makes it.

mod answer;
mod assertion;
mod bounded;
mod cimd;
mod claims;
mod client;
mod clock;
mod control;
mod dpop;
mod emulator;
mod environment;
mod faults;
mod grant;
mod guard;
mod issuer;
mod journal;
mod jwt;
mod key;
mod keyring;
mod mint;
mod outage;
mod page;
mod parameters;
mod redirect;
mod resource;
mod routes;
mod scope;
mod secret;
mod serve;
mod server;
mod user;
mod variables;
mod vendor;

pub use client::Client;
pub use clock::ClockChange;
pub use emulator::{Builder, Emulator, StartError};
pub use faults::{AuthorizationFault, EndpointFault, Faults, JwksFault, MetadataFault, TokenFault};
pub use issuer::{IssuerMode, ScopeShape};
pub use journal::JournalEntry;
pub use key::CryptoError;
pub use keyring::{KeySummary, RotateError, Rotation};
pub use mint::{Mint, MintError, MintKey};
pub use resource::Resource;
pub use user::User;
pub use vendor::{UnknownVendor, Vendor};
