//! What a client answers.

use std::collections::{BTreeMap, btree_map};
use std::fmt;

use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::params::ParamsError;

/// A client's answers by the keys of the questions. Each should be the result of its request, such
/// as an [`ElicitResult`](crate::ElicitResult); it is decoded only where its question is known, so
/// an answer without a question does no harm.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(transparent)]
pub struct InputResponses(BTreeMap<String, Box<RawValue>>);

impl InputResponses {
    /// The maximum number of answers.
    pub const MOST: usize = 64;

    /// The maximum length of a key, in bytes.
    pub const LONGEST_KEY: usize = 256;

    /// Decodes the `inputResponses` of a request.
    ///
    /// # Errors
    ///
    /// When they are not an object, there are more than [`InputResponses::MOST`] of them, or a key
    /// appears twice or is longer than [`InputResponses::LONGEST_KEY`].
    pub fn parse(responses: &RawValue) -> Result<Self, ParamsError> {
        serde_json::from_str(responses.get()).map_err(ParamsError::Decode)
    }

    /// The answer under `key`.
    pub fn get(&self, key: &str) -> Option<&RawValue> {
        self.0.get(key).map(|answer| &**answer)
    }

    /// Adds an answer; it replaces one with the same key.
    pub fn insert(&mut self, key: impl Into<String>, answer: Box<RawValue>) {
        self.0.insert(key.into(), answer);
    }

    /// The answers in the order of their keys.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &RawValue)> {
        self.0.iter().map(|(key, answer)| (&**key, &**answer))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl IntoIterator for InputResponses {
    type Item = (String, Box<RawValue>);
    type IntoIter = btree_map::IntoIter<String, Box<RawValue>>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'de> Deserialize<'de> for InputResponses {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ResponsesVisitor;

        impl<'de> Visitor<'de> for ResponsesVisitor {
            type Value = InputResponses;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("input responses: an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<InputResponses, A::Error> {
                let mut responses = BTreeMap::new();
                while let Some(key) = map.next_key::<String>()? {
                    if responses.len() == InputResponses::MOST {
                        return Err(de::Error::custom(format_args!(
                            "there are more than {} input responses",
                            InputResponses::MOST
                        )));
                    }
                    if key.len() > InputResponses::LONGEST_KEY {
                        return Err(de::Error::custom(format_args!(
                            "the key of an input response is longer than {} bytes",
                            InputResponses::LONGEST_KEY
                        )));
                    }
                    let answer: Box<RawValue> = map.next_value()?;
                    if responses.insert(key, answer).is_some() {
                        return Err(de::Error::custom("two input responses have the same key"));
                    }
                }
                Ok(InputResponses(responses))
            }
        }

        deserializer.deserialize_map(ResponsesVisitor)
    }
}
