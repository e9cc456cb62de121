//! A JSON-RPC message, and what its members mean.

use thyra_protocol::{
    CallToolParams, CallToolResult, ClientCapabilities, CompleteParams, CreateMessageParams,
    ElicitParams, GetPromptParams, GetPromptResult, InitializeParams, InitializeResult,
    InputRequiredResult, ListToolsResult, LoggingMessageParams, Message, ProgressParams,
    ReadResourceParams, ReadResourceResult, SubscriptionsListenParams,
};

/// Checks that what is read as each of these types, and written, is read as it was.
macro_rules! round {
    ($text:expr, $($type:ty),* $(,)?) => {$(
        if let Ok(value) = serde_json::from_str::<$type>($text) {
            let written = serde_json::to_string(&value).expect("what was read can be written");
            let again: $type =
                serde_json::from_str(&written).expect("what was written can be read");
            let rewritten = serde_json::to_string(&again).expect("what was read can be written");
            assert_eq!(written, rewritten, "{}", stringify!($type));
        }
    )*};
}

pub(crate) fn run(data: &[u8]) {
    let (params, result) = match Message::parse(data) {
        Err(_) => return,
        Ok(Message::Notification(notification)) => (notification.params, None),
        Ok(Message::Request(request)) => (request.params, None),
        Ok(Message::Response(response)) => (None, response.outcome.ok()),
    };
    if let Some(params) = params {
        round!(
            params.get(),
            CallToolParams<'_>,
            ClientCapabilities,
            CompleteParams<'_>,
            CreateMessageParams,
            ElicitParams,
            GetPromptParams<'_>,
            InitializeParams,
            LoggingMessageParams,
            ProgressParams,
            ReadResourceParams<'_>,
            SubscriptionsListenParams<'_>,
        );
    }
    if let Some(result) = result {
        round!(
            result.get(),
            CallToolResult,
            GetPromptResult,
            InitializeResult,
            InputRequiredResult,
            ListToolsResult,
            ReadResourceResult,
        );
    }
}
