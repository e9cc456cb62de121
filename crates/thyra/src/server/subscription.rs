//! Telling clients what changed: `subscriptions/listen` of the sessionless era, and the streams of handshake-era sessions.

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;
use serde::Serialize;
use thyra_protocol::{
    ErrorObject, RequestId, ResourceUpdatedParams, SubscriptionsAcknowledgedParams,
    SubscriptionsListenParams, SubscriptionsListenResult, method, write_notification,
};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc::Sender;

use super::app::App;
use super::handle::Change;
use super::session::Session;
use crate::catalog::Kind;
use crate::context::Emitter;

/// The most resources that one stream listens to.
const MOST_RESOURCES: usize = 256;

/// Answers `subscriptions/listen`: says what is listened to, then each change, and ends when the server does (MCP 2026-07-28,
/// "Subscriptions").
///
/// # Errors
///
/// When nobody can read the notifications, or more is asked for than one stream may have.
pub(super) async fn listen(
    app: &App,
    id: &RequestId,
    params: SubscriptionsListenParams<'_>,
    emitter: &Emitter,
) -> Result<SubscriptionsListenResult, ErrorObject> {
    let filter = params.notifications;
    if filter.resource_subscriptions.len() > MOST_RESOURCES {
        return Err(ErrorObject::invalid_params(format!(
            "One stream listens to at most {MOST_RESOURCES} resources"
        )));
    }
    let interest = Interest {
        tools: filter.tools_list_changed,
        prompts: filter.prompts_list_changed,
        resources: filter.resources_list_changed,
        uris: filter
            .resource_subscriptions
            .iter()
            .map(ToString::to_string)
            .collect(),
    };
    let Some(sender) = emitter.open() else {
        return Err(ErrorObject::internal("Nobody is there to listen"));
    };
    // Listened to before the client is told so, or a change in between would be lost.
    let changes = app.handle.changes();
    let stream = Stream {
        sender,
        subscription: Some(id.clone()),
    };
    let acknowledged = SubscriptionsAcknowledgedParams::new(id, filter);
    stream
        .say(method::SUBSCRIPTIONS_ACKNOWLEDGED, &acknowledged)
        .await;
    tokio::select! {
        () = stream.follow(changes, |change| interest.covers(change), || interest.uris.iter().cloned().collect()) => {}
        () = app.closing() => {}
    }
    Ok(SubscriptionsListenResult::new(id))
}

/// Tells one session of the handshake era what changes, until the server ends.
pub(crate) async fn follow(app: Arc<App>, session: Arc<Session>, emitter: Emitter) {
    let Some(sender) = emitter.open() else { return };
    let changes = app.handle.changes();
    let stream = Stream {
        sender,
        subscription: None,
    };
    tokio::select! {
        () = stream.follow(
            changes,
            |change| match change {
                Change::List(_) => true,
                Change::Resource(uri) => session.is_subscribed(uri),
            },
            || session.subscriptions(),
        ) => {}
        () = app.closing() => {}
    }
}

/// What a client wants to hear of.
struct Interest {
    tools: bool,
    prompts: bool,
    resources: bool,
    uris: BTreeSet<String>,
}

/// Where changes are told.
struct Stream {
    sender: Sender<Bytes>,
    /// The id of the request that listens, where there is one.
    subscription: Option<RequestId>,
}

impl Interest {
    fn covers(&self, change: &Change) -> bool {
        match change {
            Change::List(Kind::Tool) => self.tools,
            Change::List(Kind::Prompt) => self.prompts,
            Change::List(Kind::Resource | Kind::ResourceTemplate) => self.resources,
            Change::Resource(uri) => self.uris.contains(&**uri),
        }
    }
}

impl Stream {
    /// Tells what is `wanted` of the changes; of those that were missed, everything that may be: lists, and the resources `subscribed`.
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

    async fn tell(&self, change: &Change) {
        let subscription = self.subscription.as_ref();
        match change {
            Change::List(kind) => {
                let method = match kind {
                    Kind::Tool => method::TOOLS_LIST_CHANGED,
                    Kind::Prompt => method::PROMPTS_LIST_CHANGED,
                    Kind::Resource | Kind::ResourceTemplate => method::RESOURCES_LIST_CHANGED,
                };
                let params = thyra_protocol::ListChangedParams::new(subscription);
                self.say(method, &params).await;
            }
            Change::Resource(uri) => {
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
