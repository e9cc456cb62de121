//! What a server says about a request before it answers.

use std::fmt;

use thyra_oauth::printable;
use thyra_protocol::{LoggingMessageParams, Message, ProgressParams, RequestId, method as methods};

use super::{Outcome, TransportError};
use crate::changes::{Notice, Said};

/// Takes what a server says about one request: its reports, and the answer.
pub struct Reports<'a> {
    on_report: &'a mut (dyn FnMut(Report) + Send),
}

/// What a server says about a request before it answers.
#[derive(Debug)]
pub(crate) enum Report {
    Changes(Said),
    Log(LoggingMessageParams),
    Progress(ProgressParams),
}

/// What became of a message.
#[derive(Debug)]
pub(crate) enum Heard {
    /// It is the answer.
    Answer(Outcome),
    /// It is a report, or the answer to something else.
    Done,
    /// It is a request of the server, or a notification that is not about this request. The
    /// [`Inbox`](super::Inbox) takes it.
    NotAboutIt,
}

impl<'a> Reports<'a> {
    pub(crate) fn new(on_report: &'a mut (dyn FnMut(Report) + Send)) -> Self {
        Self { on_report }
    }

    /// Takes a message from the server: a report goes to the client, and the answer to the request
    /// `id` is returned. `None` means that the answer is still to come.
    ///
    /// # Errors
    ///
    /// [`TransportError::Message`] when `message` is not a JSON-RPC message.
    pub fn receive(
        &mut self,
        message: &[u8],
        id: &RequestId,
    ) -> Result<Option<Outcome>, TransportError> {
        match self.hear(message, id)? {
            Heard::Answer(outcome) => Ok(Some(outcome)),
            Heard::Done | Heard::NotAboutIt => Ok(None),
        }
    }

    /// The same, for a transport that has an inbox for the rest.
    pub(crate) fn hear(&mut self, message: &[u8], id: &RequestId) -> Result<Heard, TransportError> {
        let message =
            Message::parse(without_mark(message)).map_err(|error| TransportError::Message {
                problem: printable(&error.to_string()),
            })?;
        Ok(match message {
            Message::Notification(notification) => {
                if let Some(notice) = Notice::read(&notification) {
                    if notice.subscription.as_ref() != Some(id) {
                        return Ok(Heard::NotAboutIt);
                    }
                    (self.on_report)(Report::Changes(notice.said));
                    return Ok(Heard::Done);
                }
                let params = notification.params.map_or("", |params| params.get());
                self.report(&notification.method, params)
            }
            Message::Response(response) => match response.outcome {
                // An error without an id is about the one request of this exchange.
                Err(error) if response.id.as_ref().is_none_or(|named| named == id) => {
                    Heard::Answer(Outcome::Error(error))
                }
                Ok(result) if response.id.as_ref() == Some(id) => {
                    Heard::Answer(Outcome::Result(result.to_owned()))
                }
                Err(_) | Ok(_) => Heard::Done,
            },
            Message::Request(_) => Heard::NotAboutIt,
        })
    }

    /// Passes on a report that has been read already.
    pub(crate) fn progress(&mut self, progress: ProgressParams) {
        (self.on_report)(Report::Progress(progress));
    }

    /// A broken report is not an error.
    fn report(&mut self, method: &str, params: &str) -> Heard {
        let report = match method {
            methods::MESSAGE => serde_json::from_str(params).map(Report::Log),
            methods::PROGRESS => serde_json::from_str(params).map(Report::Progress),
            _ => return Heard::NotAboutIt,
        };
        if let Ok(report) = report {
            (self.on_report)(report);
        }
        Heard::Done
    }
}

/// The text without the byte order mark that some programs begin theirs with.
pub(crate) fn without_mark(text: &[u8]) -> &[u8] {
    text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text)
}

impl fmt::Debug for Reports<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reports").finish_non_exhaustive()
    }
}
