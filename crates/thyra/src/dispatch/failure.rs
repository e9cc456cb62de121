//! Why a request has no result.

use thyra_auth::Refusal;
use thyra_protocol::ErrorObject;

/// Why a request has no result.
#[derive(Debug)]
pub(super) enum Failure {
    /// It ends with a JSON-RPC error.
    Error(ErrorObject),
    /// The caller lacks scopes. A transport with challenges reports this in its own way.
    Refused(Box<Refusal>),
}

impl From<ErrorObject> for Failure {
    fn from(error: ErrorObject) -> Self {
        Self::Error(error)
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(Box::new(refusal))
    }
}
