//! A Redis of a test's own.

use std::io::ErrorKind;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use thyra_store::RedisStore;

/// How long it may take to start, on a machine that is busy.
const STARTING: Duration = Duration::from_secs(30);

/// A `redis-server` behind a socket in a folder of its own, until it is dropped.
pub(crate) struct RedisServer {
    folder: TempDir,
    settings: Vec<String>,
    process: Child,
}

impl RedisServer {
    /// Starts one with further settings.
    pub(crate) fn start(settings: &[&str]) -> Self {
        Self::try_start(settings).unwrap()
    }

    /// Starts one with further settings, unless it ends at once, as when a port is taken.
    pub(crate) fn try_start(settings: &[&str]) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let settings: Vec<_> = settings.iter().map(|&text| text.to_owned()).collect();
        let process = run(&folder, &settings);
        let mut server = Self {
            folder,
            settings,
            process,
        };
        server.wait().then_some(server)
    }

    pub(crate) fn socket(&self) -> PathBuf {
        socket(&self.folder)
    }

    pub(crate) fn url(&self) -> String {
        format!("unix://{}", self.socket().display())
    }

    pub(crate) fn store(&self) -> RedisStore {
        RedisStore::open(&self.url()).unwrap()
    }

    /// Kills it.
    pub(crate) fn stop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        let _ = std::fs::remove_file(self.socket());
    }

    /// Starts it again with what it wrote.
    pub(crate) fn restart(&mut self) {
        self.process = run(&self.folder, &self.settings);
        assert!(self.wait(), "redis-server has ended");
    }

    /// Sends it a signal, such as `STOP`.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .arg(format!("-{name}"))
            .arg(self.process.id().to_string())
            .status()
            .unwrap();
        assert!(sent.success());
    }

    /// Waits until it takes connections. Says whether it does, and has not ended.
    fn wait(&mut self) -> bool {
        let deadline = Instant::now() + STARTING;
        while UnixStream::connect(self.socket()).is_err() {
            if self.process.try_wait().unwrap().is_some() {
                return false;
            }
            assert!(Instant::now() < deadline, "redis-server does not start");
            thread::sleep(Duration::from_millis(10));
        }
        true
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn socket(folder: &TempDir) -> PathBuf {
    folder.path().join("redis.sock")
}

fn run(folder: &TempDir, settings: &[String]) -> Child {
    let mut command = Command::new("redis-server");
    command
        .current_dir(folder.path())
        .args(["--port", "0", "--save", "", "--unixsocket"])
        .arg(socket(folder))
        .args(settings)
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    let process = command.spawn();
    let is_missing = matches!(&process, Err(error) if error.kind() == ErrorKind::NotFound);
    assert!(
        !is_missing,
        "the tests of RedisStore need the program `redis-server`; install it \
         (Debian: `apt-get install redis-server` as root), then run them again"
    );
    process.unwrap()
}
