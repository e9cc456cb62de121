//! The wire types against the published schemas and examples of all five protocol revisions.
//!
//! They are read from the folder that `THYRA_SHARED` names (by default `../shared` beside the
//! workspace). Where there is none, there is nothing to compare with, and the tests say so.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "what stands outside the tests here helps them, and fails as they do"
)]

#[path = "schema/kinds.rs"]
mod kinds;
#[path = "schema/published.rs"]
mod published;
#[path = "schema/samples.rs"]
mod samples;

use serde_json::{Value, json};
use thyra_protocol::{
    CallToolResult, CancelledParams, ElicitParams, EmptyParams, EmptyResult, Era, ErrorCode,
    ErrorObject, InputRequest, RequestId, Revision, SubscriptionsListenResult, method, write_error,
};

use kinds::{KINDS, message, verbatim, with_form_mode, without_false_is_error};
use published::{Published, examples, shared_folder};

#[test]
fn every_example_of_our_types_reads_back_exactly() {
    let Some(shared) = shared_folder() else {
        return;
    };
    for &(kind, again) in KINDS {
        let texts = examples(&shared, kind);
        assert!(!texts.is_empty(), "no examples of {kind}");
        for (name, text) in texts {
            let example = serde_json::from_str(&text).unwrap();
            let expected = with_form_mode(without_false_is_error(example));
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
        for page in samples::resource_pages() {
            schema.check("ListResourcesResult", &page.for_revision(revision));
        }
        for page in samples::template_pages() {
            schema.check(
                "ListResourceTemplatesResult",
                &page.for_revision(revision).with_server_info(&server_info),
            );
        }
        for page in samples::prompt_pages() {
            schema.check("ListPromptsResult", &page.for_revision(revision));
        }
        for result in samples::read_results() {
            schema.check(
                "ReadResourceResult",
                &result.for_revision(revision).with_server_info(&server_info),
            );
        }
        for result in samples::get_results() {
            schema.check("GetPromptResult", &result.for_revision(revision));
        }
        for result in samples::complete_results() {
            schema.check("CompleteResult", &result.for_revision(revision));
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
        if schema.has("InputRequiredResult") {
            for result in samples::input_required_results() {
                schema.check(
                    "InputRequiredResult",
                    &result.for_revision(revision).with_server_info(&server_info),
                );
            }
            schema.check("InputResponses", &samples::input_responses());
        }
        if schema.has("SubscriptionsListenResult") {
            schema.check(
                "SubscriptionsListenResult",
                &SubscriptionsListenResult::new(&"listen".into())
                    .for_revision(revision)
                    .with_server_info(&server_info),
            );
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
fn what_a_client_is_asked_and_answers_is_valid_in_every_revision() {
    let Some(shared) = shared_folder() else {
        return;
    };
    for revision in Revision::ALL {
        let schema = Published::read(&shared, revision);
        for (definition, request) in samples::input_requests() {
            if !schema.has(definition) {
                continue;
            }
            let is_url = matches!(&request, InputRequest::Elicitation(ElicitParams::Url(_)));
            if is_url && !revision.has_elicitation_modes() {
                continue;
            }
            let message =
                samples::request(request.method(), &request.params_for_revision(revision));
            schema.check("JSONRPCRequest", &message);
            schema.check(definition, &schema.as_defined(definition, message));
            if schema.has("InputRequest") {
                schema.check("InputRequest", &request.for_revision(revision));
            }
        }
        for message in samples::sampling_messages() {
            schema.check("SamplingMessage", &message.for_revision(revision));
        }
        for result in samples::create_results() {
            schema.check("CreateMessageResult", &result.for_revision(revision));
        }
        schema.check(
            "ListRootsResult",
            &samples::roots_result().for_revision(revision),
        );
        if schema.has("ElicitResult") {
            for result in samples::elicit_results() {
                schema.check("ElicitResult", &result);
            }
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
        let notifications = notifications
            .into_iter()
            .chain(samples::change_notifications(revision))
            .filter(|(definition, _)| schema.has(definition));
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
    schema.check(
        "InvalidParamsError",
        &ErrorObject::resource_not_found("file:///a", Era::Sessionless),
    );
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

/// The same for what only newer revisions have.
#[test]
fn what_holds_everything_is_not_valid_in_the_first_revision() {
    let Some(shared) = shared_folder() else {
        return;
    };
    let schema = Published::read(&shared, Revision::V2024_11_05);
    for (definition, value) in [
        ("Resource", json!(samples::resource_pages()[0].resources[0])),
        (
            "ResourceTemplate",
            json!(samples::template_pages()[0].resource_templates[0]),
        ),
        ("Prompt", json!(samples::prompt_pages()[0].prompts[0])),
        ("ReadResourceResult", json!(samples::read_results()[0])),
        ("GetPromptResult", json!(samples::get_results()[0])),
        ("SamplingMessage", json!(samples::sampling_messages()[0])),
        ("CreateMessageResult", json!(samples::create_results()[0])),
        ("Root", json!(samples::roots_result().roots[0])),
    ] {
        assert!(
            !schema.errors(definition, &value).is_empty(),
            "{definition}"
        );
    }
}
