//! A server without a network.

use serde_json::Value;
use thyra_client::{Outcome, Outgoing, Reports, TransportError};

/// Sends a request to `server`, which says messages to it. The first one that is the answer is the
/// outcome.
pub(crate) fn answered(
    outgoing: &Outgoing<'_>,
    reports: &mut Reports<'_>,
    server: impl FnOnce(&Value) -> Vec<Value>,
) -> Result<Outcome, TransportError> {
    let sent = outgoing.message()?;
    let request = serde_json::from_slice(&sent.json).unwrap();
    for message in server(&request) {
        if let Some(outcome) = reports.receive(message.to_string().as_bytes(), &sent.id)? {
            return Ok(outcome);
        }
    }
    Err(TransportError::StreamEnded)
}
