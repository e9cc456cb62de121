use serde_json::json;
use serde_json::value::to_raw_value;
use thyra_oauth::FetchError;

use super::*;

/// What comes next, in short.
fn short(next: &Next) -> String {
    match next {
        Next::Speak(revision) => format!("speak {revision}"),
        Next::Initialize(revision) => format!("initialize {revision}"),
        Next::NoCommonRevision { offered } => format!("none of {offered}"),
        Next::Fail(_) => "fail".to_owned(),
    }
}

fn result(json: &serde_json::Value) -> Outcome {
    Outcome::Result(to_raw_value(json).unwrap())
}

fn error(code: i32) -> Outcome {
    Outcome::Error(ErrorObject::new(ErrorCode(code), "no"))
}

fn unsupported(supported: &serde_json::Value) -> Outcome {
    let data = to_raw_value(&json!({ "supported": supported })).unwrap();
    let error = ErrorObject::new(ErrorCode::UNSUPPORTED_PROTOCOL_VERSION, "no");
    Outcome::Error(error.with_data(data))
}

fn status(status: u16) -> Result<Outcome, TransportError> {
    Err(TransportError::Status {
        status,
        retry_after: None,
    })
}

#[test]
fn what_the_answer_to_discover_says_about_the_server() {
    let cases = [
        (
            Ok(result(
                &json!({ "supportedVersions": ["2026-07-28", "2025-11-25"] }),
            )),
            "speak 2026-07-28",
        ),
        (
            Ok(result(
                &json!({ "supportedVersions": ["2027-01-01", "2025-06-18", "2025-03-26"] }),
            )),
            "initialize 2025-06-18",
        ),
        (
            Ok(result(
                &json!({ "supportedVersions": ["2027-01-01", "\u{1b}[31m"] }),
            )),
            r"none of 2027-01-01, \u{1b}[31m",
        ),
        (Ok(result(&json!({ "supportedVersions": [] }))), "none of "),
        (Ok(result(&json!({}))), "initialize 2025-11-25"),
        (
            Ok(unsupported(&json!(["2025-03-26"]))),
            "initialize 2025-03-26",
        ),
        (
            Ok(unsupported(&json!(["2027-01-01"]))),
            "none of 2027-01-01",
        ),
        (Ok(unsupported(&json!(7))), "initialize 2025-11-25"),
        (Ok(error(-32022)), "initialize 2025-11-25"),
        // Servers of the handshake era know no such method, or do not look so far.
        (Ok(error(-32601)), "initialize 2025-11-25"),
        (Ok(error(-32602)), "initialize 2025-11-25"),
        (Ok(error(-32600)), "initialize 2025-11-25"),
        (Ok(error(-32000)), "initialize 2025-11-25"),
        // A sessionless server that found fault with the request.
        (Ok(error(-32020)), "fail"),
        (Ok(error(-32021)), "fail"),
        (status(400), "initialize 2025-11-25"),
        (status(404), "initialize 2025-11-25"),
        (status(405), "initialize 2025-11-25"),
        (status(406), "initialize 2025-11-25"),
        (status(415), "initialize 2025-11-25"),
        (status(422), "initialize 2025-11-25"),
        (status(401), "fail"),
        (status(403), "fail"),
        (status(429), "fail"),
        (status(500), "fail"),
        (status(503), "fail"),
        (Ok(Outcome::Unauthorized { advice: "" }), "fail"),
        (Ok(Outcome::Forbidden { needed: None }), "fail"),
        (
            Err(TransportError::NoAnswerToProbe),
            "initialize 2025-11-25",
        ),
        (
            Err(TransportError::Ended {
                status: None,
                last_lines: Vec::new(),
            }),
            "initialize 2025-11-25",
        ),
        (Err(TransportError::StreamEnded), "fail"),
        (Err(FetchError::InvalidUrl.into()), "fail"),
    ];
    for (answer, wanted) in cases {
        let shown = format!("{answer:?}");
        assert_eq!(short(&after_discover(answer)), wanted, "{shown}");
    }
}

#[test]
fn a_server_that_refuses_initialize_may_name_what_it_speaks() {
    let cases = [
        (Ok(unsupported(&json!(["2026-07-28"]))), "speak 2026-07-28"),
        (
            Ok(unsupported(&json!(["2027-01-01"]))),
            "none of 2027-01-01",
        ),
        (Ok(error(-32601)), "fail"),
        (status(404), "fail"),
        (Err(TransportError::StreamEnded), "fail"),
    ];
    for (answer, wanted) in cases {
        let shown = format!("{answer:?}");
        assert_eq!(short(&after_failed_initialize(answer)), wanted, "{shown}");
    }
}
