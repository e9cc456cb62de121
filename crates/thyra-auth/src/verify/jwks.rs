//! The key set of a remote issuer, kept fresh.

mod builder;
mod download;
mod schedule;

use std::error::Error;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use thyra_oauth::{Clock, Printable, freshness};
use tokio::runtime::Handle;
use tokio::sync::{Notify, watch};
use tokio::task::AbortHandle;

use super::Unavailable;
use super::key_set::KeySet;
use super::location::{KeySetLocation, KeySetUrl, LocationError};
use download::{Download, DownloadError, Downloaded};
use schedule::{Advice, Attempt, Ended, Schedule};

pub use builder::JwksBuilder;

/// How long a request waits for one attempt.
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// How long callers are told to wait while there are no keys. The next request tries again anyway.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// The key set of a remote issuer (RFC 7517), fetched when it is first needed and kept fresh.
///
/// - Only one fetch is under way at a time. Callers share it, and it goes on when they leave.
/// - A set is fresh for as long as its response says: 30 seconds to an hour, or five minutes when
///   the response does not say. After that it is renewed in the background, and stays in use
///   meanwhile.
/// - While the issuer is down or answers with something else, the last set stays in use for a day.
/// - A token with an unknown `kid` is judged by a set that was fetched after the token arrived.
///   Such fetches are at least a second apart. Once several have found nothing new, they are five
///   seconds apart, and tokens with unknown keys are refused without waiting.
/// - When a key disappears from the set, the tokens verified with it become invalid at once.
///
/// Clones are cheap and share everything. The background work ends with the last clone.
#[derive(Clone)]
pub struct Jwks(Arc<Owner>);

struct Owner {
    shared: Arc<Shared>,
    /// The task that fetches, if there is one.
    driver: Mutex<Option<AbortHandle>>,
}

struct Shared {
    download: Box<dyn Download>,
    clock: Arc<dyn Clock>,
    max_stale: Duration,
    state: Mutex<State>,
    /// Changes when waiting requests should look again.
    news: watch::Sender<u64>,
    /// Tells the driver that the plan has changed.
    replanned: Notify,
    /// Until when the set is fresh, and until when it is usable: monotonic milliseconds, rounded
    /// down. They are zero before there is one.
    fresh_until: AtomicU64,
    usable_until: AtomicU64,
}

#[derive(Default)]
struct State {
    schedule: Schedule,
    keys: Option<Arc<KeySet>>,
    /// A driver is at work.
    driving: bool,
    /// The last attempt failed, and the log says so.
    outage: bool,
}

/// When a request came, in terms of attempts to fetch the set.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arrival(u64);

impl Jwks {
    /// The key set at a URL that the operator configured.
    ///
    /// # Errors
    ///
    /// [`LocationError`] when the text is not an absolute URL.
    pub fn new(url: &str) -> Result<Self, LocationError> {
        Ok(Self::builder(KeySetUrl::configured(url)?).build())
    }

    /// The key set at a place that is known or can be found out: a [`KeySetUrl`], a
    /// [`Discovery`](crate::Discovery), or a [`KeySetLocation`] of your own.
    pub fn builder(location: impl KeySetLocation + 'static) -> JwksBuilder {
        JwksBuilder::new(Box::new(location))
    }

    fn with_download(
        download: Box<dyn Download>,
        clock: Arc<dyn Clock>,
        max_stale: Duration,
    ) -> Self {
        Self(Arc::new(Owner {
            shared: Arc::new(Shared {
                download,
                clock,
                max_stale,
                state: Mutex::default(),
                news: watch::Sender::default(),
                replanned: Notify::new(),
                fresh_until: AtomicU64::new(0),
                usable_until: AtomicU64::new(0),
            }),
            driver: Mutex::default(),
        }))
    }

    /// Notes that a request has arrived.
    pub(super) fn arrival(&self) -> Arrival {
        Arrival(self.0.shared.state().schedule.upcoming())
    }

    /// Whether there are keys. Starts to renew them when they are past their lifetime.
    pub(super) fn keep_fresh(&self) -> bool {
        let now = self.0.shared.now();
        let millis = millis(now);
        if millis >= self.0.shared.usable_until.load(Ordering::Acquire) {
            return false;
        }
        if millis >= self.0.shared.fresh_until.load(Ordering::Acquire) {
            let mut state = self.0.shared.state();
            state.schedule.stale(now);
            self.drive(state);
        }
        true
    }

    /// The keys, if there are some.
    pub(super) fn at_hand(&self) -> Option<Arc<KeySet>> {
        if !self.keep_fresh() {
            return None;
        }
        self.0.shared.state().keys.clone()
    }

    /// The keys; waits for them when there are none yet.
    pub(super) async fn keys(&self, arrival: Arrival) -> Result<Arc<KeySet>, Unavailable> {
        let mut news = self.0.shared.news.subscribe();
        loop {
            news.borrow_and_update();
            if let Some(keys) = self.at_hand() {
                return Ok(keys);
            }
            {
                let mut state = self.0.shared.state();
                if state.schedule.ended(arrival.0) == Some(Ended::Failed) {
                    return Err(unavailable());
                }
                state.schedule.cold(self.0.shared.now());
                if !self.drive(state) {
                    return Err(unavailable());
                }
            }
            Self::await_news(&mut news).await?;
        }
    }

    /// The keys, once they include this `kid` or were fetched after `arrival`.
    pub(super) async fn keys_with(
        &self,
        kid: Option<&str>,
        arrival: Arrival,
    ) -> Result<Arc<KeySet>, Unavailable> {
        let mut news = self.0.shared.news.subscribe();
        let mut asked = false;
        loop {
            news.borrow_and_update();
            {
                let mut state = self.0.shared.state();
                let Some(keys) = state.keys.clone() else {
                    return Err(unavailable());
                };
                if keys.knows(kid) {
                    return Ok(keys);
                }
                match state.schedule.ended(arrival.0) {
                    Some(Ended::Well) => return Ok(keys),
                    Some(Ended::Failed) => return Err(unavailable()),
                    None => {}
                }
                let advice = if asked {
                    Advice::Wait
                } else {
                    state.schedule.unknown(self.0.shared.now())
                };
                asked = true;
                let driven = self.drive(state);
                if advice == Advice::GiveUp {
                    return Ok(keys);
                }
                if !driven {
                    return Err(unavailable());
                }
            }
            Self::await_news(&mut news).await?;
        }
    }

    /// Makes sure that the plan is carried out, and says whether somebody is doing so.
    ///
    /// It takes the lock in order to release it: a runtime that is shutting down drops a new task
    /// on the spot, and a dropped shift needs the state.
    fn drive(&self, mut state: MutexGuard<'_, State>) -> bool {
        if state.driving {
            self.0.shared.replanned.notify_one();
            return true;
        }
        if state.schedule.next().is_none() {
            return false;
        }
        // Without a runtime nobody can do it; the next request may have one.
        let Ok(runtime) = Handle::try_current() else {
            return false;
        };
        state.driving = true;
        drop(state);
        let shift = Shift {
            shared: Arc::clone(&self.0.shared),
            over: false,
        };
        let task = runtime.spawn(shift.work());
        let mut driver = self.0.driver.lock().unwrap_or_else(PoisonError::into_inner);
        *driver = Some(task.abort_handle());
        drop(driver);
        // A runtime that is shutting down has dropped the task already, and the plan remains.
        let state = self.0.shared.state();
        state.driving || state.schedule.next().is_none()
    }

    /// Waits for news, but not for longer than a request should.
    async fn await_news(news: &mut watch::Receiver<u64>) -> Result<(), Unavailable> {
        match tokio::time::timeout(LONGEST_WAIT, news.changed()).await {
            Ok(Ok(())) => Ok(()),
            // The sender lives as long as this does, so only the time can have run out.
            Ok(Err(_)) | Err(_) => Err(unavailable()),
        }
    }
}

impl fmt::Debug for Jwks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys = self.0.shared.state().keys.clone();
        f.debug_struct("Jwks")
            .field("keys", &keys)
            .finish_non_exhaustive()
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        let driver = self
            .driver
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(driver) = driver {
            driver.abort();
        }
    }
}

impl Shared {
    /// Nothing that holds the lock can leave the state half changed.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Duration {
        self.clock.monotonic()
    }

    /// Records the result of an attempt that started at `start`.
    fn settle(&self, start: Duration, result: Result<Downloaded, DownloadError>) {
        let mut state = self.state();
        let outcome = match result {
            Ok(Downloaded { keys, max_age }) => {
                let (keys, changed) = match &state.keys {
                    Some(old) => keys.succeed(old),
                    None => (keys, true),
                };
                let lifetime = freshness::lifetime(max_age);
                let usable = self.max_stale.max(lifetime);
                state.keys = Some(Arc::new(keys));
                self.fresh_until
                    .store(millis(start.saturating_add(lifetime)), Ordering::Release);
                self.usable_until
                    .store(millis(start.saturating_add(usable)), Ordering::Release);
                if std::mem::take(&mut state.outage) {
                    tracing::info!("the key set can be fetched again; tokens are verified with it");
                }
                if changed {
                    Attempt::Changed
                } else {
                    Attempt::Unchanged
                }
            }
            Err(error) => {
                let consequence = if millis(self.now()) < self.usable_until.load(Ordering::Acquire)
                {
                    "tokens are verified with the keys that are known"
                } else {
                    "tokens cannot be verified, and requests are answered with 503"
                };
                let reason = with_sources(&error);
                let reason = Printable(&reason);
                if std::mem::replace(&mut state.outage, true) {
                    tracing::debug!("still no key set: {reason}; {consequence}");
                } else {
                    tracing::warn!("no key set: {reason}; {consequence} until it can be fetched");
                }
                Attempt::Failed
            }
        };
        state.schedule.finish(outcome);
    }
}

/// A driver at work: fetches as planned, until nothing is planned.
struct Shift {
    shared: Arc<Shared>,
    /// It ended by itself and recorded that; another may have begun since.
    over: bool,
}

impl Shift {
    async fn work(mut self) {
        let shared = Arc::clone(&self.shared);
        loop {
            let now = shared.now();
            let at = {
                let mut state = shared.state();
                let Some(at) = state.schedule.next() else {
                    state.driving = false;
                    self.over = true;
                    return;
                };
                if at <= now {
                    state.schedule.start(now);
                }
                at
            };
            if let Some(rest) = at.checked_sub(now).filter(|rest| !rest.is_zero()) {
                // Until the time comes or the plan changes.
                let _ = tokio::time::timeout(rest, shared.replanned.notified()).await;
                continue;
            }
            let result = shared.download.download().await;
            shared.settle(now, result);
            shared
                .news
                .send_modify(|count| *count = count.wrapping_add(1));
        }
    }
}

/// A runtime may shut down while the driver is at work; the next one continues.
impl Drop for Shift {
    fn drop(&mut self) {
        if self.over {
            return;
        }
        let mut state = self.shared.state();
        state.driving = false;
        state.schedule.abandon();
        drop(state);
        self.shared
            .news
            .send_modify(|count| *count = count.wrapping_add(1));
    }
}

const fn unavailable() -> Unavailable {
    Unavailable {
        retry_after: RETRY_AFTER,
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// An error with all its sources, in one line.
pub(super) fn with_sources(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}

#[cfg(test)]
mod tests;
