//! The parts of a token in compact form (RFC 7515 section 7.1) and its header.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::{MAX_TOKEN, json};
use crate::verify::TokenRejected;
use crate::verify::algorithm::{Algorithm, Algorithms};
use crate::verify::jws::Compact;

/// How many members a header may have. There are about a dozen that anybody uses.
const MAX_MEMBERS: usize = 32;

/// A token whose form and header are in order. Nothing of it is verified.
#[derive(Debug)]
pub(in crate::verify) struct Parts<'t> {
    pub(in crate::verify) algorithm: Algorithm,
    kid: Option<Box<str>>,
    pub(in crate::verify) compact: Compact<'t>,
}

impl<'t> Parts<'t> {
    /// Takes a token apart and judges its header.
    pub(in crate::verify) fn parse(
        token: &'t str,
        algorithms: Algorithms,
        types: &[Box<str>],
    ) -> Result<Self, TokenRejected> {
        Self::parse_with(token, algorithms, |typ| {
            typ.is_none_or(|typ| {
                types
                    .iter()
                    .any(|allowed| allowed.eq_ignore_ascii_case(typ))
            })
        })
    }

    /// As [`Parts::parse`], with a type that must be there: `typ` or `application/typ`.
    pub(in crate::verify) fn parse_typed(
        token: &'t str,
        algorithms: Algorithms,
        typ: &str,
    ) -> Result<Self, TokenRejected> {
        Self::parse_with(token, algorithms, |held| {
            held.is_some_and(|held| {
                // A media type may be given in full (RFC 7515 section 4.1.9).
                let (top, short) = held.split_once('/').unwrap_or(("application", held));
                top.eq_ignore_ascii_case("application") && short.eq_ignore_ascii_case(typ)
            })
        })
    }

    /// As [`Parts::parse`], with whatever type.
    pub(in crate::verify) fn parse_any_type(
        token: &'t str,
        algorithms: Algorithms,
    ) -> Result<Self, TokenRejected> {
        Self::parse_with(token, algorithms, |_| true)
    }

    fn parse_with(
        token: &'t str,
        algorithms: Algorithms,
        type_allowed: impl Fn(Option<&str>) -> bool,
    ) -> Result<Self, TokenRejected> {
        if token.len() > MAX_TOKEN {
            return Err(TokenRejected::TooLarge);
        }
        let compact = Compact::split(token).ok_or(TokenRejected::Malformed)?;
        let bytes = compact.header().ok_or(TokenRejected::Malformed)?;
        let header: Header<'_> =
            serde_json::from_slice(&bytes).map_err(|_| TokenRejected::Malformed)?;
        let allowed = |algorithm: &Algorithm| algorithms.contains(*algorithm);
        let algorithm = header.alg.parse().ok().filter(allowed);
        let algorithm = algorithm.ok_or(TokenRejected::AlgorithmNotAllowed)?;
        if header.critical {
            return Err(TokenRejected::UnsupportedCritical);
        }
        if !type_allowed(header.typ.as_deref()) {
            return Err(TokenRejected::TypeNotAllowed);
        }
        Ok(Self {
            algorithm,
            kid: header.kid.map(Into::into),
            compact,
        })
    }

    /// The name of the key that it says it is signed with.
    pub(in crate::verify) fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    pub(in crate::verify) fn signature(&self) -> Result<Vec<u8>, TokenRejected> {
        self.compact.signature().ok_or(TokenRejected::Malformed)
    }

    pub(in crate::verify) fn payload(&self) -> Result<Vec<u8>, TokenRejected> {
        self.compact.payload().ok_or(TokenRejected::Malformed)
    }

    pub(in crate::verify) fn claims(&self) -> Result<Map<String, Value>, TokenRejected> {
        json::object(&self.payload()?).map_err(|_| TokenRejected::Malformed)
    }
}

/// The issuer that a token claims to have, if it looks like a JSON Web Token. Nothing of it is
/// verified, so nothing may depend on it but the order of things.
pub(in crate::verify) fn claimed_issuer(token: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Claimed {
        iss: String,
    }
    if token.len() > MAX_TOKEN {
        return None;
    }
    let payload = Compact::split(token)?.payload()?;
    let Claimed { iss } = serde_json::from_slice(&payload).ok()?;
    Some(iss)
}

/// A JOSE header as far as it matters. Members that bring or name keys (`jwk`, `jku`, `x5c`, `x5u`)
/// are among those that do not.
struct Header<'a> {
    alg: Cow<'a, str>,
    kid: Option<Cow<'a, str>>,
    typ: Option<Cow<'a, str>>,
    /// It has a `crit`, and no extension is supported.
    critical: bool,
}

/// A string that is borrowed where it can be.
struct Text<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;

        impl<'de> Visitor<'de> for TextVisitor {
            type Value = Text<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }

        deserializer.deserialize_str(TextVisitor)
    }
}

impl<'de> Deserialize<'de> for Header<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct HeaderVisitor;

        impl<'de> Visitor<'de> for HeaderVisitor {
            type Value = Header<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JOSE header")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Header<'de>, A::Error> {
                let (mut alg, mut kid, mut typ, mut critical) = (None, None, None, false);
                let mut seen: Vec<Text<'de>> = Vec::new();
                while let Some(name) = members.next_key::<Text<'de>>()? {
                    if seen.len() == MAX_MEMBERS || seen.iter().any(|other| other.0 == name.0) {
                        return Err(A::Error::custom("too many members, or one twice"));
                    }
                    match &*name.0 {
                        "alg" => alg = Some(members.next_value::<Text<'de>>()?.0),
                        "kid" => kid = Some(members.next_value::<Text<'de>>()?.0),
                        "typ" => typ = Some(members.next_value::<Text<'de>>()?.0),
                        other => {
                            critical |= other == "crit";
                            json::skip(&mut members)?;
                        }
                    }
                    seen.push(name);
                }
                Ok(Header {
                    alg: alg.ok_or_else(|| A::Error::missing_field("alg"))?,
                    kid,
                    typ,
                    critical,
                })
            }
        }

        deserializer.deserialize_map(HeaderVisitor)
    }
}
