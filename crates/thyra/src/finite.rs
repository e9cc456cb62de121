//! Values as JSON, without a number that JSON does not have.
//!
//! `serde_json` writes `NaN` and the infinities as `null`. Whoever reads that finds no number where
//! a schema says `number`, and does not learn why.

use std::cell::Cell;
use std::fmt;
use std::io;

use serde::Serialize;
use serde::ser::{self, Serializer};
use serde_json::ser::Formatter;

/// Why a value has no JSON.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unwritable {
    /// A number within it is not finite.
    #[error("{path} is {number}: JSON has no such number")]
    NotFinite {
        /// Where the number is, as `result.readings[3].value`.
        path: String,
        /// `NaN`, `infinity` or `-infinity`.
        number: &'static str,
    },
    /// As `serde_json` says.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
}

/// `value` as JSON. `subject` is what an error calls it.
///
/// # Errors
///
/// A number within the value is not finite, or `serde_json` cannot write it.
pub(crate) fn to_json<T: Serialize + ?Sized>(
    value: &T,
    subject: &str,
) -> Result<String, Unwritable> {
    let has_null = Cell::new(false);
    let mut json = Vec::with_capacity(128);
    let formatter = NoticeNull(&has_null);
    value.serialize(&mut serde_json::Serializer::with_formatter(
        &mut json, formatter,
    ))?;
    // Most values have no null, and then no number that became one.
    if has_null.get() {
        check(value, subject)?;
    }
    String::from_utf8(json).map_err(|error| Unwritable::Json(ser::Error::custom(error)))
}

/// Looks for a number that is not finite.
#[cold]
fn check<T: Serialize + ?Sized>(value: &T, subject: &str) -> Result<(), Unwritable> {
    value.serialize(Search).map_err(|found| match found {
        Found::NotFinite { path, number } => Unwritable::NotFinite {
            path: format!("{subject}{path}"),
            number,
        },
        Found::Failed(error) => error.into(),
    })
}

/// Writes compact JSON, and notices each `null`.
struct NoticeNull<'a>(&'a Cell<bool>);

impl Formatter for NoticeNull<'_> {
    fn write_null<W: io::Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.set(true);
        writer.write_all(b"null")
    }
}

/// Reads a value to its end and writes nothing.
struct Search;

/// The parts of a value that are being read.
#[derive(Default)]
struct Parts {
    /// The variant around them.
    variant: Option<&'static str>,
    /// The key of the value that comes next in a map.
    key: String,
    /// The place of the value that comes next in a list.
    next: usize,
}

#[derive(Debug)]
enum Found {
    NotFinite {
        /// The way to it from the value that was read, as `.readings[3]`.
        path: String,
        number: &'static str,
    },
    Failed(serde_json::Error),
}

impl Found {
    /// The same, seen from one step further out.
    fn within(self, step: impl fmt::Display) -> Self {
        match self {
            Self::NotFinite { path, number } => Self::NotFinite {
                path: format!("{step}{path}"),
                number,
            },
            failed @ Self::Failed(_) => failed,
        }
    }
}

impl Parts {
    fn of(variant: &'static str) -> Self {
        Self {
            variant: Some(variant),
            ..Self::default()
        }
    }

    fn read<T: Serialize + ?Sized>(&self, value: &T, step: impl fmt::Display) -> Result<(), Found> {
        value.serialize(Search).map_err(|found| {
            let found = found.within(step);
            match self.variant {
                Some(variant) => found.within(format_args!(".{variant}")),
                None => found,
            }
        })
    }
}

impl Search {
    fn number(number: f64) -> Result<(), Found> {
        if number.is_finite() {
            return Ok(());
        }
        Err(Found::NotFinite {
            path: String::new(),
            number: if number.is_nan() {
                "NaN"
            } else if number > 0.0 {
                "infinity"
            } else {
                "-infinity"
            },
        })
    }
}

macro_rules! no_floats {
    ($($method:ident($kind:ty);)*) => {$(
        fn $method(self, _: $kind) -> Result<(), Found> {
            Ok(())
        }
    )*};
}

impl Serializer for Search {
    type Ok = ();
    type Error = Found;
    type SerializeSeq = Parts;
    type SerializeTuple = Parts;
    type SerializeTupleStruct = Parts;
    type SerializeTupleVariant = Parts;
    type SerializeMap = Parts;
    type SerializeStruct = Parts;
    type SerializeStructVariant = Parts;

    no_floats! {
        serialize_bool(bool);
        serialize_i8(i8);
        serialize_i16(i16);
        serialize_i32(i32);
        serialize_i64(i64);
        serialize_i128(i128);
        serialize_u8(u8);
        serialize_u16(u16);
        serialize_u32(u32);
        serialize_u64(u64);
        serialize_u128(u128);
        serialize_char(char);
        serialize_str(&str);
        serialize_bytes(&[u8]);
        serialize_unit_struct(&'static str);
    }

    fn serialize_f32(self, number: f32) -> Result<(), Found> {
        Self::number(number.into())
    }

    fn serialize_f64(self, number: f64) -> Result<(), Found> {
        Self::number(number)
    }

    fn serialize_none(self) -> Result<(), Found> {
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Found> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Found> {
        Ok(())
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, _: &'static str) -> Result<(), Found> {
        Ok(())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Found> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Found> {
        let within = |found: Found| found.within(format_args!(".{variant}"));
        value.serialize(self).map_err(within)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Parts, Found> {
        Ok(Parts::default())
    }

    fn serialize_tuple(self, _: usize) -> Result<Parts, Found> {
        Ok(Parts::default())
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Parts, Found> {
        Ok(Parts::default())
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Parts, Found> {
        Ok(Parts::of(variant))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Parts, Found> {
        Ok(Parts::default())
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Parts, Found> {
        Ok(Parts::default())
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Parts, Found> {
        Ok(Parts::of(variant))
    }
}

macro_rules! elements {
    ($($compound:ident::$method:ident),*) => {$(
        impl ser::$compound for Parts {
            type Ok = ();
            type Error = Found;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Found> {
                let index = self.next;
                self.next += 1;
                self.read(value, format_args!("[{index}]"))
            }

            fn end(self) -> Result<(), Found> {
                Ok(())
            }
        }
    )*};
}

elements!(
    SerializeSeq::serialize_element,
    SerializeTuple::serialize_element,
    SerializeTupleStruct::serialize_field,
    SerializeTupleVariant::serialize_field
);

macro_rules! fields {
    ($($compound:ident),*) => {$(
        impl ser::$compound for Parts {
            type Ok = ();
            type Error = Found;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Result<(), Found> {
                self.read(value, format_args!(".{name}"))
            }

            fn end(self) -> Result<(), Found> {
                Ok(())
            }
        }
    )*};
}

fields!(SerializeStruct, SerializeStructVariant);

impl ser::SerializeMap for Parts {
    type Ok = ();
    type Error = Found;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Found> {
        let json = serde_json::to_string(key).map_err(Found::Failed)?;
        json.trim_matches('"').clone_into(&mut self.key);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Found> {
        self.read(value, format_args!(".{}", self.key))
    }

    fn end(self) -> Result<(), Found> {
        Ok(())
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFinite { number, .. } => f.write_str(number),
            Self::Failed(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Found {}

impl ser::Error for Found {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::Failed(ser::Error::custom(message))
    }
}

#[cfg(test)]
mod tests;
