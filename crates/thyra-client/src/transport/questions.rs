//! The questions of a server on their way to an answer.

use futures_util::StreamExt as _;
use futures_util::future::{AbortHandle, Abortable, BoxFuture};
use futures_util::stream::FuturesUnordered;
use thyra_protocol::RequestId;

/// The questions of a server that wait for their answers, a bounded number. Whoever reads the
/// server's messages drives them beside it.
#[derive(Debug)]
pub(crate) struct Questions<T> {
    waiting: FuturesUnordered<BoxFuture<'static, (RequestId, Option<T>)>>,
    handles: Vec<(RequestId, AbortHandle)>,
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

    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Takes the question `id`. A server that asks too much at a time gets no answer.
    pub(crate) fn add(&mut self, id: RequestId, answer: impl Future<Output = T> + Send + 'static) {
        if self.waiting.len() >= Self::MOST {
            tracing::warn!(most = Self::MOST, "the server asks too much at a time");
            return;
        }
        let (handle, registration) = AbortHandle::new_pair();
        self.handles.push((id.clone(), handle));
        let answer = Abortable::new(answer, registration);
        self.waiting
            .push(Box::pin(async move { (id, answer.await.ok()) }));
    }

    /// Drops the question `id`: the server no longer waits for its answer.
    pub(crate) fn withdraw(&mut self, id: &RequestId) {
        for (_, handle) in self.handles.iter().filter(|(waiting, _)| waiting == id) {
            handle.abort();
        }
    }

    /// Waits until a question has its answer; `None` if it was withdrawn. Pending forever when
    /// there is no question.
    pub(crate) async fn next(&mut self) -> Option<T> {
        match self.waiting.next().await {
            Some((id, answer)) => {
                self.handles.retain(|(waiting, _)| *waiting != id);
                answer
            }
            None => std::future::pending().await,
        }
    }
}
