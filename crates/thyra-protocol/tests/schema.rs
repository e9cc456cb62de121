//! The wire types against the published schemas and examples of all five protocol revisions.
//!
//! They are read from the folder that `THYRA_SHARED` names (by default `../shared` beside the
//! workspace). Where there is none, there is nothing to compare with, and the tests say so.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "what stands outside the tests here helps them, and fails as they do"
)]

#[path = "schema/published.rs"]
mod published;
#[path = "schema/samples.rs"]
mod samples;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use thyra_protocol::{
    CallToolParams, CallToolResult, CancelledParams, ClientCapabilities, Content, DiscoverResult,
    EmptyParams, EmptyResult, ErrorCode, ErrorObject, ListToolsParams, ListToolsResult,
    LoggingMessageParams, Message, ProgressParams, RequestId, RequestMeta, ResourceContents,
    Revision, ServerCapabilities, Tool, method, write_error, write_notification, write_request,
    write_result,
};

use published::{Published, examples, shared_folder};

/// Reads `text` as a `T` and writes it again.
fn again<T: for<'de> Deserialize<'de> + Serialize>(text: &str) -> Value {
    serde_json::to_value(serde_json::from_str::<T>(text).unwrap()).unwrap()
}

fn raw(text: &str) -> &RawValue {
    serde_json::from_str(text).unwrap()
}

fn call_params(text: &str) -> Value {
    serde_json::to_value(CallToolParams::parse(Some(raw(text))).unwrap()).unwrap()
}

fn list_params(text: &str) -> Value {
    serde_json::to_value(ListToolsParams::parse(Some(raw(text))).unwrap()).unwrap()
}

fn only_meta(text: &str) -> Value {
    json!({"_meta": RequestMeta::of_params(Some(raw(text))).unwrap()})
}

fn verbatim(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// Reads a whole message, its params or result by `inner`, and writes all again.
fn message(text: &str, inner: fn(&str) -> Value) -> Value {
    let mut buf = Vec::new();
    match Message::parse(text.as_bytes()).unwrap() {
        Message::Request(it) => {
            let params = it.params.map(|params| inner(params.get()));
            write_request(&mut buf, &it.id, &it.method, &params).unwrap();
        }
        Message::Notification(it) => {
            let params = it.params.map(|params| inner(params.get()));
            write_notification(&mut buf, &it.method, &params).unwrap();
        }
        Message::Response(it) => match it.outcome {
            Ok(result) => {
                write_result(&mut buf, &it.id.unwrap(), &inner(result.get())).unwrap();
            }
            Err(error) => write_error(&mut buf, it.id.as_ref(), &error),
        },
    }
    serde_json::from_slice(&buf).unwrap()
}

/// `isError: false` and no `isError` mean the same; we write the shorter.
fn without_false_is_error(mut value: Value) -> Value {
    for at in ["", "/result"] {
        if let Some(Value::Object(members)) = value.pointer_mut(at)
            && members.get("isError") == Some(&Value::Bool(false))
        {
            members.remove("isError");
        }
    }
    value
}

/// How to read and write again one kind of example.
type Again = fn(&str) -> Value;

#[test]
fn every_example_of_our_types_reads_back_exactly() {
    let Some(shared) = shared_folder() else {
        return;
    };
    let kinds: [(&str, Again); 37] = [
        ("AudioContent", again::<Content>),
        ("BlobResourceContents", again::<ResourceContents>),
        ("CallToolRequest", |text| message(text, call_params)),
        ("CallToolRequestParams", call_params),
        ("CallToolResult", again::<CallToolResult>),
        ("CallToolResultResponse", |text| {
            message(text, again::<CallToolResult>)
        }),
        ("CancelledNotification", |text| {
            message(text, again::<CancelledParams>)
        }),
        ("CancelledNotificationParams", again::<CancelledParams>),
        ("ClientCapabilities", again::<ClientCapabilities>),
        ("DiscoverRequest", |text| message(text, only_meta)),
        ("DiscoverResult", again::<DiscoverResult>),
        ("DiscoverResultResponse", |text| {
            message(text, again::<DiscoverResult>)
        }),
        ("EmbeddedResource", again::<Content>),
        ("HeaderMismatchError", |text| message(text, verbatim)),
        ("ImageContent", again::<Content>),
        ("InternalError", again::<ErrorObject>),
        ("InvalidParamsError", again::<ErrorObject>),
        ("ListToolsRequest", |text| message(text, list_params)),
        ("ListToolsResult", again::<ListToolsResult>),
        ("ListToolsResultResponse", |text| {
            message(text, again::<ListToolsResult>)
        }),
        ("LoggingMessageNotification", |text| {
            message(text, again::<LoggingMessageParams>)
        }),
        (
            "LoggingMessageNotificationParams",
            again::<LoggingMessageParams>,
        ),
        ("MethodNotFoundError", again::<ErrorObject>),
        ("MissingRequiredClientCapabilityError", |text| {
            message(text, verbatim)
        }),
        ("PaginatedRequestParams", list_params),
        ("ParseError", again::<ErrorObject>),
        ("ProgressNotification", |text| {
            message(text, again::<ProgressParams>)
        }),
        ("ProgressNotificationParams", again::<ProgressParams>),
        ("ResourceLink", again::<Content>),
        ("ServerCapabilities", again::<ServerCapabilities>),
        ("TextContent", again::<Content>),
        ("TextResourceContents", again::<ResourceContents>),
        ("Tool", again::<Tool>),
        ("ToolListChangedNotification", |text| {
            message(text, verbatim)
        }),
        ("UnsupportedProtocolVersionError", |text| {
            message(text, verbatim)
        }),
        ("ListPromptsRequest", |text| message(text, list_params)),
        ("ListResourcesRequest", |text| message(text, list_params)),
    ];
    for (kind, again) in kinds {
        let texts = examples(&shared, kind);
        assert!(!texts.is_empty(), "no examples of {kind}");
        for (name, text) in texts {
            let expected = without_false_is_error(serde_json::from_str(&text).unwrap());
            assert_eq!(again(&text), expected, "{kind}/{name}");
        }
    }
}

#[test]
fn every_example_message_of_any_kind_reads_back_exactly() {
    let Some(shared) = shared_folder() else {
        return;
    };
    let mut messages = 0;
    for (name, text) in published::all_examples(&shared) {
        let value: Value = serde_json::from_str(&text).unwrap();
        if value.get("jsonrpc").is_some() {
            assert_eq!(message(&text, verbatim), value, "{name}");
            messages += 1;
        }
    }
    assert!(messages > 20, "only {messages} example messages");
}

#[test]
fn results_are_valid_in_every_revision() {
    let Some(shared) = shared_folder() else {
        return;
    };
    let server_info = serde_json::value::to_raw_value(&samples::implementation()).unwrap();
    for revision in Revision::ALL {
        let schema = Published::read(&shared, revision);
        for result in samples::call_results() {
            schema.check("CallToolResult", &result.for_revision(revision));
            schema.check(
                "CallToolResult",
                &result.for_revision(revision).with_server_info(&server_info),
            );
        }
        for page in samples::pages() {
            schema.check("ListToolsResult", &page.for_revision(revision));
        }
        for tool in samples::tools() {
            schema.check("Tool", &tool.for_revision(revision));
        }
        schema.check(
            "EmptyResult",
            &EmptyResult::default().for_revision(revision),
        );
        for info in [samples::implementation(), samples::bare_implementation()] {
            schema.check("Implementation", &info.for_revision(revision));
        }
        schema.check(
            "ServerCapabilities",
            &samples::server_capabilities().for_revision(revision),
        );
        schema.check(
            "ClientCapabilities",
            &samples::client_capabilities().for_revision(revision),
        );
        if schema.has("InitializeResult") {
            schema.check("InitializeResult", &samples::initialize_result(revision));
        }
        if schema.has("DiscoverResult") {
            let result = samples::discover_result();
            schema.check("DiscoverResult", &result);
            schema.check(
                "DiscoverResult",
                &result.for_revision(revision).with_server_info(&server_info),
            );
        }
    }
}

#[test]
fn messages_are_valid_in_every_revision() {
    let Some(shared) = shared_folder() else {
        return;
    };
    for revision in Revision::ALL {
        let schema = Published::read(&shared, revision);

        let progress = samples::progress();
        let notifications = [
            (
                "ProgressNotification",
                samples::notification(method::PROGRESS, &progress.for_revision(revision)),
            ),
            (
                "CancelledNotification",
                samples::notification(method::CANCELLED, &CancelledParams::new(7.into())),
            ),
            (
                "LoggingMessageNotification",
                samples::notification(method::MESSAGE, &samples::log_message()),
            ),
            (
                "ToolListChangedNotification",
                samples::notification(method::TOOLS_LIST_CHANGED, &EmptyParams {}),
            ),
        ];
        for (definition, message) in notifications {
            schema.check("JSONRPCNotification", &message);
            schema.check(definition, &schema.as_defined(definition, message));
        }

        for (definition, message) in samples::requests(revision) {
            schema.check("JSONRPCRequest", &message);
            schema.check(definition, &schema.as_defined(definition, message));
        }

        let result = samples::response(&CallToolResult::text("x").for_revision(revision));
        schema.check("JSONRPCMessage", &result);
        for error in samples::errors() {
            let mut buf = Vec::new();
            write_error(&mut buf, Some(&RequestId::from("a")), &error);
            schema.check("JSONRPCMessage", &verbatim(str::from_utf8(&buf).unwrap()));
        }
        if schema.has("JSONRPCErrorResponse") {
            let mut buf = Vec::new();
            write_error(
                &mut buf,
                None,
                &ErrorObject::new(ErrorCode::PARSE_ERROR, "x"),
            );
            let message = verbatim(str::from_utf8(&buf).unwrap());
            schema.check("JSONRPCErrorResponse", &message);
        }
    }
}

#[test]
fn errors_of_the_latest_revision_are_valid() {
    let Some(shared) = shared_folder() else {
        return;
    };
    let schema = Published::read(&shared, Revision::LATEST);
    let whole = |error: &ErrorObject| {
        let mut buf = Vec::new();
        write_error(&mut buf, Some(&1.into()), error);
        verbatim(str::from_utf8(&buf).unwrap())
    };
    schema.check(
        "UnsupportedProtocolVersionError",
        &whole(&ErrorObject::unsupported_version("1900-01-01")),
    );
    schema.check(
        "MissingRequiredClientCapabilityError",
        &whole(&ErrorObject::missing_client_capability(
            &samples::client_capabilities(),
            "needs more",
        )),
    );
    schema.check(
        "HeaderMismatchError",
        &whole(&ErrorObject::header_mismatch("differs")),
    );
    schema.check("MethodNotFoundError", &ErrorObject::method_not_found());
    schema.check("InvalidParamsError", &ErrorObject::invalid_params("x"));
    schema.check("InternalError", &ErrorObject::internal("x"));
}

/// That the checks above can fail: what is not made for a revision is not valid in it.
#[test]
fn what_holds_everything_is_valid_in_no_revision() {
    let Some(shared) = shared_folder() else {
        return;
    };
    for revision in Revision::ALL {
        let schema = Published::read(&shared, revision);
        for (definition, value) in [
            ("Tool", json!(samples::tools()[0])),
            ("ServerCapabilities", json!(samples::server_capabilities())),
            ("ClientCapabilities", json!(samples::client_capabilities())),
        ] {
            assert!(
                !schema.errors(definition, &value).is_empty(),
                "{definition} {revision}"
            );
        }
    }
}
