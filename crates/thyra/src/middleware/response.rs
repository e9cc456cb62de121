//! The response to a request, as middleware sees it.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use thyra_protocol::ErrorObject;

use super::RequestInfo;
use crate::reply::Reply;

/// The response to a request, ready to be sent: a result or an error.
#[derive(Debug)]
pub struct Response(Reply);

impl RequestInfo<'_> {
    /// Answers the request with an error.
    pub fn error(&self, error: &ErrorObject) -> Response {
        Response(Reply::error(Some(self.id), self.revision.era(), error))
    }

    /// Answers the request with a result. It is sent unchanged, so it must have what the method and
    /// the revision require.
    pub fn result<T: Serialize + ?Sized>(&self, result: &T) -> Response {
        Response(Reply::result(self.id, result))
    }
}

impl Response {
    /// Whether it is a result. A tool that failed also gives a result: see its `isError`.
    pub fn is_result(&self) -> bool {
        self.0.is_result()
    }

    /// The result, as it will be sent.
    pub fn result(&self) -> Option<&RawValue> {
        #[derive(Deserialize)]
        struct Message<'a> {
            #[serde(borrow)]
            result: &'a RawValue,
        }

        let message = serde_json::from_slice::<Message<'_>>(self.0.message());
        message.ok().map(|message| message.result)
    }

    /// The error, as it will be sent. Over HTTP, a caller who lacks a scope gets a challenge
    /// instead.
    pub fn error(&self) -> Option<ErrorObject> {
        #[derive(Deserialize)]
        struct Message {
            error: ErrorObject,
        }

        let message = serde_json::from_slice::<Message>(self.0.message());
        message.ok().map(|message| message.error)
    }

    /// The same response with another result. A session that `initialize` opened stays open, and a
    /// caller for whom a handler asked for more scopes is still asked for them.
    #[must_use]
    pub fn with_result<T: Serialize + ?Sized>(
        mut self,
        request: RequestInfo<'_>,
        result: &T,
    ) -> Self {
        let opened = self.0.take_opened();
        let refusal = self.0.take_refusal().filter(|_| self.0.is_result());
        let reply = Reply::result(request.id, result);
        Self(reply.opening(opened).refusing(refusal))
    }

    /// The whole JSON-RPC message.
    pub(crate) fn message(&self) -> &[u8] {
        self.0.message()
    }

    pub(crate) fn into_reply(self) -> Reply {
        self.0
    }
}

impl From<Reply> for Response {
    fn from(reply: Reply) -> Self {
        Self(reply)
    }
}
