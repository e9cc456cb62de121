//! What handlers are made of, for those who write extractors, or components that are not functions.
//!
//! An extractor is a type that a tool takes as a parameter and that the server makes from the call; clients do not see it.
//!
//! ```
//! use thyra::prelude::*;
//! use thyra::{Call, FromCall, Rejection};
//!
//! /// The language that the client's user reads.
//! struct Language(String);
//!
//! impl FromCall for Language {
//!     fn from_call(call: &Call<'_>) -> Result<Self, Rejection> {
//!         let headers = call.request().headers();
//!         let asked = headers.and_then(|headers| headers.get("accept-language")?.to_str().ok());
//!         Ok(Self(asked.unwrap_or("en").to_owned()))
//!     }
//! }
//!
//! /// Say good day.
//! #[tool]
//! async fn greet(language: Language) -> &'static str {
//!     if language.0.starts_with("de") { "Guten Tag" } else { "Good day" }
//! }
//! ```
//!
//! Making one does not wait: what has to be waited for belongs into the tool, which has a deadline and can be cancelled.

pub use crate::context::{Amount, RequestScope, RequestScopeBuilder};
pub use crate::handler::{
    Answer, Argument, ArgumentError, ArgumentErrors, DefaultValue, HandlerFn, Output, Requirement,
    Shape, Signature,
};
pub use crate::outbox::{Emitter, Outbox};
pub use crate::state::StateMap;
