//! A server within the client's own process: no port, no socket, and the same messages.

use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;

use bytes::Bytes;
use thyra_auth::{Principal, Refusal};
use thyra_protocol::{ErrorObject, Message, RequestId, Revision};

use super::{Incoming, OnReport, TransportError, answer, report};
use crate::outbox::Outbox;
use crate::server::app::App;
use crate::server::dispatch::{self, Caller, Carrier};
use crate::server::incoming;
use crate::transport::exchange::{Event, Exchange};

/// A server, and who calls it.
#[derive(Clone)]
pub(in crate::client) struct InProcess {
    app: Arc<App>,
    principal: Option<Arc<Principal>>,
}

impl InProcess {
    /// Calls come from `principal`; without one, from whoever runs the process, of whom no scope is asked.
    pub(in crate::client) fn new(app: Arc<App>, principal: Option<Arc<Principal>>) -> Self {
        Self { app, principal }
    }

    pub(super) async fn exchange(
        &self,
        body: Vec<u8>,
        id: &RequestId,
        on_report: OnReport<'_>,
    ) -> Result<Incoming, TransportError> {
        if let (Some(principal), Some(protection)) = (&self.principal, &self.app.protection)
            && let Err(refusal) = protection.check_required_scopes(principal)
        {
            return Ok(refused(&refusal));
        }
        let caller = match &self.principal {
            Some(principal) => Caller::known(Arc::clone(principal)),
            None => Caller::local(),
        };
        let outbox = Outbox::default();
        let emitter = outbox.emitter();
        let app = Arc::clone(&self.app);
        let body = Bytes::from(body);
        let call = async move { dispatch::answer(&app, &body, &Within, caller, emitter).await };
        let mut exchange = Exchange::new(Box::pin(call), outbox);
        loop {
            match poll_fn(|cx| exchange.poll_event(cx)).await {
                Event::Notification(message) => report(&message, &mut *on_report)?,
                Event::Reply(reply) => {
                    return match reply.refusal() {
                        Some(refusal) => Ok(refused(refusal)),
                        None => answer(reply.message(), id)?.ok_or(TransportError::NotTheAnswer),
                    };
                }
            }
        }
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

/// Nothing carries the messages, so nothing contradicts them.
struct Within;

impl Carrier for Within {
    fn revision(
        &self,
        incoming: &incoming::Incoming<'_>,
        _: &Caller,
    ) -> Result<Revision, ErrorObject> {
        match &incoming.meta().protocol_version {
            Some(version) => version
                .parse()
                .map_err(|_| ErrorObject::unsupported_version(version)),
            None => Ok(Revision::LATEST_HANDSHAKE),
        }
    }

    fn welcomes(&self, _: &Message<'_>, _: &Caller) -> Result<(), ErrorObject> {
        Ok(())
    }
}

/// What a transport with challenges would put as one.
fn refused(refusal: &Refusal) -> Incoming {
    match refusal {
        Refusal::InsufficientScope { needed } => Incoming::Forbidden {
            needed: needed.clone(),
        },
        other => Incoming::Error(ErrorObject::invalid_params(other.public_sentence())),
    }
}
