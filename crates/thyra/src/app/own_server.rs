//! A running server, as its own handlers use it.

use std::any::Any;

use crate::catalog::live::ServerHandle;
use crate::context::{Context, OwnServer};
use crate::selector::{Kind, Viewer};
use crate::views::Views;

impl Context {
    /// The server that runs this call; `None` if the scope was made without a server.
    pub fn server(&self) -> Option<&ServerHandle> {
        self.own_server()?.handle().downcast_ref()
    }
}

impl OwnServer for ServerHandle {
    fn handle(&self) -> &(dyn Any + Send + Sync) {
        self
    }

    fn views(&self) -> &Views {
        self.views()
    }

    fn next_rule(&self) -> u64 {
        self.next_rule_for_one()
    }

    fn differs_between(&self, one: &Viewer<'_>, other: &Viewer<'_>) -> Vec<Kind> {
        self.catalog().differs_between(one, other)
    }
}
