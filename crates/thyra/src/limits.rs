//! The limits of a server.

use std::time::Duration;

/// How many of the largest bodies are in flight at once, unless the author says how many bytes.
const BODIES_IN_FLIGHT: usize = 64;

/// The limits of one server. Every input from outside has one, with a default that suits a tool
/// server.
///
/// ```
/// use std::time::Duration;
///
/// use thyra::{Limits, Server};
///
/// let limits = Limits::default()
///     .body_bytes(64 * 1024)
///     .call_time(Duration::from_mins(1));
/// let server = Server::new("Notes").limits(limits);
/// # let _ = server;
/// ```
#[derive(Clone, Debug)]
pub struct Limits {
    pub(crate) blocking_calls: usize,
    pub(crate) body_bytes: usize,
    pub(crate) body_time: Duration,
    pub(crate) call_time: Duration,
    pub(crate) check_time: Duration,
    pub(crate) connections: usize,
    pub(crate) connections_per_address: Option<usize>,
    pub(crate) header_bytes: usize,
    pub(crate) header_time: Duration,
    pub(crate) in_flight_bytes: Option<usize>,
    pub(crate) replay_bytes: usize,
    pub(crate) session_bytes: usize,
    pub(crate) session_calls: usize,
    pub(crate) session_idle_time: Duration,
    pub(crate) sessions: usize,
    pub(crate) shutdown_time: Duration,
    pub(crate) stdio_calls: usize,
    pub(crate) task_time: Duration,
    pub(crate) tasks: usize,
    pub(crate) waiting_bytes: usize,
    pub(crate) waiting_calls: usize,
    pub(crate) write_time: Duration,
}

impl Limits {
    /// How many functions that block run at once, each on a thread of its own: tools, prompts and
    /// resources that are not `async`, and files that results are made of. Further ones wait for
    /// their turn, which goes round among the callers. Default 256.
    ///
    /// One caller has at most a quarter of them: a person with a token, whichever clients they use,
    /// or whoever calls from one address without one. Behind a reverse proxy, all callers without a
    /// token have the address of the proxy. A function cannot be stopped, so it takes its place
    /// until it returns, also after its call was given up. No function delays the end of the
    /// process.
    #[must_use]
    pub fn blocking_calls(mut self, calls: usize) -> Self {
        self.blocking_calls = calls.max(1);
        self
    }

    /// The largest message accepted, in bytes: an HTTP body, or a line on stdio. Default 4 MiB.
    #[must_use]
    pub fn body_bytes(mut self, bytes: usize) -> Self {
        self.body_bytes = bytes;
        self
    }

    /// How long a client may take to send an HTTP body. Default 30 s.
    #[must_use]
    pub fn body_time(mut self, time: Duration) -> Self {
        self.body_time = time;
        self
    }

    /// How long one call may run before it is dropped and answered with an error. Default 10
    /// minutes.
    #[must_use]
    pub fn call_time(mut self, time: Duration) -> Self {
        self.call_time = time;
        self
    }

    /// How long the checks of one request may take together ([`Check`](crate::Check)). What was not
    /// answered by then is refused. Default 5 s.
    #[must_use]
    pub fn check_time(mut self, time: Duration) -> Self {
        self.check_time = time;
        self
    }

    /// How many HTTP connections are served at once. Default 10,000; at most 1,048,576.
    ///
    /// One more takes the place of one that is idle: first of one that has sent no whole request
    /// for a second, then of one that waits between requests. If all are busy, it waits.
    ///
    /// A person with a token has at most a quarter as many requests and streams under way,
    /// whichever clients they use. One more is answered with 429.
    #[must_use]
    pub fn connections(mut self, connections: usize) -> Self {
        self.connections = connections.max(1);
        self
    }

    /// How many HTTP connections one IPv4 address, or one IPv6 network of 64 bits, may have at
    /// once. One more takes the place of one of them that is idle; if all are busy, it is answered
    /// with 429 and closed. No limit by default; at least 1.
    ///
    /// Behind a reverse proxy or a load balancer all connections come from its address, so set no
    /// limit there, and limit addresses in the proxy.
    #[must_use]
    pub fn connections_per_address(mut self, connections: usize) -> Self {
        self.connections_per_address = Some(connections.max(1));
        self
    }

    /// The largest head (request line and headers) of an HTTP request, in bytes. Default 64 KiB; at
    /// least 8 KiB.
    #[must_use]
    pub fn header_bytes(mut self, bytes: usize) -> Self {
        // hyper refuses a smaller buffer.
        self.header_bytes = bytes.max(8 * 1024);
        self
    }

    /// How long a client may take to send the head of a request, and how long an idle connection is
    /// kept. Default 10 s.
    #[must_use]
    pub fn header_time(mut self, time: Duration) -> Self {
        self.header_time = time;
        self
    }

    /// How many bytes the bodies and the replies of all HTTP requests under way take together.
    /// Default 64 times [`body_bytes`](Self::body_bytes), which is 256 MiB if you do not change it.
    ///
    /// A body counts as it arrives, not as it is announced, and until its call is over; a reply
    /// from when it is made until it is written. Nothing waits for bytes: a request is refused with
    /// 503, and a large reply is replaced by an error. A quarter is left to bodies of at most 64
    /// KiB. Replies of that size are never refused, so they may exceed the bound; there is at most
    /// one for each of the [`connections`](Self::connections).
    ///
    /// A caller who has a quarter gets no more, and the answer is 429: a person with a token, or
    /// without one a public address. While more than half of the bytes are taken, a body that
    /// brings less than 32 KiB in 5 seconds is given up.
    #[must_use]
    pub fn in_flight_bytes(mut self, bytes: usize) -> Self {
        self.in_flight_bytes = Some(bytes);
        self
    }

    /// The bytes of [`in_flight_bytes`](Self::in_flight_bytes), or their default.
    pub(crate) fn most_in_flight(&self) -> usize {
        let default = self.body_bytes.saturating_mul(BODIES_IN_FLIGHT);
        self.in_flight_bytes.unwrap_or(default)
    }

    /// How many bytes of events one HTTP session of the handshake era keeps for a client that lost
    /// its connection and comes back for them. The oldest go first. All sessions together keep at
    /// most 64 times as much. Default 1 MiB.
    #[must_use]
    pub fn replay_bytes(mut self, bytes: usize) -> Self {
        self.replay_bytes = bytes;
        self
    }

    /// How many bytes all HTTP sessions together keep of what their clients say: the capabilities
    /// and the description of each client, at most 20 KiB, and the URIs that it subscribed to, at
    /// most 80 KiB. Default 64 MiB.
    ///
    /// A person with a token gets at most a tenth of them. When they are taken, `initialize` ends
    /// idle sessions to make room, as it does for [`sessions`](Self::sessions); if there are none,
    /// the answer is 429 for the share and 503 for the whole. A subscription that does not fit is
    /// answered with an error.
    #[must_use]
    pub fn session_bytes(mut self, bytes: usize) -> Self {
        self.session_bytes = bytes;
        self
    }

    /// How many calls of one HTTP session run at once. Further calls wait for their turn; see
    /// [`waiting_calls`](Self::waiting_calls). Default 64.
    ///
    /// In a session, a lost connection does not end a call, so the limit of connections does not
    /// limit the calls.
    #[must_use]
    pub fn session_calls(mut self, calls: usize) -> Self {
        self.session_calls = calls.max(1);
        self
    }

    /// How long an HTTP session is kept after its client was last heard of. Default 30 minutes.
    #[must_use]
    pub fn session_idle_time(mut self, time: Duration) -> Self {
        self.session_idle_time = time;
        self
    }

    /// How many HTTP sessions may exist at once. Default 10,000.
    ///
    /// A person with a token gets at most a tenth of them, whichever clients they use. When a share
    /// or the whole is taken, `initialize` ends an idle session to make room: of whoever holds
    /// most, the one that was heard of longest ago, and first those in which nothing came after
    /// `initialize`. A session with a call or a stream that is read is spared. If all are spared,
    /// the answer is 429 for the share and 503 for the whole.
    #[must_use]
    pub fn sessions(mut self, sessions: usize) -> Self {
        self.sessions = sessions.max(1);
        self
    }

    /// How long calls in flight may go on after a shutdown has begun. Default 10 s.
    #[must_use]
    pub fn shutdown_time(mut self, time: Duration) -> Self {
        self.shutdown_time = time;
        self
    }

    /// How many calls run at once on stdio. Further calls wait for their turn; see
    /// [`waiting_calls`](Self::waiting_calls). Default 64.
    #[must_use]
    pub fn stdio_calls(mut self, calls: usize) -> Self {
        self.stdio_calls = calls.max(1);
        self
    }

    /// How long a task is kept, counted from its start, done or not. Default 1 hour.
    #[must_use]
    pub fn task_time(mut self, time: Duration) -> Self {
        self.task_time = time;
        self
    }

    /// How many tasks run at once. A call that would start another is answered with an error.
    /// Default 1000.
    ///
    /// A person with a token runs at most a tenth of them, and so does a public address without
    /// one. The [`MemoryTasks`](crate::MemoryTasks) of a server without another store keeps ten
    /// times as many, ended ones included, and as many as this for one person.
    #[must_use]
    pub fn tasks(mut self, tasks: usize) -> Self {
        self.tasks = tasks.max(1);
        self
    }

    /// How many bytes the calls that wait for their turn may have together, on stdio and in one
    /// HTTP session; see [`waiting_calls`](Self::waiting_calls). One call may always wait, however
    /// large it is. Default 8 MiB.
    #[must_use]
    pub fn waiting_bytes(mut self, bytes: usize) -> Self {
        self.waiting_bytes = bytes;
        self
    }

    /// How many calls wait for their turn when as many run as may, on stdio and in one HTTP
    /// session. They begin in the order in which they came, and `call_time` counts from there. No
    /// call is refused because there are many. Default 4096; at least 1.
    ///
    /// When there is no room to wait either, nothing more is read from stdio until there is: not
    /// even a cancellation, a ping or an answer to a question of the server, which are otherwise
    /// heard at once. Over HTTP, only the call itself is held back.
    #[must_use]
    pub fn waiting_calls(mut self, calls: usize) -> Self {
        self.waiting_calls = calls.max(1);
        self
    }

    /// How long a client may leave an answer unread before its connection is closed and its call
    /// dropped. Default 30 s.
    #[must_use]
    pub fn write_time(mut self, time: Duration) -> Self {
        self.write_time = time;
        self
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            blocking_calls: 256,
            body_bytes: 4 * 1024 * 1024,
            body_time: Duration::from_secs(30),
            call_time: Duration::from_mins(10),
            check_time: Duration::from_secs(5),
            connections: 10_000,
            connections_per_address: None,
            header_bytes: 64 * 1024,
            header_time: Duration::from_secs(10),
            in_flight_bytes: None,
            replay_bytes: 1024 * 1024,
            session_bytes: 64 * 1024 * 1024,
            session_calls: 64,
            session_idle_time: Duration::from_mins(30),
            sessions: 10_000,
            shutdown_time: Duration::from_secs(10),
            stdio_calls: 64,
            task_time: Duration::from_hours(1),
            tasks: 1000,
            waiting_bytes: 8 * 1024 * 1024,
            waiting_calls: 4096,
            write_time: Duration::from_secs(30),
        }
    }
}
