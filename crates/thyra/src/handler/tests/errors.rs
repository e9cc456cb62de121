use std::borrow::Cow;
use std::error::Error;
use std::io;

use thyra_protocol::{Era, ErrorCode, ErrorObject};

use super::{scope, text_of};
use crate::Tool;
use crate::conversation::AskError;
use crate::handler::{CallError, CallerError, ToolError};

async fn failing(make: fn() -> ToolError) -> CallError {
    let tool = Tool::new("t", move || async move { Err::<String, _>(make()) });
    tool.try_call(None, &scope()).await.expect_err("it fails")
}

fn as_error(error: CallError) -> ErrorObject {
    error.into_error("notes://x", |uri| {
        ErrorObject::resource_not_found(uri, Era::Handshake)
    })
}

#[tokio::test]
async fn a_protocol_error_stays_one() {
    let make = || ToolError::protocol(ErrorObject::new(ErrorCode(-32050), "Come back"));
    let error = failing(make).await;
    assert!(matches!(&error, CallError::Protocol(error) if error.code == ErrorCode(-32050)));
    assert_eq!(as_error(error).code, ErrorCode(-32050));
    // Where there must be a result, it is one that says the same.
    let result = failing(make).await.into_result("t");
    assert!(result.is_error);
    assert_eq!(text_of(&result), "Come back");
}

#[tokio::test]
async fn every_failure_has_a_json_rpc_error() {
    let error = as_error(failing(ToolError::not_found).await);
    assert_eq!(error.code, ErrorCode::RESOURCE_NOT_FOUND);

    // Words of one's own do not hide which resource it was.
    let error = as_error(failing(|| ToolError::not_found().with_message("No note 7.")).await);
    assert_eq!(error.code, ErrorCode::RESOURCE_NOT_FOUND);
    assert_eq!(error.message, "No note 7.");
    let data = error.data.expect("it names the resource");
    assert_eq!(data.get(), r#"{"uri":"notes://x"}"#);

    let error = as_error(failing(|| ToolError::new("Not on Sundays.")).await);
    assert_eq!(error.code, ErrorCode::INTERNAL_ERROR);
    assert_eq!(error.message, "Not on Sundays.");

    let error = as_error(failing(|| ToolError::internal("password hunter2")).await);
    assert_eq!(error.code, ErrorCode::INTERNAL_ERROR);
    assert_eq!(
        error.message,
        "The request failed. The reason is in the server's log."
    );

    let error = as_error(CallError::Panicked("hunter2".to_owned()));
    assert!(!error.message.contains("hunter2"), "{}", error.message);
}

#[test]
fn a_question_without_an_answer_is_no_secret() {
    let error = ToolError::from(AskError::Declined);
    assert_eq!(error.message(), "The user declined to answer.");
    let error = CallError::from(ToolError::from(AskError::Client(ErrorObject::internal(
        "Busy",
    ))));
    assert!(
        matches!(&error, CallError::Failed(error) if error.message() == "The client could not answer: Busy.")
    );
    let unsupported = AskError::Unsupported(crate::conversation::ClientCapability::Sampling);
    let error = CallError::from(ToolError::from(unsupported));
    assert!(
        matches!(&error, CallError::Protocol(error) if error.code == ErrorCode::MISSING_CLIENT_CAPABILITY),
        "{error:?}"
    );
}

#[test]
fn a_message_replaces_what_the_caller_is_told() {
    let internal = ToolError::internal("password hunter2").with_message("Try later.");
    assert_eq!(internal.message(), "Try later.");
    assert_eq!(
        internal.source().map(ToString::to_string).as_deref(),
        Some("password hunter2")
    );
    let protocol = ToolError::protocol(ErrorObject::new(ErrorCode(-32050), "Come back"));
    let error = CallError::from(protocol.with_message("Come back at nine"));
    assert!(
        matches!(&error, CallError::Protocol(error) if error.code == ErrorCode(-32050) && error.message == "Come back at nine"),
        "{error:?}"
    );
}

#[test]
fn text_is_for_the_caller_and_errors_are_for_the_log() {
    fn told(error: impl CallerError) -> String {
        error.into_tool_error().message().to_owned()
    }
    assert_eq!(told("No note 7."), "No note 7.");
    assert_eq!(told("No note 7.".to_owned()), "No note 7.");
    assert_eq!(told(Cow::Borrowed("No note 7.")), "No note 7.");
    assert_eq!(told(io::Error::other("hunter2")), ToolError::MASKED);
    let boxed: Box<dyn Error + Send + Sync> = "hunter2".into();
    assert_eq!(told(boxed), ToolError::MASKED);
    let boxed: Box<dyn Error + Send + Sync> = AskError::Cancelled.into();
    assert_eq!(told(boxed), "The user dismissed the question.");
}
