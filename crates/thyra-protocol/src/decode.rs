//! Decoding `params`, once the method is known.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::meta::RequestMeta;
use crate::params::ParamsError;

/// Decodes params that the method needs.
pub(crate) fn required<'a, T: Deserialize<'a>>(
    params: Option<&'a RawValue>,
) -> Result<T, ParamsError> {
    decode(params.ok_or(ParamsError::Missing)?)
}

/// Decodes params that may be absent; absent params count as empty.
pub(crate) fn optional<'a, T: Deserialize<'a> + Default>(
    params: Option<&'a RawValue>,
) -> Result<T, ParamsError> {
    params.map_or_else(|| Ok(T::default()), decode)
}

fn decode<'a, T: Deserialize<'a>>(params: &'a RawValue) -> Result<T, ParamsError> {
    serde_json::from_str(params.get()).map_err(|error| {
        // Good params are read once: we look for the member at fault only here.
        match RequestMeta::of_params(Some(params)) {
            Ok(_) => ParamsError::Decode(error),
            Err(meta) => meta,
        }
    })
}
