//! `prompts/get`.

use thyra_protocol::{ErrorObject, GetPromptParams, method};

use super::round::{self, Earlier, Retry, RoundEnd};
use super::{Failure, Request, short};
use crate::check::Operation;
use crate::reply::Reply;
use crate::request_state::Binding;
use crate::selector::Viewer;

pub(super) async fn answer(
    mut request: Box<Request<'_>>,
    params: GetPromptParams<'_>,
) -> Result<Reply, Failure> {
    let (app, id, revision) = (request.app, request.id, request.revision);
    let name = &*params.name;
    let version = request.wanted_version()?;
    let principal = request.caller.principal_id();
    let call = Binding {
        principal: principal.as_ref(),
        server: &app.name,
        method: method::PROMPTS_GET,
        name,
        version: None,
        arguments: params.arguments,
    };
    let prompt = {
        let catalog = app.handle.snapshot();
        let asks = |viewer: &Viewer<'_>| catalog.prompts.subjects(name, viewer);
        let viewer = request.viewer(asks, Operation::Get).await;
        let prompt = request
            .seen(
                &viewer,
                params.request_state.as_deref(),
                call,
                |viewer| catalog.prompts.find(name, version.as_deref(), viewer),
                |prompt| prompt.component_version(),
            )
            .ok_or_else(|| unknown(name))?;
        request.may_use(prompt.required_scopes(), viewer.asked.missing(&prompt))?;
        prompt
    };
    let binding = Binding {
        version: prompt.component_version(),
        ..call
    };
    let retry = Retry {
        input_responses: params.input_responses,
        request_state: params.request_state.as_deref(),
    };
    // Who reads changes nothing.
    let repeats = app.sealer.may_repeat(None, true);
    let standing = |viewer: &Viewer<'_>| app.handle.catalog().prompts.standing(&prompt, viewer);
    let Earlier { rounds, used_up } =
        match request.earlier_rounds(&binding, retry, repeats, standing) {
            None => Earlier::default(),
            Some(opening) => opening.await?,
        };
    let scope = request.scope_for_rounds(rounds, false);
    let deadline = prompt
        .call_timeout()
        .unwrap_or_else(|| app.limits.call_time);
    let handler = prompt.get(params.arguments, &scope);
    let server_info = &app.greeting.server_info;
    match round::run(app, &scope, &binding, standing, deadline, handler).await {
        RoundEnd::Answered(Ok(result)) => Ok(Reply::result(
            id,
            &result.for_revision(revision).with_server_info(server_info),
        )),
        RoundEnd::Answered(Err(error)) => {
            if let Some(refusal) = request.refusal_for(&error, prompt.required_scopes()) {
                used_up.give_back(app, &binding).await;
                return Err(refusal.into());
            }
            Err(error.into_error(name, unknown).into())
        }
        RoundEnd::TimedOut(_) => Err(ErrorObject::internal("The prompt took too long").into()),
        RoundEnd::Asks(asks) => Ok(Reply::result(
            id,
            &asks.for_revision(revision).with_server_info(server_info),
        )),
    }
}

pub(super) fn unknown(name: &str) -> ErrorObject {
    ErrorObject::invalid_params(format!("Unknown prompt: {}", short(name)))
}
