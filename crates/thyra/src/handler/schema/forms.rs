//! One schema in the two forms that a server may show.

use schemars::Schema;
use serde_json::value::{RawValue, to_raw_value};

use super::plain;

/// A schema as clients get it.
#[derive(Clone, Debug)]
pub(crate) struct Forms {
    /// As every client reads it.
    pub(crate) plain: Box<RawValue>,
    /// As the type says it, with each `null` that it takes. `None` where that is the same.
    pub(crate) literal: Option<Box<RawValue>>,
}

impl Forms {
    /// Both forms of what they say.
    pub(crate) fn new(plain: Box<RawValue>, literal: Box<RawValue>) -> Self {
        let literal = Some(literal).filter(|literal| literal.get() != plain.get());
        Self { plain, literal }
    }

    /// A schema that is shown as it was written.
    pub(crate) fn as_written(schema: Box<RawValue>) -> Self {
        Self {
            plain: schema,
            literal: None,
        }
    }

    /// Both forms of a document.
    ///
    /// # Errors
    ///
    /// It cannot be written as JSON.
    pub(crate) fn of(mut document: Schema) -> serde_json::Result<Self> {
        let literal = to_raw_value(&document)?;
        plain::simplify(&mut document);
        plain::say_type(&mut document);
        Ok(Self::new(to_raw_value(&document)?, literal))
    }
}
