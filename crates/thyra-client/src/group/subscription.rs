//! What changes at the servers of a group.

use std::collections::VecDeque;
use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::{join_all, select_all};
use thyra_protocol::SubscriptionFilter;

use super::ClientGroup;
use super::error::{Failure, GroupError};
use super::member::Member;
use crate::changes::Change;
use crate::client::Subscription;
use crate::error::ClientError;

/// Tells what changes at the servers of a group ([`ClientGroup::subscribe`]). Dropping it ends it
/// at the servers, too.
#[derive(Debug)]
pub struct GroupSubscription {
    told: VecDeque<(Arc<Member>, Subscription)>,
}

impl ClientGroup {
    /// Asks the servers to tell what changes ([`Client::subscribe`](crate::Client::subscribe)): all
    /// of them about their lists, and the one that owns a resource about that. A server that does
    /// not is left out, with a warning in the log.
    ///
    /// ```no_run
    /// use thyra_client::{ClientGroup, SubscriptionFilter};
    ///
    /// # async fn example(group: ClientGroup) -> Result<(), thyra_client::GroupError> {
    /// let wish = SubscriptionFilter::lists().resource("notes://diary/today");
    /// let mut changes = group.subscribe(wish).await?;
    /// while let Some(change) = changes.next().await {
    ///     let (server, change) = change?;
    ///     println!("{server:?}: {change:?}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`ClientGroup::owner_of_resource`], and [`GroupError::AllFailed`] when no server
    /// tells.
    pub async fn subscribe(
        &self,
        wish: SubscriptionFilter,
    ) -> Result<GroupSubscription, GroupError> {
        let lists = SubscriptionFilter {
            resource_subscriptions: Vec::new(),
            ..wish.clone()
        };
        let mut wishes = vec![lists; self.0.members.len()];
        for uri in &wish.resource_subscriptions {
            let owner = self.owner_of_resource(uri).await?;
            let members = self.0.members.iter().zip(&mut wishes);
            for (_, wish) in members.filter(|(member, _)| Arc::ptr_eq(member, owner.member)) {
                wish.resource_subscriptions.push(owner.name.clone());
            }
        }
        let wishes = self.0.members.iter().zip(wishes);
        // A server that is asked for nothing is not disturbed, unless nothing is asked of any.
        let wishes = wishes.filter(|(_, one)| !one.is_empty() || wish.is_empty());
        let asked = wishes.map(|(member, wish)| async move {
            let subscription = member.client().subscribe(wish).await;
            (member, subscription)
        });
        let mut told = VecDeque::new();
        let mut failures = Vec::new();
        for (member, subscription) in join_all(asked).await {
            match subscription {
                Ok(subscription) => told.push_back((Arc::clone(member), subscription)),
                Err(source) => failures.push(Failure::client(member.server(), source)),
            }
        }
        if told.is_empty() {
            let failures = failures.into_iter().map(Arc::new).collect();
            return Err(GroupError::AllFailed { failures });
        }
        for failure in failures {
            tracing::warn!("{failure}; its changes are not told");
        }
        Ok(GroupSubscription { told })
    }
}

impl GroupSubscription {
    /// Waits for the next change, and says at which server. URIs are those of the group. `None`
    /// comes after all servers have stopped telling.
    ///
    /// The future may be dropped: no change is lost.
    ///
    /// # Errors
    ///
    /// [`GroupError::Client`] when one server no longer tells
    /// ([`Subscription::next`](crate::Subscription::next)). The others go on.
    pub async fn next(&mut self) -> Option<Result<(String, Change), GroupError>> {
        while !self.told.is_empty() {
            let (at, next) = self.first().await;
            let member = match &next {
                // The others come first next time, so that one server cannot hide them.
                Some(Ok(_)) => {
                    self.told.rotate_left(at + 1);
                    Arc::clone(&self.told.back()?.0)
                }
                Some(Err(_)) | None => self.told.remove(at)?.0,
            };
            let server = member.server().to_owned();
            match next {
                Some(Ok(change)) => return Some(Ok((server, outward(&member, change)))),
                Some(Err(source)) => return Some(Err(GroupError::Client { server, source })),
                None => {}
            }
        }
        None
    }

    /// What the first server says that says something, and at which place it is.
    async fn first(&mut self) -> (usize, Option<Result<Change, ClientError>>) {
        let told = self.told.iter_mut();
        let next = told.map(|(_, subscription)| subscription.next().boxed());
        let (next, at, _) = select_all(next).await;
        (at, next)
    }
}

fn outward(member: &Member, change: Change) -> Change {
    match change {
        Change::Resource(uri) => Change::Resource(member.outward_uri(&uri).unwrap_or(uri)),
        other => other,
    }
}
