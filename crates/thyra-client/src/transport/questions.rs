//! The questions of a server on their way to an answer.

use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::StreamExt as _;
use futures_util::future::{AbortHandle, Abortable, BoxFuture};
use futures_util::stream::FuturesUnordered;
use thyra_protocol::RequestId;

use super::Question;

/// The questions of a server that wait for their answers, a bounded number. Whoever reads the
/// server's messages drives them beside it.
#[derive(Debug)]
pub(crate) struct Questions<T> {
    waiting: FuturesUnordered<BoxFuture<'static, (RequestId, Option<T>)>>,
    handles: Vec<Waiting>,
}

/// A question that waits.
#[derive(Debug)]
struct Waiting {
    id: RequestId,
    is_ping: bool,
    handle: AbortHandle,
}

impl<T: 'static> Questions<T> {
    /// The most that may wait at a time.
    pub(crate) const MOST: usize = 64;

    pub(crate) fn new() -> Self {
        Self {
            waiting: FuturesUnordered::new(),
            handles: Vec::new(),
        }
    }

    /// Whether the server waits for nothing but the answers to pings. These cost no time, so a
    /// server cannot gain any with them.
    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many there are, without pings.
    pub(crate) fn len(&self) -> usize {
        self.handles.iter().filter(|one| !one.is_ping).count()
    }

    /// Takes the question `id`. A server that asks too much at a time gets no answer.
    pub(crate) fn add(
        &mut self,
        id: RequestId,
        is_ping: bool,
        answer: impl Future<Output = T> + Send + 'static,
    ) {
        if self.waiting.len() >= Self::MOST {
            tracing::warn!(most = Self::MOST, "the server asks too much at a time");
            return;
        }
        let (handle, registration) = AbortHandle::new_pair();
        self.handles.push(Waiting {
            id: id.clone(),
            is_ping,
            handle,
        });
        let answer = Abortable::new(answer, registration);
        self.waiting
            .push(Box::pin(async move { (id, answer.await.ok()) }));
    }

    /// Drops the question `id`: the server no longer waits for its answer.
    pub(crate) fn withdraw(&mut self, id: &RequestId) {
        for waiting in self.handles.iter().filter(|one| one.id == *id) {
            waiting.handle.abort();
        }
    }

    /// Waits until a question has its answer; `None` if it was withdrawn. Pending forever when
    /// there is no question.
    pub(crate) async fn next(&mut self) -> Option<T> {
        match self.waiting.next().await {
            Some((id, answer)) => {
                self.handles.retain(|one| one.id != id);
                answer
            }
            None => std::future::pending().await,
        }
    }
}

/// How many questions the server may still ask of which nobody knows to which request they belong.
/// A person may have to read each, so a server cannot go on asking while the client asks nothing.
#[derive(Debug)]
pub(crate) struct Allowance(AtomicUsize);

impl Allowance {
    /// The most questions for one request.
    const MOST: usize = 64;

    pub(crate) fn new() -> Self {
        Self(AtomicUsize::new(Self::MOST))
    }

    /// Allows as much as befits so many requests under way.
    pub(crate) fn renew(&self, under_way: usize) {
        let most = Self::MOST.saturating_mul(under_way.max(1));
        self.0.fetch_max(most, Ordering::Relaxed);
    }

    /// The question, or its refusal if there are too many. Pings do not count.
    pub(crate) fn spend(&self, question: Question) -> Question {
        let one_less = |left: usize| left.checked_sub(1);
        let (set, fetched) = (Ordering::Relaxed, Ordering::Relaxed);
        if question.is_ping || self.0.fetch_update(set, fetched, one_less).is_ok() {
            return question;
        }
        tracing::warn!(
            most = Self::MOST,
            "the server asks too much for one request"
        );
        question.refused("The client answers no more questions before its next request")
    }
}
