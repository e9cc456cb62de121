//! Who hears what a server of the handshake era tells everybody in a session.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

use super::{Change, Queue};

/// The subscriptions of a client that hear what its server tells everybody in the session, and what
/// becomes of the connection on which it does.
#[derive(Debug, Default)]
pub(crate) struct Listeners {
    queues: Mutex<Vec<Arc<Queue>>>,
    /// Whether the connection was lost since client and server last agreed.
    is_lost: watch::Sender<bool>,
    closed: watch::Sender<()>,
}

/// A queue among the listeners, until this is dropped.
#[derive(Debug)]
pub(crate) struct Hearing<'a> {
    listeners: &'a Listeners,
    queue: &'a Arc<Queue>,
}

impl Listeners {
    /// Lets `queue` hear.
    pub(crate) fn hear<'a>(&'a self, queue: &'a Arc<Queue>) -> Hearing<'a> {
        self.queues().push(Arc::clone(queue));
        Hearing {
            listeners: self,
            queue,
        }
    }

    /// Passes a change on to all that want it. If nobody has asked for a resource by its URI, it is
    /// a part of one that somebody has asked for.
    pub(crate) fn tell(&self, change: &Change) {
        let queues = self.queues();
        let by_name = queues.iter().any(|queue| names(queue, change));
        for queue in &*queues {
            let wish = queue.wish();
            let is_wanted = match change {
                Change::Missed => true,
                Change::PromptList => wish.prompts_list_changed,
                Change::Resource(_) if by_name => names(queue, change),
                Change::Resource(_) => !wish.resource_subscriptions.is_empty(),
                Change::ResourceList => wish.resources_list_changed,
                Change::ToolList => wish.tools_list_changed,
            };
            if is_wanted {
                queue.push(change.clone());
            }
        }
    }

    /// Whether somebody wants to hear of the resource at `uri`.
    pub(crate) fn want(&self, uri: &str) -> bool {
        let queues = self.queues();
        let mut wished = queues
            .iter()
            .flat_map(|queue| &queue.wish().resource_subscriptions);
        wished.any(|wished| wished == uri)
    }

    /// Says whether the connection is lost.
    pub(crate) fn set_lost(&self, is_lost: bool) {
        self.is_lost.send_replace(is_lost);
    }

    /// Waits until the connection is lost.
    pub(crate) async fn lost(&self) {
        // The sender is in `self`, so the channel does not close.
        let _ = self.is_lost.subscribe().wait_for(|is_lost| *is_lost).await;
    }

    /// Says that the client was closed.
    pub(crate) fn close(&self) {
        self.closed.send_replace(());
    }

    /// Notices when the client is closed from now on.
    pub(crate) fn closing(&self) -> watch::Receiver<()> {
        self.closed.subscribe()
    }

    fn queues(&self) -> std::sync::MutexGuard<'_, Vec<Arc<Queue>>> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether the queue's subscriber asked for the resource that has changed, by its URI.
fn names(queue: &Queue, change: &Change) -> bool {
    match change {
        Change::Resource(uri) => queue.wish().resource_subscriptions.contains(uri),
        _ => false,
    }
}

impl Drop for Hearing<'_> {
    fn drop(&mut self) {
        let queue = self.queue;
        self.listeners
            .queues()
            .retain(|one| !Arc::ptr_eq(one, queue));
    }
}
