//! A string or an integer: the shape of request ids and progress tokens.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, Deserializer, Visitor};

/// Defines an enum of `Number(i64)` and `String(String)`, with conversions and wire form.
macro_rules! string_or_integer {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            /// An integer. Fractions, exponents and numbers that do not fit are refused.
            Number(i64),
            /// A string; may be empty.
            String(String),
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                match self {
                    $name::Number(number) => ::std::fmt::Display::fmt(number, f),
                    $name::String(text) => f.write_str(text),
                }
            }
        }

        impl From<i64> for $name {
            fn from(number: i64) -> Self {
                $name::Number(number)
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                $name::String(text)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                $name::String(text.to_owned())
            }
        }

        impl ::serde::Serialize for $name {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self {
                    $name::Number(number) => serializer.serialize_i64(*number),
                    $name::String(text) => serializer.serialize_str(text),
                }
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> Result<Self, D::Error> {
                $crate::string_or_integer::deserialize(
                    deserializer,
                    concat!($what, ": a string or an integer of 64 bits"),
                )
            }
        }
    };
}

pub(crate) use string_or_integer;

/// Reads a string or an integer that fits an `i64`; `expected` completes the error message.
pub(crate) fn deserialize<'de, D, T>(deserializer: D, expected: &'static str) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: From<i64> + From<String>,
{
    deserializer.deserialize_any(StringOrInteger {
        expected,
        made: PhantomData,
    })
}

struct StringOrInteger<T> {
    expected: &'static str,
    made: PhantomData<T>,
}

impl<T: From<i64> + From<String>> Visitor<'_> for StringOrInteger<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected)
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<T, E> {
        Ok(T::from(number))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<T, E> {
        i64::try_from(number)
            .map(T::from)
            .map_err(|_| E::invalid_value(de::Unexpected::Unsigned(number), &self))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        Ok(T::from(text.to_owned()))
    }

    fn visit_string<E: de::Error>(self, text: String) -> Result<T, E> {
        Ok(T::from(text))
    }
}
