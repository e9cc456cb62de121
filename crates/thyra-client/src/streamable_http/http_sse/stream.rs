//! The stream of a server of the old transport, and what its task does with what comes.

use std::sync::Arc;

use serde_json::value::RawValue;
use thyra_oauth::{Streamed, printable};
use thyra_protocol::{Message, RequestId, Revision, method as methods};
use tokio::sync::watch;

use super::{ASIDE, judge};
use crate::background::Background;
use crate::streamable_http::endpoint::{Endpoint, Head};
use crate::streamable_http::{Shared, sse};
use crate::transport::{
    Inbox, Noise, Questions, Received, TransportError, Waiter, Waiting, is_batch, messages,
};

/// An open stream. Dropping it closes it.
#[derive(Debug)]
pub(super) struct Stream {
    line: Arc<Line>,
    /// How many questions of the server wait for their answer.
    questions: watch::Receiver<usize>,
    _reading: Background,
}

/// What also the task knows that reads the stream.
#[derive(Debug)]
struct Line {
    shared: Arc<Shared>,
    /// Where messages are posted.
    post: Endpoint,
    waiting: Waiting,
}

impl Stream {
    /// Goes on to read `response`, of which `events` have come already.
    pub(super) fn read(
        shared: Arc<Shared>,
        post: Endpoint,
        response: Streamed,
        decoder: sse::Decoder,
        events: Vec<sse::Event>,
    ) -> Self {
        let line = Arc::new(Line {
            shared,
            post,
            waiting: Waiting::default(),
        });
        let (asked, questions) = watch::channel(0);
        let reader = Reader {
            line: Arc::clone(&line),
            questions: Questions::new(),
            asked,
            noise: Noise::default(),
        };
        let reading = Background::default();
        reading.spawn(reader.read(response, decoder, events));
        Self {
            line,
            questions,
            _reading: reading,
        }
    }

    /// Adds a request that waits for its answer.
    pub(super) fn add(&self, id: RequestId, waiter: Waiter) -> Result<(), TransportError> {
        let under_way = self.line.waiting.add(id, waiter)?;
        self.line.shared.allowance.renew(under_way);
        Ok(())
    }

    pub(super) fn waiting(&self) -> &Waiting {
        &self.line.waiting
    }

    pub(super) fn questions(&self) -> watch::Receiver<usize> {
        self.questions.clone()
    }

    pub(super) fn endpoint(&self) -> &Endpoint {
        &self.line.post
    }

    pub(super) fn has_ended(&self) -> bool {
        self.line.waiting.has_ended()
    }

    /// The server has forgotten the session.
    pub(super) fn end(&self) {
        self.line.waiting.end(|| TransportError::StreamEnded);
    }

    /// Posts a message to which no answer comes. It shows the token that there is, and does not log
    /// in.
    pub(super) async fn post(
        &self,
        method: &str,
        revision: Revision,
        json: Vec<u8>,
    ) -> Result<(), TransportError> {
        self.line.post(method, revision, json).await
    }
}

impl Line {
    async fn post(
        &self,
        method: &str,
        revision: Revision,
        json: Vec<u8>,
    ) -> Result<(), TransportError> {
        let credentials = &self.shared.credentials;
        let tokens = credentials.tokens().await?;
        let head = Head {
            method,
            name: None,
            arguments: &[],
            revision,
            session: None,
            token: credentials.token(tokens.as_ref()),
        };
        let response = self.post.post(&head, json).await?;
        match judge(&response)? {
            None => Ok(()),
            Some(_) => Err(TransportError::Status {
                status: response.status().as_u16(),
                retry_after: None,
            }),
        }
    }

    /// Sends `answer` to the server as soon as there is one.
    fn answer(
        self: &Arc<Self>,
        answer: impl Future<Output = Vec<u8>> + Send + 'static,
    ) -> impl Future<Output = ()> + Send + 'static {
        let line = Arc::clone(self);
        async move {
            let json = answer.await;
            let posted = line.post("", Revision::V2024_11_05, json);
            if !matches!(tokio::time::timeout(ASIDE, posted).await, Ok(Ok(()))) {
                tracing::debug!("the server did not take the answer to its question");
            }
        }
    }
}

/// Reads what the server says.
struct Reader {
    line: Arc<Line>,
    questions: Questions<()>,
    asked: watch::Sender<usize>,
    noise: Noise,
}

impl Reader {
    async fn read(
        mut self,
        mut response: Streamed,
        mut decoder: sse::Decoder,
        mut events: Vec<sse::Event>,
    ) {
        let error = loop {
            for event in events
                .drain(..)
                .filter(|event| event.kind == sse::Kind::Message)
            {
                self.take(event.data);
            }
            let chunk = loop {
                tokio::select! {
                    chunk = response.chunk() => break chunk,
                    _ = self.questions.next() => self.count_questions(),
                }
            };
            let Ok(Some(chunk)) = chunk else {
                break (|_| TransportError::StreamEnded) as fn(usize) -> TransportError;
            };
            match decoder.feed_events(&chunk) {
                Ok(more) => events = more,
                Err(sse::TooLarge) => {
                    break |max_bytes| TransportError::EventTooLarge { max_bytes };
                }
            }
        };
        let Line {
            shared, waiting, ..
        } = &*self.line;
        waiting.end(|| error(shared.endpoint.max_bytes));
        if let Some(inbox) = shared.inbox.get() {
            inbox.lost();
        }
    }

    fn take(&mut self, event: Vec<u8>) {
        let inbox = self.line.shared.inbox.get();
        let revision = inbox.map_or(Revision::V2024_11_05, Inbox::revision);
        if !is_batch(&event) {
            return self.take_one(event);
        }
        match messages(&event, revision) {
            Ok(messages) => {
                for message in messages {
                    self.take_one(message.to_vec());
                }
            }
            Err(error) => {
                if self.noise.is_told() {
                    tracing::warn!(%error, "an event of the server is left out");
                }
            }
        }
    }

    fn take_one(&mut self, message: Vec<u8>) {
        let waiting = &self.line.waiting;
        match Message::parse(&message) {
            Ok(Message::Response(response)) => {
                let id = response.id.clone();
                waiting.answer(id.as_ref(), message);
            }
            Ok(Message::Notification(notification)) if notification.method == methods::PROGRESS => {
                let progress = notification.params.map(RawValue::get);
                let progress = progress.and_then(|params| serde_json::from_str(params).ok());
                if let Some(progress) = progress {
                    waiting.report(progress);
                }
            }
            Ok(_) => self.pass_on(&message),
            // It is broken, but the request that it names need not wait any longer.
            Err(error) if error.id().is_some_and(|id| waiting.has(id)) => {
                let id = error.id().cloned();
                waiting.answer(id.as_ref(), message);
            }
            Err(error) => {
                if self.noise.is_told() {
                    let error = printable(&error.to_string());
                    tracing::warn!(%error, "an event of the server is no message, and is left out");
                }
            }
        }
    }

    fn pass_on(&mut self, message: &[u8]) {
        let shared = &self.line.shared;
        match shared.inbox.get().map(|inbox| inbox.receive(message)) {
            None | Some(Ok(Received::Nothing)) => {}
            Some(Ok(Received::Withdrawn(id))) => self.questions.withdraw(&id),
            Some(Ok(Received::Question(question))) => {
                let question = shared.allowance.spend(question);
                let answer = self.line.answer(question.answer);
                self.questions.add(question.id, question.is_ping, answer);
                self.count_questions();
            }
            Some(Err(error)) => {
                if self.noise.is_told() {
                    tracing::warn!(%error, "a message of the server is left out");
                }
            }
        }
    }

    fn count_questions(&self) {
        let waiting = self.questions.len();
        self.asked
            .send_if_modified(|known| std::mem::replace(known, waiting) != waiting);
    }
}
