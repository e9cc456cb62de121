//! The end of a server, for what does not end by itself.

use tokio::sync::watch;

/// Whether a server, or one way to serve it, is about to end. Streams that do not end by themselves
/// end then.
#[derive(Clone, Debug)]
pub(crate) struct Closing(watch::Sender<bool>);

impl Closing {
    /// Waits until the server is about to end.
    pub(crate) fn closed(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut closing = self.0.subscribe();
        async move {
            // An error means that the server is gone already.
            let _ = closing.wait_for(|closing| *closing).await;
        }
    }

    /// Ends the streams that do not end by themselves.
    pub(crate) fn close(&self) {
        self.0.send_replace(true);
    }
}

impl Default for Closing {
    fn default() -> Self {
        Self(watch::Sender::new(false))
    }
}
