//! Reads one message: first all members in one pass, then what they mean together.
//!
//! The pass keeps each member as a raw slice and does not stop at a wrong one, so that the refusal
//! can echo an id even if it comes last.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::error::ErrorObject;
use crate::jsonrpc::{
    EnvelopeError, EnvelopeFault, Member, Message, Notification, Request, RequestId, Response,
};

pub(super) fn parse(bytes: &[u8]) -> Result<Message<'_>, EnvelopeError> {
    let text = std::str::from_utf8(bytes).map_err(EnvelopeError::Encoding)?;
    match text.bytes().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'{') => read_members(text)
            .map_err(EnvelopeError::Syntax)?
            .into_message(),
        Some(b'[') => Err(refuse_other(text, EnvelopeError::Batch)),
        _ => Err(refuse_other(
            text,
            EnvelopeError::Invalid {
                id: None,
                what: EnvelopeFault::NotObject,
            },
        )),
    }
}

/// Returns `refusal` for JSON that is not an object, and a syntax error for text that is not JSON.
fn refuse_other(text: &str, refusal: EnvelopeError) -> EnvelopeError {
    match serde_json::from_str::<IgnoredAny>(text) {
        Ok(IgnoredAny) => refusal,
        Err(error) => EnvelopeError::Syntax(error),
    }
}

fn read_members(text: &str) -> serde_json::Result<Members<'_>> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let members = deserializer.deserialize_map(MembersVisitor)?;
    deserializer.end()?;
    Ok(members)
}

/// The members of one message, in raw form.
#[derive(Default)]
struct Members<'a> {
    error: Option<&'a RawValue>,
    id: Option<&'a RawValue>,
    jsonrpc: Option<&'a RawValue>,
    method: Option<&'a RawValue>,
    params: Option<&'a RawValue>,
    result: Option<&'a RawValue>,
    duplicate: Option<Member>,
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON-RPC message")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
        let mut members = Members::default();
        while let Some(Key(key)) = map.next_key()? {
            let Some(member) = key else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            let value = map.next_value()?;
            if members.slot(member).replace(value).is_some() {
                members.note_duplicate(member);
            }
        }
        Ok(members)
    }
}

/// The key of a member: one that JSON-RPC names, or any other.
struct Key(Option<Member>);

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor;

        impl Visitor<'_> for KeyVisitor {
            type Value = Key;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a member")
            }

            fn visit_str<E: de::Error>(self, name: &str) -> Result<Key, E> {
                Ok(Key(match name {
                    "error" => Some(Member::Error),
                    "id" => Some(Member::Id),
                    "jsonrpc" => Some(Member::JsonRpc),
                    "method" => Some(Member::Method),
                    "params" => Some(Member::Params),
                    "result" => Some(Member::Result),
                    _ => None,
                }))
            }
        }

        deserializer.deserialize_identifier(KeyVisitor)
    }
}

/// The `id` member.
enum Id {
    Absent,
    Malformed,
    Null,
    Readable(RequestId),
}

/// What a message is, apart from its id.
enum Body<'a> {
    Call {
        method: Cow<'a, str>,
        params: Option<&'a RawValue>,
    },
    Outcome(Result<&'a RawValue, ErrorObject>),
}

impl<'a> Members<'a> {
    fn slot(&mut self, member: Member) -> &mut Option<&'a RawValue> {
        match member {
            Member::Error => &mut self.error,
            Member::Id => &mut self.id,
            Member::JsonRpc => &mut self.jsonrpc,
            Member::Method => &mut self.method,
            Member::Params => &mut self.params,
            Member::Result => &mut self.result,
        }
    }

    /// Keeps the first duplicate; but a duplicate id takes precedence over the others.
    fn note_duplicate(&mut self, member: Member) {
        if self.duplicate.is_none() || member == Member::Id {
            self.duplicate = Some(member);
        }
    }

    fn into_message(self) -> Result<Message<'a>, EnvelopeError> {
        let id = self.id();
        match (self.body(), id) {
            (Ok(Body::Call { method, params }), Id::Readable(id)) => {
                Ok(Message::Request(Request { id, method, params }))
            }
            (Ok(Body::Call { method, params }), Id::Absent) => {
                Ok(Message::Notification(Notification { method, params }))
            }
            (Ok(Body::Outcome(outcome)), Id::Readable(id)) => Ok(Message::Response(Response {
                id: Some(id),
                outcome,
            })),
            (Ok(Body::Outcome(Err(error))), Id::Absent | Id::Null) => {
                Ok(Message::Response(Response {
                    id: None,
                    outcome: Err(error),
                }))
            }
            (Ok(Body::Outcome(Ok(_))), Id::Absent) => Err(invalid(None, EnvelopeFault::IdMissing)),
            (Ok(_), Id::Null) => Err(invalid(None, EnvelopeFault::IdNull)),
            (Ok(_), Id::Malformed) => Err(invalid(None, EnvelopeFault::IdMalformed)),
            (Err(what), Id::Readable(id)) => Err(invalid(Some(id), what)),
            (Err(what), _) => Err(invalid(None, what)),
        }
    }

    fn id(&self) -> Id {
        // Two ids count as none: we cannot know which one the sender waits for.
        let Some(raw) = self.id.filter(|_| self.duplicate != Some(Member::Id)) else {
            return Id::Absent;
        };
        if raw.get() == "null" {
            Id::Null
        } else if let Some(text) = string(raw) {
            Id::Readable(RequestId::String(text.into_owned()))
        } else if let Some(number) = integer(raw) {
            Id::Readable(RequestId::Number(number))
        } else {
            Id::Malformed
        }
    }

    fn body(&self) -> Result<Body<'a>, EnvelopeFault> {
        if let Some(member) = self.duplicate {
            return Err(EnvelopeFault::DuplicateMember(member));
        }
        if self.jsonrpc.and_then(string).as_deref() != Some("2.0") {
            return Err(EnvelopeFault::VersionNot20);
        }
        match (self.method, self.result, self.error) {
            (Some(method), None, None) => self.call(method),
            (None, Some(result), None) => {
                self.outcome(object(result).map(Ok).ok_or(EnvelopeFault::ResultNotObject))
            }
            (None, None, Some(error)) => self.outcome(
                object(error)
                    .and_then(|error| serde_json::from_str(error.get()).ok())
                    .map(Err)
                    .ok_or(EnvelopeFault::ErrorMalformed),
            ),
            (None, Some(_), Some(_)) => Err(EnvelopeFault::ResultAndError),
            (Some(_), _, _) => Err(EnvelopeFault::MethodWithOutcome),
            (None, None, None) => Err(EnvelopeFault::NoMethodNorOutcome),
        }
    }

    fn call(&self, method: &'a RawValue) -> Result<Body<'a>, EnvelopeFault> {
        let method = string(method).ok_or(EnvelopeFault::MethodNotString)?;
        let params = match self.params {
            Some(params) => Some(object(params).ok_or(EnvelopeFault::ParamsNotObject)?),
            None => None,
        };
        Ok(Body::Call { method, params })
    }

    fn outcome(
        &self,
        outcome: Result<Result<&'a RawValue, ErrorObject>, EnvelopeFault>,
    ) -> Result<Body<'a>, EnvelopeFault> {
        if self.params.is_some() {
            return Err(EnvelopeFault::ParamsWithOutcome);
        }
        outcome.map(Body::Outcome)
    }
}

fn invalid(id: Option<RequestId>, what: EnvelopeFault) -> EnvelopeError {
    EnvelopeError::Invalid { id, what }
}

/// The value as a string, borrowed when it has no escapes. The slice is known to be JSON, so a
/// string without a backslash stands for itself.
fn string(raw: &RawValue) -> Option<Cow<'_, str>> {
    let inner = raw.get().strip_prefix('"')?.strip_suffix('"')?;
    if inner.contains('\\') {
        serde_json::from_str(raw.get()).ok().map(Cow::Owned)
    } else {
        Some(Cow::Borrowed(inner))
    }
}

/// The value as an integer. The slice is known to be JSON, so whatever parses has no fraction,
/// exponent or plus sign. `-0` is refused because no integer is written like that.
fn integer(raw: &RawValue) -> Option<i64> {
    raw.get().parse().ok().filter(|_| raw.get() != "-0")
}

/// The value when it is an object.
fn object(raw: &RawValue) -> Option<&RawValue> {
    raw.get().starts_with('{').then_some(raw)
}
