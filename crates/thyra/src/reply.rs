//! What a request or a notification is answered with.

use std::borrow::Cow;

use bytes::Bytes;
use http::StatusCode;
use serde::Serialize;
use thyra_auth::Refusal;
use thyra_protocol::{Era, ErrorCode, ErrorObject, Message, RequestId, write_error, write_result};

use crate::budget::Loan;
use crate::conversation::NewSession;
use crate::throttled::throttled;

/// So much more than its length may be set aside for a message, in bytes.
const SLACK: usize = 16 * 1024;

/// What a request or a notification is answered with.
#[derive(Debug)]
pub(crate) struct Reply {
    message: Vec<u8>,
    /// What the message takes of the bytes in flight, where these are counted.
    loan: Option<Loan>,
    status: StatusCode,
    is_result: bool,
    refusal: Option<Refusal>,
    opened: Option<Box<NewSession>>,
}

impl Reply {
    /// Nothing to say: a notification was taken.
    pub(crate) fn accepted() -> Self {
        Self {
            message: Vec::new(),
            loan: None,
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
                message,
                loan: None,
                status: StatusCode::OK,
                is_result: true,
                refusal: None,
                opened: None,
            },
            Err(error) => {
                throttled!(error, "a result could not be written", about = "", %error);
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
            message,
            loan: None,
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
            Refusal::TokenNeeded { .. } => {
                "Nobody is signed in, and this needs to know who is calling".to_owned()
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

    /// The whole JSON-RPC message, which gives back what it takes of the bytes in flight with its
    /// last clone.
    pub(crate) fn into_message(self) -> Bytes {
        match self.loan {
            Some(loan) => loan.keep(self.message),
            None => self.message.into(),
        }
    }

    /// The same, counted in `loan`. Without room for it, the reply is an error that says so.
    #[must_use]
    pub(crate) fn counted_in(mut self, mut loan: Loan) -> Self {
        if self.message.capacity() - self.message.len() > SLACK {
            self.message.shrink_to_fit();
        }
        match loan.grow_for_reply(self.message.capacity()) {
            Ok(()) => Self {
                loan: Some(loan),
                ..self
            },
            Err(_) => self.dropped(),
        }
    }

    /// An error in place of a reply that there is no room for.
    fn dropped(&self) -> Self {
        tracing::warn!(
            bytes = self.message.len(),
            "a reply was dropped: the bodies and replies in flight take as many bytes as they may"
        );
        let id = match Message::parse(&self.message) {
            Ok(Message::Response(response)) => response.id,
            _ => None,
        };
        let error = ErrorObject::internal(
            "The call was carried out, but its reply was dropped: the server, or you alone, had too many unread replies. Read them, and try again later",
        );
        Self {
            status: StatusCode::SERVICE_UNAVAILABLE,
            ..Self::error(id.as_ref(), Era::Handshake, &error)
        }
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
