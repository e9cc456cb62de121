//! OAuth's words: what resource servers, clients and authorization servers say to each other.
//!
//! - Values: [`ScopeSet`], [`Secret`], [`ResourceUrl`], and [`unguessable`] ones.
//! - What goes over the wire: the [`Challenge`] of a resource server, and its
//!   [`ProtectedResourceMetadata`].
//! - The way out: a [`Fetcher`] reaches documents and endpoints that other documents name, and
//!   nothing that they must not reach.
//!
//! Nothing here knows of MCP, and nothing here decides what to do next: that is the work of the
//! crates above.

mod challenge;
mod clock;
mod fetch;
pub mod freshness;
mod locations;
mod metadata;
mod page_url;
mod random;
mod resource;
mod scope;
mod secret;

pub use challenge::Challenge;
pub use clock::{Clock, ManualClock, SystemClock};
pub use fetch::{FetchError, FetchLimits, Fetched, Fetcher, Trust};
pub use locations::locations;
pub use metadata::{AUTHORIZATION_SERVER, PROTECTED_RESOURCE, ProtectedResourceMetadata};
pub use page_url::{check_web, page_url};
pub use random::{NoRandomness, unguessable};
pub use resource::{ResourceUrl, ResourceUrlError, is_loopback};
pub use scope::{OFFLINE_ACCESS, ScopeRules, ScopeSet, is_scope_token};
pub use secret::Secret;
#[doc(no_inline)]
pub use zeroize::Zeroize;
