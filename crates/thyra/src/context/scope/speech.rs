//! How a handler is heard: where its notifications go, and who answers its questions.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::mpsc::Sender;

use super::Known;
use super::client::DecodedClient;
use super::nesting::NestedCalls;
use crate::context::progress::Progress;
use crate::context::{Past, Rounds};
use crate::conversation::SessionAsker;

/// How a handler is heard. Made for the first [`Context`](crate::Context) of a request.
pub(in crate::context) struct Speech {
    /// The client, as far as its handler has asked about it.
    pub(super) client: DecodedClient,
    /// The calls of components that the request has caused.
    pub(super) nested: NestedCalls,
    pub(in crate::context) progress: Option<Progress>,
    pub(in crate::context) rounds: Rounds,
    /// Where notifications go; `None` when there will be none.
    pub(in crate::context) sender: Option<Sender<Bytes>>,
}

impl Speech {
    pub(super) fn new(known: &Known, rounds: Rounds) -> Self {
        let may_speak =
            known.progress_token.is_some() || known.log_level.is_some() || known.session.is_some();
        let sender = match &known.emitter {
            Some(emitter) if may_speak => emitter.open(),
            _ => None,
        };
        let progress = match (&known.progress_token, &sender) {
            (Some(token), Some(sender)) => {
                Some(Progress::new(token.clone(), known.revision, sender.clone()))
            }
            _ => None,
        };
        Self {
            client: DecodedClient::default(),
            nested: NestedCalls::default(),
            progress,
            rounds,
            sender,
        }
    }
}

impl Known {
    /// The first round of a call that brought nothing along from an earlier one.
    pub(super) fn rounds(&self) -> Rounds {
        if self.has_rounds {
            return Rounds::default();
        }
        match (&self.session, &self.emitter) {
            (Some(session), Some(emitter)) => {
                let (session, trace) = (Arc::clone(session), self.trace.clone());
                let asker = SessionAsker::new(session, emitter.clone(), trace);
                Rounds::endless(Past::default(), Arc::new(asker))
            }
            _ => Rounds::lonely(),
        }
    }
}
