//! What begins before a server serves, and ends after it.

use super::{Error, Result, Server};
use crate::throttled::sum_up_the_rest;

impl Server {
    /// Begins what the server's lifespans begin, in their order. [`Server::run`] and the `serve`
    /// methods do this themselves. A server for another use is started first:
    ///
    /// ```
    /// use thyra::prelude::*;
    ///
    /// # struct Db;
    /// # impl Db {
    /// #     async fn open() -> std::io::Result<Self> { Ok(Self) }
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> thyra::Result<()> {
    /// let server = Server::new("Notes").lifespan(Db::open).start().await?;
    /// let handle = server.handle();
    /// let service = server.into_service()?;
    /// // At the end of the program:
    /// handle.stop().await;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Lifespan`] when something cannot begin. What has begun has ended again then.
    pub async fn start(mut self) -> Result<Self> {
        for lifespan in std::mem::take(&mut self.settings.lifespans) {
            match lifespan.start().await {
                Ok(started) => {
                    let state = &mut self.settings.state;
                    self.handle.stops().begun(started, state);
                }
                Err(source) => {
                    self.handle.stop().await;
                    return Err(Error::Lifespan { source });
                }
            }
        }
        Ok(self.changed())
    }

    /// Starts the server, lets `serve` serve it, and ends what has begun. The end may take as long
    /// as that of the calls in flight.
    pub(super) async fn begun<F: Future<Output = Result<()>>>(
        self,
        serve: impl FnOnce(Self) -> F,
    ) -> Result<()> {
        let server = self.start().await?;
        let (handle, time) = (server.handle(), server.settings.limits.shutdown_time);
        let ended = serve(server).await;
        if tokio::time::timeout(time, handle.stop()).await.is_err() {
            tracing::warn!("what began with the server did not end in time");
        }
        sum_up_the_rest();
        ended
    }
}
