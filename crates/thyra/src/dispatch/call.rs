//! `tools/call`.

use std::sync::Arc;
use std::time::Duration;

use thyra_auth::PrincipalId;
use thyra_protocol::{CallToolResult, Era, ErrorCode, ErrorObject, method};

use super::method_call::ToolCall;
use super::round::{self, BecomesTask, Earlier, Retry, RoundEnd};
use super::{Failure, Request, short, task};
use crate::app::App;
use crate::check::Operation;
use crate::component::tool::{TaskMode, Tool};
use crate::context::Past;
use crate::handler::{CallError, ToolError};
use crate::reply::Reply;
use crate::request_state::Binding;
use crate::selector::Viewer;

/// What models are told when a tool only runs as a task and the client has no tasks.
const NEEDS_TASKS: &str =
    "This tool only runs as a task, and tasks need a client of protocol revision 2026-07-28.";

pub(super) async fn answer(
    mut request: Box<Request<'_>>,
    call: ToolCall<'_>,
) -> Result<Reply, Failure> {
    let tool = find(&request, &call).await?;
    request.carrier.parameters(&tool, call.arguments)?;
    if tool.task_mode() != TaskMode::Forbidden {
        let declared =
            request.revision.era() == Era::Sessionless && request.abilities().has_tasks();
        // A retry continues as the call began: in rounds.
        let is_retry = call.request_state.is_some() || call.input_responses.is_some();
        match (tool.task_mode(), declared) {
            (TaskMode::Deferred, _) => return run(request, tool, call, declared).await,
            (TaskMode::Optional, true) if is_retry => {}
            (_, true) => {
                let scope = request.scope().build();
                let past = Past::default();
                return Ok(
                    Box::pin(task::start(&request, scope, tool, call.arguments, past)).await?,
                );
            }
            (TaskMode::Required, false) => {
                let error = match request.revision.era() {
                    Era::Sessionless => CallError::Protocol(task::undeclared()),
                    Era::Handshake => CallError::Failed(ToolError::new(NEEDS_TASKS)),
                };
                return Ok(answer_error(&request, &tool, error)?);
            }
            _ => {}
        }
    }
    run(request, tool, call, false).await
}

/// The tool, which the caller may use.
async fn find(request: &Request<'_>, call: &ToolCall<'_>) -> Result<Arc<Tool>, Failure> {
    let version = request.wanted_version()?;
    let catalog = request.app.handle.catalog();
    let asks = |viewer: &Viewer<'_>| catalog.tools.subjects(&call.name, viewer);
    let viewer = request.viewer(asks, Operation::Call).await;
    let principal = request.caller.principal_id();
    let tool = request
        .seen(
            &viewer,
            call.request_state.as_deref(),
            binding(request.app, principal.as_ref(), call),
            |viewer| catalog.tools.find(&call.name, version.as_deref(), viewer),
            |tool| tool.component_version(),
        )
        .ok_or_else(|| {
            ErrorObject::invalid_params(format!("Unknown tool: {}", short(&call.name)))
        })?;
    request.may_use(tool.required_scopes(), viewer.asked.missing(&tool))?;
    Ok(tool)
}

/// What the states of the call are bound to, without the version of the tool.
fn binding<'a>(
    app: &'a App,
    principal: Option<&'a PrincipalId>,
    call: &'a ToolCall<'_>,
) -> Binding<'a> {
    Binding {
        principal,
        server: &app.name,
        method: method::TOOLS_CALL,
        name: &call.name,
        version: None,
        arguments: call.arguments,
    }
}

async fn run(
    mut request: Box<Request<'_>>,
    tool: Arc<Tool>,
    call: ToolCall<'_>,
    may_become_task: bool,
) -> Result<Reply, Failure> {
    let (app, id, revision) = (request.app, request.id, request.revision);
    let principal = request.caller.principal_id();
    let binding = Binding {
        version: tool.component_version(),
        ..binding(app, principal.as_ref(), &call)
    };
    let retry = Retry {
        input_responses: call.input_responses,
        request_state: call.request_state.as_deref(),
    };
    let repeats = app
        .sealer
        .may_repeat(tool.is_repeatable(), tool.is_harmless());
    let standing = |viewer: &Viewer<'_>| app.handle.catalog().tools.standing(&tool, viewer);
    let Earlier { rounds, used_up } =
        match request.earlier_rounds(&binding, retry, repeats, standing) {
            None => Earlier::default(),
            Some(opening) => opening.await?,
        };
    let scope = request.scope_for_rounds(rounds, may_become_task);
    let deadline = tool.call_timeout().unwrap_or_else(|| app.limits.call_time);
    let handler = app.middleware.call_tool(&tool, call.arguments, &scope);
    let server_info = &app.greeting.server_info;
    let round = round::run_or_become_task(app, &scope, &binding, standing, deadline, handler).await;
    let outcome = match round {
        Ok(outcome) => outcome,
        // Only a call that may become a task gets here.
        Err(BecomesTask(past)) => {
            return Ok(Box::pin(task::start(&request, scope, tool, call.arguments, past)).await?);
        }
    };
    let result = match outcome {
        RoundEnd::Answered(Ok(result)) => result,
        RoundEnd::Answered(Err(error)) => {
            if request
                .refusal_for(&error, tool.required_scopes())
                .is_some()
            {
                used_up.give_back(app, &binding).await;
            }
            return Ok(answer_error(&request, &tool, error)?);
        }
        RoundEnd::TimedOut(deadline) => too_slow(deadline),
        RoundEnd::Asks(asks) => {
            return Ok(Reply::result(
                id,
                &asks.for_revision(revision).with_server_info(server_info),
            ));
        }
    };
    Ok(Reply::result(
        id,
        &result.for_revision(revision).with_server_info(server_info),
    ))
}

/// The answer to a call that failed. Where clients do not know the code for a missing capability,
/// the model is told in words.
fn answer_error(
    request: &Request<'_>,
    tool: &Tool,
    error: CallError,
) -> Result<Reply, ErrorObject> {
    match error {
        CallError::Protocol(error)
            if request.revision.era() == Era::Sessionless
                || error.code != ErrorCode::MISSING_CLIENT_CAPABILITY =>
        {
            Err(error)
        }
        error => {
            let refusal = request.refusal_for(&error, tool.required_scopes());
            let result = error.into_result(tool.name());
            let server_info = &request.app.greeting.server_info;
            Ok(Reply::result(
                request.id,
                &result
                    .for_revision(request.revision)
                    .with_server_info(server_info),
            )
            .refusing(refusal))
        }
    }
}

/// What the model is told about a call that was stopped.
pub(super) fn too_slow(deadline: Duration) -> CallToolResult {
    CallToolResult::error(format!(
        "The call was stopped: it took longer than {} seconds.",
        deadline.as_secs_f64()
    ))
}
