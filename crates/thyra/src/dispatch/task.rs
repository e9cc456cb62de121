//! Calls that run as tasks, and `tasks/get`, `tasks/update` and `tasks/cancel` (the extension
//! `io.modelcontextprotocol/tasks`).

use std::sync::Arc;

use serde_json::Map;
use serde_json::value::{RawValue, to_raw_value};
use thyra_protocol::{
    CallToolResult, ClientCapabilities, CreateTaskResult, EmptyResult, ErrorObject, GetTaskResult,
    InputResponses, Revision, TASKS_EXTENSION,
};

use super::call::too_slow;
use super::method_call::TaskRequest;
use super::{Failure, Request};
use crate::check::Operation;
use crate::component::tool::Tool;
use crate::context::{Past, RequestScope};
use crate::handler::CallError;
use crate::reply::Reply;
use crate::selector::{Asked, Viewer};
use crate::task::{RunTool, TaskError, TaskOutcome, TaskOwner, TaskRecord};
use crate::throttled::throttled;

/// The error for a client that did not declare that it supports tasks.
pub(super) fn undeclared() -> ErrorObject {
    let mut declared = ClientCapabilities::default();
    let settings = Map::new();
    declared
        .extensions
        .insert(TASKS_EXTENSION.to_owned(), settings.into());
    ErrorObject::missing_client_capability(
        &declared,
        format!("This needs a client that declares the extension {TASKS_EXTENSION}"),
    )
}

/// Starts a task that calls `tool`, and replies with its handle. The task knows what earlier rounds
/// of the call asked and did.
pub(super) async fn start(
    request: &Request<'_>,
    scope: RequestScope,
    tool: Arc<Tool>,
    arguments: Option<&RawValue>,
    past: Past,
) -> Result<Reply, ErrorObject> {
    let (app, id, revision) = (request.app, request.id, request.revision);
    let owner = TaskOwner::of(request.caller.principal_id().as_ref());
    let peer = scope.peer_addr().map(|peer| peer.ip());
    let ttl = app.limits.task_time;
    let run = Arc::clone(&tool);
    let run = RunTool {
        name: run.name(),
        version: run.component_version(),
        guarded: app.handle.catalog().tools.is_guarded(&run),
    };
    let arguments = arguments.map(ToOwned::to_owned);
    let middleware = app.middleware.clone();
    // The task does not hold the server itself, because it must end with the server.
    let masked = app.mask_error_details;
    let server_info = app.greeting.server_info.clone();
    let record = {
        let tasks = Arc::clone(&app.tasks);
        tasks
            .start(owner, peer, run, ttl, move |handle| {
                let scope = scope.into_task(handle, past);
                Box::pin(async move {
                    let call = middleware.call_tool(&tool, arguments.as_deref(), &scope);
                    carry_out(&tool, call, masked, scope.revision()).await
                })
            })
            .await
            .map_err(|error| {
                throttled!(warn, "a task could not be begun", about = "", %error);
                error.error_object()
            })?
    };
    let created = CreateTaskResult::new(record.detailed().summary());
    Ok(Reply::result(
        id,
        &created
            .for_revision(revision)
            .with_server_info(&server_info),
    ))
}

/// Waits for the `call` of the tool. A tool that failed gives a result; a call that could not be
/// made gives an error.
async fn carry_out(
    tool: &Tool,
    call: impl Future<Output = Result<CallToolResult, CallError>>,
    masked: bool,
    revision: Revision,
) -> TaskOutcome {
    let answer = match tool.call_timeout() {
        None => Ok(call.await),
        Some(deadline) => tokio::time::timeout(deadline, call)
            .await
            .map_err(|_| deadline),
    };
    let result = match answer {
        Err(deadline) => too_slow(deadline),
        Ok(Ok(result)) => result,
        Ok(Err(CallError::Protocol(error))) => return Err(error),
        Ok(Err(error)) => error.detailed_unless(masked).into_result(tool.name()),
    };
    to_raw_value(&result.for_revision(revision)).map_err(|error| {
        throttled!(error, "a result could not be written", about = tool.name(), %error, tool = tool.name());
        ErrorObject::internal("Internal error")
    })
}

/// Checks that the caller may use the tool of the task now: the token may be another one than that
/// which began it.
async fn may_look_after(request: &Request<'_>, record: &TaskRecord) -> Result<(), Failure> {
    let tools = Arc::clone(&request.app.handle.catalog().tools);
    let asks = |viewer: &Viewer<'_>| tools.subjects(&record.tool, viewer);
    let viewer = request.viewer(asks, Operation::Task).await;
    let may = match tools.exact(&record.tool, record.tool_version.as_deref()) {
        Some(tool) if !tools.denies(tool, &viewer) => {
            request.may_use(tool.required_scopes(), viewer.asked.missing(tool))?;
            true
        }
        Some(_) => false,
        None => !record.guarded || matches!(viewer.asked, Asked::Exempt),
    };
    if may {
        Ok(())
    } else {
        Err(TaskError::Unknown.error_object().into())
    }
}

/// Answers `tasks/*`. Another caller's task is treated as one that does not exist.
pub(super) async fn answer(
    request: Box<Request<'_>>,
    asked: TaskRequest<'_>,
) -> Result<Reply, Failure> {
    if !request.abilities().has_tasks() {
        return Err(undeclared().into());
    }
    let (app, id, revision) = (request.app, request.id, request.revision);
    let owner = TaskOwner::of(request.caller.principal_id().as_ref());
    let server_info = &app.greeting.server_info;
    let record = app.tasks.get(&owner, asked.id()).await;
    let record = record.map_err(|error| error.error_object())?;
    may_look_after(&request, &record).await?;
    let done = match asked {
        TaskRequest::Get(_) => {
            let result = GetTaskResult::new(record.detailed());
            return Ok(Reply::result(
                id,
                &result.for_revision(revision).with_server_info(server_info),
            ));
        }
        TaskRequest::Cancel(task) => app.tasks.cancel(&owner, &task).await,
        TaskRequest::Update {
            id: task,
            input_responses,
        } => {
            let answers =
                InputResponses::parse(input_responses).map_err(|error| error.error_object())?;
            app.tasks.update(&owner, &task, answers).await
        }
    };
    done.map_err(|error| error.error_object())?;
    Ok(Reply::result(
        id,
        &EmptyResult::default()
            .for_revision(revision)
            .with_server_info(server_info),
    ))
}
