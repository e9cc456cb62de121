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
    /// fault, otherwise of the operation only.
    pub fn error_object(&self) -> ErrorObject {
        match self {
            ParamsError::Meta(_) => ErrorObject::invalid_meta(self.to_string()),
            ParamsError::Decode(_) | ParamsError::Missing => {
                ErrorObject::invalid_params(self.to_string())
            }
        }
    }
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
