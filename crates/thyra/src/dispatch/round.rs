//! Running a handler until it answers or asks.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use serde_json::value::RawValue;
use thyra_protocol::{Era, ErrorObject, InputRequiredResult, InputResponses};

use super::Request;
use crate::app::App;
use crate::context::{Past, Pause, RequestScope, Rounds};
use crate::handler::CallError;
use crate::request_state::{Binding, SealError};

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

impl Request<'_> {
    /// What a handler may know about this request and, where calls have rounds, about the earlier
    /// rounds.
    pub(super) fn scope_for_rounds(
        &mut self,
        binding: &Binding<'_>,
        retry: Retry<'_>,
        may_become_task: bool,
    ) -> Result<RequestScope, ErrorObject> {
        if self.revision.era() == Era::Handshake {
            return Ok(self.scope().build());
        }
        let rounds = open(self.app, binding, retry)?;
        let rounds = if may_become_task {
            Some(rounds.unwrap_or_default().or_task())
        } else {
            rounds
        };
        Ok(self.scope().build_in_rounds(rounds))
    }
}

/// Opens and checks what earlier rounds left.
fn open(app: &App, binding: &Binding<'_>, retry: Retry<'_>) -> Result<Option<Rounds>, ErrorObject> {
    if retry.input_responses.is_none() && retry.request_state.is_none() {
        return Ok(None);
    }
    let past = match retry.request_state {
        None if app.sealer.is_single_use() => {
            return Err(ErrorObject::invalid_params(
                "inputResponses are taken only with the requestState that came with the questions",
            ));
        }
        None => Past::default(),
        Some(sealed) => {
            let state = app.sealer.open(binding, sealed).map_err(|refused| {
                tracing::debug!(?refused, "a request state was refused");
                ErrorObject::invalid_params(refused.to_string())
            })?;
            serde_json::from_slice(&state)
                .map_err(|_| ErrorObject::invalid_params("the requestState cannot be read"))?
        }
    };
    let fresh = match retry.input_responses {
        None => InputResponses::default(),
        Some(responses) => {
            InputResponses::parse(responses).map_err(|error| error.error_object())?
        }
    };
    Ok(Some(Rounds::new(past, fresh.into_iter().collect())))
}

/// Polls `handler` until it answers, asks, or takes longer than `deadline`. A handler that asks is
/// dropped, and starts again when the answers are there.
pub(super) async fn run<R>(
    app: &App,
    scope: &RequestScope,
    binding: &Binding<'_>,
    deadline: Duration,
    handler: impl Future<Output = Result<R, CallError>>,
) -> RoundEnd<R> {
    let round = run_or_become_task(app, scope, binding, deadline, handler).await;
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
        Ok(Err((Pause::Asks(questions), past))) => match seal(app, binding, &past) {
            Ok(state) => RoundEnd::Asks(InputRequiredResult::new(questions, Some(state))),
            Err(error) => RoundEnd::Answered(Err(CallError::Protocol(error))),
        },
    })
}

/// Seals what the next round must know, for the client to carry.
fn seal(app: &App, binding: &Binding<'_>, past: &Past) -> Result<String, ErrorObject> {
    let past = serde_json::to_vec(past).map_err(|error| {
        tracing::error!(%error, "the state of a call could not be written");
        ErrorObject::internal("Internal error")
    })?;
    app.sealer
        .seal(binding, &past)
        .map_err(|error| match error {
            // Most of the state is the client's own answers.
            SealError::TooLarge { .. } => {
                tracing::debug!(%error, "the state of a call is too large");
                ErrorObject::invalid_params(
                    "the answers so far are too long to be carried into another round",
                )
            }
            SealError::NoRandomness => {
                tracing::error!(%error, "the state of a call could not be sealed");
                ErrorObject::internal("Internal error")
            }
        })
}
