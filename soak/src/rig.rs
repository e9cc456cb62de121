//! What is attacked: an open server and a protected one, and the issuer of its tokens.

use std::io::{self, BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use bench::program::Program;
use idp_emulator::{Emulator, Mint, MintError, Resource, StartError};

use crate::served::RESOURCE;

/// Which of the servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Server {
    Open,
    Protected,
}

/// A running server, and how much it has logged.
#[derive(Debug)]
pub(crate) struct Site {
    program: Program,
    log: Arc<Log>,
}

/// Counts of lines.
#[derive(Debug, Default)]
struct Log {
    lines: AtomicU64,
    panics: AtomicU64,
}

#[derive(Debug)]
pub(crate) struct Rig {
    emulator: Emulator,
    open: Site,
    protected: Site,
}

impl Site {
    fn start(name: &'static str, environment: Option<&str>) -> io::Result<Self> {
        let program = std::env::current_exe()?;
        let mut program = Program::start(name, |address| {
            let mut command = Command::new(program);
            command.args(["serve", &address.to_string()]);
            command.args(environment);
            command.stdout(Stdio::null()).stderr(Stdio::piped());
            command
        })?;
        let log = Arc::new(Log::default());
        if let Some(lines) = program.process.stderr.take() {
            let log = Arc::clone(&log);
            // It ends with the program, whose end of the pipe is closed then.
            thread::spawn(move || {
                for line in BufReader::new(lines).lines().map_while(Result::ok) {
                    log.lines.fetch_add(1, Ordering::Relaxed);
                    if line.contains("panicked at") {
                        eprintln!("{line}");
                        log.panics.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
        Ok(Self { program, log })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.program.address
    }

    /// The id of its process.
    pub(crate) fn process(&self) -> u32 {
        self.program.process.id()
    }

    /// How many lines it has logged so far.
    pub(crate) fn lines(&self) -> u64 {
        self.log.lines.load(Ordering::Relaxed)
    }

    /// How often it panicked so far.
    pub(crate) fn panics(&self) -> u64 {
        self.log.panics.load(Ordering::Relaxed)
    }
}

impl Rig {
    /// Starts both servers and the issuer.
    pub(crate) async fn start() -> Result<Self, Box<dyn std::error::Error>> {
        let emulator = Self::issuer().await?;
        let open = Site::start("the open server", None)?;
        let protected = Site::start("the protected server", Some(emulator.url()))?;
        open.program.ready().await?;
        protected.program.ready().await?;
        Ok(Self {
            emulator,
            open,
            protected,
        })
    }

    async fn issuer() -> Result<Emulator, StartError> {
        let resource = Resource::new(RESOURCE).scopes(["soak"]);
        Emulator::builder().resource(resource).start().await
    }

    pub(crate) fn site(&self, server: Server) -> &Site {
        match server {
            Server::Open => &self.open,
            Server::Protected => &self.protected,
        }
    }

    /// A good token of this person and client.
    pub(crate) fn token(&self, subject: &str, client: &str) -> Result<String, MintError> {
        let order = Mint::new().claim("sub", subject).claim("client_id", client);
        self.emulator.mint(&order)
    }
}
