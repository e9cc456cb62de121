//! `params` without members, and why `params` may not suit their method.

use serde::{Deserialize, Serialize};

use crate::error::ErrorObject;

/// Why `params` does not suit its method.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ParamsError {
    /// A member is missing, comes twice or has the wrong type.
    #[error("invalid params: {0}")]
    Decode(#[source] serde_json::Error),
    /// `_meta` is not an object, or a member of it comes twice or has the wrong type.
    #[error("invalid \"_meta\" in params: {0}")]
    Meta(#[source] serde_json::Error),
    /// The method needs `params` and there are none.
    #[error("invalid params: this method needs \"params\"")]
    Missing,
}

impl ParamsError {
    /// The refusal as a JSON-RPC error (-32602): of the request as such when its `_meta` is at
    /// fault, otherwise of the operation only. Its message is bounded, whatever the peer sent.
    pub fn error_object(&self) -> ErrorObject {
        let message = brief(self.to_string());
        match self {
            ParamsError::Meta(_) => ErrorObject::invalid_meta(message),
            ParamsError::Decode(_) | ParamsError::Missing => ErrorObject::invalid_params(message),
        }
    }
}

/// The message with the middle of a long one cut out. A decoder repeats a value of the wrong type,
/// however long it is, and says what it expected after that.
fn brief(message: String) -> String {
    const KEPT: usize = 160;
    if message.len() <= 2 * KEPT {
        return message;
    }
    let start = message.get(..message.floor_char_boundary(KEPT));
    let end = message.get(message.ceil_char_boundary(message.len() - KEPT)..);
    format!(
        "{}...{}",
        start.unwrap_or_default(),
        end.unwrap_or_default()
    )
}

/// Params, or a capability, without members: `{}`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmptyParams {}

#[cfg(test)]
mod tests {
    use serde_json::value::to_raw_value;

    use crate::ListToolsParams;

    #[test]
    fn a_refusal_does_not_repeat_all_that_was_sent() {
        for key in ["_meta", "cursor"] {
            let params = serde_json::json!({ key: ["\u{e9}".repeat(1_000_000)] });
            let params = to_raw_value(&params).unwrap();
            let error = ListToolsParams::parse(Some(&params)).unwrap_err();
            let message = error.error_object().message;
            assert!(message.len() < 400, "{key}: {} bytes", message.len());
        }
    }
}
