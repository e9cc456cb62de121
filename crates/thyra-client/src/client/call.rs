//! One call, with all that can be said about it.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use thyra_protocol::{
    CallToolResult, GetPromptResult, ProgressParams, ProgressToken, ReadResourceResult,
    method as methods,
};

use super::Client;
use super::request::{Subject, arguments as written, own_meta, unusable};
use super::rounds::Target;
use super::tasks::{Begun, ToolTask};
use super::value::value;
use crate::error::ClientError;

/// The key of `_meta` in which a client names the version of a component. FastMCP's servers read it
/// as ours do.
pub(super) const VERSIONS: &str = "fastmcp";

/// A call that is not sent yet: of a tool ([`Client::call`]), of a prompt ([`Client::prompt`]), or
/// the reading of a resource ([`Client::read`]). `R` is its result.
///
/// ```no_run
/// use std::time::Duration;
///
/// use serde_json::json;
/// use thyra_client::Client;
///
/// # async fn example(client: &Client) -> Result<(), thyra_client::ClientError> {
/// let report: String = client
///     .call("report")
///     .arguments(&json!({ "year": 2026 }))
///     .version("2.0")
///     .meta([("com.example/room".to_owned(), json!("blue"))])
///     .time_limit(Duration::from_secs(20))
///     .on_progress(|progress| println!("{}", progress.progress))
///     .send_as()
///     .await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is sent before `send`"]
pub struct Call<'a, R = CallToolResult> {
    client: &'a Client,
    kind: Kind,
    name: Cow<'a, str>,
    arguments: Result<Option<Box<RawValue>>, ClientError>,
    version: Option<String>,
    meta: Map<String, Value>,
    time_limit: Option<Duration>,
    on_progress: Option<Hear<'a>>,
    outside: Option<Arc<dyn Outside<R>>>,
    result: PhantomData<fn() -> R>,
}

/// How one server of several looks to a caller who uses them as one.
pub(crate) trait Outside<R>: fmt::Debug + Send + Sync {
    /// Changes what is in a result of the server.
    fn result(&self, result: &mut R);

    /// What the caller calls a task of the server.
    fn task(&self, id: &str) -> String;
}

/// Hears progress reports.
type Hear<'a> = Box<dyn FnMut(&ProgressParams) + Send + 'a>;

#[derive(Clone, Copy, Debug)]
enum Kind {
    Prompt,
    Resource,
    Tool,
}

impl Client {
    /// A call of the tool `name` (MCP `tools/call`), to be sent with [`Call::send`].
    pub fn call<'a>(&'a self, name: impl Into<Cow<'a, str>>) -> Call<'a> {
        Call::new(self, Kind::Tool, name.into())
    }

    /// The prompt `name`, to be filled in (MCP `prompts/get`) with [`Call::send`].
    pub fn prompt<'a>(&'a self, name: impl Into<Cow<'a, str>>) -> Call<'a, GetPromptResult> {
        Call::new(self, Kind::Prompt, name.into())
    }

    /// The resource at `uri`, to be read (MCP `resources/read`) with [`Call::send`].
    pub fn read<'a>(&'a self, uri: impl Into<Cow<'a, str>>) -> Call<'a, ReadResourceResult> {
        Call::new(self, Kind::Resource, uri.into())
    }
}

impl<'a, R> Call<'a, R> {
    fn new(client: &'a Client, kind: Kind, name: Cow<'a, str>) -> Self {
        Self {
            client,
            kind,
            name,
            arguments: Ok(None),
            version: None,
            meta: Map::new(),
            time_limit: None,
            on_progress: None,
            outside: None,
            result: PhantomData,
        }
    }

    /// The caller sees the server's results as `outside` shows them.
    pub(crate) fn seen_from(mut self, outside: Arc<dyn Outside<R>>) -> Self {
        self.outside = Some(outside);
        self
    }

    /// The version of the tool, prompt or resource. Without it, the server takes the highest. A
    /// server that knows no versions (MCP has none; those of Thyra and FastMCP do) may ignore it.
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = Some(version.into());
        self
    }

    /// More for the request's `_meta`. A later value of a key takes the place of an earlier one.
    /// Keys that MCP reserves are refused when the call is sent; `traceparent`, `tracestate` and
    /// `baggage` are not.
    pub fn meta(mut self, meta: impl IntoIterator<Item = (String, Value)>) -> Self {
        self.meta.extend(meta);
        self
    }

    /// How long the server may take to answer, in place of
    /// [`ClientBuilder::call_time`](crate::ClientBuilder::call_time). If the server asks something,
    /// each round has this time, and the answers do not count.
    pub fn time_limit(mut self, time: Duration) -> Self {
        self.time_limit = Some(time);
        self
    }

    /// Hears the progress reports as they come. It must not block.
    pub fn on_progress(mut self, hear: impl FnMut(&ProgressParams) + Send + 'a) -> Self {
        self.on_progress = Some(Box::new(hear));
        self
    }

    /// What the request's `_meta` says beside what the client says in all its requests.
    fn own_meta(&mut self) -> Result<Vec<(String, Box<RawValue>)>, ClientError> {
        if let Some(version) = self.version.take() {
            let version = json!({ "version": version });
            if self.meta.insert(VERSIONS.to_owned(), version).is_some() {
                let problem = "names the version too; leave it out, or do not call .version(..)";
                return Err(ClientError::Meta {
                    name: self.name.clone().into_owned(),
                    key: VERSIONS.to_owned(),
                    problem,
                });
            }
        }
        own_meta(&self.name, std::mem::take(&mut self.meta))
    }
}

impl<R: DeserializeOwned> Call<'_, R> {
    /// Sends the call, and waits for its result. Dropping the future cancels the call.
    ///
    /// When a tool itself fails, the result has `is_error` set, and there is no [`ClientError`].
    /// When the server asks something, the builder's functions answer
    /// ([`ClientBuilder::on_elicit`](crate::ClientBuilder::on_elicit)), in at most 16 rounds and 64
    /// questions.
    ///
    /// # Errors
    ///
    /// [`ClientError`], which names the stage that failed: [`ClientError::Rpc`] when there is no
    /// such tool, prompt or resource, [`ClientError::Arguments`] and [`ClientError::Meta`] when
    /// nothing was sent.
    pub async fn send(mut self) -> Result<R, ClientError> {
        let (meta, arguments, mut hearing) = self.prepared()?;
        let token = hearing.token.clone();
        let target = self.target(arguments.as_deref());
        let subject = self.subject(target.method(), &meta, token.as_ref());
        let mut only_ours = |progress: &ProgressParams| hearing.hear(progress);
        // On the heap, since callers keep several such futures within one.
        let mut result = Box::pin(self.client.converse(target, subject, &mut only_ours)).await?;
        if let Some(outside) = &self.outside {
            outside.result(&mut result);
        }
        Ok(result)
    }
}

impl<'a, R> Call<'a, R> {
    /// Takes what is checked before anything is sent: `_meta`, arguments, who hears of progress.
    fn prepared(&mut self) -> Result<Prepared<'a>, ClientError> {
        let meta = self.own_meta()?;
        let arguments = std::mem::replace(&mut self.arguments, Ok(None))?;
        Ok((
            meta,
            arguments,
            Hearing::new(self.client, self.on_progress.take()),
        ))
    }

    fn target<'s>(&'s self, arguments: Option<&'s RawValue>) -> Target<'s> {
        let name = &*self.name;
        match self.kind {
            Kind::Prompt => Target::Prompt { name, arguments },
            Kind::Resource => Target::Resource { uri: name },
            Kind::Tool => Target::Tool { name, arguments },
        }
    }

    fn subject<'s>(
        &'s self,
        method: &'s str,
        meta: &'s [(String, Box<RawValue>)],
        progress_token: Option<&'s ProgressToken>,
    ) -> Subject<'s> {
        Subject {
            name: Some(&self.name),
            meta,
            progress_token,
            time_limit: self.time_limit,
            ..Subject::of(method)
        }
    }
}

type Prepared<'a> = (
    Vec<(String, Box<RawValue>)>,
    Option<Box<RawValue>>,
    Hearing<'a>,
);

/// The progress reports of one call.
struct Hearing<'a> {
    token: Option<ProgressToken>,
    on_progress: Option<Hear<'a>>,
}

impl<'a> Hearing<'a> {
    fn new(client: &Client, on_progress: Option<Hear<'a>>) -> Self {
        let token = on_progress.is_some().then(|| {
            let next = &client.0.next_progress_token;
            ProgressToken::Number(next.fetch_add(1, Ordering::Relaxed))
        });
        Self { token, on_progress }
    }

    /// Passes on a report, if it is about this call.
    fn hear(&mut self, progress: &ProgressParams) {
        if let Some(hear) = &mut self.on_progress
            && Some(&progress.progress_token) == self.token.as_ref()
        {
            hear(progress);
        }
    }
}

impl Call<'_> {
    /// The arguments: whatever serialises as a JSON object, or `()` for none.
    pub fn arguments(mut self, arguments: &(impl Serialize + ?Sized)) -> Self {
        self.arguments = written(&self.name, arguments);
        self
    }

    /// Sends the call, and reads the value of the result as a `T`.
    ///
    /// The value is the structured content. A server wraps a value that is not an object: the
    /// content is then an object with the only member `result`. In that case the value depends on
    /// `T`:
    ///
    /// | `T` is | the value is |
    /// |---|---|
    /// | a struct with a field `result` | the whole object |
    /// | another struct | the member |
    /// | anything else | the member, or the whole object when the member is not a `T` |
    ///
    /// A struct with flattened fields and an untagged enum count as anything else. If such a type
    /// has an optional `result` of its own, use [`Call::send`] and read
    /// [`CallToolResult::structured_content`].
    ///
    /// Without structured content the tool must return one text. The text is the value if `T` can
    /// be a string (`Value` can); otherwise it is parsed as JSON.
    ///
    /// # Errors
    ///
    /// Those of [`Call::send`]; [`ClientError::Tool`] when the tool says that it failed, and
    /// [`ClientError::Result`] when the result does not hold a `T`.
    pub async fn send_as<T: DeserializeOwned>(self) -> Result<T, ClientError> {
        let tool = self.name.clone().into_owned();
        let result = self.send().await?;
        if result.is_error {
            let result = Box::new(result);
            return Err(ClientError::Tool { tool, result });
        }
        value(&result).map_err(|problem| {
            unusable(
                methods::TOOLS_CALL,
                &format!("it holds no {}: {problem}", std::any::type_name::<T>()),
            )
        })
    }
}

impl Call<'_> {
    /// Sends the call, and does not wait for its end if the server goes on with it as a task, as
    /// [`Client::call_task`] does.
    ///
    /// # Errors
    ///
    /// As [`Call::send`].
    pub async fn begin(mut self) -> Result<ToolTask, ClientError> {
        let (meta, arguments, mut hearing) = self.prepared()?;
        let token = hearing.token.clone();
        let target = self.target(arguments.as_deref());
        let subject = self.subject(target.method(), &meta, token.as_ref());
        let client = self.client;
        let is_task = client.may_be_task(&self.name).await?;
        let subject = Subject { is_task, ..subject };
        let mut only_ours = |progress: &ProgressParams| hearing.hear(progress);
        // On the heap, as in `send`.
        let settled = Box::pin(client.settle(target, subject, None, &mut only_ours)).await?;
        let begun = Begun {
            tool: self.name.into_owned(),
            meta,
        };
        ToolTask::new(client, begun, settled, self.outside)
    }
}

impl Call<'_, GetPromptResult> {
    /// The arguments: whatever serialises as a JSON object of strings, or `()` for none.
    pub fn arguments(mut self, arguments: &(impl Serialize + ?Sized)) -> Self {
        self.arguments = written(&self.name, arguments);
        self
    }
}

impl<R> fmt::Debug for Call<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("kind", &self.kind)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
