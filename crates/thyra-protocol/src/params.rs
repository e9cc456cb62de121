//! Decoding `params`, once the method is known.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::error::ErrorObject;
use crate::meta::RequestMeta;

/// Why `params` does not suit its method.
#[derive(Debug, thiserror::Error)]
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

/// Decodes params that the method needs.
pub(crate) fn required<'a, T: Deserialize<'a>>(
    params: Option<&'a RawValue>,
) -> Result<T, ParamsError> {
    decode(params.ok_or(ParamsError::Missing)?)
}

/// Decodes params that may be absent, which counts as empty.
pub(crate) fn optional<'a, T: Deserialize<'a> + Default>(
    params: Option<&'a RawValue>,
) -> Result<T, ParamsError> {
    params.map_or_else(|| Ok(T::default()), decode)
}

fn decode<'a, T: Deserialize<'a>>(params: &'a RawValue) -> Result<T, ParamsError> {
    serde_json::from_str(params.get()).map_err(|error| {
        // Which member is at fault is asked only here, so that good params are read once.
        match RequestMeta::of_params(Some(params)) {
            Ok(_) => ParamsError::Decode(error),
            Err(meta) => meta,
        }
    })
}

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
