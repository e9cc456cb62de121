//! `resources/read`.

use thyra_protocol::{ErrorObject, ReadResourceParams, method};

use super::round::{self, Earlier, Retry, RoundEnd};
use super::{Failure, Request};
use crate::catalog::Readable;
use crate::check::Operation;
use crate::reply::Reply;
use crate::request_state::Binding;
use crate::selector::Viewer;

pub(super) async fn answer(
    mut request: Box<Request<'_>>,
    params: ReadResourceParams<'_>,
) -> Result<Reply, Failure> {
    let (app, id, revision) = (request.app, request.id, request.revision);
    let era = revision.era();
    let uri = &*params.uri;
    let version = request.wanted_version()?;
    let principal = request.caller.principal_id();
    let call = Binding {
        principal: principal.as_ref(),
        server: &app.name,
        method: method::RESOURCES_READ,
        name: uri,
        version: None,
        arguments: None,
    };
    let readable = {
        let catalog = app.handle.snapshot();
        let asks = |viewer: &Viewer<'_>| catalog.readable_subjects(uri, viewer);
        let viewer = request.viewer(asks, Operation::Read).await;
        let readable = request.seen(
            &viewer,
            params.request_state.as_deref(),
            call,
            |viewer| catalog.readable(uri, version.as_deref(), viewer),
            Readable::version,
        );
        let Some(readable) = readable else {
            return Err(ErrorObject::resource_not_found(uri, era).into());
        };
        request.may_use(readable.required_scopes(), readable.missing(&viewer))?;
        readable
    };
    let binding = Binding {
        version: readable.version(),
        ..call
    };
    let retry = Retry {
        input_responses: params.input_responses,
        request_state: params.request_state.as_deref(),
    };
    // Who reads changes nothing.
    let repeats = app.sealer.may_repeat(None, true);
    let standing = |viewer: &Viewer<'_>| app.handle.catalog().standing(&readable, viewer);
    let Earlier { rounds, used_up } =
        match request.earlier_rounds(&binding, retry, repeats, standing) {
            None => Earlier::default(),
            Some(opening) => opening.await?,
        };
    let scope = request.scope_for_rounds(rounds, false);
    let deadline = readable
        .call_timeout()
        .unwrap_or_else(|| app.limits.call_time);
    let handler = async {
        match &readable {
            Readable::Resource(resource) => resource.read(uri, &scope).await,
            Readable::Template(template, arguments) => template.read(uri, arguments, &scope).await,
        }
    };
    let server_info = &app.greeting.server_info;
    match round::run(app, &scope, &binding, standing, deadline, handler).await {
        RoundEnd::Answered(Ok(result)) => Ok(Reply::result(
            id,
            &result.for_revision(revision).with_server_info(server_info),
        )),
        RoundEnd::Answered(Err(error)) => {
            if let Some(refusal) = request.refusal_for(&error, readable.required_scopes()) {
                used_up.give_back(app, &binding).await;
                return Err(refusal.into());
            }
            let error = error.into_error(uri, |_| ErrorObject::resource_not_found(uri, era));
            Err(error.into())
        }
        RoundEnd::TimedOut(_) => Err(ErrorObject::internal("Reading took too long").into()),
        RoundEnd::Asks(asks) => Ok(Reply::result(
            id,
            &asks.for_revision(revision).with_server_info(server_info),
        )),
    }
}
