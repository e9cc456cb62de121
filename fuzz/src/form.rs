//! The form that a server asks the user to fill in, and what the user types. The first line is the
//! schema, the rest is typed into every field.

use serde_json::Map;
use serde_json::value::RawValue;
use thyra_client::{AnswerError, Form};

use crate::shown::assert_printable;

pub(crate) fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let (schema, typed) = text.split_once('\n').unwrap_or((text, ""));
    let Ok(schema) = serde_json::from_str::<&RawValue>(schema) else {
        return;
    };
    let form = match Form::from_schema(schema) {
        Ok(form) => form,
        Err(error) => return assert_printable(&error),
    };
    assert!(form.fields().len() <= Form::MOST_FIELDS);
    let mut answers = Map::new();
    for field in form.fields() {
        assert_printable(&field.expected());
        if let Some(default) = field.default() {
            assert_eq!(field.check(default), Ok(()), "a default fits its field");
        }
        match field.parse(typed) {
            Ok(answer) => {
                assert_eq!(field.check(&answer), Ok(()), "what is read fits its field");
                answers.insert(field.name().to_owned(), answer);
            }
            Err(error) => assert_printable(&error),
        }
    }
    match form.complete(&answers) {
        Ok(complete) => assert_eq!(
            form.complete(&complete),
            Ok(complete),
            "nothing is left to do"
        ),
        Err(error) => {
            assert!(matches!(error, AnswerError::Missing { .. }), "{error}");
            assert_printable(&error);
        }
    }
}
