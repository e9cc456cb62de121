//! JSON in which no object has a member twice (RFC 8725 section 2.4, RFC 7519 section 4): readers
//! that disagree about which one counts can be played off against each other.

use std::fmt;

use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Number, Value};

/// Reads an object. Nesting is bounded by the parser.
pub(crate) fn object(json: &[u8]) -> serde_json::Result<Map<String, Value>> {
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    let value = Strict.deserialize(&mut deserializer)?;
    deserializer.end()?;
    match value {
        Value::Object(members) => Ok(members),
        _ => Err(serde_json::Error::custom("not an object")),
    }
}

/// Reads over the value of a member, as strictly.
pub(super) fn skip<'de, A: MapAccess<'de>>(members: &mut A) -> Result<(), A::Error> {
    members.next_value_seed(Strict).map(drop)
}

/// Any value.
#[derive(Clone, Copy)]
struct Strict;

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value)
            .map(Value::Number)
            .ok_or_else(|| E::custom("not a finite number"))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = items.next_element_seed(self)? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = members.next_key::<Name>()? {
            let value = members.next_value_seed(self)?;
            if object.insert(name.0, value).is_some() {
                return Err(A::Error::custom("a member comes twice"));
            }
        }
        Ok(Value::Object(object))
    }
}

#[derive(Deserialize)]
struct Name(String);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_an_object() {
        for json in [
            r"{}",
            r#"{"a":1,"b":{"a":[1,-2,1.5,null,true,"\u00e9"]}}"#,
            " {} ",
        ] {
            let expected: Map<String, Value> = serde_json::from_str(json).unwrap();
            assert_eq!(object(json.as_bytes()).unwrap(), expected, "{json}");
        }
        for json in [
            "",
            "[]",
            "1",
            "null",
            r#"{"a":1,"a":1}"#,
            r#"{"a":1,"\u0061":2}"#,
            r#"{"a":{"b":1,"b":2}}"#,
            r#"{"a":[{"b":1,"b":2}]}"#,
            "{}{}",
            "{} x",
            r#"{"a":1e999}"#,
            "{\"a\":\"\u{1}\"}",
        ] {
            assert!(object(json.as_bytes()).is_err(), "{json}");
        }
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(200), "]".repeat(200));
        assert!(object(deep.as_bytes()).is_err());
        assert!(object(b"{\"a\":\"\xff\"}").is_err());
    }

    proptest! {
        #[test]
        fn it_never_accepts_what_the_plain_parser_does_not(json in any::<Vec<u8>>()) {
            if let Ok(members) = object(&json) {
                prop_assert_eq!(serde_json::from_slice::<Map<String, Value>>(&json).unwrap(), members);
            }
        }
    }
}
