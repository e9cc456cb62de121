use super::*;
use crate::jsonrpc::EnvelopeFault as F;
use crate::jsonrpc::Member as M;

pub(super) fn refusal(text: &str) -> (Option<RequestId>, F) {
    match Message::parse(text.as_bytes()) {
        Err(EnvelopeError::Invalid { id, what }) => (id, what),
        other => panic!("{text}: not refused as invalid: {other:?}"),
    }
}

/// A message, the id that its refusal echoes, and what is wrong with it.
const WRONG: &[(&str, Option<i64>, F)] = &[
    (r#"{"id":1,"method":"m"}"#, Some(1), F::VersionNot20),
    (
        r#"{"jsonrpc":2.0,"id":1,"method":"m"}"#,
        Some(1),
        F::VersionNot20,
    ),
    (
        r#"{"jsonrpc":"1.0","id":1,"method":"m"}"#,
        Some(1),
        F::VersionNot20,
    ),
    (
        r#"{"jsonrpc":null,"id":1,"method":"m"}"#,
        Some(1),
        F::VersionNot20,
    ),
    (
        r#"{"jsonrpc":"2.0","id":null,"method":"m"}"#,
        None,
        F::IdNull,
    ),
    (
        r#"{"jsonrpc":"2.0","id":null,"result":{}}"#,
        None,
        F::IdNull,
    ),
    (r#"{"jsonrpc":"2.0","result":{}}"#, None, F::IdMissing),
    (
        r#"{"jsonrpc":"2.0","id":1}"#,
        Some(1),
        F::NoMethodNorOutcome,
    ),
    (r"{}", None, F::VersionNot20),
    (
        r#"{"jsonrpc":"2.0","id":1,"method":5}"#,
        Some(1),
        F::MethodNotString,
    ),
    (
        r#"{"jsonrpc":"2.0","id":1,"method":null}"#,
        Some(1),
        F::MethodNotString,
    ),
    (
        r#"{"jsonrpc":"2.0","method":"\udc00","id":1}"#,
        Some(1),
        F::MethodNotString,
    ),
    (
        r#"{"jsonrpc":"2.0","method":"m","params":[],"id":1}"#,
        Some(1),
        F::ParamsNotObject,
    ),
    (
        r#"{"jsonrpc":"2.0","method":"m","params":null,"id":1}"#,
        Some(1),
        F::ParamsNotObject,
    ),
    (
        r#"{"jsonrpc":"2.0","method":"m","params":"{}","id":1}"#,
        Some(1),
        F::ParamsNotObject,
    ),
    (
        r#"{"jsonrpc":"2.0","params":7,"method":"m"}"#,
        None,
        F::ParamsNotObject,
    ),
    (
        r#"{"jsonrpc":"2.0","id":1,"result":{},"error":{"code":1,"message":"x"}}"#,
        Some(1),
        F::ResultAndError,
    ),
    (
        r#"{"jsonrpc":"2.0","id":1,"result":{},"error":null}"#,
        Some(1),
        F::ResultAndError,
    ),
    (
        r#"{"jsonrpc":"2.0","id":1,"result":[]}"#,
        Some(1),
        F::ResultNotObject,
    ),
    (
        r#"{"jsonrpc":"2.0","id":1,"result":null}"#,
        Some(1),
        F::ResultNotObject,
    ),
    (
        r#"{"jsonrpc":"2.0","id":1,"error":"x"}"#,
        Some(1),
        F::ErrorMalformed,
    ),
    (
        r#"{"jsonrpc":"2.0","id":1,"error":[1,"x"]}"#,
        Some(1),
        F::ErrorMalformed,
    ),
    (
        r#"{"jsonrpc":"2.0","id":1,"error":{"code":1}}"#,
        Some(1),
        F::ErrorMalformed,
    ),
    (
        r#"{"jsonrpc":"2.0","id":1,"error":{"code":1.5,"message":"x"}}"#,
        Some(1),
        F::ErrorMalformed,
    ),
    (
        r#"{"jsonrpc":"2.0","id":1,"method":"m","result":{}}"#,
        Some(1),
        F::MethodWithOutcome,
    ),
    (
        r#"{"jsonrpc":"2.0","id":1,"method":"m","error":{"code":1,"message":"x"}}"#,
        Some(1),
        F::MethodWithOutcome,
    ),
    (
        r#"{"jsonrpc":"2.0","id":1,"params":{},"result":{}}"#,
        Some(1),
        F::ParamsWithOutcome,
    ),
    (
        r#"{"jsonrpc":"2.0","jsonrpc":"2.0","id":1,"method":"m"}"#,
        Some(1),
        F::DuplicateMember(M::JsonRpc),
    ),
    (
        r#"{"jsonrpc":"2.0","id":1,"id":1,"method":"m"}"#,
        None,
        F::DuplicateMember(M::Id),
    ),
    (
        r#"{"jsonrpc":"2.0","id":1,"\u0069d":2,"method":"m"}"#,
        None,
        F::DuplicateMember(M::Id),
    ),
    (
        r#"{"jsonrpc":"2.0","method":"a","id":1,"method":"b"}"#,
        Some(1),
        F::DuplicateMember(M::Method),
    ),
    (
        r#"{"jsonrpc":"2.0","method":"a","params":{},"params":{},"id":1}"#,
        Some(1),
        F::DuplicateMember(M::Params),
    ),
    (
        r#"{"jsonrpc":"2.0","result":{},"result":{},"id":1}"#,
        Some(1),
        F::DuplicateMember(M::Result),
    ),
    (
        r#"{"jsonrpc":"2.0","error":1,"error":2,"id":1}"#,
        Some(1),
        F::DuplicateMember(M::Error),
    ),
    (r#""x""#, None, F::NotObject),
    ("5", None, F::NotObject),
    ("null", None, F::NotObject),
];

#[test]
fn wrong_members_are_refused_and_a_readable_id_is_kept() {
    for (text, id, what) in WRONG.iter().copied() {
        let error = Message::parse(text.as_bytes()).unwrap_err();
        assert_eq!(error.id(), id.map(RequestId::Number).as_ref(), "{text}");
        assert_eq!(
            error.error_object().code,
            ErrorCode::INVALID_REQUEST,
            "{text}"
        );
        assert_eq!(refusal(text).1, what, "{text}");
        assert!(error.to_string().contains(&what.to_string()), "{text}");
    }
}

#[test]
fn a_duplicate_id_hides_both_even_after_another_duplicate() {
    let text = r#"{"jsonrpc":"2.0","method":"a","method":"b","id":1,"id":2}"#;
    let (id, _) = refusal(text);
    assert_eq!(id, None);
}

#[test]
fn batches_are_refused_as_such() {
    for text in [
        "[]",
        " [ ]",
        r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#,
        "[[[[]]]]",
    ] {
        let error = Message::parse(text.as_bytes()).unwrap_err();
        assert!(matches!(error, EnvelopeError::Batch), "{text}: {error:?}");
        assert_eq!(error.error_object().code, ErrorCode::INVALID_REQUEST);
        assert_eq!(error.id(), None);
    }
}

#[test]
fn what_is_not_json_is_a_parse_error_without_id() {
    let table: [&[u8]; 16] = [
        b"",
        b"  \n",
        b"{",
        b"[",
        b"[1,]",
        br#"[{"jsonrpc":"2.0","id":1,"method":"ping"}"#,
        br#"{"jsonrpc":"2.0","id":1,"method":"ping"} x"#,
        br#"{"jsonrpc":"2.0","id":1,"method":"ping"}{"jsonrpc":"2.0"}"#,
        br#"{"jsonrpc":"2.0","id":1,"method":"ping",}"#,
        br#"{"jsonrpc":"2.0","id":01,"method":"ping"}"#,
        br#"{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":[}}"#,
        br#"{"jsonrpc":"2.0","id":1,"method":"pi"#,
        b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"a\nb\"}",
        br#"{"jsonrpc":"2.0","id":1,"method":"\x"}"#,
        br"{1:2}",
        b"\xef\xbb\xbf{}",
    ];
    for bytes in table {
        let text = String::from_utf8_lossy(bytes);
        let error = Message::parse(bytes).unwrap_err();
        assert!(
            matches!(error, EnvelopeError::Syntax(_)),
            "{text}: {error:?}"
        );
        assert_eq!(error.error_object().code, ErrorCode::PARSE_ERROR, "{text}");
        assert_eq!(error.id(), None, "{text}");
    }
}

#[test]
fn invalid_utf8_is_refused_wherever_it_is() {
    let table: [&[u8]; 5] = [
        b"\xff",
        b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\xff\"}",
        b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"m\",\"params\":{\"a\":\"\xc3\"}}",
        b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"m\",\"skipped\":\"\xed\xa0\x80\"}",
        b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"m\",\"\xfe\":1}",
    ];
    for bytes in table {
        let error = Message::parse(bytes).unwrap_err();
        assert!(matches!(error, EnvelopeError::Encoding(_)), "{error:?}");
        assert_eq!(error.error_object().code, ErrorCode::PARSE_ERROR);
    }
}

#[test]
fn deep_nesting_does_not_overflow_the_stack() {
    let depth = 200_000;
    let deep = |open: &str, close: &str| open.repeat(depth) + "1" + &close.repeat(depth);

    let arrays = deep("[", "]");
    assert!(matches!(
        Message::parse(arrays.as_bytes()),
        Err(EnvelopeError::Batch)
    ));
    for inner in [arrays, deep(r#"{"a":"#, "}")] {
        let in_params =
            format!(r#"{{"jsonrpc":"2.0","id":1,"method":"m","params":{{"a":{inner}}}}}"#);
        assert_eq!(request(&in_params).id, RequestId::Number(1));
        let in_id = format!(r#"{{"jsonrpc":"2.0","id":{inner},"method":"m"}}"#);
        assert_eq!(refusal(&in_id).1, F::IdMalformed);
        let in_skipped = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"m","x":{inner}}}"#);
        assert_eq!(request(&in_skipped).method, "m");
        let in_error = format!(
            r#"{{"jsonrpc":"2.0","id":1,"error":{{"code":1,"message":"m","data":{inner}}}}}"#
        );
        assert!(response(&in_error).outcome.is_err());
    }
}

#[test]
fn refusals_repeat_nothing_of_the_message() {
    for text in [
        r#"{"jsonrpc":"2.0","id":{"token":"s3cret"},"method":"m"}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"m","params":"s3cret"}"#,
        r#"{"jsonrpc":"2.0","id":1,"error":"s3cret"}"#,
        r#"{"jsonrpc":"s3cret","id":1,"method":"m"}"#,
        r#""s3cret"#,
    ] {
        let error = Message::parse(text.as_bytes()).unwrap_err().error_object();
        assert!(!error.message.contains("s3cret"), "{}", error.message);
    }
}
