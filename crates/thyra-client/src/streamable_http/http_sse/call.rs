//! One request over the old transport: posted, and answered on the stream.

use std::sync::Arc;

use thyra_protocol::{Revision, method as methods};

use super::stream::Stream;
use super::{ASIDE, judge};
use crate::background::Background;
use crate::streamable_http::credentials::Shown;
use crate::streamable_http::endpoint::Head;
use crate::streamable_http::exchange::Reply;
use crate::transport::{
    CallClock, Outgoing, OutgoingMessage, Reports, TransportError, Under, Waiter,
};

/// Sends one request, and waits for its answer.
pub(super) async fn call(
    stream: &Arc<Stream>,
    aside: &Background,
    outgoing: &Outgoing<'_>,
    reports: &mut Reports<'_>,
    token: Shown<'_>,
    clock: &mut CallClock,
) -> Result<Reply, TransportError> {
    let OutgoingMessage { id, json } = outgoing.message()?;
    let (waiter, mut answer, mut progress) = Waiter::new(outgoing);
    let tell = |json| aside.spawn(cancel(Arc::clone(stream), outgoing.revision, json));
    let mut under_way = Under::way(stream.waiting(), id.clone(), outgoing.method, tell);
    stream.add(id.clone(), waiter)?;
    let mut questions = stream.questions();
    let head = Head {
        method: outgoing.method,
        name: outgoing.name,
        arguments: outgoing.header_arguments,
        revision: outgoing.revision,
        session: None,
        token,
    };
    let exchange = async {
        let mut is_posted = false;
        let posting = stream.endpoint().post(&head, json);
        tokio::pin!(posting);
        loop {
            match *questions.borrow_and_update() {
                0 => clock.go_on(),
                _ => clock.pause(),
            }
            tokio::select! {
                biased;
                // A server that says something all the time does not stop the clock.
                () = clock.expired() => return Err(TransportError::Timeout(outgoing.time_limit)),
                Some(report) = progress.recv() => reports.progress(report),
                answered = &mut answer => {
                    let message = answered.unwrap_or(Err(TransportError::StreamEnded))?;
                    return reports
                        .receive(&message, &id)?
                        .map(Reply::Outcome)
                        .ok_or(TransportError::NotTheAnswer);
                }
                response = &mut posting, if !is_posted => {
                    is_posted = true;
                    if let Some(refused) = judge(&response?)? {
                        return Ok(refused);
                    }
                }
                Ok(()) = questions.changed() => {}
            }
        }
    };
    let ended = exchange.await;
    under_way.ended(&ended);
    if matches!(ended, Err(TransportError::SessionLost)) {
        stream.end();
    }
    ended
}

/// Tells the server that nobody waits for its answer.
async fn cancel(stream: Arc<Stream>, revision: Revision, json: Vec<u8>) {
    let posted = stream.post(methods::CANCELLED, revision, json);
    if !matches!(tokio::time::timeout(ASIDE, posted).await, Ok(Ok(()))) {
        tracing::debug!("the server was not told that a request was given up");
    }
}
