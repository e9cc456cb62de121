//! The transport to a server within the same process.

use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use thyra_auth::{Principal, Refusal};
use thyra_client::{Outcome, Outgoing, OutgoingMessage, Reports, Transport, TransportError};
use thyra_protocol::{ErrorObject, Revision};

use crate::app::{App, Identity};
use crate::conversation::Session;
use crate::dispatch::{Caller, Carrier, MethodCall};
use crate::server::{Exposure, Result, Server};
use crate::transport::exchange::{Event, Exchange};

/// The transport to a server within the same process, made by [`Server::in_process`] and
/// [`Server::in_process_as`].
///
/// A clone reaches the same server, for another client.
#[derive(Clone)]
pub struct InProcess {
    app: Arc<App>,
    principal: Option<Arc<Principal>>,
}

impl InProcess {
    /// The caller is whoever runs the process.
    pub(super) fn local(server: &Server) -> Result<Self> {
        Ok(Self {
            app: server.own()?,
            principal: None,
        })
    }

    /// The caller is `principal`, as if over the network.
    pub(super) fn on_behalf_of(server: &Server, principal: Arc<Principal>) -> Result<Self> {
        Ok(Self {
            app: Arc::new(server.build(Exposure::Network)?),
            principal: Some(principal),
        })
    }

    async fn answer(
        &self,
        message: OutgoingMessage,
        mut reports: Reports<'_>,
    ) -> Result<Outcome, TransportError> {
        if let (Some(principal), Some(protection)) = (&self.principal, self.app.door.protection())
            && let Err(refusal) = protection.check_required_scopes(principal)
        {
            return Ok(refused(&refusal));
        }
        let caller = Caller::new(match &self.principal {
            Some(principal) => Identity::Principal(Arc::clone(principal)),
            None => Identity::Local,
        });
        let OutgoingMessage { id, json } = message;
        let app = Arc::clone(&self.app);
        let mut exchange = Exchange::new(app, Bytes::from(json), Within, caller);
        loop {
            match poll_fn(|cx| exchange.poll_event(cx)).await {
                Event::Notification(message) => {
                    reports.receive(&message, &id)?;
                }
                Event::Reply(reply) => {
                    return match reply.refusal() {
                        Some(refusal) => Ok(refused(refusal)),
                        None => reports
                            .receive(reply.message(), &id)?
                            .ok_or(TransportError::NotTheAnswer),
                    };
                }
            }
        }
    }
}

impl Transport for InProcess {
    fn exchange<'a>(
        &'a self,
        outgoing: Outgoing<'a>,
        reports: Reports<'a>,
    ) -> BoxFuture<'a, Result<Outcome, TransportError>> {
        Box::pin(async move {
            let message = outgoing.message()?;
            outgoing.in_time(self.answer(message, reports)).await
        })
    }
}

impl fmt::Debug for InProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InProcess")
            .field("server", &self.app.name)
            .field("principal", &self.principal)
            .finish()
    }
}

/// The carrier of messages within the process. It has no headers that could contradict them.
struct Within;

impl Carrier for Within {
    fn revision(
        &self,
        call: &MethodCall<'_>,
        _: Option<&Session>,
    ) -> Result<Revision, ErrorObject> {
        match &call.meta().protocol_version {
            Some(version) => version
                .parse()
                .map_err(|_| ErrorObject::unsupported_version(version)),
            None => Ok(Revision::LATEST_HANDSHAKE),
        }
    }
}

/// Turns a refusal into an outcome. HTTP would send a challenge for a missing scope.
fn refused(refusal: &Refusal) -> Outcome {
    match refusal {
        Refusal::InsufficientScope { needed } => Outcome::Forbidden {
            needed: Some(needed.clone()),
        },
        other => Outcome::Error(ErrorObject::invalid_params(other.public_sentence())),
    }
}
