//! Running a handler until it answers or asks.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::value::RawValue;
use thyra_protocol::{Era, ErrorObject, InputRequiredResult, InputResponses};

use super::Request;
use crate::app::App;
use crate::context::{Past, Pause, RequestScope, Rounds};
use crate::handler::CallError;
use crate::request_state::{Binding, SealError, Sealer, Standing, StateRefused};
use crate::selector::Viewer;
use crate::throttled::throttled;

/// How a round ended.
pub(super) enum RoundEnd<R> {
    Answered(Result<R, CallError>),
    /// The handler asks the client. The result carries the sealed state for the next round.
    Asks(InputRequiredResult),
    TimedOut(Duration),
}

/// The handler wants to go on as a task, which must know the earlier rounds.
pub(super) struct BecomesTask(pub(super) Past);

/// What the client sends along with a retry (MCP 2026-07-28, "Multi Round-Trip Requests").
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Retry<'a> {
    pub(super) input_responses: Option<&'a RawValue>,
    pub(super) request_state: Option<&'a str>,
}

/// What the earlier rounds of a call left.
#[derive(Default)]
pub(super) struct Earlier<'a> {
    /// `None` in the first round.
    pub(super) rounds: Option<Rounds>,
    pub(super) used_up: UsedUp<'a>,
}

/// The sealed state that cannot be used again, if there is one.
#[derive(Clone, Copy, Default)]
pub(super) struct UsedUp<'a>(Option<&'a str>);

impl Request<'_> {
    /// Opens and checks what earlier rounds left. Where the call may not `repeat`, this uses the
    /// state up. `standing` is how the component stands now.
    ///
    /// `None` in the first round, so that few calls wait.
    pub(super) fn earlier_rounds<'f, 'r: 'f>(
        &'f self,
        binding: &'f Binding<'_>,
        retry: Retry<'r>,
        repeats: bool,
        standing: impl Fn(&Viewer<'_>) -> Standing,
    ) -> Option<BoxFuture<'f, Result<Earlier<'r>, ErrorObject>>> {
        if self.revision.era() == Era::Handshake || retry.is_none() {
            return None;
        }
        let standing = standing(&self.caller.viewer(&self.app.handle));
        Some(open(&self.app.sealer, binding, retry, repeats, standing).boxed())
    }

    /// What a handler may know about this request and, where calls have rounds, about the earlier
    /// rounds.
    pub(super) fn scope_for_rounds(
        &mut self,
        rounds: Option<Rounds>,
        may_become_task: bool,
    ) -> RequestScope {
        if self.revision.era() == Era::Handshake {
            return self.scope().build();
        }
        let rounds = if may_become_task {
            Some(rounds.unwrap_or_default().or_task())
        } else {
            rounds
        };
        self.scope().build_in_rounds(rounds)
    }
}

impl Retry<'_> {
    fn is_none(&self) -> bool {
        self.input_responses.is_none() && self.request_state.is_none()
    }
}

impl UsedUp<'_> {
    /// Lets a client that lacked scopes repeat its request when it has them.
    pub(super) async fn give_back(self, app: &App, binding: &Binding<'_>) {
        if let Some(sealed) = self.0 {
            Box::pin(app.sealer.give_back(binding, sealed)).await;
        }
    }
}

async fn open<'r>(
    sealer: &Sealer,
    binding: &Binding<'_>,
    retry: Retry<'r>,
    repeats: bool,
    standing: Standing,
) -> Result<Earlier<'r>, ErrorObject> {
    // What cannot be read uses nothing up.
    let fresh = match retry.input_responses {
        None => InputResponses::default(),
        Some(responses) => {
            InputResponses::parse(responses).map_err(|error| error.error_object())?
        }
    };
    let past = match retry.request_state {
        None if !repeats => {
            return Err(ErrorObject::invalid_params(
                "inputResponses are taken only with the requestState that came with the questions",
            ));
        }
        None => Past::default(),
        Some(carried) => {
            let state = take(sealer, binding, carried, repeats, standing)
                .await
                .map_err(|refused| {
                    tracing::debug!(?refused, "a request state was refused");
                    ErrorObject::invalid_params(refused.to_string())
                })?;
            serde_json::from_slice(&state)
                .map_err(|_| ErrorObject::invalid_params("the requestState cannot be read"))?
        }
    };
    Ok(Earlier {
        rounds: Some(Rounds::new(past, fresh.into_iter().collect())),
        used_up: UsedUp(retry.request_state.filter(|_| !repeats)),
    })
}

/// Opens a state, and uses it up unless it may be repeated.
async fn take(
    sealer: &Sealer,
    binding: &Binding<'_>,
    carried: &str,
    repeats: bool,
    standing: Standing,
) -> Result<Vec<u8>, StateRefused> {
    let opened = sealer.open(binding, carried)?;
    if !opened.standing.has_definition_of(&standing) {
        return Err(StateRefused::Changed);
    }
    if !repeats {
        sealer.use_up(&opened.used).await?;
    }
    Ok(opened.state)
}

/// Polls `handler` until it answers, asks, or takes longer than `deadline`. A handler that asks is
/// dropped, and starts again when the answers are there. The state for that says how the component
/// stands then.
pub(super) async fn run<R>(
    app: &App,
    scope: &RequestScope,
    binding: &Binding<'_>,
    standing: impl Fn(&Viewer<'_>) -> Standing,
    deadline: Duration,
    handler: impl Future<Output = Result<R, CallError>>,
) -> RoundEnd<R> {
    let round = run_or_become_task(app, scope, binding, standing, deadline, handler).await;
    round.unwrap_or_else(|BecomesTask(_)| {
        // The scope does not allow a task, so the handler had no way to become one.
        tracing::error!("a component that cannot become a task was about to");
        let error = ErrorObject::internal("Internal error");
        RoundEnd::Answered(Err(CallError::Protocol(error)))
    })
}

/// Does the same for a handler whose scope allows it to go on as a task.
pub(super) async fn run_or_become_task<R>(
    app: &App,
    scope: &RequestScope,
    binding: &Binding<'_>,
    standing: impl Fn(&Viewer<'_>) -> Standing,
    deadline: Duration,
    handler: impl Future<Output = Result<R, CallError>>,
) -> Result<RoundEnd<R>, BecomesTask> {
    let mut handler = pin!(handler);
    let round = poll_fn(|cx| {
        if let Poll::Ready(answer) = handler.as_mut().poll(cx) {
            return Poll::Ready(Ok(answer));
        }
        match scope.rounds_in_use() {
            Some(rounds) => rounds.poll_pause(cx).map(Err),
            None => Poll::Pending,
        }
    });
    Ok(match tokio::time::timeout(deadline, round).await {
        Err(_) => RoundEnd::TimedOut(deadline),
        Ok(Ok(answer)) => RoundEnd::Answered(
            answer.map_err(|error| error.detailed_unless(app.mask_error_details)),
        ),
        Ok(Err((Pause::Task, past))) => return Err(BecomesTask(past)),
        Ok(Err((Pause::Asks(questions), past))) => {
            let standing = standing(&scope.viewer(app.handle.views()));
            match seal(app, binding, standing, &past) {
                Ok(state) => RoundEnd::Asks(InputRequiredResult::new(questions, Some(state))),
                Err(error) => RoundEnd::Answered(Err(CallError::Protocol(error))),
            }
        }
    })
}

/// Seals what the next round must know, for the client to carry.
fn seal(
    app: &App,
    binding: &Binding<'_>,
    standing: Standing,
    past: &Past,
) -> Result<String, ErrorObject> {
    let past = serde_json::to_vec(past).map_err(|error| {
        throttled!(error, "the state of a call could not be written", about = "", %error);
        ErrorObject::internal("Internal error")
    })?;
    app.sealer
        .seal(binding, standing, &past)
        .map_err(|error| match error {
            // Most of the state is the client's own answers.
            SealError::TooLarge { .. } => {
                tracing::debug!(%error, "the state of a call is too large");
                ErrorObject::invalid_params(
                    "the answers so far are too long to be carried into another round",
                )
            }
            SealError::NoRandomness => {
                throttled!(error, "the state of a call could not be sealed", about = "", %error);
                ErrorObject::internal("Internal error")
            }
        })
}
