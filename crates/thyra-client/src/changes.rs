//! What a server says has changed, on its way to whoever wants to know.

mod listeners;
mod notice;
mod queue;

pub(crate) use self::listeners::{Hearing, Listeners};
pub(crate) use self::notice::{Notice, Said};
pub(crate) use self::queue::Queue;

/// What has changed at a server, as [`Subscription::next`](crate::Subscription::next) tells it.
// `Missed` comes first also in the order: it says the most.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Change {
    /// There may have been changes that nobody told: the connection was lost for a while, or there
    /// were too many at a time. Read again what you keep of the server's.
    Missed,
    /// The list of prompts.
    PromptList,
    /// The contents of the resource with this URI. It may be a part of the one that was subscribed
    /// to.
    Resource(String),
    /// The lists of resources and of resource templates.
    ResourceList,
    /// The list of tools.
    ToolList,
}

#[cfg(test)]
mod tests;
