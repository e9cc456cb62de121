//! What a handler may ask of the server that serves its call.

use std::any::Any;
use std::fmt::Debug;

use crate::selector::{Kind, Viewer};
use crate::views::Views;

/// The server that serves a call, as far as its handlers may use it.
///
/// The context stands below the server, so it knows this much and no more; a room above implements
/// it. What handlers are to do with their server next becomes a method here.
pub(crate) trait OwnServer: Debug + Send + Sync {
    /// What `Context::server` hands out; the room that implements this knows its type.
    fn handle(&self) -> &(dyn Any + Send + Sync);

    /// The views of callers whose calls stand alone.
    fn views(&self) -> &Views;

    /// The number of a change to what one caller sees: the later change has the larger one.
    fn next_rule(&self) -> u64;

    /// The kinds of components of which `one` does not see the same as `other`.
    fn differs_between(&self, one: &Viewer<'_>, other: &Viewer<'_>) -> Vec<Kind>;
}
