mod properties;
mod refusals;

use serde_json::json;

use refusals::refusal;

use super::*;
use crate::error::ErrorCode;

fn request(text: &str) -> Request<'_> {
    match Message::parse(text.as_bytes()) {
        Ok(Message::Request(request)) => request,
        other => panic!("{text}: not a request: {other:?}"),
    }
}

fn response(text: &str) -> Response<'_> {
    match Message::parse(text.as_bytes()) {
        Ok(Message::Response(response)) => response,
        other => panic!("{text}: not a response: {other:?}"),
    }
}

#[test]
fn a_request_borrows_method_and_params() {
    let text = r#" {"jsonrpc":"2.0","id":7,"method":"tools/call","params": {"name":"add","arguments":{"a":1}} } "#;
    let request = request(text);
    assert_eq!(request.id, RequestId::Number(7));
    assert!(matches!(request.method, Cow::Borrowed("tools/call")));
    let params = request.params.unwrap().get();
    assert_eq!(params, r#"{"name":"add","arguments":{"a":1}}"#);
    assert!(text.as_bytes().as_ptr_range().contains(&params.as_ptr()));
}

#[test]
fn members_come_in_any_order_and_unknown_ones_are_skipped() {
    let request = request(
        r#"{"params":{},"x":{"id":[1]},"method":"ping","Id":2,"id":"a","x":null,"jsonrpc":"2.0"}"#,
    );
    assert_eq!(request.id, RequestId::from("a"));
    assert_eq!(request.method, "ping");
}

#[test]
fn escapes_are_read() {
    let request = request(
        r#"{"json\u0072pc":"\u0032.0","\u0069d":"a\"\ud83d\ude00","method":"tools\/call"}"#,
    );
    assert_eq!(request.id, RequestId::from("a\"😀"));
    assert_eq!(request.method, "tools/call");
    assert!(request.params.is_none());
}

#[test]
fn without_an_id_it_is_a_notification() {
    let text = br#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
    let Ok(Message::Notification(notification)) = Message::parse(text) else {
        panic!("not a notification");
    };
    assert_eq!(notification.method, "notifications/initialized");
    assert!(notification.params.is_none());
}

#[test]
fn responses() {
    let result = response(r#"{"jsonrpc":"2.0","id":"a","result":{"x":1}}"#);
    assert_eq!(result.id, Some(RequestId::from("a")));
    assert_eq!(result.outcome.unwrap().get(), r#"{"x":1}"#);

    let error =
        response(r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"no","data":[1]}}"#);
    assert_eq!(error.id, Some(RequestId::Number(1)));
    let object = error.outcome.unwrap_err();
    assert_eq!(object.code, ErrorCode::METHOD_NOT_FOUND);
    assert_eq!(object.message, "no");
    assert_eq!(object.data.unwrap().get(), "[1]");

    for id in ["", r#""id":null,"#] {
        let text = format!(r#"{{"jsonrpc":"2.0",{id}"error":{{"code":-32700,"message":"x"}}}}"#);
        assert_eq!(response(&text).id, None, "{text}");
    }
}

#[test]
fn ids_are_strings_or_integers_of_64_bits() {
    let good = [
        ("0", RequestId::Number(0)),
        ("-1", RequestId::Number(-1)),
        ("9223372036854775807", RequestId::Number(i64::MAX)),
        ("-9223372036854775808", RequestId::Number(i64::MIN)),
        (r#""""#, RequestId::from("")),
        (r#""1""#, RequestId::from("1")),
        (r#""\u0000""#, RequestId::from("\0")),
    ];
    for (id, expected) in good {
        let text = format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"m"}}"#);
        assert_eq!(request(&text).id, expected);
        assert_eq!(serde_json::from_str::<RequestId>(id).unwrap(), expected);
    }

    let bad = [
        "1.0",
        "1e3",
        "-0",
        "9223372036854775808",
        "-9223372036854775809",
        "18446744073709551616",
        "1e999",
        "true",
        "[1]",
        r#"{"a":1}"#,
        r#""\ud800""#,
    ];
    for id in bad {
        let text = format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"m"}}"#);
        assert_eq!(refusal(&text), (None, EnvelopeFault::IdMalformed), "{id}");
        assert!(serde_json::from_str::<RequestId>(id).is_err(), "{id}");
    }
    assert!(serde_json::from_str::<RequestId>("null").is_err());
}

#[test]
fn written_messages() {
    let mut buf = b"before".to_vec();
    write_result(&mut buf, &RequestId::from("a\"b"), &json!({"x": 1})).unwrap();
    assert_eq!(
        String::from_utf8(buf).unwrap(),
        r#"before{"jsonrpc":"2.0","id":"a\"b","result":{"x":1}}"#
    );

    let mut buf = Vec::new();
    write_error(
        &mut buf,
        Some(&RequestId::Number(-3)),
        &ErrorObject::method_not_found(),
    );
    assert_eq!(
        String::from_utf8(buf).unwrap(),
        r#"{"jsonrpc":"2.0","id":-3,"error":{"code":-32601,"message":"Method not found"}}"#
    );

    let mut buf = Vec::new();
    write_error(
        &mut buf,
        None,
        &ErrorObject::new(ErrorCode::PARSE_ERROR, "x"),
    );
    assert_eq!(
        String::from_utf8(buf).unwrap(),
        r#"{"jsonrpc":"2.0","error":{"code":-32700,"message":"x"}}"#
    );

    let mut buf = Vec::new();
    write_request(&mut buf, &RequestId::Number(1), "ping", &json!({})).unwrap();
    write_notification(&mut buf, "a\nb", &json!({})).unwrap();
    assert_eq!(
        String::from_utf8(buf).unwrap(),
        concat!(
            r#"{"jsonrpc":"2.0","id":1,"method":"ping","params":{}}"#,
            r#"{"jsonrpc":"2.0","method":"a\nb","params":{}}"#
        )
    );
}

#[test]
fn what_does_not_serialise_leaves_the_buffer_alone() {
    // JSON has no keys that are arrays.
    let unwritable = std::collections::BTreeMap::from([([1], 1)]);
    let mut buf = b"before".to_vec();
    let id = RequestId::Number(1);
    assert!(write_result(&mut buf, &id, &unwritable).is_err());
    assert!(write_request(&mut buf, &id, "m", &unwritable).is_err());
    assert!(write_notification(&mut buf, "m", &unwritable).is_err());
    assert_eq!(buf, b"before");
}

#[test]
fn what_is_written_is_one_line_whatever_it_passes_on() {
    let raw = RawValue::from_string("{\"a\":\r\n{\"b\":\n\"c\\n\"}\n}".to_owned()).unwrap();
    let mut buf = Vec::new();
    write_result(&mut buf, &RequestId::Number(1), &raw).unwrap();
    assert!(!buf.contains(&b'\n') && !buf.contains(&b'\r'));
    let message: serde_json::Value = serde_json::from_slice(&buf).unwrap();
    assert_eq!(message["result"]["a"]["b"], "c\n");
}
