//! The value in the result of a tool, read as a type.

use std::fmt;

use serde::de::value::StrDeserializer;
use serde::de::{self, DeserializeOwned, IntoDeserializer as _, Visitor};
use serde::{Deserialize, Deserializer, forward_to_deserialize_any};
use serde_json::value::RawValue;
use thyra_protocol::CallToolResult;

/// The value of a successful call, or why there is none.
pub(super) fn value<T: DeserializeOwned>(result: &CallToolResult) -> Result<T, String> {
    if let Some(structured) = &result.structured_content {
        return structured_value(structured).map_err(|error| error.to_string());
    }
    let [block] = &*result.content else {
        return Err(format!(
            "there is no structured content, and there are {} blocks instead of one text",
            result.content.len()
        ));
    };
    let text = block
        .as_text()
        .ok_or("there is no structured content, and no text")?;
    let string: StrDeserializer<'_, de::value::Error> = text.into_deserializer();
    T::deserialize(string)
        .or_else(|_| serde_json::from_str(text))
        .map_err(|error| format!("the text is not one: {error}"))
}

fn structured_value<T: DeserializeOwned>(structured: &RawValue) -> Result<T, serde_json::Error> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Wrapped<'a> {
        // Not a `T`: one that may be absent would be read from an object without the member.
        #[serde(borrow)]
        result: &'a RawValue,
    }

    let whole = structured.get();
    let Ok(Wrapped { result }) = serde_json::from_str(whole) else {
        return serde_json::from_str(whole);
    };
    // A struct ignores members that it does not name, and all its fields may be optional. So it
    // must not be tried in both places: from the wrong one it could come back empty.
    match fields::<T>() {
        Some(fields) if fields.contains(&"result") => serde_json::from_str(whole),
        Some(_) => serde_json::from_str(result.get()),
        None => serde_json::from_str(result.get())
            .or_else(|error| serde_json::from_str(whole).map_err(|_| error)),
    }
}

/// The names of the fields of `T`, if it is a struct that is read by field names.
fn fields<T: DeserializeOwned>() -> Option<&'static [&'static str]> {
    // `Fields` yields no value, so this succeeds only for a `T` that reads nothing.
    T::deserialize(Fields).err().and_then(|asked| asked.fields)
}

/// A deserializer without a value, which learns what fields a struct asks for.
struct Fields;

impl<'de> Deserializer<'de> for Fields {
    type Error = Asked;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Asked> {
        Err(Asked { fields: None })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Asked> {
        Err(Asked {
            fields: Some(fields),
        })
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Asked> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct seq tuple tuple_struct
        map enum identifier ignored_any
    }
}

/// What a type asked for.
#[derive(Debug)]
struct Asked {
    fields: Option<&'static [&'static str]>,
}

impl fmt::Display for Asked {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("there is nothing to read")
    }
}

impl std::error::Error for Asked {}

impl de::Error for Asked {
    fn custom<M: fmt::Display>(_: M) -> Self {
        Self { fields: None }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use serde_json::Value;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Inner {
        a: i64,
    }

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(default)]
    struct Report {
        note: Option<String>,
        result: Option<Inner>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Renamed {
        #[serde(rename = "result", default)]
        inner: Option<Inner>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Newtype(Renamed);

    #[derive(Debug, PartialEq, Deserialize)]
    struct Unrelated {
        #[serde(default)]
        a: i64,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Flattened {
        #[serde(flatten)]
        rest: HashMap<String, i64>,
    }

    #[test]
    fn structs_say_their_fields() {
        assert_eq!(fields::<Report>(), Some(&["note", "result"][..]));
        assert_eq!(fields::<Renamed>(), Some(&["result"][..]));
        assert_eq!(fields::<Newtype>(), Some(&["result"][..]));
        assert_eq!(fields::<Box<Unrelated>>(), Some(&["a"][..]));
        assert_eq!(fields::<Flattened>(), None);
        assert_eq!(fields::<Option<Report>>(), None);
        assert_eq!(fields::<Vec<Report>>(), None);
        assert_eq!(fields::<HashMap<String, Inner>>(), None);
        assert_eq!(fields::<Value>(), None);
        assert_eq!(fields::<String>(), None);
        assert_eq!(fields::<()>(), None);
    }

    fn read<T: DeserializeOwned>(text: &str) -> Result<T, String> {
        let mut result = CallToolResult::default();
        result.structured_content = Some(RawValue::from_string(text.to_owned()).unwrap());
        value(&result)
    }

    #[test]
    fn a_struct_with_a_field_of_that_name_is_the_whole() {
        let full = Report {
            note: None,
            result: Some(Inner { a: 5 }),
        };
        assert_eq!(read(r#"{"result":{"a":5}}"#), Ok(full));
        let inner = || Some(Inner { a: 5 });
        assert_eq!(
            read(r#"{"result":{"a":5}}"#),
            Ok(Renamed { inner: inner() })
        );
        let newtype = Newtype(Renamed { inner: inner() });
        assert_eq!(read(r#"{"result":{"a":5}}"#), Ok(newtype));
        assert_eq!(read(r#"{"result":null}"#), Ok(Report::default()));
        // It does not come back empty from what is no `Inner`.
        let error = read::<Renamed>(r#"{"result":{"a":"x"}}"#).unwrap_err();
        assert!(error.contains(r#"string "x""#), "{error}");
    }

    #[test]
    fn another_struct_is_the_member() {
        assert_eq!(read(r#"{"result":{"a":5}}"#), Ok(Inner { a: 5 }));
        assert_eq!(read(r#"{"result":{"a":5}}"#), Ok(Unrelated { a: 5 }));
        let error = read::<Unrelated>(r#"{"result":5}"#).unwrap_err();
        assert!(error.contains("integer `5`"), "{error}");
        // There are others, so it wraps nothing.
        assert_eq!(read(r#"{"result":5,"a":1}"#), Ok(Unrelated { a: 1 }));
    }

    #[test]
    fn what_is_no_struct_is_the_member_if_it_can_be() {
        assert_eq!(read(r#"{"result":5}"#), Ok(5));
        assert_eq!(read(r#"{"result":5}"#), Ok(Value::from(5)));
        assert_eq!(read::<Option<Report>>(r#"{"result":null}"#), Ok(None));
        let map = |name: &str| HashMap::from([(name.to_owned(), 5)]);
        assert_eq!(read(r#"{"result":{"a":5}}"#), Ok(map("a")));
        assert_eq!(read(r#"{"result":5}"#), Ok(map("result")));
        let rest = map("result");
        assert_eq!(read(r#"{"result":5}"#), Ok(Flattened { rest }));
        let error = read::<i64>(r#"{"result":"x"}"#).unwrap_err();
        assert!(error.contains(r#"string "x""#), "{error}");
    }
}
