//! The conversation with one started program: one task reads what it says and writes to it.

use std::collections::VecDeque;
use std::pin::pin;
use std::process::ExitStatus;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::value::RawValue;
use thyra_oauth::printable;
use thyra_protocol::{Message, RequestId, method as methods};
use tokio::io::{AsyncRead, AsyncWriteExt as _, BufReader};
use tokio::process::ChildStdin;
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::lines::{Line, next_line};
use super::process::{GRACE, Process};
use crate::changes::Notice;
use crate::transport::{
    Allowance, Inbox, Noise, Questions, Received, TransportError, Waiter, Waiting, is_batch,
    messages, without_mark,
};

/// The most messages that wait to be written.
const MOST_OUTGOING: usize = 64;

/// How much of a line the log shows.
const LOGGED: usize = 4096;

/// How many lines of its error output are told when the program has ended.
const LAST_LINES: usize = 20;

/// The conversation with one started program. Dropping it kills the program.
#[derive(Debug)]
pub(super) struct Connection {
    shared: Arc<Shared>,
    outgoing: mpsc::Sender<Vec<u8>>,
    /// How many questions of the server wait for their answer.
    questions: watch::Receiver<usize>,
    is_open: AtomicBool,
    is_strange: AtomicBool,
    task: Mutex<JoinSet<()>>,
}

/// What the task knows too.
#[derive(Debug)]
struct Shared {
    /// The name of the program, for the log.
    program: String,
    waiting: Waiting,
    has_answered: AtomicBool,
    allowance: Allowance,
    close: Notify,
    /// The end of its error output.
    last_lines: Mutex<VecDeque<String>>,
}

impl Shared {
    /// Logs what the program says on its error output, and keeps the end of it.
    async fn log_lines(&self, stderr: impl AsyncRead + Unpin) {
        let program = &self.program;
        let mut stderr = BufReader::new(stderr);
        while let Ok(Some(Line::Whole(line) | Line::Cut(line))) =
            next_line(&mut stderr, LOGGED).await
        {
            let line = shown(&line);
            tracing::info!(target: "thyra_client::stdio", %program, %line);
            if line.trim().is_empty() {
                continue;
            }
            let mut lines = self
                .last_lines
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            if lines.len() == LAST_LINES {
                lines.pop_front();
            }
            lines.push_back(line);
        }
    }

    fn last_lines(&self) -> Vec<String> {
        let lines = self.last_lines.lock();
        let lines = lines.unwrap_or_else(PoisonError::into_inner);
        lines.iter().cloned().collect()
    }
}

impl Connection {
    /// Begins the conversation. `None` if the program has no pipes.
    pub(super) fn over(
        mut process: Process,
        program: String,
        max_bytes: usize,
        inbox: Option<&Inbox>,
    ) -> Option<Self> {
        let (stdin, stdout, stderr) = (process.stdin()?, process.stdout()?, process.stderr());
        let (outgoing, to_write) = mpsc::channel(MOST_OUTGOING);
        let (asked, questions) = watch::channel(0);
        let shared = Arc::new(Shared {
            program,
            waiting: Waiting::default(),
            has_answered: AtomicBool::new(false),
            allowance: Allowance::new(),
            close: Notify::new(),
            last_lines: Mutex::default(),
        });
        let reader = Reader {
            shared: Arc::clone(&shared),
            inbox: inbox.cloned(),
            max_bytes,
            questions: Questions::new(),
            asked,
            noise: Noise::default(),
        };
        let known = Arc::clone(&shared);
        let told = inbox.cloned();
        let mut task = JoinSet::new();
        task.spawn(async move {
            let known = &*known;
            let mut conversation = pin!(async move {
                tokio::select! {
                    () = reader.read(stdout, stdin, to_write) => {}
                    () = process.gone() => {}
                    () = known.close.notified() => {}
                }
                if let Some(inbox) = told {
                    inbox.lost();
                }
                // Its input is closed here, so the program knows.
                let status = process.end().await;
                drop(process);
                status
            });
            let mut log = pin!(async {
                if let Some(stderr) = stderr {
                    known.log_lines(stderr).await;
                }
            });
            // A program that still says something while it ends is listened to.
            let status = tokio::select! {
                status = &mut conversation => {
                    // Nothing holds its error output open any more, unless it has left the group.
                    let _ = timeout(GRACE, log).await;
                    status
                }
                () = &mut log => conversation.await,
            };
            known.waiting.end(|| TransportError::Ended {
                status: status.as_ref().map(ExitStatus::to_string),
                last_lines: known.last_lines(),
            });
        });
        Some(Self {
            shared,
            outgoing,
            questions,
            is_open: AtomicBool::new(false),
            is_strange: AtomicBool::new(false),
            task: Mutex::new(task),
        })
    }

    /// Adds a request that waits for its answer.
    pub(super) fn add(&self, id: RequestId, waiter: Waiter) -> Result<(), TransportError> {
        let under_way = self.shared.waiting.add(id, waiter)?;
        self.shared.allowance.renew(under_way);
        Ok(())
    }

    pub(super) fn waiting(&self) -> &Waiting {
        &self.shared.waiting
    }

    /// The error of a request that came too late.
    pub(super) fn ended(&self) -> TransportError {
        TransportError::Ended {
            status: None,
            last_lines: self.shared.last_lines(),
        }
    }

    pub(super) fn questions(&self) -> watch::Receiver<usize> {
        self.questions.clone()
    }

    /// Whether the program still takes messages.
    pub(super) fn is_alive(&self) -> bool {
        !self.outgoing.is_closed() && !self.shared.waiting.has_ended()
    }

    pub(super) fn has_answered(&self) -> bool {
        self.shared.has_answered.load(Ordering::Relaxed)
    }

    /// Whether `initialize` was sent to it.
    pub(super) fn is_open(&self) -> bool {
        self.is_open.load(Ordering::Relaxed)
    }

    pub(super) fn open(&self) {
        self.is_open.store(true, Ordering::Relaxed);
    }

    /// Notes that it takes the place of a program that has ended.
    pub(super) fn replaces_another(&self) {
        self.is_strange.store(true, Ordering::Relaxed);
    }

    /// Whether it took the place of another, and nobody has spoken to it yet.
    pub(super) fn meet(&self) -> bool {
        self.is_strange.swap(false, Ordering::Relaxed)
    }

    /// Sends a message, as soon as there is room for it.
    pub(super) async fn send(&self, json: Vec<u8>) -> Result<(), TransportError> {
        let sent = self.outgoing.send(json).await;
        sent.map_err(|_| self.ended())
    }

    /// Sends a message if there is room for it.
    pub(super) fn try_send(&self, json: Vec<u8>) {
        if self.outgoing.try_send(json).is_err() {
            tracing::debug!("a message on the side was not sent");
        }
    }

    /// Lets the program end, and waits until it has.
    pub(super) async fn close(&self) {
        self.shared.close.notify_one();
        let mut task =
            std::mem::take(&mut *self.task.lock().unwrap_or_else(PoisonError::into_inner));
        while task.join_next().await.is_some() {}
    }
}

/// Reads what a program says.
struct Reader {
    shared: Arc<Shared>,
    inbox: Option<Inbox>,
    max_bytes: usize,
    questions: Questions<Vec<u8>>,
    asked: watch::Sender<usize>,
    noise: Noise,
}

impl Reader {
    /// Reads until the program has nothing more to say, and writes what the client has to say.
    async fn read(
        mut self,
        stdout: impl AsyncRead + Unpin,
        stdin: ChildStdin,
        outgoing: mpsc::Receiver<Vec<u8>>,
    ) {
        let (answers, to_write) = mpsc::channel(Questions::<Vec<u8>>::MOST);
        // A program that does not read does not keep the client from reading.
        let writing = write(stdin, outgoing, to_write);
        tokio::pin!(writing);
        let mut stdout = BufReader::new(stdout);
        let reading = async {
            loop {
                let line = next_line(&mut stdout, self.max_bytes);
                tokio::pin!(line);
                let line = loop {
                    tokio::select! {
                        line = &mut line => break line,
                        answer = self.questions.next() => {
                            self.count_questions();
                            if let Some(answer) = answer
                                && answers.try_send(answer).is_err()
                            {
                                tracing::warn!("the server does not read the answers to its questions");
                            }
                        }
                    }
                };
                match line {
                    Ok(Some(Line::Whole(line))) => self.take(line),
                    Ok(Some(Line::Cut(_))) => {
                        let max_bytes = self.max_bytes;
                        // Nobody knows whose answer it is.
                        self.shared
                            .waiting
                            .fail(|| TransportError::EventTooLarge { max_bytes });
                    }
                    Ok(None) | Err(_) => return,
                }
            }
        };
        tokio::select! {
            () = reading => {}
            () = &mut writing => {}
        }
    }

    fn take(&mut self, mut line: Vec<u8>) {
        line.drain(..line.len() - without_mark(&line).len());
        if line.iter().all(u8::is_ascii_whitespace) {
            return;
        }
        let revision = self.inbox.as_ref().map(Inbox::revision);
        match revision.map(|revision| messages(&line, revision)) {
            Some(Ok(messages)) if is_batch(&line) => {
                for message in messages {
                    self.take_one(message.to_vec());
                }
            }
            _ => self.take_one(line),
        }
    }

    fn take_one(&mut self, line: Vec<u8>) {
        let what = match Message::parse(&line) {
            Ok(Message::Response(response)) => Some(What::Answer(response.id)),
            Ok(Message::Notification(notification)) if notification.method == methods::PROGRESS => {
                let progress = notification.params.map(RawValue::get);
                let progress = progress.and_then(|params| serde_json::from_str(params).ok());
                if let Some(progress) = progress {
                    self.shared.waiting.report(progress);
                }
                None
            }
            Ok(Message::Notification(notification)) => match Notice::read(&notification) {
                Some(Notice {
                    subscription: Some(id),
                    said,
                }) => {
                    self.shared.waiting.tell(&id, said);
                    None
                }
                _ => Some(What::NoAnswer),
            },
            Ok(Message::Request(_)) => Some(What::NoAnswer),
            // It is broken, but the request that it names need not wait any longer.
            Err(error) if self.waits(error.id()) => Some(What::Answer(error.id().cloned())),
            Err(_) => {
                if self.noise.is_told() {
                    let program = &self.shared.program;
                    let line = shown(&line);
                    tracing::warn!(%program, %line, "what a server prints is no message, and is left out");
                }
                None
            }
        };
        match what {
            None => {}
            Some(What::Answer(id)) => {
                self.shared.has_answered.store(true, Ordering::Relaxed);
                self.shared.waiting.answer(id.as_ref(), line);
            }
            Some(What::NoAnswer) => self.pass_on(&line),
        }
    }

    fn waits(&self, id: Option<&RequestId>) -> bool {
        id.is_some_and(|id| self.shared.waiting.has(id))
    }

    fn count_questions(&self) {
        let waiting = self.questions.len();
        self.asked
            .send_if_modified(|known| std::mem::replace(known, waiting) != waiting);
    }

    fn pass_on(&mut self, message: &[u8]) {
        match self.inbox.as_ref().map(|inbox| inbox.receive(message)) {
            None | Some(Ok(Received::Nothing)) => {}
            Some(Ok(Received::Withdrawn(id))) => self.questions.withdraw(&id),
            Some(Ok(Received::Question(question))) => {
                let question = self.shared.allowance.spend(question);
                self.questions
                    .add(question.id, question.is_ping, question.answer);
                self.count_questions();
            }
            Some(Err(error)) => {
                if self.noise.is_told() {
                    tracing::warn!(%error, "a message of the server is left out");
                }
            }
        }
    }
}

/// What a line is.
enum What {
    Answer(Option<RequestId>),
    NoAnswer,
}

/// Writes messages, a line each, until the program no longer reads.
async fn write(
    mut stdin: ChildStdin,
    mut requests: mpsc::Receiver<Vec<u8>>,
    mut answers: mpsc::Receiver<Vec<u8>>,
) {
    loop {
        let message = tokio::select! {
            Some(answer) = answers.recv() => answer,
            request = requests.recv() => match request {
                Some(request) => request,
                None => return,
            },
        };
        let mut line = message;
        line.push(b'\n');
        let written = async {
            stdin.write_all(&line).await?;
            stdin.flush().await
        };
        if written.await.is_err() {
            // It may have said something before it ended, so it is read to its end.
            return sleep(GRACE).await;
        }
    }
}

/// The line for the log.
fn shown(line: &[u8]) -> String {
    let line = line.get(..line.len().min(LOGGED)).unwrap_or_default();
    printable(&String::from_utf8_lossy(line))
}
