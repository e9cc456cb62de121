//! Keeps a subscription open.

use std::borrow::Cow;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use serde::de::IgnoredAny;
use serde_json::value::to_raw_value;
use thyra_protocol::{
    EmptyParams, Era, ErrorCode, Revision, ServerCapabilities, SubscribeParams, SubscriptionFilter,
    SubscriptionsListenParams, method as methods,
};
use tokio::time::{Instant, sleep};

use super::super::Client;
use super::super::conversation::{Agreement, Opening};
use super::super::request::{Subject, failure, unusable};
use crate::backoff::Backoff;
use crate::changes::{Hearing, Queue};
use crate::error::ClientError;
use crate::hop::Hop;
use crate::transport::{Outcome, Outgoing, Report, Reports, TransportError};

/// How often a subscription is opened in a row without anything heard on it.
const MOST_ATTEMPTS: u32 = 12;

/// How long to wait between them. What was open for the longest wait counts as heard.
const BACKOFF: Backoff = Backoff {
    first: Duration::from_millis(250),
    longest: Duration::from_mins(1),
};

/// The longest that a server may ask the client to wait.
const LONGEST_RETRY_AFTER: Duration = Duration::from_mins(10);

/// How long the server may take to be told that nobody listens any more.
const FAREWELL: Duration = Duration::from_secs(2);

/// Keeps one subscription open.
pub(super) struct Keeper {
    client: Client,
    queue: Arc<Queue>,
    random: fn() -> u64,
}

impl Keeper {
    /// `random` spreads the attempts to open it again.
    pub(super) fn new(client: Client, queue: Arc<Queue>, random: fn() -> u64) -> Self {
        Self {
            client,
            queue,
            random,
        }
    }

    /// Keeps it open until the client is closed, or until it is lost for good.
    pub(super) async fn run(self) -> Result<(), ClientError> {
        let mut closing = self.client.0.inbox.listeners().closing();
        let closed = async {
            // The sender lives as long as the client.
            let _ = closing.changed().await;
        };
        tokio::select! {
            () = closed => Ok(()),
            lost = self.keep() => lost.map(|never| match never {}),
        }
    }

    async fn keep(&self) -> Result<Infallible, ClientError> {
        let mut attempt = 0;
        loop {
            let begun = Instant::now();
            let told = self.queue.told();
            let Err(lost) = self.hear().await;
            self.queue.shut();
            let was_open = self.queue.accepted().is_some();
            let passes = if was_open {
                lost.may_pass() || is_outdated(&lost)
            } else {
                // What the two had agreed on before may be out of date.
                attempt == 0 && is_outdated(&lost)
            };
            if !passes {
                return Err(lost);
            }
            if self.queue.told() != told || begun.elapsed() >= BACKOFF.longest {
                attempt = 0;
            }
            if attempt == MOST_ATTEMPTS {
                return Err(ClientError::Subscription {
                    attempts: attempt,
                    source: Box::new(lost),
                });
            }
            let wait = BACKOFF.wait(attempt, (self.random)());
            let wait = wait.max(retry_after(&lost).unwrap_or_default());
            tracing::debug!(error = %lost, ?wait, "a subscription is lost, and opened again");
            sleep(wait).await;
            attempt += 1;
        }
    }

    /// Opens the subscription, and hears of changes until it is lost.
    async fn hear(&self) -> Result<Infallible, ClientError> {
        let (opening, agreement) = self.client.opened().await?;
        match agreement.revision.era() {
            Era::Handshake => self.hear_session(&opening, &agreement).await,
            Era::Sessionless => self.listen(&opening, agreement.revision).await,
        }
    }

    /// One `subscriptions/listen`, from beginning to end.
    async fn listen(
        &self,
        opening: &Arc<Opening>,
        revision: Revision,
    ) -> Result<Infallible, ClientError> {
        let method = methods::SUBSCRIPTIONS_LISTEN;
        let (client, queue) = (&self.client, &self.queue);
        let params = SubscriptionsListenParams {
            meta: client.meta(revision, None),
            notifications: queue.wish().clone(),
        };
        let params = to_raw_value(&params)
            .map_err(|error| ClientError::from_transport(method, error.into()))?;
        let outgoing = Outgoing {
            time_limit: Duration::MAX,
            listener: Some(queue),
            ..client.outgoing(revision, Subject::of(method), &params)
        };
        let mut on_report = |report| match (report, &client.0.log) {
            (Report::Changes(said), _) => queue.hear(said),
            (Report::Log(message), Some(log)) => log.hear(message),
            (Report::Log(_), None) | (Report::Progress(_), _) => {}
        };
        let exchange = client
            .0
            .transport
            .exchange(outgoing, Reports::new(&mut on_report));
        let late = async {
            tokio::select! {
                () = queue.opened() => {
                    client.0.observer.hop(&Hop::Answered { method, name: None });
                    std::future::pending().await
                }
                () = sleep(client.0.call_time) => TransportError::Timeout(client.0.call_time),
            }
        };
        let outcome = tokio::select! {
            outcome = exchange => outcome,
            late = late => Err(late),
            () = queue.refused() => return Err(tells_nothing(method)),
        };
        let lost = match outcome {
            Ok(Outcome::Result(_)) => {
                ClientError::from_transport(method, TransportError::StreamEnded)
            }
            other => failure(method, other),
        };
        if is_outdated(&lost) && !client.0.conversation.is_pinned() {
            client.0.conversation.reopen(opening);
        }
        Err(lost)
    }

    /// Subscribes in a session, and hears of changes until the session is lost.
    async fn hear_session(
        &self,
        opening: &Arc<Opening>,
        agreement: &Agreement,
    ) -> Result<Infallible, ClientError> {
        let (client, queue) = (&self.client, &self.queue);
        let listeners = client.0.inbox.listeners();
        let mut replaced = client.0.conversation.replaced();
        let gone = async {
            tokio::select! {
                // The sender lives as long as the client.
                _ = replaced.changed() => {}
                () = listeners.lost() => client.0.conversation.reopen(opening),
            }
        };
        let mut accepted = match &agreement.opened {
            Some(opened) => offered(queue.wish(), &opened.capabilities),
            None => SubscriptionFilter::default(),
        };
        let mut subscribed = Subscribed {
            client,
            opening,
            revision: agreement.revision,
            uris: Vec::new(),
            hearing: Some(listeners.hear(queue)),
        };
        let opened = async {
            let uris = std::mem::take(&mut accepted.resource_subscriptions);
            if uris.is_empty() {
                // A server that has forgotten the session says so now.
                let _: IgnoredAny = client.request(methods::PING, |_, _| EmptyParams {}).await?;
            }
            for uri in uris {
                if subscribed.subscribe(&uri).await? {
                    accepted.resource_subscriptions.push(uri);
                }
            }
            if accepted.is_empty() {
                return Err(tells_nothing(methods::RESOURCES_SUBSCRIBE));
            }
            queue.open(accepted);
            Ok(())
        };
        let lost = async {
            opened.await?;
            std::future::pending::<Result<(), ClientError>>().await
        };
        tokio::select! {
            failed = lost => failed?,
            () = gone => {}
        }
        Err(ClientError::from_transport(
            methods::RESOURCES_SUBSCRIBE,
            TransportError::SessionLost,
        ))
    }
}

/// What is subscribed to in a session. When it is dropped, the server is told about those resources
/// of which nobody else wants to hear.
struct Subscribed<'a> {
    client: &'a Client,
    opening: &'a Arc<Opening>,
    revision: Revision,
    uris: Vec<String>,
    hearing: Option<Hearing<'a>>,
}

impl Subscribed<'_> {
    /// Subscribes to a resource. Returns whether the server lets the client do so.
    async fn subscribe(&mut self, uri: &str) -> Result<bool, ClientError> {
        let method = methods::RESOURCES_SUBSCRIBE;
        let params = |meta, _| SubscribeParams {
            meta,
            uri: Cow::Borrowed(uri),
        };
        match self.client.request::<_, IgnoredAny>(method, params).await {
            Ok(IgnoredAny) => {
                self.uris.push(uri.to_owned());
                Ok(true)
            }
            Err(ClientError::Rpc { error, .. }) if error.code != ErrorCode::INTERNAL_ERROR => {
                tracing::debug!(uri = ?uri, code = error.code.0, "a resource cannot be subscribed to");
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }
}

impl Drop for Subscribed<'_> {
    fn drop(&mut self) {
        self.hearing.take();
        let listeners = self.client.0.inbox.listeners();
        let mut uris = std::mem::take(&mut self.uris);
        uris.retain(|uri| !listeners.want(uri));
        // Another session has no subscriptions.
        if uris.is_empty() || !self.client.0.conversation.is_current(self.opening) {
            return;
        }
        let (client, revision) = (self.client.clone(), self.revision);
        self.client.0.aside.spawn(async move {
            let farewell = async {
                for uri in uris {
                    let params = SubscribeParams {
                        meta: client.meta(revision, None),
                        uri: uri.into(),
                    };
                    let method = methods::RESOURCES_UNSUBSCRIBE;
                    if client
                        .exchange_now(revision, method, &params)
                        .await
                        .is_err()
                    {
                        return;
                    }
                }
            };
            // The server may go on telling; nobody hears it.
            let _ = tokio::time::timeout(FAREWELL, farewell).await;
        });
    }
}

/// The part of the wish that the server's capabilities offer.
fn offered(wish: &SubscriptionFilter, capabilities: &ServerCapabilities) -> SubscriptionFilter {
    let prompts = capabilities.prompts.as_ref();
    let resources = capabilities.resources.as_ref();
    let tools = capabilities.tools.as_ref();
    SubscriptionFilter {
        tools_list_changed: wish.tools_list_changed
            && tools.is_some_and(|tools| tools.list_changed),
        prompts_list_changed: wish.prompts_list_changed
            && prompts.is_some_and(|prompts| prompts.list_changed),
        resources_list_changed: wish.resources_list_changed
            && resources.is_some_and(|resources| resources.list_changed),
        resource_subscriptions: match resources {
            Some(resources) if resources.subscribe => wish.resource_subscriptions.clone(),
            _ => Vec::new(),
        },
    }
}

fn tells_nothing(method: &str) -> ClientError {
    unusable(
        method,
        "the server tells of none of these changes; perhaps it has no such resource, or this \
         caller may not read it",
    )
}

/// Whether client and server must agree anew.
fn is_outdated(lost: &ClientError) -> bool {
    match lost {
        ClientError::Rpc { error, .. } => error.code == ErrorCode::UNSUPPORTED_PROTOCOL_VERSION,
        ClientError::Transport { source, .. } => matches!(source, TransportError::SessionLost),
        _ => false,
    }
}

/// When the server wants to be asked again.
fn retry_after(lost: &ClientError) -> Option<Duration> {
    match lost {
        ClientError::Transport {
            source:
                TransportError::Status {
                    retry_after: Some(seconds),
                    ..
                },
            ..
        } => Some(Duration::from_secs(*seconds).min(LONGEST_RETRY_AFTER)),
        _ => None,
    }
}
