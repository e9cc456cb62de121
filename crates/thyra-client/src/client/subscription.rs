//! What changes at the server, told as it happens (MCP 2026-07-28, `basic/patterns/subscriptions`;
//! before that, notifications in a session).

mod keeper;

use std::sync::Arc;

use thyra_protocol::{SubscriptionFilter, method as methods};
use tokio::task::JoinSet;

use self::keeper::Keeper;
use super::Client;
use super::request::unusable;
use crate::backoff::random;
use crate::changes::{Change, Queue};
use crate::error::ClientError;

/// Tells what changes at a server ([`Client::subscribe`]). Dropping it ends it at the server, too.
#[derive(Debug)]
pub struct Subscription {
    queue: Arc<Queue>,
    /// Keeps it open. Its end is the end of the subscription.
    keeper: JoinSet<Result<(), ClientError>>,
}

impl Client {
    /// Asks the server to tell what changes (MCP `subscriptions/listen`; up to 2025-11-25
    /// `resources/subscribe` and the notifications of the session). Returns when the server has
    /// agreed.
    ///
    /// When the connection is lost, the subscription is opened again, at most twelve times in a
    /// row, with waits from a quarter of a second to a minute. Then comes [`Change::Missed`].
    ///
    /// ```no_run
    /// use thyra_client::{Change, Client, SubscriptionFilter};
    ///
    /// # async fn example(client: Client) -> Result<(), thyra_client::ClientError> {
    /// let wish = SubscriptionFilter::lists().resource("notes://today");
    /// let mut changes = client.subscribe(wish).await?;
    /// while let Some(change) = changes.next().await {
    ///     match change? {
    ///         Change::ToolList => println!("{} tools", client.list_tools().await?.len()),
    ///         Change::Resource(uri) => println!("{uri:?} has changed"),
    ///         Change::Missed => println!("read everything again"),
    ///         _ => {}
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ClientError::Result`] when the server tells of none of these changes, [`ClientError::Rpc`]
    /// when it has no subscriptions, and every other [`ClientError`].
    pub async fn subscribe(&self, wish: SubscriptionFilter) -> Result<Subscription, ClientError> {
        if wish.is_empty() {
            return Err(unusable(
                methods::SUBSCRIPTIONS_LISTEN,
                "nothing is subscribed to; name a change in the filter",
            ));
        }
        let parts = Arc::downgrade(&self.0);
        let queue = Arc::new(Queue::new(wish).on_change(move |change| {
            if let Some(cache) = parts
                .upgrade()
                .as_ref()
                .and_then(|parts| parts.cache.as_ref())
            {
                cache.changed(change);
            }
        }));
        let mut keeper = JoinSet::new();
        keeper.spawn(Keeper::new(self.clone(), Arc::clone(&queue), random).run());
        let mut subscription = Subscription { queue, keeper };
        tokio::select! {
            biased;
            () = subscription.queue.begun() => {}
            Some(ended) = ended(&mut subscription.keeper) => return Err(ended),
        }
        Ok(subscription)
    }
}

impl Subscription {
    /// Waits for the next change. `None` comes after the client was closed, and after an error.
    ///
    /// Changes of the same thing that nobody has waited for yet are one. The future may be dropped:
    /// no change is lost.
    ///
    /// # Errors
    ///
    /// [`ClientError::Subscription`] when the subscription could not be opened again, and the error
    /// that the server answers with when it no longer allows it.
    pub async fn next(&mut self) -> Option<Result<Change, ClientError>> {
        tokio::select! {
            biased;
            change = self.queue.next() => Some(Ok(change)),
            ended = ended(&mut self.keeper) => ended.map(Err),
        }
    }

    /// The changes of which the server tells: at most those that were asked for. A resource that
    /// does not exist, or that the caller may not read, is missing. They may be others after the
    /// connection was lost.
    pub fn accepted(&self) -> SubscriptionFilter {
        self.queue.accepted().unwrap_or_default()
    }
}

/// Waits until the keeper has ended; `None` when it has done so in good order, or before.
async fn ended(keeper: &mut JoinSet<Result<(), ClientError>>) -> Option<ClientError> {
    match keeper.join_next().await? {
        Ok(ended) => ended.err(),
        Err(failed) if failed.is_panic() => std::panic::resume_unwind(failed.into_panic()),
        Err(_) => None,
    }
}
