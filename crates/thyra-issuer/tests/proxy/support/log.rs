//! What the servers of all tests write to the log. They run at once, so a test looks for words that
//! no other one causes.

use std::io;
use std::sync::{Arc, LazyLock, Mutex};

static LOG: LazyLock<Log> = LazyLock::new(|| {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    tracing::subscriber::set_global_default(subscriber).unwrap();
    log
});

/// The log, from the moment that a test first asks for it.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    pub(crate) fn open() -> Self {
        LOG.clone()
    }

    /// The lines with this word.
    pub(crate) fn lines(&self, word: &str) -> Vec<String> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        let lines = text.lines().filter(|line| line.contains(word));
        lines.map(str::to_owned).collect()
    }

    /// The only line with this word.
    pub(crate) fn line(&self, word: &str) -> String {
        let [line] = self.lines(word).try_into().unwrap();
        line
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
