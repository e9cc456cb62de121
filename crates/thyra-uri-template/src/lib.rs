//! URI templates ([RFC 6570](https://www.rfc-editor.org/rfc/rfc6570), levels 1 to 4) in both
//! directions: from values to a URI, and from a URI back to the values. It does no I/O.
//!
//! ```
//! use thyra_uri_template::{PathSecurity, UriTemplate, Value, Values};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let template = UriTemplate::parse("notes://{folder}{/path*}{?format}")?;
//!
//! let values = Values::new()
//!     .with("folder", "my notes")
//!     .with("path", vec!["2026".to_owned(), "may".to_owned()]);
//! let uri = template.expand(&values);
//! assert_eq!(uri, "notes://my%20notes/2026/may");
//!
//! let matched = template.matches(&uri).ok_or("it fits")?;
//! assert_eq!(matched.get("folder"), Some(&Value::from("my notes")));
//! assert_eq!(matched.get("format"), None);
//! PathSecurity::default().check(&matched)?;
//! # Ok(())
//! # }
//! ```
//!
//! * [`UriTemplate`] is a parsed template; [`UriTemplate::matches`] reads the values from a URI.
//! * [`TemplateError`] says where a template is wrong, and what to write instead.
//! * [`PathSecurity`] checks the values from a URI before they become part of a path.

mod error;
mod expand;
mod expression;
mod limits;
mod matched;
mod matching;
mod parse;
mod part;
mod percent;
mod scheme;
mod security;
mod template;
mod value;

pub use error::TemplateError;
pub use expression::Variable;
pub use limits::{MAX_TEMPLATE_LENGTH, MAX_URI_LENGTH, MAX_VARIABLES};
pub use matched::Matched;
pub use security::{Danger, PathSecurity, UnsafeValue};
pub use template::UriTemplate;
pub use value::{Value, Values};
