use thyra_protocol::{Era, ErrorCode, ErrorObject};

use super::{scope, text_of};
use crate::Tool;
use crate::conversation::AskError;
use crate::handler::{CallError, ToolError};

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
