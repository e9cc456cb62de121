use proptest::prelude::*;
use serde_json::Value;

use super::*;

fn ids() -> impl Strategy<Value = RequestId> {
    prop_oneof![
        any::<i64>().prop_map(RequestId::Number),
        any::<String>().prop_map(RequestId::String),
    ]
}

fn json_values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            json_objects(inner),
        ]
    })
}

fn json_objects(values: impl Strategy<Value = Value>) -> impl Strategy<Value = Value> {
    prop::collection::btree_map(any::<String>(), values, 0..6)
        .prop_map(|members| Value::Object(members.into_iter().collect()))
}

/// Fragments of which both good and bad messages are made.
fn fragments() -> impl Strategy<Value = Vec<u8>> {
    let fragment = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "\\",
        "\\u00",
        "\"jsonrpc\"",
        "\"2.0\"",
        "\"id\"",
        "\"method\"",
        "\"params\"",
        "\"result\"",
        "\"error\"",
        "\"code\"",
        "null",
        "true",
        "1",
        "-",
        "0",
        ".5",
        "e9",
        "9223372036854775808",
        " ",
        "\n",
        "é",
        "\u{feff}",
    ]);
    prop::collection::vec(fragment, 0..40).prop_map(|parts| parts.concat().into_bytes())
}

proptest! {
    #[test]
    fn ids_read_back(id in ids()) {
        let json = serde_json::to_string(&id).unwrap();
        prop_assert_eq!(serde_json::from_str::<RequestId>(&json).unwrap(), id.clone());
        let value = serde_json::to_value(&id).unwrap();
        prop_assert_eq!(serde_json::from_value::<RequestId>(value).unwrap(), id);
    }

    #[test]
    fn requests_read_back(id in ids(), method in any::<String>(), params in json_objects(json_values())) {
        let mut buf = Vec::new();
        write_request(&mut buf, &id, &method, &params).unwrap();
        let Ok(Message::Request(request)) = Message::parse(&buf) else {
            panic!("not a request");
        };
        prop_assert_eq!(request.id, id);
        prop_assert_eq!(&*request.method, &*method);
        prop_assert_eq!(serde_json::from_str::<Value>(request.params.unwrap().get()).unwrap(), params);
    }

    #[test]
    fn notifications_read_back(method in any::<String>(), params in json_objects(json_values())) {
        let mut buf = Vec::new();
        write_notification(&mut buf, &method, &params).unwrap();
        let Ok(Message::Notification(notification)) = Message::parse(&buf) else {
            panic!("not a notification");
        };
        prop_assert_eq!(&*notification.method, &*method);
        prop_assert_eq!(
            serde_json::from_str::<Value>(notification.params.unwrap().get()).unwrap(),
            params
        );
    }

    #[test]
    fn results_read_back(id in ids(), result in json_objects(json_values())) {
        let mut buf = Vec::new();
        write_result(&mut buf, &id, &result).unwrap();
        let Ok(Message::Response(response)) = Message::parse(&buf) else {
            panic!("not a response");
        };
        prop_assert_eq!(response.id, Some(id));
        prop_assert_eq!(
            serde_json::from_str::<Value>(response.outcome.unwrap().get()).unwrap(),
            result
        );
    }

    #[test]
    fn errors_read_back(
        id in prop::option::of(ids()),
        code in any::<i32>(),
        message in any::<String>(),
        data in prop::option::of(json_values()),
    ) {
        let mut error = ErrorObject::new(ErrorCode(code), message.clone());
        if let Some(data) = &data {
            error = error.with_data(serde_json::value::to_raw_value(data).unwrap());
        }
        let mut buf = Vec::new();
        write_error(&mut buf, id.as_ref(), &error);
        let Ok(Message::Response(response)) = Message::parse(&buf) else {
            panic!("not a response");
        };
        prop_assert_eq!(response.id, id);
        let read = response.outcome.unwrap_err();
        prop_assert_eq!(read.code, ErrorCode(code));
        prop_assert_eq!(&*read.message, &*message);
        prop_assert_eq!(
            read.data.map(|data| serde_json::from_str::<Value>(data.get()).unwrap()),
            data
        );
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Message::parse(&bytes);
    }

    #[test]
    fn what_is_accepted_is_one_json_object(bytes in fragments()) {
        match Message::parse(&bytes) {
            Ok(_) | Err(EnvelopeError::Invalid { .. } | EnvelopeError::Batch) => {
                // Lone surrogates are well-formed text that no string can hold, so the raw reader
                // is the judge here.
                let text = std::str::from_utf8(&bytes).unwrap();
                prop_assert!(serde_json::from_str::<&RawValue>(text).is_ok());
            }
            Err(EnvelopeError::Syntax(_) | EnvelopeError::Encoding(_)) => {}
        }
    }

    #[test]
    fn a_damaged_message_never_panics(
        position in 0usize..100,
        byte in any::<u8>(),
        params in json_objects(json_values()),
    ) {
        let mut buf = Vec::new();
        write_request(&mut buf, &RequestId::from("id"), "tools/call", &params).unwrap();
        let position = position % buf.len();
        buf[position] = byte;
        let _ = Message::parse(&buf);
        buf.truncate(position);
        prop_assert!(Message::parse(&buf).is_err());
    }
}
