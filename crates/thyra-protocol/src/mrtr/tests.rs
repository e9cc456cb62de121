use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};

use super::*;
use crate::elicitation::ElicitParams;
use crate::error::ErrorCode;
use crate::revision::Revision;
use crate::sampling::CreateMessageParams;

fn raw(text: &str) -> &RawValue {
    serde_json::from_str(text).unwrap()
}

#[test]
fn requests_say_their_method_and_params() {
    let page = InputRequest::elicitation(ElicitParams::url("m", "a:b", "e"));
    let model = InputRequest::sampling(CreateMessageParams::new(Vec::new(), 1));
    let roots = InputRequest::roots();
    for (request, method, params) in [
        (
            &page,
            "elicitation/create",
            json!({"mode": "url", "message": "m", "url": "a:b", "elicitationId": "e"}),
        ),
        (
            &model,
            "sampling/createMessage",
            json!({"messages": [], "maxTokens": 1}),
        ),
        (&roots, "roots/list", json!({})),
    ] {
        assert_eq!(request.method(), method);
        let written = request.params_for_revision(Revision::V2025_11_25);
        assert_eq!(serde_json::to_value(written).unwrap(), params);
    }
    assert_eq!(
        serde_json::to_value(page.for_revision(Revision::LATEST)).unwrap(),
        json!({
            "method": "elicitation/create",
            "params": {"mode": "url", "message": "m", "url": "a:b"},
        })
    );
    assert_eq!(
        serde_json::to_value(&roots).unwrap(),
        json!({"method": "roots/list"})
    );
}

#[test]
fn requests_are_read_by_their_method() {
    let read = serde_json::from_str::<InputRequest>;
    assert!(matches!(
        read(r#"{"params":{"requestedSchema":{},"message":"m"},"method":"elicitation/create"}"#),
        Ok(InputRequest::Elicitation(ElicitParams::Form(_)))
    ));
    assert!(matches!(
        read(r#"{"method":"roots/list","params":{}}"#),
        Ok(InputRequest::Roots)
    ));
    for bad in [
        r#"{"method":"tools/call","params":{}}"#,
        r#"{"method":"elicitation/create"}"#,
        r#"{"method":"sampling/createMessage","params":{}}"#,
        "{}",
    ] {
        assert!(read(bad).is_err(), "{bad}");
    }
}

#[test]
fn what_is_required_is_written_as_the_latest_revision_has_it() {
    let mut requests = InputRequests::new();
    requests.insert("b".to_owned(), InputRequest::roots());
    requests.insert("a".to_owned(), InputRequest::roots());
    let info = to_raw_value(&json!({"name": "s", "version": "1"})).unwrap();
    let result = InputRequiredResult::new(requests, None);
    let roots = r#"{"method":"roots/list"}"#;
    assert_eq!(
        serde_json::to_string(
            &result
                .for_revision(Revision::LATEST)
                .with_server_info(&info)
        )
        .unwrap(),
        format!(
            r#"{{"resultType":"input_required","inputRequests":{{"a":{roots},"b":{roots}}},"_meta":{{"io.modelcontextprotocol/serverInfo":{{"name":"s","version":"1"}}}}}}"#
        )
    );
    let only_state = InputRequiredResult::new(InputRequests::new(), Some("s".to_owned()));
    assert_eq!(
        serde_json::to_value(&only_state).unwrap(),
        json!({"resultType": "input_required", "requestState": "s"})
    );
}

#[test]
fn responses_are_kept_raw_whatever_they_are() {
    let responses = InputResponses::parse(raw(r#"{"b":{"action": "accept"},"a":7}"#)).unwrap();
    assert_eq!(responses.len(), 2);
    assert!(!responses.is_empty());
    assert_eq!(responses.get("b").unwrap().get(), r#"{"action": "accept"}"#);
    assert!(responses.get("c").is_none());
    let keys: Vec<_> = responses.iter().map(|(key, _)| key.to_owned()).collect();
    assert_eq!(keys, ["a", "b"]);
    let all: Vec<_> = responses.into_iter().collect();
    assert_eq!(all[0].0, "a");
    assert_eq!(all[0].1.get(), "7");
}

#[test]
fn responses_are_bounded() {
    let of = |number: usize| {
        let answers = (0..number).map(|key| (key.to_string(), json!({})));
        to_raw_value(&Value::Object(answers.collect())).unwrap()
    };
    assert_eq!(
        InputResponses::parse(&of(InputResponses::MOST))
            .unwrap()
            .len(),
        InputResponses::MOST
    );
    let key = |length: usize| format!(r#"{{"{}":{{}}}}"#, "k".repeat(length));
    assert!(InputResponses::parse(raw(&key(InputResponses::LONGEST_KEY))).is_ok());

    let too_many = of(InputResponses::MOST + 1);
    let too_long = key(InputResponses::LONGEST_KEY + 1);
    for (bad, reason) in [
        (&*too_many, "more than 64 input responses"),
        (raw(&too_long), "longer than 256 bytes"),
        (raw(r#"{"a":{},"a":{}}"#), "the same key"),
        (raw("[]"), "input responses: an object"),
        (raw("null"), "input responses: an object"),
    ] {
        let error = InputResponses::parse(bad).unwrap_err();
        assert!(error.to_string().contains(reason), "{error}");
        assert_eq!(error.error_object().code, ErrorCode::INVALID_PARAMS);
    }
}
