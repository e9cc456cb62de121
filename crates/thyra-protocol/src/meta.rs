//! `params._meta` of a request (MCP `basic`, `_meta`).

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde::ser::{SerializeMap, Serializer};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::jsonrpc::RequestId;
use crate::meta_key::META_SUBSCRIPTION_ID;
use crate::params::ParamsError;
use crate::progress::ProgressToken;
use crate::text::Text;

const CLIENT_CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";
const CLIENT_INFO: &str = "io.modelcontextprotocol/clientInfo";
const LOG_LEVEL: &str = "io.modelcontextprotocol/logLevel";
const PROTOCOL_VERSION: &str = "io.modelcontextprotocol/protocolVersion";
const BAGGAGE: &str = "baggage";
const PROGRESS_TOKEN: &str = "progressToken";
const TRACEPARENT: &str = "traceparent";
const TRACESTATE: &str = "tracestate";

/// The maximum number of keys in a request's `_meta` that the protocol does not define.
const MOST_OTHERS: usize = 64;

/// The `_meta` of a request, borrowed from it.
///
/// In the sessionless era `protocol_version` and `client_capabilities` are required; the caller
/// checks that they are present, because it knows the era.
#[derive(Clone, Debug, Default)]
pub struct RequestMeta<'a> {
    /// The revision that the request speaks (from 2026-07-28).
    pub protocol_version: Option<Cow<'a, str>>,
    /// Who sends it: a JSON object, an [`Implementation`](crate::Implementation) not decoded yet.
    pub client_info: Option<&'a RawValue>,
    /// What the client can do: a JSON object, [`ClientCapabilities`](crate::ClientCapabilities) not
    /// decoded yet.
    pub client_capabilities: Option<&'a RawValue>,
    /// The token for progress reports; `None` if the client wants none.
    pub progress_token: Option<ProgressToken>,
    /// The minimum level of log messages that the client wants (from 2026-07-28). It is not checked
    /// here: the server refuses a wrong one.
    pub log_level: Option<Cow<'a, str>>,
    /// W3C Trace Context.
    pub traceparent: Option<Cow<'a, str>>,
    /// W3C Trace Context.
    pub tracestate: Option<Cow<'a, str>>,
    /// W3C Baggage.
    pub baggage: Option<Cow<'a, str>>,
    /// Any other keys and their values, not decoded; see [`RequestMeta::get`].
    pub others: Vec<(Cow<'a, str>, &'a RawValue)>,
}

impl<'a> RequestMeta<'a> {
    /// Reads `_meta` from the params of any request and skips everything else. Without params or
    /// `_meta`, the result is empty.
    ///
    /// # Errors
    ///
    /// When `_meta` is not an object, a listed key appears twice or has the wrong type, or there
    /// are more than 64 other keys.
    pub fn of_params(params: Option<&'a RawValue>) -> Result<RequestMeta<'a>, ParamsError> {
        match params {
            Some(params) => serde_json::from_str::<OnlyMeta<'a>>(params.get())
                .map(|params| params.meta)
                .map_err(ParamsError::Meta),
            None => Ok(RequestMeta::default()),
        }
    }

    /// The value of a key that the protocol does not define. If it appears twice, the last one.
    pub fn get(&self, key: &str) -> Option<&'a RawValue> {
        self.others
            .iter()
            .find(|(name, _)| name == key)
            .map(|(_, value)| *value)
    }

    /// Whether it is empty.
    pub fn is_empty(&self) -> bool {
        self.others.is_empty()
            && matches!(
                self,
                RequestMeta {
                    protocol_version: None,
                    client_info: None,
                    client_capabilities: None,
                    progress_token: None,
                    log_level: None,
                    traceparent: None,
                    tracestate: None,
                    baggage: None,
                    others: _,
                }
            )
    }
}

impl Serialize for RequestMeta<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        fn put<M: SerializeMap, T: Serialize>(
            map: &mut M,
            key: &str,
            value: Option<&T>,
        ) -> Result<(), M::Error> {
            value.map_or(Ok(()), |value| map.serialize_entry(key, value))
        }

        let mut map = serializer.serialize_map(None)?;
        put(&mut map, PROTOCOL_VERSION, self.protocol_version.as_ref())?;
        put(&mut map, CLIENT_INFO, self.client_info.as_ref())?;
        put(
            &mut map,
            CLIENT_CAPABILITIES,
            self.client_capabilities.as_ref(),
        )?;
        put(&mut map, PROGRESS_TOKEN, self.progress_token.as_ref())?;
        put(&mut map, LOG_LEVEL, self.log_level.as_ref())?;
        put(&mut map, TRACEPARENT, self.traceparent.as_ref())?;
        put(&mut map, TRACESTATE, self.tracestate.as_ref())?;
        put(&mut map, BAGGAGE, self.baggage.as_ref())?;
        for (key, value) in &self.others {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for RequestMeta<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MetaVisitor)
    }
}

struct MetaVisitor;

impl<'de> Visitor<'de> for MetaVisitor {
    type Value = RequestMeta<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"_meta\": an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RequestMeta<'de>, A::Error> {
        let mut meta = RequestMeta::default();
        while let Some(key) = map.next_key::<Key<'de>>()? {
            match key {
                Key::Listed(PROTOCOL_VERSION) => {
                    set(
                        &mut meta.protocol_version,
                        PROTOCOL_VERSION,
                        text(&mut map)?,
                    )?;
                }
                Key::Listed(CLIENT_INFO) => {
                    set(
                        &mut meta.client_info,
                        CLIENT_INFO,
                        object(&mut map, CLIENT_INFO)?,
                    )?;
                }
                Key::Listed(CLIENT_CAPABILITIES) => set(
                    &mut meta.client_capabilities,
                    CLIENT_CAPABILITIES,
                    object(&mut map, CLIENT_CAPABILITIES)?,
                )?,
                Key::Listed(PROGRESS_TOKEN) => {
                    set(&mut meta.progress_token, PROGRESS_TOKEN, map.next_value()?)?;
                }
                Key::Listed(LOG_LEVEL) => {
                    set(&mut meta.log_level, LOG_LEVEL, text(&mut map)?)?;
                }
                Key::Listed(TRACEPARENT) => {
                    set(&mut meta.traceparent, TRACEPARENT, text(&mut map)?)?;
                }
                Key::Listed(TRACESTATE) => {
                    set(&mut meta.tracestate, TRACESTATE, text(&mut map)?)?;
                }
                Key::Listed(BAGGAGE) => {
                    set(&mut meta.baggage, BAGGAGE, text(&mut map)?)?;
                }
                // Every listed name is matched above.
                Key::Listed(_) => {
                    map.next_value::<IgnoredAny>()?;
                }
                Key::Other(name) => {
                    let value = map.next_value()?;
                    let held = meta.others.len();
                    match meta.others.iter_mut().find(|(key, _)| *key == name) {
                        Some((_, earlier)) => *earlier = value,
                        None if held == MOST_OTHERS => {
                            return Err(de::Error::custom(format_args!(
                                "there are more than {MOST_OTHERS} keys that are not the protocol's"
                            )));
                        }
                        None => meta.others.push((name, value)),
                    }
                }
            }
        }
        Ok(meta)
    }
}

/// A key of `_meta`: one of those listed, or any other.
enum Key<'a> {
    Listed(&'static str),
    Other(Cow<'a, str>),
}

impl<'a> Key<'a> {
    fn of(name: Cow<'a, str>) -> Self {
        const LISTED: [&str; 8] = [
            PROTOCOL_VERSION,
            CLIENT_INFO,
            CLIENT_CAPABILITIES,
            PROGRESS_TOKEN,
            LOG_LEVEL,
            TRACEPARENT,
            TRACESTATE,
            BAGGAGE,
        ];
        match LISTED.into_iter().find(|listed| *listed == name) {
            Some(listed) => Key::Listed(listed),
            None => Key::Other(name),
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Key<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Text::deserialize(deserializer).map(|Text(name)| Key::of(name))
    }
}

/// Params of which only `_meta` matters.
#[derive(Deserialize)]
struct OnlyMeta<'a> {
    #[serde(rename = "_meta", borrow, default)]
    meta: RequestMeta<'a>,
}

/// `_meta` of a notification or a result that belongs to a subscription.
pub(crate) fn of_subscription(id: &RequestId) -> Map<String, Value> {
    let id = match id {
        RequestId::Number(number) => Value::from(*number),
        RequestId::String(text) => Value::from(text.as_str()),
    };
    Map::from_iter([(META_SUBSCRIPTION_ID.to_owned(), id)])
}

pub(crate) fn set<T, E: de::Error>(
    slot: &mut Option<T>,
    key: &'static str,
    value: T,
) -> Result<(), E> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(E::duplicate_field(key)),
    }
}

pub(crate) fn text<'de, A: MapAccess<'de>>(map: &mut A) -> Result<Cow<'de, str>, A::Error> {
    map.next_value::<Text<'de>>().map(|text| text.0)
}

/// The next value, kept raw, if it is an object.
pub(crate) fn object<'de, A: MapAccess<'de>>(
    map: &mut A,
    key: &'static str,
) -> Result<&'de RawValue, A::Error> {
    let raw: &'de RawValue = map.next_value()?;
    if raw.get().starts_with('{') {
        Ok(raw)
    } else {
        Err(de::Error::custom(format_args!(
            "\"{key}\" must be an object"
        )))
    }
}

#[cfg(test)]
mod tests;
