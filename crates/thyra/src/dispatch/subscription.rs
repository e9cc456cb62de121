//! Tells clients what changed: `subscriptions/listen` in the sessionless era, and the streams of
//! handshake-era sessions.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::future::pending;
use std::sync::Arc;

use bytes::Bytes;
use serde::Serialize;
use thyra_auth::Refusal;
use thyra_protocol::{
    Era, ErrorObject, ListChangedParams, RequestId, ResourceUpdatedParams,
    SubscriptionsAcknowledgedParams, SubscriptionsListenParams, SubscriptionsListenResult, method,
    write_notification,
};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc::Sender;

use super::{Caller, Failure, Request};
use crate::app::App;
use crate::catalog::Catalog;
use crate::catalog::live::Change;
use crate::check::Operation;
use crate::conversation::Session;
use crate::outbox::Emitter;
use crate::reply::Reply;
use crate::selector::{Kind, Viewer};
use crate::sessions::HttpSession;

/// The most resources that one stream may listen to.
const MOST_RESOURCES: usize = 256;

/// The longest request to listen, in bytes. It is kept for as long as its stream.
pub(super) const LONGEST_REQUEST: usize = 64 * 1024;

/// Answers `subscriptions/listen`: acknowledges the subscription, then sends each change. It ends
/// when the server or the caller's token does (MCP 2026-07-28, "Subscriptions").
///
/// Resources that the caller may not read are not acknowledged, and their changes are not sent.
///
/// # Errors
///
/// When nobody can read the notifications, or the request names too many resources.
pub(super) async fn listen(
    app: &App,
    id: &RequestId,
    params: SubscriptionsListenParams<'_>,
    caller: Caller,
    emitter: &Emitter,
) -> Result<SubscriptionsListenResult, ErrorObject> {
    let mut filter = params.notifications;
    if filter.resource_subscriptions.len() > MOST_RESOURCES {
        return Err(ErrorObject::invalid_params(format!(
            "One stream listens to at most {MOST_RESOURCES} resources"
        )));
    }
    retain_readable(app, &caller, &mut filter.resource_subscriptions).await;
    let interest = Interest {
        tools: filter.tools_list_changed,
        prompts: filter.prompts_list_changed,
        resources: filter.resources_list_changed,
        uris: filter.resource_subscriptions.iter().cloned().collect(),
    };
    let Some(sender) = emitter.open() else {
        return Err(ErrorObject::internal("Nobody is there to listen"));
    };
    // This must come before the acknowledgement, or a change in between would be lost.
    let changes = app.handle.changes();
    let own = caller
        .view_owner()
        .map(|owner| app.handle.views().listen(owner));
    let stream = Stream {
        app,
        listener: Listener::Caller(caller.clone()),
        sender,
        subscription: Some(id.clone()),
    };
    let acknowledged = SubscriptionsAcknowledgedParams::new(id, filter);
    stream
        .say(method::SUBSCRIPTIONS_ACKNOWLEDGED, &acknowledged)
        .await;
    let wanted = |change: &Change| interest.covers(change);
    let subscribed = || interest.uris.iter().cloned().collect();
    tokio::select! {
        () = stream.follow(changes, wanted, subscribed) => {}
        () = stream.follow_view(own, |kind| interest.covers_list(kind)) => {}
        () = app.closed() => {}
        () = token_end(app, &caller) => {}
    }
    Ok(SubscriptionsListenResult::new(id))
}

/// Tells the client of a session what changes, until the server ends. One without a session is told
/// nothing.
pub(crate) async fn follow(app: Arc<App>, listener: Listener, sender: Sender<Bytes>) {
    let Some(session) = listener.session().cloned() else {
        return;
    };
    let changes = app.handle.changes();
    let stream = Stream {
        app: &app,
        listener,
        sender,
        subscription: None,
    };
    let wanted = |change: &Change| match change {
        Change::List(_) => true,
        Change::Resource(uri) => session.is_subscribed(uri),
    };
    tokio::select! {
        () = stream.follow(changes, wanted, || session.subscriptions()) => {}
        () = stream.follow_authority() => {}
        () = app.closed() => {}
    }
}

/// Answers `resources/subscribe`.
pub(super) async fn subscribe(request: Box<Request<'_>>, uri: &str) -> Result<Reply, Failure> {
    may_subscribe(request.app, &request.caller, uri, request.revision.era()).await?;
    request.session()?.subscribe(uri)?;
    Ok(request.done())
}

/// Checks that the caller may read the resource at `uri`, and so may know that it has changed.
async fn may_subscribe(app: &App, caller: &Caller, uri: &str, era: Era) -> Result<(), Failure> {
    let catalog = app.handle.snapshot();
    let asks = |viewer: &Viewer<'_>| catalog.readable_subjects(uri, viewer);
    let viewer = caller.asked_by(app, asks, Operation::Subscribe).await;
    match may_read(app, caller, &catalog, &viewer, uri) {
        Some(may) => Ok(may?),
        None => Err(ErrorObject::resource_not_found(uri, era).into()),
    }
}

/// Leaves those of `uris` that the caller may read. Their checks are asked together.
async fn retain_readable(app: &App, caller: &Caller, uris: &mut Vec<String>) {
    let catalog = app.handle.snapshot();
    let asks = |viewer: &Viewer<'_>| {
        let of_one = |uri: &String| catalog.readable_subjects(uri, viewer);
        uris.iter().flat_map(of_one).collect()
    };
    let viewer = caller.asked_by(app, asks, Operation::Subscribe).await;
    uris.retain(|uri| matches!(may_read(app, caller, &catalog, &viewer, uri), Some(Ok(()))));
}

/// Whether the caller, seen as `viewer`, may read the resource at `uri`; `None` if there is none
/// for this caller.
fn may_read(
    app: &App,
    caller: &Caller,
    catalog: &Catalog,
    viewer: &Viewer<'_>,
    uri: &str,
) -> Option<Result<(), Refusal>> {
    let readable = catalog.readable(uri, None, viewer)?;
    let (scopes, missing) = (readable.required_scopes(), readable.missing(viewer));
    Some(app.door.check(caller.identity(), scopes, missing))
}

/// Waits until the caller's token ends; for ever, if it has no end.
async fn token_end(app: &App, caller: &Caller) {
    let ends = caller.principal().and_then(|caller| caller.expires_at());
    match ends {
        Some(ends) => tokio::time::sleep(ends.saturating_sub(app.clock.unix())).await,
        None => pending().await,
    }
}

/// The changes that a client wants to hear about.
struct Interest {
    tools: bool,
    prompts: bool,
    resources: bool,
    uris: BTreeSet<String>,
}

/// Who gets a stream of changes.
#[derive(Clone, Debug)]
pub(crate) enum Listener {
    /// The caller who asked for it, with what that request was allowed to do.
    Caller(Caller),
    /// The client of an HTTP session, with what its newest token allows at the moment.
    Session(Arc<HttpSession>),
}

/// A stream of changes, and who gets it.
struct Stream<'a> {
    app: &'a App,
    listener: Listener,
    sender: Sender<Bytes>,
    /// The id of the `subscriptions/listen` request, if there is one.
    subscription: Option<RequestId>,
}

impl Listener {
    fn session(&self) -> Option<&Arc<Session>> {
        match self {
            Self::Caller(caller) => caller.session(),
            Self::Session(held) => Some(held.session()),
        }
    }

    /// Who it is now.
    fn caller(&self) -> Cow<'_, Caller> {
        match self {
            Self::Caller(caller) => Cow::Borrowed(caller),
            Self::Session(held) => Cow::Owned(Caller::of_session(held)),
        }
    }
}

impl Interest {
    fn covers(&self, change: &Change) -> bool {
        match change {
            Change::List(kind) => self.covers_list(*kind),
            Change::Resource(uri) => self.uris.contains(&**uri),
        }
    }

    fn covers_list(&self, of: Kind) -> bool {
        match of {
            Kind::Tool => self.tools,
            Kind::Prompt => self.prompts,
            Kind::Resource | Kind::ResourceTemplate => self.resources,
        }
    }
}

impl Stream<'_> {
    /// Sends the `wanted` changes. If it missed some, it sends all that they may have been: every
    /// wanted list, and every resource in `subscribed`.
    async fn follow(
        &self,
        mut changes: Receiver<Change>,
        wanted: impl Fn(&Change) -> bool,
        subscribed: impl Fn() -> Vec<String>,
    ) {
        loop {
            match changes.recv().await {
                Ok(change) if wanted(&change) => self.tell(&change).await,
                Ok(_) => {}
                Err(RecvError::Lagged(missed)) => {
                    tracing::debug!(missed, "a stream fell behind the changes");
                    for kind in [Kind::Tool, Kind::Prompt, Kind::Resource] {
                        let change = Change::List(kind);
                        if wanted(&change) {
                            self.tell(&change).await;
                        }
                    }
                    for uri in subscribed() {
                        self.tell(&Change::Resource(uri.into())).await;
                    }
                }
                Err(RecvError::Closed) => return,
            }
        }
    }

    /// Sends what changes in the caller's own view. Without a view, it waits for ever.
    async fn follow_view(&self, own: Option<Receiver<Kind>>, wanted: impl Fn(Kind) -> bool) {
        let Some(mut own) = own else {
            return pending().await;
        };
        loop {
            let changed = match own.recv().await {
                Ok(kind) => vec![kind],
                // Some changes to the view were missed, so every list may have changed.
                Err(RecvError::Lagged(_)) => vec![Kind::Tool, Kind::Prompt, Kind::Resource],
                Err(RecvError::Closed) => return pending().await,
            };
            for kind in changed.into_iter().filter(|kind| wanted(*kind)) {
                self.tell(&Change::List(kind)).await;
            }
        }
    }

    /// Says which lists look different with each new token. It waits for ever.
    async fn follow_authority(&self) {
        let Listener::Session(held) = &self.listener else {
            return pending().await;
        };
        let mut before = Caller::of_session(held);
        loop {
            held.renewed().await;
            let after = Caller::of_session(held);
            let changed = self.differs_between(&before, &after).await;
            for kind in changed {
                self.tell(&Change::List(kind)).await;
            }
            before = after;
        }
    }

    /// The kinds of which these callers do not see the same.
    async fn differs_between(&self, one: &Caller, other: &Caller) -> Vec<Kind> {
        let catalog = self.app.handle.snapshot();
        let asks = |viewer: &Viewer<'_>| catalog.all_subjects(viewer);
        let one = one.asked_by(self.app, asks, Operation::List).await;
        let other = other.asked_by(self.app, asks, Operation::List).await;
        catalog.differs_between(&one, &other)
    }

    async fn tell(&self, change: &Change) {
        let subscription = self.subscription.as_ref();
        match change {
            Change::List(kind) => {
                let params = ListChangedParams::new(subscription);
                self.say(kind.list_changed(), &params).await;
            }
            // What the caller may read can change too.
            Change::Resource(uri) => {
                let caller = self.listener.caller();
                let may = may_subscribe(self.app, &caller, uri, Era::Sessionless);
                if may.await.is_err() {
                    return;
                }
                let params = ResourceUpdatedParams::new(uri.to_string(), subscription);
                self.say(method::RESOURCES_UPDATED, &params).await;
            }
        }
    }

    async fn say(&self, method: &str, params: &impl Serialize) {
        let mut bytes = Vec::with_capacity(128);
        if write_notification(&mut bytes, method, params).is_ok()
            && self.sender.send(bytes.into()).await.is_err()
        {
            tracing::debug!("a stream is gone, and a notification with it");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::time::Duration;

    use futures_util::FutureExt;
    use serde_json::{Value, json};
    use thyra_auth::{ManualClock, Principal};
    use thyra_protocol::SubscriptionFilter;

    use super::*;
    use crate::app::Identity;
    use crate::outbox::Outbox;
    use crate::server::Exposure;
    use crate::{Resource, Server};

    const NOW: Duration = Duration::from_secs(1_000_000);

    fn app() -> App {
        let server = Server::new("Notes")
            .resource(Resource::text("n://open", "x"))
            .resource(Resource::text("n://staff", "x").tag("staff"))
            .resource(Resource::text("n://paid", "x").scopes(["pay"]))
            .visible(|component, _| !component.tags.contains("staff"));
        let mut app = server.build(Exposure::Local).unwrap();
        app.clock = Arc::new(ManualClock::new(NOW));
        app
    }

    fn caller() -> Caller {
        let ada = Principal::builder("https://issuer.example", "ada")
            .expires_at(NOW + Duration::from_mins(1))
            .build();
        Caller::new(Identity::Principal(Arc::new(ada)))
    }

    fn to_all() -> SubscriptionsListenParams<'static> {
        let uris = ["n://open", "n://staff", "n://paid", "n://none"];
        SubscriptionsListenParams {
            meta: thyra_protocol::RequestMeta::default(),
            notifications: SubscriptionFilter {
                resource_subscriptions: uris.map(str::to_owned).to_vec(),
                ..SubscriptionFilter::default()
            },
        }
    }

    async fn said(outbox: &mut Outbox) -> Value {
        let message = poll_fn(|cx| outbox.poll_message(cx)).await.unwrap();
        serde_json::from_slice(&message).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn what_a_caller_may_not_read_is_not_told_and_the_stream_ends_with_the_token() {
        let app = app();
        let mut outbox = Outbox::default();
        let emitter = outbox.emitter();
        let id = RequestId::Number(1);
        let mut listening = Box::pin(listen(&app, &id, to_all(), caller(), &emitter));
        assert!(listening.as_mut().now_or_never().is_none());
        let acknowledged = said(&mut outbox).await;
        assert_eq!(
            acknowledged["params"]["notifications"],
            json!({ "resourceSubscriptions": ["n://open"] })
        );
        for uri in ["n://staff", "n://paid", "n://none", "n://open"] {
            app.handle.resource_updated(uri);
        }
        assert!(listening.as_mut().now_or_never().is_none());
        let told = said(&mut outbox).await;
        assert_eq!(told["params"]["uri"], "n://open");
        // Once a resource is hidden, its changes are not sent.
        app.handle.disable(crate::Selector::resource("n://open"));
        app.handle.resource_updated("n://open");
        // The paused time advances by itself when nothing else can happen.
        assert!(listening.await.is_ok());
        assert!(
            poll_fn(|cx| outbox.poll_message(cx))
                .now_or_never()
                .is_none()
        );
    }

    #[tokio::test]
    async fn a_stream_ends_with_the_server() {
        let app = app();
        let outbox = Outbox::default();
        let emitter = outbox.emitter();
        let id = RequestId::Number(1);
        let listening = listen(&app, &id, to_all(), Caller::new(Identity::Local), &emitter);
        app.closing.close();
        assert!(listening.await.is_ok());
    }

    #[tokio::test]
    async fn one_stream_listens_to_so_many_resources() {
        let app = app();
        let outbox = Outbox::default();
        let emitter = outbox.emitter();
        let mut params = to_all();
        params.notifications.resource_subscriptions =
            vec!["n://open".to_owned(); MOST_RESOURCES + 1];
        let id = RequestId::Number(1);
        let refused = listen(&app, &id, params, caller(), &emitter).await;
        assert!(refused.is_err());
    }
}
