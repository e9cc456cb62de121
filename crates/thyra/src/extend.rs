//! What handlers are made of, for those who write extractors, or components that are not functions.
//!
//! An extractor is a type that a tool takes as a parameter and that the server makes from the call;
//! clients do not see it.
//!
//! ```
//! use thyra::prelude::*;
//! use thyra::{Call, FromCall, Rejection};
//!
//! /// The language that the client's user reads.
//! struct Language(String);
//!
//! impl FromCall for Language {
//!     async fn from_call(call: &Call<'_>) -> Result<Self, Rejection> {
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
//! An extractor may wait, and may use other extractors. What those need, it declares too:
//!
//! ```
//! use thyra::extend::Parameters;
//! use thyra::prelude::*;
//! use thyra::{Call, FromCall, Rejection};
//!
//! struct Accounts;
//!
//! impl Accounts {
//!     async fn plan_of(&self, subject: &str) -> Result<String, std::io::Error> {
//!         Ok(format!("the plan of {subject}")) // from a database
//!     }
//! }
//!
//! /// What the caller has paid for.
//! struct Plan(String);
//!
//! impl FromCall for Plan {
//!     async fn from_call(call: &Call<'_>) -> Result<Self, Rejection> {
//!         let accounts = State::<Accounts>::from_call(call).await?;
//!         let caller = Principal::from_call(call).await?;
//!         let plan = accounts.plan_of(caller.subject()).await;
//!         plan.map(Self).map_err(|error| Rejection::Failed(error.into()))
//!     }
//!
//!     fn describe(parameters: &mut Parameters) {
//!         State::<Accounts>::describe(parameters);
//!         Principal::describe(parameters);
//!     }
//! }
//!
//! /// Tell what the caller may use.
//! #[tool]
//! async fn limits(Plan(plan): Plan) -> String {
//!     plan
//! }
//! ```
//!
//! What should be made only once per call and shared is a [`Dependency`](crate::Dependency).
//!
//! The time that an extractor takes counts against the call's timeout, and a cancelled call drops
//! it. In a call of several rounds it runs in each of them.

pub use crate::context::{Amount, RequestScope, RequestScopeBuilder};
pub use crate::handler::{
    Argument, ArgumentError, ArgumentErrors, DefaultValue, HandlerFn, HandlerResult, Output,
    Parameters, Requirement, Shape,
};
pub use crate::outbox::{Emitter, Outbox};
pub use crate::state::StateMap;
