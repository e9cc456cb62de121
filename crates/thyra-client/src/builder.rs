//! How a client is set up.

mod command;
mod configured;
mod remote;

use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::time::Duration;

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value};
use thyra_protocol::{
    CreateMessageParams, CreateMessageResult, ElicitParams, ElicitResult, Implementation,
    LoggingLevel, LoggingMessageParams, Revision, Root, TASKS_EXTENSION,
};

pub use self::configured::ConfiguredServer;
pub use self::remote::RemoteServer;
use crate::answers::{Answers, IntoAnswer};
use crate::background::Background;
use crate::cache::{Cache, CacheBounds, CacheMode};
#[cfg(feature = "output-validation")]
use crate::client::OutputSchemas;
use crate::client::{Client, Conversation, HeaderParameters, Introduction, Parts, TaskSupports};
use crate::error::ClientError;
use crate::hop::{Observer, SharedObserver};
use crate::log::Log;
use crate::sampling::Sampler;
use crate::transport::{Inbox, Transport};

/// Sets up a [`Client`]: what it says about itself and answers, whatever the transport. Over HTTP
/// ([`Client::builder`]) it also has a URL and a token.
#[derive(Debug)]
#[must_use = "there is no client before `build`"]
pub struct ClientBuilder<T = RemoteServer> {
    transport: T,
    settings: Settings,
}

/// What is set up whatever the transport.
#[derive(Debug)]
struct Settings {
    info: Implementation,
    observer: SharedObserver,
    call_time: Duration,
    connect_time: Duration,
    answers: Answers,
    log: Option<Log>,
    has_tasks: bool,
    revision: Option<Revision>,
    cache: Option<CacheBounds>,
    /// The extensions that the client declares.
    extensions: Map<String, Value>,
}

impl<T: Transport> ClientBuilder<T> {
    /// The client. Nothing is sent yet.
    pub fn build(self) -> Client {
        Client::assemble(self.settings, self.transport)
    }
}

impl<T> ClientBuilder<T> {
    pub(crate) fn new(transport: T) -> Self {
        Self {
            transport,
            settings: Settings::default(),
        }
    }

    /// The same settings for another way to the server.
    fn map<U>(self, to: impl FnOnce(T) -> U) -> ClientBuilder<U> {
        ClientBuilder {
            transport: to(self.transport),
            settings: self.settings,
        }
    }

    /// The name and version that servers and login pages see. Default: thyra and its version.
    pub fn info(mut self, info: Implementation) -> Self {
        self.settings.info = info;
        self
    }

    /// Hears of every hop.
    pub fn observer(mut self, observer: impl Observer + 'static) -> Self {
        self.settings.observer = SharedObserver::new(observer);
        self
    }

    /// How long the server may take to answer one request. A login does not count, and neither do
    /// the answers to its questions. Default 5 minutes.
    pub fn call_time(mut self, time: Duration) -> Self {
        self.settings.call_time = time;
        self
    }

    /// How long the server may take to answer each message with which the conversation is opened
    /// (`server/discover`, `initialize`): a program must have started by then. It is at most
    /// [`ClientBuilder::call_time`]. A login does not count. Default 30 seconds.
    pub fn connect_time(mut self, time: Duration) -> Self {
        self.settings.connect_time = time;
        self
    }

    /// Speaks this revision only, and asks the server no questions about it. By default, the two
    /// agree before the first request: the client asks `server/discover`, and a server that does
    /// not know that is opened with `initialize`.
    ///
    /// A call fails with [`ClientError::Revision`](crate::ClientError::Revision) when a server
    /// answers `initialize` with another revision.
    pub fn revision(mut self, revision: Revision) -> Self {
        self.settings.revision = Some(revision);
        self
    }

    /// Keeps answers for as long as the server says that they are fresh (`ttlMs`, at most a day),
    /// and uses them instead of asking again: lists, what `discover` returns, and what resources
    /// hold (MCP `server/utilities/caching`, from 2026-07-28). [`Client::cached`] asks anew.
    ///
    /// What the server calls private is used only with the token with which it was asked for. A
    /// [`Subscription`](crate::Subscription) drops what has changed. By default nothing is kept.
    pub fn cache(mut self, bounds: CacheBounds) -> Self {
        self.settings.cache = Some(bounds);
        self
    }

    /// Answers the questions that servers put to the user (MCP `elicitation/create`): fill in a
    /// form, or visit a page. Without it, servers are told that the user cannot be asked.
    ///
    /// The questions of one call come one at a time, at most 64 in all. After an answer
    /// [`ElicitResult::cancel`], the other questions of that round are cancelled too, and the user
    /// is not asked. The answer may be a `Result`, and a failure ends the call.
    ///
    /// The answer to a form is held against its schema before it is sent, and absent fields get the
    /// defaults of the form. One that does not fit is not sent: the call ends with
    /// [`ClientError::Answer`](crate::ClientError::Answer), whose source is the
    /// [`AnswerError`](crate::AnswerError) that names field and rule. A server of the handshake era
    /// gets an error in its place, and the log says which. [`Form`](crate::Form) shows the fields.
    ///
    /// A page has an `https` URL (`http` only on this machine) without a user name; the call ends
    /// with [`ClientError::Page`](crate::ClientError::Page) if it has another. The page may still
    /// lead anywhere: show the user the whole URL and its host, and open it only after they agree.
    ///
    /// ```
    /// use thyra_client::{Client, ElicitParams, ElicitResult};
    ///
    /// # fn build() -> Result<Client, thyra_client::ClientError> {
    /// let client = Client::builder("https://mcp.example.com/mcp")
    ///     .on_elicit(async |question| match question {
    ///         ElicitParams::Form(form) => {
    ///             // `{:?}` quotes the server's text, which may hold control characters.
    ///             println!("{:?}", form.message);
    ///             ElicitResult::accept([("name", "Ada")])
    ///         }
    ///         ElicitParams::Url(_) => ElicitResult::decline(),
    ///         _ => ElicitResult::cancel(), // a kind of question that a later revision adds
    ///     })
    ///     .build()?;
    /// # Ok(client)
    /// # }
    /// # build().unwrap();
    /// ```
    pub fn on_elicit<F, A>(mut self, answer: F) -> Self
    where
        F: Fn(ElicitParams) -> A + Send + Sync + 'static,
        A: Future<Output: IntoAnswer<ElicitResult>> + Send + 'static,
    {
        self.settings.answers.set_elicit(answer);
        self
    }

    /// Hears that the user is done on a page to which a server has sent them, and to which they
    /// agreed to go: the id of the question ([`ElicitUrlParams::elicitation_id`]). Servers of
    /// 2025-11-25 may say so, and no others.
    ///
    /// It is called on the client's own task, so it must not block.
    ///
    /// [`ElicitUrlParams::elicitation_id`]: thyra_protocol::ElicitUrlParams::elicitation_id
    pub fn on_elicitation_complete(mut self, hear: impl Fn(&str) + Send + Sync + 'static) -> Self {
        self.settings.answers.set_on_elicitation_complete(hear);
        self
    }

    /// How long a call waits for the user to be done on the pages that the server wants to be
    /// visited first (error -32042 of 2025-11-25). When the server says that they are done, or the
    /// time is over, the call is repeated, once. Default: it is repeated as soon as
    /// [`ClientBuilder::on_elicit`] has answered, so return from it when the user is done.
    pub fn visit_time(mut self, time: Duration) -> Self {
        self.settings.answers.set_visit_time(time);
        self
    }

    /// Answers for a language model (MCP `sampling/createMessage`). Without it, servers are told
    /// that there is none. The model gets no tools; see [`ClientBuilder::on_sampling_with_tools`].
    ///
    /// The server talks to the model on the user's behalf, so let the user see what it says and
    /// what it costs.
    pub fn on_sampling<F, A>(mut self, answer: F) -> Self
    where
        F: Fn(CreateMessageParams) -> A + Send + Sync + 'static,
        A: Future<Output: IntoAnswer<CreateMessageResult>> + Send + 'static,
    {
        self.settings.answers.set_sampling(false, answer);
        self
    }

    /// Answers for a language model that can be given tools (capability `sampling.tools`, from
    /// 2025-11-25). Pass `tools` and `tool_choice` on to it, and answer with what it says, also
    /// where it wants a tool to be called ([`SamplingContent::ToolUse`]): the server calls the
    /// tool, and asks again with the result.
    ///
    /// As with [`ClientBuilder::on_sampling`], let the user see what is said.
    ///
    /// [`SamplingContent::ToolUse`]: thyra_protocol::SamplingContent::ToolUse
    pub fn on_sampling_with_tools<F, A>(mut self, answer: F) -> Self
    where
        F: Fn(CreateMessageParams) -> A + Send + Sync + 'static,
        A: Future<Output: IntoAnswer<CreateMessageResult>> + Send + 'static,
    {
        self.settings.answers.set_sampling(true, answer);
        self
    }

    /// A language model that answers what servers ask it (MCP `sampling/createMessage`), in place
    /// of a function. It gets tools if it says so ([`Sampler::has_tools`]).
    ///
    /// The server talks to the model on the user's behalf and at the user's cost, so offer it only
    /// to servers that you trust, or ask the user first in a [`Sampler`] of your own.
    pub fn sampler(mut self, model: impl Sampler + 'static) -> Self {
        let model = Arc::new(model);
        let has_tools = model.has_tools();
        self.settings
            .answers
            .set_sampling(has_tools, move |question| {
                let model = Arc::clone(&model);
                async move { model.sample(question).await }
            });
        self
    }

    /// Tells servers that ask which files and folders the user is working on (MCP `roots/list`).
    /// Without it, servers are told that there is no such list. Later they may be others:
    /// [`Client::set_roots`].
    pub fn roots(mut self, roots: impl IntoIterator<Item = Root>) -> Self {
        self.settings.answers.set_roots(roots.into_iter().collect());
        self
    }

    /// Tells servers that calls must not go on as tasks (extension
    /// `io.modelcontextprotocol/tasks`). Without this, they may, and the client follows the tasks.
    /// A task reports no progress, so do this where the progress of such tools matters more.
    pub fn without_tasks(mut self) -> Self {
        self.settings.has_tasks = false;
        self
    }

    /// Announces that the program knows an extension (capability `extensions`, from 2026-07-28),
    /// with the settings that the extension defines. What it adds is yours to send and to read
    /// ([`Client::request_raw`], [`Client::notify_raw`]).
    ///
    /// ```
    /// use thyra_client::{Client, ClientError};
    ///
    /// # fn build() -> Result<Client, ClientError> {
    /// Client::builder("https://mcp.example.com/mcp").extension("com.example/audit", [])?.build()
    /// # }
    /// # build().unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// [`ClientError::Extension`](crate::ClientError::Extension) when the identifier is no prefix,
    /// slash and name, or is that of tasks, which the client follows by itself.
    pub fn extension(
        mut self,
        identifier: impl Into<String>,
        settings: impl IntoIterator<Item = (String, Value)>,
    ) -> Result<Self, ClientError> {
        let identifier = identifier.into();
        let is_named = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_graphic());
        let parts = identifier.split_once('/');
        let is_sound = parts.is_some_and(|(prefix, name)| is_named(prefix) && is_named(name));
        let problem = match &*identifier {
            TASKS_EXTENSION => {
                "the client announces it by itself, unless it is built `.without_tasks()`"
            }
            _ if !is_sound => "write it as `com.example/name`, with a prefix of your own",
            _ => {
                let settings = Map::from_iter(settings);
                self.settings.extensions.insert(identifier, settings.into());
                return Ok(self);
            }
        };
        Err(ClientError::Extension {
            identifier,
            problem,
        })
    }

    /// Hears what servers log about this client's requests, from `level` up (MCP
    /// `notifications/message`). Without it, servers are not asked to log.
    ///
    /// It is called on the client's own task, so it must not block.
    pub fn on_log(
        mut self,
        level: LoggingLevel,
        hear: impl Fn(LoggingMessageParams) + Send + Sync + 'static,
    ) -> Self {
        self.settings.log = Some(Log::new(level, hear));
        self
    }

    /// Puts what servers log about this client's requests, from `level` up, into the log of this
    /// program: as `tracing` events of the target `thyra_client::server`, with the fields `level`,
    /// `logger` and `data`, in which control characters are escaped and long texts cut. It takes
    /// the place of [`ClientBuilder::on_log`].
    ///
    /// | MCP | `tracing` |
    /// |---|---|
    /// | `debug` | `DEBUG` |
    /// | `info`, `notice` | `INFO` |
    /// | `warning` | `WARN` |
    /// | `error`, `critical`, `alert`, `emergency` | `ERROR` |
    pub fn log_to_tracing(self, level: LoggingLevel) -> Self {
        self.on_log(level, crate::log::trace)
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            info: Implementation::new("thyra", env!("CARGO_PKG_VERSION")),
            observer: SharedObserver::default(),
            call_time: Duration::from_mins(5),
            connect_time: Duration::from_secs(30),
            answers: Answers::default(),
            log: None,
            has_tasks: true,
            revision: None,
            cache: None,
            extensions: Map::new(),
        }
    }
}

impl Client {
    /// A client of the MCP endpoint at `url`, such as `https://mcp.example.com/mcp`.
    pub fn builder(url: impl Into<String>) -> ClientBuilder {
        ClientBuilder::remote(url.into())
    }

    /// A client of a server of the HTTP+SSE transport of 2024-11-05, whose stream is at `url`, such
    /// as `https://mcp.example.com/sse`. [`Client::builder`] finds such a server out by itself,
    /// with two requests more.
    pub fn sse(url: impl Into<String>) -> ClientBuilder {
        ClientBuilder::remote(url.into()).old()
    }

    /// A client over a transport of your own.
    ///
    /// A server within the same process has one, `thyra::Server::in_process`.
    pub fn over<T: Transport>(transport: T) -> ClientBuilder<T> {
        ClientBuilder::new(transport)
    }

    fn assemble(settings: Settings, transport: impl Transport) -> Self {
        let mut capabilities = settings.answers.capabilities();
        capabilities.extensions = settings.extensions;
        if settings.has_tasks {
            let none = Map::new();
            let extensions = &mut capabilities.extensions;
            extensions.insert(TASKS_EXTENSION.to_owned(), none.into());
        }
        let revision = Revision::V2026_07_28;
        let inbox = Inbox::new(
            settings.answers.clone(),
            settings.log.clone(),
            settings.observer.clone(),
        );
        transport.attach(inbox.clone());
        let parts = Parts {
            conversation: Conversation::new(settings.revision.or_else(|| transport.revision())),
            inbox,
            cache: settings.cache.map(Cache::new),
            header_parameters: HeaderParameters::default(),
            task_supports: TaskSupports::default(),
            #[cfg(feature = "output-validation")]
            output_schemas: OutputSchemas::default(),
            transport: Box::new(transport),
            call_time: settings.call_time,
            connect_time: settings.connect_time.min(settings.call_time),
            observer: settings.observer,
            introduction: Introduction {
                written_info: raw(&settings.info.for_revision(revision)),
                written_capabilities: raw(&capabilities.for_revision(revision)),
                info: settings.info,
                capabilities,
            },
            answers: settings.answers,
            log: settings.log,
            has_tasks: settings.has_tasks,
            aside: Background::default(),
            next_id: AtomicI64::new(1),
            next_progress_token: AtomicI64::new(1),
        };
        Self(Arc::new(parts), CacheMode::default())
    }
}

#[expect(
    clippy::expect_used,
    reason = "what a client says about itself is text in objects, which JSON can hold"
)]
fn raw(value: &impl Serialize) -> Box<RawValue> {
    to_raw_value(value).expect("text in objects")
}
