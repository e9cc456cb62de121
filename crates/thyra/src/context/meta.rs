//! What a request says about itself beyond what the protocol knows.

use serde_json::value::RawValue;
use thyra_protocol::RequestMeta;

/// How much of it is kept for a handler, in bytes; of more, what comes first.
const MOST_BYTES: usize = 16 * 1024;

/// The keys of a request's `_meta` that are not the protocol's own, with their values as they came.
#[derive(Clone, Debug)]
pub(super) struct OtherMeta(Vec<(Box<str>, Box<RawValue>)>);

impl OtherMeta {
    /// Those of `meta`, if there are any.
    pub(super) fn of(meta: &RequestMeta<'_>) -> Option<Self> {
        let mut left = MOST_BYTES;
        let mut kept = Vec::new();
        for (key, value) in &meta.others {
            let Some(rest) = left.checked_sub(key.len() + value.get().len()) else {
                continue;
            };
            left = rest;
            kept.push((Box::from(&**key), (*value).to_owned()));
        }
        (!kept.is_empty()).then_some(Self(kept))
    }

    pub(super) fn get(&self, key: &str) -> Option<&RawValue> {
        let (_, value) = self.0.iter().find(|(known, _)| &**known == key)?;
        Some(value)
    }
}
