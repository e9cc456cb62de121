//! A server within the process, and clients of it.

mod direct;
mod models;
mod operations;
mod principals;
mod questions;
mod reports;
mod sampling;
mod schemas;
mod values;

use serde_json::Value;
use thyra::ReadResourceResult;
use thyra::client::{ElicitResult, GetPromptResult};

/// An accepted form with one value.
fn accept(value: impl Into<Value>) -> ElicitResult {
    ElicitResult::accept([("value", value)])
}

/// The text of a resource that is one text.
#[track_caller]
fn read(result: &ReadResourceResult) -> &str {
    match &*result.contents {
        [thyra::ResourceContents::Text(text)] => &text.text,
        other => panic!("{other:?}"),
    }
}

/// The text of a prompt that is one text.
#[track_caller]
fn said(result: &GetPromptResult) -> &str {
    match &*result.messages {
        [message] => message.content.as_text().unwrap(),
        other => panic!("{other:?}"),
    }
}
