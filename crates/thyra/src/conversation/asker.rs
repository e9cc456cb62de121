//! The interface through which handlers ask the client.

use futures_util::future::BoxFuture;
use serde_json::value::RawValue;
use thyra_protocol::InputRequest;

use super::AskError;

/// Carries a question to the client and brings the answer back.
pub(crate) trait Asker: Send + Sync {
    /// The client's result for `request`. `key` names the question within its call.
    fn ask<'a>(
        &'a self,
        key: &'a str,
        request: InputRequest,
    ) -> BoxFuture<'a, Result<Box<RawValue>, AskError>>;
}
