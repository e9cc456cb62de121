//! What a call costs between the raw arguments and the result, in allocations: a number that no
//! machine changes.

use futures_util::FutureExt;
use serde_json::value::RawValue;
use thyra::extend::RequestScope;
use thyra::prelude::*;
use thyra::{IntoTool, RequestId, Revision};

#[tool]
async fn add(a: i64, b: i64) -> i64 {
    a + b
}

#[tool]
fn echo(text: String, ctx: Context) -> String {
    assert_eq!(ctx.revision(), Revision::LATEST);
    text
}

/// The allocations of one call, after one that may have warmed something up.
fn allocations(tool: &Tool, arguments: &str) -> Result<u64, serde_json::Error> {
    let arguments = RawValue::from_string(arguments.to_owned())?;
    let call = || {
        let scope = RequestScope::new(Revision::LATEST, RequestId::Number(1));
        let result = tool.call(Some(&arguments), &scope).now_or_never();
        assert!(result.is_some_and(|result| !result.is_error));
    };
    call();
    Ok(allocation_counter::measure(call).count_total)
}

#[test]
fn a_call_allocates_its_future_and_its_result() -> Result<(), serde_json::Error> {
    // The request, the boxed future, the text and the list it is in, the structured content.
    assert_eq!(allocations(&add.into_tool(), r#"{"a": 1, "b": 2}"#)?, 5);
    Ok(())
}

#[test]
fn a_context_without_a_progress_token_opens_no_channel() -> Result<(), serde_json::Error> {
    // The request, which is the context too, the boxed future, the argument, the list that the text
    // is in.
    assert_eq!(allocations(&echo {}.into_tool(), r#"{"text": "hi"}"#)?, 4);
    Ok(())
}
