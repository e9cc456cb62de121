//! What a request says about itself beyond what the protocol knows.

use serde_json::value::RawValue;
use thyra_protocol::RequestMeta;

/// The keys of a request's `_meta` that are not the protocol's own, with their values as they came.
#[derive(Debug)]
pub(super) struct OtherMeta(Vec<(Box<str>, Box<RawValue>)>);

impl OtherMeta {
    /// Those of `meta`, if there are any.
    pub(super) fn of(meta: &RequestMeta<'_>) -> Option<Self> {
        if meta.others.is_empty() {
            return None;
        }
        let owned = meta
            .others
            .iter()
            .map(|(key, value)| (Box::from(&**key), (*value).to_owned()));
        Some(Self(owned.collect()))
    }

    pub(super) fn get(&self, key: &str) -> Option<&RawValue> {
        let (_, value) = self.0.iter().find(|(known, _)| &**known == key)?;
        Some(value)
    }
}
