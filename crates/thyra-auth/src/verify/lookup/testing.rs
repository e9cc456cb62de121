//! An authority without a network, for the tests of lookups.

use std::collections::HashMap;
use std::error::Error;
use std::sync::{Arc, Mutex, MutexGuard};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt, stream};
use http::header::CONTENT_TYPE;
use thyra_oauth::{Fetcher, HttpBody, HttpClient, HttpRequest};

use crate::principal::Principal;
use crate::verify::{TokenRejected, Verdict};

/// Answers with what is set, by URL, and keeps what it was asked. At any other URL nobody is there.
#[derive(Clone, Default)]
pub(crate) struct Upstream(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    answers: HashMap<String, Given>,
    asked: Vec<HttpRequest>,
}

#[derive(Clone)]
struct Given {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

impl Upstream {
    /// Answers at `url` with this.
    pub(crate) fn serve(&self, url: &str, status: u16, media_type: &str, body: impl Into<String>) {
        let given = Given {
            status,
            headers: vec![(CONTENT_TYPE.to_string(), media_type.to_owned())],
            body: body.into(),
        };
        self.state().answers.insert(url.to_owned(), given);
    }

    /// Sets a header beside those of the answer at `url`.
    pub(crate) fn header(&self, url: &str, name: &str, value: &str) {
        if let Some(given) = self.state().answers.get_mut(url) {
            given.headers.push((name.to_owned(), value.to_owned()));
        }
    }

    /// Is there no more.
    pub(crate) fn leave(&self) {
        self.state().answers.clear();
    }

    /// What it was asked since the last time.
    pub(crate) fn asked(&self) -> Vec<HttpRequest> {
        std::mem::take(&mut self.state().asked)
    }

    /// Reaches it.
    pub(crate) fn fetcher(&self) -> Fetcher {
        Fetcher::over(self.clone())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }
}

impl HttpClient for Upstream {
    fn send(
        &self,
        request: HttpRequest,
    ) -> BoxFuture<'static, Result<http::Response<HttpBody>, Box<dyn Error + Send + Sync>>> {
        let given = self.state().answers.get(request.url.as_str()).cloned();
        self.state().asked.push(request);
        async move {
            let given = given.ok_or("nobody is there")?;
            let mut response = http::Response::builder().status(given.status);
            for (name, value) in given.headers {
                response = response.header(name, value);
            }
            let body = stream::once(async { Ok(Bytes::from(given.body)) });
            Ok(response.body(body.boxed())?)
        }
        .boxed()
    }
}

#[track_caller]
pub(crate) fn accepted(verdict: Verdict) -> Arc<Principal> {
    match verdict {
        Verdict::Accepted(principal) => principal,
        verdict => panic!("{verdict:?}"),
    }
}

#[track_caller]
pub(crate) fn rejected(verdict: Verdict) -> TokenRejected {
    match verdict {
        Verdict::Rejected(reason) => reason,
        verdict => panic!("{verdict:?}"),
    }
}

#[track_caller]
pub(crate) fn is_unavailable(verdict: &Verdict, what: &str) {
    assert!(
        matches!(verdict, Verdict::Unavailable(_)),
        "{what}: {verdict:?}"
    );
}
