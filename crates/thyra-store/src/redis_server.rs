//! A Redis of a test's own.

use std::ffi::OsString;
use std::os::unix::fs::DirBuilderExt as _;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, io, thread};

use thyra_oauth::unguessable;

/// How long it may take to start, on a machine that is busy.
const STARTING: Duration = Duration::from_secs(30);

/// A `redis-server` behind a socket, in a folder that goes with it when it is dropped. It blocks
/// while it starts.
#[derive(Debug)]
pub struct RedisServer {
    folder: PathBuf,
    settings: Vec<OsString>,
    process: Child,
}

impl RedisServer {
    /// Starts one with further settings, as `redis-server` takes them on its command line.
    ///
    /// # Errors
    ///
    /// What keeps it from starting. If the program is missing, the text says how to install it.
    pub fn start(settings: &[&str]) -> io::Result<Self> {
        let name = unguessable::<9>().map_err(io::Error::other)?;
        let folder = env::temp_dir().join(format!("redis-{}", name.expose()));
        fs::DirBuilder::new().mode(0o700).create(&folder)?;
        let settings: Vec<_> = settings.iter().map(OsString::from).collect();
        let process = run(&folder, &settings).inspect_err(|_| remove(&folder))?;
        let mut server = Self {
            folder,
            settings,
            process,
        };
        server.wait()?;
        Ok(server)
    }

    /// Its socket.
    pub fn socket(&self) -> PathBuf {
        socket(&self.folder)
    }

    /// Its URL.
    pub fn url(&self) -> String {
        format!("unix://{}", self.socket().display())
    }

    /// Its process, to send it signals.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Kills it.
    ///
    /// # Errors
    ///
    /// When it cannot be killed.
    pub fn stop(&mut self) -> io::Result<()> {
        self.process.kill()?;
        self.process.wait()?;
        fs::remove_file(self.socket())
    }

    /// Starts it again after [`stop`](Self::stop), with what it wrote: nothing, unless its settings
    /// say so.
    ///
    /// # Errors
    ///
    /// What keeps it from starting.
    pub fn restart(&mut self) -> io::Result<()> {
        self.process = run(&self.folder, &self.settings)?;
        self.wait()
    }

    /// Waits until it takes connections.
    fn wait(&mut self) -> io::Result<()> {
        let deadline = Instant::now() + STARTING;
        while UnixStream::connect(self.socket()).is_err() {
            if let Some(status) = self.process.try_wait()? {
                let said = format!("redis-server does not start; it ended with {status}");
                return Err(io::Error::other(said));
            }
            if Instant::now() >= deadline {
                return Err(io::Error::other("redis-server does not start"));
            }
            thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        // Both fail if it has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
        remove(&self.folder);
    }
}

/// Removes the folder. What stays is in the folder for what is temporary.
fn remove(folder: &Path) {
    let _ = fs::remove_dir_all(folder);
}

fn socket(folder: &Path) -> PathBuf {
    folder.join("redis.sock")
}

fn run(folder: &Path, settings: &[OsString]) -> io::Result<Child> {
    let mut command = Command::new("redis-server");
    command
        .current_dir(folder)
        .args(["--port", "0", "--save", "", "--unixsocket"])
        .arg(socket(folder))
        .args(settings)
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    command.spawn().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => io::Error::new(
            io::ErrorKind::NotFound,
            "this test needs the program `redis-server`; install it (Debian: \
             `apt-get install redis-server` as root), then run it again",
        ),
        _ => error,
    })
}
