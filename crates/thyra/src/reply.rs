//! What a request or a notification is answered with.

use std::borrow::Cow;

use bytes::Bytes;
use http::StatusCode;
use serde::Serialize;
use thyra_auth::Refusal;
use thyra_protocol::{Era, ErrorCode, ErrorObject, RequestId, write_error, write_result};

use crate::conversation::NewSession;

/// What a request or a notification is answered with.
#[derive(Debug)]
pub(crate) struct Reply {
    message: Bytes,
    status: StatusCode,
    is_result: bool,
    refusal: Option<Refusal>,
    opened: Option<Box<NewSession>>,
}

impl Reply {
    /// Nothing to say: a notification was taken.
    pub(crate) fn accepted() -> Self {
        Self {
            message: Bytes::new(),
            status: StatusCode::ACCEPTED,
            is_result: false,
            refusal: None,
            opened: None,
        }
    }

    pub(crate) fn result<T: Serialize + ?Sized>(id: &RequestId, result: &T) -> Self {
        let mut message = Vec::with_capacity(512);
        match write_result(&mut message, id, result) {
            Ok(()) => Self {
                message: message.into(),
                status: StatusCode::OK,
                is_result: true,
                refusal: None,
                opened: None,
            },
            Err(error) => {
                tracing::error!(%error, "a result could not be written");
                Self::error(
                    Some(id),
                    Era::Handshake,
                    &ErrorObject::internal("Internal error"),
                )
            }
        }
    }

    /// An error as clients of `era` know it, with the HTTP status that goes with it there.
    pub(crate) fn error(id: Option<&RequestId>, era: Era, error: &ErrorObject) -> Self {
        let error = &*as_known(error, era);
        let mut message = Vec::with_capacity(256);
        write_error(&mut message, id, error);
        Self {
            message: message.into(),
            status: StatusCode::from_u16(error.http_status(era)).unwrap_or(StatusCode::OK),
            is_result: false,
            refusal: None,
            opened: None,
        }
    }

    /// A refusal that a transport with challenges puts as one; the message is for those without.
    pub(crate) fn refused(id: &RequestId, refusal: Refusal) -> Self {
        let error = ErrorObject::invalid_params(match &refusal {
            Refusal::InsufficientScope { needed } => {
                format!("The caller may not use this: it needs the scopes {needed}")
            }
            _ => "The caller may not use this".to_owned(),
        });
        Self::error(Some(id), Era::Handshake, &error).refusing(Some(refusal))
    }

    /// The same, for transports without challenges; the others put the `refusal` as one if they
    /// have not begun to answer.
    #[must_use]
    pub(crate) fn refusing(mut self, refusal: Option<Refusal>) -> Self {
        self.refusal = refusal;
        self
    }

    /// The same, with the conversation that it opens.
    #[must_use]
    pub(crate) fn opening(mut self, session: Option<Box<NewSession>>) -> Self {
        self.opened = session;
        self
    }

    /// The whole JSON-RPC message; empty when there is nothing to say.
    pub(crate) fn message(&self) -> &[u8] {
        &self.message
    }

    /// The same message, shared.
    pub(crate) fn shared_message(&self) -> Bytes {
        self.message.clone()
    }

    pub(crate) fn into_message(self) -> Bytes {
        self.message
    }

    /// The conversation that this reply opens, if a valid `initialize` is what it answers.
    pub(crate) fn take_opened(&mut self) -> Option<Box<NewSession>> {
        self.opened.take()
    }

    /// The refusal of a caller who lacks scopes, where a result stands for it too.
    pub(crate) fn take_refusal(&mut self) -> Option<Refusal> {
        self.refusal.take()
    }

    /// Whether it is a result, rather than an error or nothing.
    pub(crate) fn is_result(&self) -> bool {
        self.is_result
    }

    pub(crate) fn refusal(&self) -> Option<&Refusal> {
        self.refusal.as_ref()
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }
}

/// The error in a form that clients of `era` know. The code for a missing client capability is
/// newer than the handshake era.
fn as_known(error: &ErrorObject, era: Era) -> Cow<'_, ErrorObject> {
    if era == Era::Handshake && error.code == ErrorCode::MISSING_CLIENT_CAPABILITY {
        Cow::Owned(ErrorObject::invalid_params(error.message.clone()))
    } else {
        Cow::Borrowed(error)
    }
}
