//! Which revision a client and its server speak (MCP `basic/versioning`): decided here from what
//! the server answered, without I/O.
//!
//! `server/discover` comes first. A server that does not know it is older and wants `initialize`.
//! Which error it answers with does not matter, as long as it is none of those that only newer
//! servers have.

use serde::Deserialize;
use thyra_oauth::printable;
use thyra_protocol::{Era, ErrorCode, ErrorObject, Revision};

use crate::transport::{Outcome, TransportError};

/// The most versions of a server that an error names.
const MOST_NAMED: usize = 16;

/// What to do after a step of the negotiation.
#[derive(Debug)]
pub(super) enum Next {
    /// Speak the sessionless revision.
    Speak(Revision),
    /// Ask for this handshake revision with `initialize`.
    Initialize(Revision),
    /// There is no revision that both speak.
    NoCommonRevision {
        /// What the server speaks, for people.
        offered: String,
    },
    /// Give up: it is not a matter of revisions.
    Fail(Result<Outcome, TransportError>),
}

/// What a server says that it speaks: in a result of `server/discover`, or in the data of an error.
#[derive(Deserialize)]
struct Speaks {
    #[serde(alias = "supportedVersions")]
    supported: Vec<String>,
}

/// What follows from the answer to `server/discover`.
pub(super) fn after_discover(answer: Result<Outcome, TransportError>) -> Next {
    match answer {
        Ok(Outcome::Result(result)) => match serde_json::from_str::<Speaks>(result.get()) {
            Ok(speaks) => common(&speaks.supported),
            // Whatever this is, it is not what a sessionless server must answer.
            Err(_) => Next::Initialize(Revision::LATEST_HANDSHAKE),
        },
        Ok(Outcome::Error(error)) if error.code == ErrorCode::UNSUPPORTED_PROTOCOL_VERSION => {
            match supported(&error) {
                Some(supported) => common(&supported),
                None => Next::Initialize(Revision::LATEST_HANDSHAKE),
            }
        }
        Ok(Outcome::Error(error)) if only_sessionless(&error) => {
            Next::Fail(Ok(Outcome::Error(error)))
        }
        Ok(Outcome::Error(_)) => Next::Initialize(Revision::LATEST_HANDSHAKE),
        Err(TransportError::Status { status, .. }) if is_old(status) => {
            Next::Initialize(Revision::LATEST_HANDSHAKE)
        }
        // Programs that do not know it may leave it alone, or end.
        Err(TransportError::NoAnswerToProbe | TransportError::Ended { .. }) => {
            Next::Initialize(Revision::LATEST_HANDSHAKE)
        }
        other => Next::Fail(other),
    }
}

/// What follows when `initialize` has failed. A server that speaks no handshake revision names
/// those that it does.
pub(super) fn after_failed_initialize(answer: Result<Outcome, TransportError>) -> Next {
    match answer {
        Ok(Outcome::Error(error)) => match supported(&error) {
            Some(supported) if supported.iter().any(|one| one == Revision::LATEST.as_str()) => {
                Next::Speak(Revision::LATEST)
            }
            Some(supported) => no_common(&supported),
            None => Next::Fail(Ok(Outcome::Error(error))),
        },
        other => Next::Fail(other),
    }
}

/// The newest revision of those that the server speaks.
fn common(supported: &[String]) -> Next {
    let newest = supported
        .iter()
        .filter_map(|name| name.parse::<Revision>().ok())
        .max();
    match newest.map(|revision| (revision, revision.era())) {
        Some((revision, Era::Sessionless)) => Next::Speak(revision),
        Some((revision, Era::Handshake)) => Next::Initialize(revision),
        None => no_common(supported),
    }
}

fn no_common(supported: &[String]) -> Next {
    let named: Vec<&str> = supported
        .iter()
        .map(String::as_str)
        .take(MOST_NAMED)
        .collect();
    Next::NoCommonRevision {
        offered: printable(&named.join(", ")),
    }
}

fn supported(error: &ErrorObject) -> Option<Vec<String>> {
    let data = error.data.as_ref()?;
    let speaks: Speaks = serde_json::from_str(data.get()).ok()?;
    Some(speaks.supported)
}

/// Errors that only servers of the sessionless era have.
fn only_sessionless(error: &ErrorObject) -> bool {
    matches!(
        error.code,
        ErrorCode::HEADER_MISMATCH | ErrorCode::MISSING_CLIENT_CAPABILITY
    )
}

/// Whether an answer is one of a server that does not know what was asked. In the middle of a
/// conversation, it may be another program than before.
pub(super) fn is_unknown(answer: &Result<Outcome, TransportError>) -> bool {
    /// What servers up to 2025-11-25 answer whom they do not know.
    const NOT_INITIALIZED: ErrorCode = ErrorCode(-32000);

    match answer {
        Ok(Outcome::Error(error)) => {
            matches!(error.code, ErrorCode::INVALID_REQUEST | NOT_INITIALIZED)
        }
        Err(TransportError::Status { status, .. }) => is_old(*status),
        _ => false,
    }
}

/// The statuses with which servers refuse a message that they do not understand. One that wants a
/// token, is broken or is busy says nothing about its revision.
fn is_old(status: u16) -> bool {
    matches!(status, 400 | 404 | 405 | 406 | 415 | 422)
}

#[cfg(test)]
mod tests;
