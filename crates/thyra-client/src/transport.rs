//! How a client reaches its server.

mod batch;
mod clock;
mod error;
mod identity;
mod inbox;
mod noise;
mod outgoing;
mod questions;
mod reports;
mod waiting;

use std::fmt;

use futures_util::future::BoxFuture;
use serde_json::value::RawValue;
use thyra_oauth::ScopeSet;
use thyra_protocol::{ErrorObject, Revision};

pub(crate) use self::batch::{is_batch, messages};
pub(crate) use self::clock::CallClock;
pub use self::error::TransportError;
pub use self::identity::Identity;
pub use self::inbox::{Inbox, Question, Received};
pub(crate) use self::noise::Noise;
pub use self::outgoing::{HeaderArgument, Outgoing, OutgoingMessage};
pub(crate) use self::questions::{Allowance, Questions};
pub use self::reports::Reports;
pub(crate) use self::reports::{Heard, Report, without_mark};
pub(crate) use self::waiting::{Under, Waiter, Waiting};

/// Carries the requests of a [`Client`](crate::Client) to one server, and brings back the answers.
///
/// [`Client::builder`](crate::Client::builder) brings Streamable HTTP with it, and
/// [`Client::over`](crate::Client::over) takes a transport of your own. It does three things with a
/// request:
///
/// 1. It writes the message ([`Outgoing::message`]) and sends it.
/// 2. It hands every message that comes back to [`Reports::receive`], and returns the outcome as
///    soon as there is one.
/// 3. It keeps the time limit ([`Outgoing::in_time`]).
///
/// The client may have many requests under way at the same time. It cancels one by dropping its
/// future; a transport whose connection outlives a request has to tell the server then.
///
/// That is all for a server of 2026-07-28. A transport that also reaches older servers says so
/// ([`Transport::revision`] is `None`), sends notifications ([`Transport::send`]), and hands what
/// answers no request to the [`Inbox`] that it gets from [`Transport::attach`]. When the connection
/// on which that came is lost, it says so ([`Inbox::lost`]).
///
/// ```
/// use futures_util::future::BoxFuture;
/// use thyra_client::{Client, Outcome, Outgoing, Reports, Transport, TransportError};
///
/// /// A function in place of a server: takes a JSON-RPC message, and gives its answer.
/// #[derive(Debug)]
/// struct Function(fn(&[u8]) -> Vec<u8>);
///
/// impl Transport for Function {
///     fn exchange<'a>(
///         &'a self,
///         outgoing: Outgoing<'a>,
///         mut reports: Reports<'a>,
///     ) -> BoxFuture<'a, Result<Outcome, TransportError>> {
///         Box::pin(async move {
///             let message = outgoing.message()?;
///             let answer = (self.0)(&message.json);
///             reports.receive(&answer, &message.id)?.ok_or(TransportError::NotTheAnswer)
///         })
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), thyra_client::ClientError> {
/// let server = Function(|_| br#"{"jsonrpc":"2.0","id":1,"result":{"tools":[]}}"#.to_vec());
/// let client = Client::over(server).build();
/// assert!(client.list_tools().await?.is_empty());
/// # Ok(())
/// # }
/// ```
pub trait Transport: fmt::Debug + Send + Sync + 'static {
    /// Sends a request, passes on what the server reports before it answers, and returns how the
    /// request ended.
    fn exchange<'a>(
        &'a self,
        outgoing: Outgoing<'a>,
        reports: Reports<'a>,
    ) -> BoxFuture<'a, Result<Outcome, TransportError>>;

    /// Sends a notification ([`Outgoing::notification`]), to which no answer comes.
    ///
    /// The default is an error, since only servers of the handshake era need notifications.
    fn send<'a>(&'a self, outgoing: Outgoing<'a>) -> BoxFuture<'a, Result<(), TransportError>> {
        let _ = outgoing;
        Box::pin(async { Err(TransportError::NoNotifications) })
    }

    /// Is called once, before anything is sent. The inbox takes what answers no request.
    fn attach(&self, inbox: Inbox) {
        drop(inbox);
    }

    /// The revision that the server is known to speak, and the client then speaks at once. `None`
    /// means that the client asks first: with `server/discover`, and with `initialize` if the
    /// server does not know that.
    fn revision(&self) -> Option<Revision> {
        Some(Revision::V2026_07_28)
    }

    /// Whether it repeats arguments in headers ([`Outgoing::header_arguments`]). The client then
    /// leaves tools out of its lists whose arguments cannot be repeated as their schema says.
    fn repeats_arguments(&self) -> bool {
        false
    }

    /// Whose answers it brings now. What a client keeps for one ([`ClientBuilder::cache`]) is not
    /// for another. `None` means that it cannot be told; then nothing is kept.
    ///
    /// [`ClientBuilder::cache`]: crate::ClientBuilder::cache
    fn identity(&self) -> BoxFuture<'_, Option<Identity>> {
        Box::pin(async { Some(Identity::default()) })
    }

    /// Ends the session with the server, if there is one. A later request begins a new one.
    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {})
    }
}

/// How a request ended, when the server had a say in it.
#[derive(Debug)]
#[non_exhaustive]
pub enum Outcome {
    /// The server answered with a JSON-RPC error.
    Error(ErrorObject),
    /// The server knows the caller, who lacks scopes, and the transport cannot get them.
    Forbidden {
        /// What the request needs, if the server says so.
        needed: Option<ScopeSet>,
    },
    /// The server answered.
    Result(Box<RawValue>),
    /// The server wants to know who is calling, and the transport cannot tell it.
    Unauthorized {
        /// What the user should do.
        advice: &'static str,
    },
}
