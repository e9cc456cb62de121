//! Errors in `params`, and `params` without members.

use serde::{Deserialize, Serialize};

use crate::error::ErrorObject;

/// Why the `params` of a method cannot be decoded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ParamsError {
    /// A member is missing, appears twice or has the wrong type.
    #[error("invalid params: {0}")]
    Decode(#[source] serde_json::Error),
    /// `_meta` is not an object, or one of its members appears twice or has the wrong type.
    #[error("invalid \"_meta\" in params: {0}")]
    Meta(#[source] serde_json::Error),
    /// The method needs `params` and there are none.
    #[error("invalid params: this method needs \"params\"")]
    Missing,
}

impl ParamsError {
    /// The refusal as a JSON-RPC error (-32602). It refuses the whole request if `_meta` is wrong,
    /// otherwise only the operation. Its message is bounded, whatever the peer sent.
    pub fn error_object(&self) -> ErrorObject {
        let message = brief(self.to_string());
        match self {
            ParamsError::Meta(_) => ErrorObject::invalid_meta(message),
            ParamsError::Decode(_) | ParamsError::Missing => ErrorObject::invalid_params(message),
        }
    }
}

/// Cuts out the middle of a long message. A decoder repeats a value of the wrong type, however long
/// it is, and only then says what it expected.
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
