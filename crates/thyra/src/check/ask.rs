//! Asking the checks of one request.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::stream::{self, StreamExt};
use thyra_auth::{Principal, ScopeSet};
use thyra_oauth::Printable;
use tokio::sync::OnceCell;
use tokio::time::{Instant, timeout_at};
use tracing::field;

use super::{Check, CheckedCall, CheckedCaller, Decision, Operation};
use crate::selector::{Answer, Answers, ComponentInfo, HasInfo};
use crate::throttled::unless_many;

/// How many components of a list are asked about at once.
const MOST_AT_ONCE: usize = 16;

/// A component whose checks have to be asked.
pub(crate) struct Subject {
    component: Arc<dyn HasInfo>,
    checks: Vec<Check>,
}

/// Who wants to do what.
pub(crate) struct Inquiry {
    pub(crate) caller: CheckedCaller,
    pub(crate) operation: Operation,
    /// How long all answers together may take.
    pub(crate) time: Duration,
}

impl Subject {
    /// A component with these checks; `None` if it has none.
    pub(crate) fn new<'c>(
        component: Arc<dyn HasInfo>,
        checks: impl Iterator<Item = &'c Check>,
    ) -> Option<Self> {
        let checks: Vec<Check> = checks.cloned().collect();
        (!checks.is_empty()).then_some(Self { component, checks })
    }

    async fn decide(&self, call: &CheckedCall, memory: &Memory) -> Decision {
        let mut so_far = Decision::Allow;
        for check in &self.checks {
            so_far = so_far.and(check.decide(call, memory).await);
            if matches!(so_far, Decision::Refuse(_) | Decision::Failed(_)) {
                break;
            }
        }
        so_far
    }
}

impl Inquiry {
    /// Asks the checks of all `subjects`, each once. What was not answered in time has no answer.
    pub(crate) async fn ask(&self, mut subjects: Vec<Subject>) -> Answers {
        let mut known = HashSet::new();
        subjects
            .retain(|subject| known.insert(Arc::as_ptr(&subject.component).cast::<()>().addr()));
        let memory = Memory::default();
        let deadline = Instant::now() + self.time;
        let mut answers = Answers::default();
        let mut asked = stream::iter(subjects)
            .map(|subject| {
                let memory = &memory;
                async move {
                    let component = Arc::clone(&subject.component);
                    let caller = self.caller.clone();
                    let call = CheckedCall::new(caller, component, self.operation);
                    let decision = subject.decide(&call, memory).await;
                    (subject.component, decision)
                }
            })
            .buffer_unordered(MOST_AT_ONCE);
        loop {
            match timeout_at(deadline, asked.next()).await {
                Ok(Some((component, decision))) => {
                    let answer = self.answer(&*component, decision);
                    answers.insert(component, answer);
                }
                Ok(None) => break,
                Err(_) => {
                    let seconds = self.time.as_secs_f64();
                    unless_many("checks took too long", "", || {
                        tracing::error!(seconds, "checks took too long, and count as refusals");
                    });
                    break;
                }
            }
        }
        drop(asked);
        answers
    }

    /// What a decision means to this caller. The reason of a refusal goes to the log.
    fn answer(&self, component: &dyn HasInfo, decision: Decision) -> Answer {
        let can_bring_more = self.caller.can_bring_more();
        let is_known = self.caller.principal().is_some();
        let reason = match decision {
            Decision::Allow => return Answer::Granted,
            Decision::NeedsScopes(scopes) if can_bring_more => return Answer::Missing(scopes),
            Decision::NeedsSignIn if can_bring_more && !is_known => {
                return Answer::Missing(ScopeSet::default());
            }
            Decision::NeedsScopes(scopes) => format!("the caller has no way to get {scopes}"),
            Decision::NeedsSignIn => "the caller has no way to sign in".to_owned(),
            Decision::Failed(reason) => {
                self.tell(
                    component,
                    &reason,
                    "a check failed, and counts as a refusal",
                );
                return Answer::Denied;
            }
            Decision::Refuse(reason) => reason,
        };
        self.tell(component, &reason, "a check refused");
        Answer::Denied
    }

    fn tell(&self, component: &dyn HasInfo, reason: &str, line: &'static str) {
        let ComponentInfo { kind, name, .. } = component.info();
        let caller = self.caller.principal().map(Principal::subject);
        let (caller, reason) = (caller.map(Printable), Printable(reason));
        let (caller, operation) = (caller.as_ref().map(field::display), self.operation);
        // Everybody's list leaves out what only others see.
        if operation == Operation::List {
            tracing::debug!(component = name, %kind, ?operation, caller, %reason, "{line}");
            return;
        }
        unless_many(line, name, || {
            tracing::info!(component = name, %kind, ?operation, caller, %reason, "{line}");
        });
    }
}

/// What the checks that depend on the caller alone have said within one request.
#[derive(Default)]
pub(super) struct Memory(Mutex<HashMap<usize, Arc<OnceCell<Decision>>>>);

impl Memory {
    /// What `check` said, or says now.
    pub(super) async fn once(
        &self,
        check: &Check,
        decide: impl Future<Output = Decision>,
    ) -> Decision {
        let cell = {
            let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(known.entry(check.address()).or_default())
        };
        cell.get_or_init(|| decide).await.clone()
    }
}

/// The decision; a failure if it panics.
pub(super) async fn caught(decide: impl Future<Output = Decision>) -> Decision {
    let decided = AssertUnwindSafe(decide).catch_unwind().await;
    decided.unwrap_or_else(|_| Decision::Failed("it panicked".to_owned()))
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subject")
            .field("component", &self.component.info())
            .field("checks", &self.checks)
            .finish()
    }
}
