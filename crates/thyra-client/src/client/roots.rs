//! The files and folders that the user is working on, as they change.

use thyra_protocol::{Root, method as methods};

use super::Client;
use crate::error::ClientError;
use crate::transport::TransportError;

impl Client {
    /// Offers these roots from now on, in place of those of
    /// [`ClientBuilder::roots`](crate::ClientBuilder::roots). A server up to 2025-11-25 is told
    /// that they have changed (MCP `notifications/roots/list_changed`), and may ask for them again;
    /// a later one asks whenever it needs them.
    ///
    /// # Errors
    ///
    /// [`ClientError::NoRoots`] when the builder was given no roots, not even an empty list, and
    /// [`ClientError::Transport`] when the server could not be told. The new roots are offered all
    /// the same then.
    pub async fn set_roots(
        &self,
        roots: impl IntoIterator<Item = Root>,
    ) -> Result<(), ClientError> {
        if !self.0.answers.replace_roots(roots.into_iter().collect()) {
            return Err(ClientError::NoRoots);
        }
        let method = methods::ROOTS_LIST_CHANGED;
        let revision = self.0.conversation.revision();
        let Some(revision) = revision.filter(|revision| revision.has_roots_list_changed()) else {
            return Ok(());
        };
        match self.notify(revision, method).await {
            // The next session knows only the new ones.
            Ok(()) | Err(TransportError::SessionLost | TransportError::Ended { .. }) => Ok(()),
            Err(error) => Err(ClientError::from_transport(method, error)),
        }
    }
}
