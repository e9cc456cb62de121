//! What a request declares about its client.

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use thyra_oauth::Printable;

use crate::conversation::brief_info;

/// A client's capabilities and its name, as one request declares them.
///
/// Both are one text, so that a request copies once. It is decoded when a handler asks for it. Of a
/// long description only the essence is kept.
#[derive(Clone, Default)]
pub(in crate::context) struct Declared {
    text: Box<str>,
    /// Where the capabilities end and the name begins.
    middle: usize,
}

impl Declared {
    pub(super) fn new(capabilities: Option<&RawValue>, info: Option<&RawValue>) -> Self {
        let capabilities = capabilities.map_or("", RawValue::get);
        let info = info.and_then(brief_info);
        let info = info.as_deref().map_or("", RawValue::get);
        let mut text = String::with_capacity(capabilities.len() + info.len());
        text.push_str(capabilities);
        text.push_str(info);
        Self {
            text: text.into(),
            middle: capabilities.len(),
        }
    }

    /// The capabilities, if they can be read.
    pub(super) fn capabilities<T: DeserializeOwned>(&self) -> Option<T> {
        decoded(self.text.get(..self.middle)?)
    }

    /// The name, if it can be read.
    pub(super) fn info<T: DeserializeOwned>(&self) -> Option<T> {
        decoded(self.text.get(self.middle..)?)
    }
}

fn decoded<T: DeserializeOwned>(text: &str) -> Option<T> {
    if text.is_empty() {
        return None;
    }
    serde_json::from_str(text)
        .inspect_err(|error| tracing::debug!(error = %Printable(error), "what the client declares cannot be read"))
        .ok()
}
