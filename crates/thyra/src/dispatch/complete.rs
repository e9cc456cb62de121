//! `completion/complete`.

use std::sync::Arc;

use thyra_protocol::{CompleteParams, CompleteResult, CompletionReference, ErrorObject};

use super::{Failure, Request, prompt, short};
use crate::check::Operation;
use crate::component::completion::Completer;
use crate::reply::Reply;
use crate::selector::Viewer;

/// The most values of one answer (MCP "Completion").
const MOST_VALUES: usize = 100;

pub(super) async fn answer(
    mut request: Box<Request<'_>>,
    params: CompleteParams<'_>,
) -> Result<Reply, Failure> {
    let (app, id, revision) = (request.app, request.id, request.revision);
    let argument = &*params.argument.name;
    let Some(completer) = find(&request, &params).await? else {
        let none = CompleteResult::new(Vec::new());
        return Ok(Reply::result(
            id,
            &none
                .for_revision(revision)
                .with_server_info(&app.greeting.server_info),
        ));
    };
    let others = params
        .context
        .iter()
        .map(|(name, value)| (name.to_string(), value.to_string()))
        .collect();
    let scope = request.scope().build();
    let completing = completer.complete(&params.argument.value, &others, &scope);
    let completion = match tokio::time::timeout(app.limits.call_time, completing).await {
        Ok(Ok(completion)) => completion,
        Ok(Err(error)) => {
            let error = error.detailed_unless(app.mask_error_details);
            return Err(error.into_error(argument, |_| none(argument)).into());
        }
        Err(_) => return Err(ErrorObject::internal("Completing took too long").into()),
    };
    let mut values = completion.values;
    let found = values.len();
    values.truncate(MOST_VALUES);
    let total = completion.total.unwrap_or(found as u64).max(found as u64);
    let has_more = total > values.len() as u64;
    let mut result = CompleteResult::new(values);
    result.total = Some(total);
    result.has_more = Some(has_more);
    Ok(Reply::result(
        id,
        &result
            .for_revision(revision)
            .with_server_info(&app.greeting.server_info),
    ))
}

/// What completes the argument; `None` if the argument exists but has no completer.
async fn find(
    request: &Request<'_>,
    params: &CompleteParams<'_>,
) -> Result<Option<Arc<dyn Completer>>, Failure> {
    let version = request.wanted_version()?;
    let version = version.as_deref();
    let catalog = request.app.handle.snapshot();
    let asks = |viewer: &Viewer<'_>| match &params.reference {
        CompletionReference::Prompt { name } => catalog.prompts.subjects(name, viewer),
        CompletionReference::Resource { uri } => catalog.templates.subjects(uri, viewer),
    };
    let viewer = request.viewer(asks, Operation::Complete).await;
    let argument = &*params.argument.name;
    let (known, completer) = match &params.reference {
        CompletionReference::Prompt { name } => {
            let found = catalog
                .prompts
                .find(name, version, &viewer)
                .ok_or_else(|| prompt::unknown(name))?;
            request.may_use(found.required_scopes(), viewer.asked.missing(&found))?;
            (found.has_argument(argument), found.completer(argument))
        }
        CompletionReference::Resource { uri } => {
            let found = catalog
                .templates
                .find(uri, version, &viewer)
                .ok_or_else(|| {
                    ErrorObject::invalid_params(format!(
                        "Unknown resource template: {}",
                        short(uri)
                    ))
                })?;
            request.may_use(found.required_scopes(), viewer.asked.missing(&found))?;
            (found.has_argument(argument), found.completer(argument))
        }
    };
    if completer.is_none() && !known {
        return Err(none(argument).into());
    }
    Ok(completer)
}

fn none(argument: &str) -> ErrorObject {
    ErrorObject::invalid_params(format!("There is no argument `{}`", short(argument)))
}
