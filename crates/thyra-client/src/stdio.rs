//! A server that is a program of its own: the client starts it, and they speak over its standard
//! input and output (MCP `basic/transports/stdio`).

mod command;
mod connection;
mod environment;
mod lines;
mod process;

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use futures_util::future::BoxFuture;
use thyra_protocol::{Era, Revision, method as methods};

pub use self::command::{ErrorOutput, ServerCommand};
use self::connection::Connection;
use crate::transport::{
    CallClock, Inbox, Outcome, Outgoing, OutgoingMessage, Reports, Transport, TransportError,
    Under, Waiter,
};

/// How long a program may take for its first answer before the client asks in another way. Old
/// servers leave alone what they do not know.
const PROBE: Duration = Duration::from_secs(10);

impl Transport for ServerCommand {
    fn exchange<'a>(
        &'a self,
        outgoing: Outgoing<'a>,
        reports: Reports<'a>,
    ) -> BoxFuture<'a, Result<Outcome, TransportError>> {
        Box::pin(async move {
            let connection = self.connection()?;
            connection.admit(outgoing.method, outgoing.revision)?;
            let is_probe = outgoing.method == methods::DISCOVER && !connection.has_answered();
            let limit = if is_probe {
                outgoing.time_limit.min(PROBE)
            } else {
                outgoing.time_limit
            };
            match call(&connection, &outgoing, limit, reports).await {
                Err(TransportError::Timeout(_)) if is_probe => Err(TransportError::NoAnswerToProbe),
                ended => ended,
            }
        })
    }

    fn send<'a>(&'a self, outgoing: Outgoing<'a>) -> BoxFuture<'a, Result<(), TransportError>> {
        Box::pin(async move {
            let connection = self.connection()?;
            connection.admit(outgoing.method, outgoing.revision)?;
            let json = outgoing.notification()?;
            outgoing.in_time(connection.send(json)).await
        })
    }

    fn attach(&self, inbox: Inbox) {
        // It is attached once.
        let _ = self.inbox.set(inbox);
    }

    fn revision(&self) -> Option<Revision> {
        None
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        let running = self
            .running
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        Box::pin(async move {
            if let Some(connection) = running {
                connection.close().await;
            }
        })
    }
}

/// Sends one request, and waits for its answer.
async fn call(
    connection: &Connection,
    outgoing: &Outgoing<'_>,
    limit: Duration,
    mut reports: Reports<'_>,
) -> Result<Outcome, TransportError> {
    let OutgoingMessage { id, json } = outgoing.message()?;
    let (waiter, mut answer, mut progress) = Waiter::new(outgoing);
    let tell = |json| connection.try_send(json);
    let mut under_way = Under::way(connection.waiting(), id.clone(), outgoing.method, tell);
    connection
        .add(id.clone(), waiter)
        .map_err(|error| match (error, outgoing.method) {
            // It ended before it was asked anything, so there is no session to open again.
            (TransportError::SessionLost, methods::INITIALIZE | methods::DISCOVER) => {
                connection.ended()
            }
            (error, _) => error,
        })?;
    let mut questions = connection.questions();
    let mut clock = CallClock::start(limit);
    let exchange = async {
        let mut sent = false;
        let sending = connection.send(json);
        tokio::pin!(sending);
        loop {
            match *questions.borrow_and_update() {
                0 => clock.go_on(),
                _ => clock.pause(),
            }
            tokio::select! {
                biased;
                // A program that says something all the time does not stop the clock.
                () = clock.expired() => return Err(TransportError::Timeout(limit)),
                Some(report) = progress.recv() => reports.progress(report),
                answered = &mut answer => {
                    let message = answered.unwrap_or_else(|_| Err(TransportError::StreamEnded))?;
                    return reports
                        .receive(&message, &id)?
                        .ok_or(TransportError::NotTheAnswer);
                }
                // If it was not sent, the program has ended, and the answer says how.
                _ = &mut sending, if !sent => sent = true,
                Ok(()) = questions.changed() => {}
            }
        }
    };
    let ended = exchange.await;
    under_way.ended(&ended);
    ended
}

impl ServerCommand {
    /// The running program; started if there is none, or if it has ended.
    fn connection(&self) -> Result<Arc<Connection>, TransportError> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        match &*running {
            Some(connection) if connection.is_alive() => Ok(Arc::clone(connection)),
            ended => {
                let connection = Arc::new(self.start()?);
                if ended.is_some() {
                    connection.replaces_another();
                }
                *running = Some(Arc::clone(&connection));
                Ok(connection)
            }
        }
    }
}

impl Connection {
    /// Whether a message of this revision may go to the program: one of the handshake era has to be
    /// opened first. When it was started again, it may be another version of itself, so it is asked
    /// anew in either era.
    fn admit(&self, method: &str, revision: Revision) -> Result<(), TransportError> {
        let was_strange = self.meet();
        match (method, revision.era()) {
            (methods::INITIALIZE, _) => self.open(),
            (methods::DISCOVER, _) => {}
            (_, Era::Sessionless) if was_strange => return Err(TransportError::SessionLost),
            (_, Era::Handshake) if !self.is_open() => return Err(TransportError::SessionLost),
            (_, Era::Handshake | Era::Sessionless) => {}
        }
        Ok(())
    }
}
