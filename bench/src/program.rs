//! A server that is measured, in a process of its own.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command};
use std::time::Duration;

/// A running program that listens on `address`. It ends when this is dropped.
#[derive(Debug)]
pub struct Program {
    /// What it is called in reports.
    pub name: &'static str,
    /// Where it listens.
    pub address: SocketAddr,
    /// The process.
    pub process: Child,
}

impl Program {
    /// Starts what `command` makes for a free address.
    ///
    /// # Errors
    ///
    /// If no port is free, or the program cannot be started.
    pub fn start(
        name: &'static str,
        command: impl FnOnce(SocketAddr) -> Command,
    ) -> io::Result<Self> {
        // Dropping the listener frees the port, and the server takes it at once.
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let process = command(address).spawn()?;
        Ok(Self {
            name,
            address,
            process,
        })
    }

    /// Waits until it listens, for ten seconds at most.
    ///
    /// # Errors
    ///
    /// If it does not.
    pub async fn ready(&self) -> io::Result<()> {
        for _ in 0..200 {
            if tokio::net::TcpStream::connect(self.address).await.is_ok() {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Err(io::Error::other(format!("{} did not start", self.name)))
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended already, so a failure does not matter.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}
