//! One schema in the forms that a server may show.

use schemars::Schema;
use serde_json::value::{RawValue, to_raw_value};

use super::{plain, wrapped};

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

    /// One of the two.
    pub(crate) fn form(&self, is_literal: bool) -> &RawValue {
        let literal = self.literal.as_deref().filter(|_| is_literal);
        literal.unwrap_or(&self.plain)
    }
}

/// The schema of structured content.
#[derive(Clone, Debug)]
pub(crate) struct OutputSchema {
    pub(crate) whole: Forms,
    /// For the revisions whose structured content is an object, where the other is none.
    pub(crate) wrapped: Option<Forms>,
}

impl OutputSchema {
    /// The schema that is the same on every revision.
    ///
    /// # Errors
    ///
    /// It cannot be written as JSON.
    pub(crate) fn of_object(document: Schema) -> serde_json::Result<Self> {
        Ok(Self {
            whole: Forms::of(document)?,
            wrapped: None,
        })
    }

    /// The schema of a value that is no object.
    ///
    /// # Errors
    ///
    /// It cannot be written as JSON.
    pub(crate) fn of_value(document: Schema) -> serde_json::Result<Self> {
        Ok(Self {
            wrapped: Some(Forms::of(wrapped(document.clone()))?),
            whole: Forms::of(document)?,
        })
    }
}
