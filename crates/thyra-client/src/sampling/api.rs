//! Models behind the HTTP interfaces of providers.

#[cfg(feature = "anthropic")]
mod anthropic;
mod error;
#[cfg(feature = "google")]
mod google;
mod models;
#[cfg(feature = "openai")]
mod openai;
mod tool_names;
mod tool_text;

use std::error::Error;
use std::fmt;
use std::time::Duration;

use futures_util::future::BoxFuture;
use http::HeaderMap;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use thyra_oauth::{FetchLimits, Fetcher, Secret, Trust, printable_url};
use thyra_protocol::{CreateMessageParams, CreateMessageResult, SamplingContent};
use url::Url;

pub use self::error::ModelError;
use self::models::Models;
use self::tool_names::ToolNames;
use super::Sampler;

/// How long a model may take to answer.
const TIME_LIMIT: Duration = Duration::from_mins(2);

/// How large an answer may be, in bytes.
const MAX_BYTES: usize = 16 << 20;

/// A language model behind an HTTP interface of the shape of Anthropic's, Google's or `OpenAI`'s:
/// the provider itself, or any server that speaks like it.
///
/// It passes on what the server says and what it wants: text, pictures, sound where the interface
/// has it, tools, their results, and how the answer is made. A server chooses among the models that
/// you name, and no other. It does not get to see the key, which is sent to the base URL only.
///
/// ```
/// use thyra_client::{Client, ModelApi, Secret};
///
/// # #[cfg(feature = "openai")]
/// # fn build() -> Result<Client, Box<dyn std::error::Error>> {
/// let key = Secret::new("the key".to_owned()); // read it from where you keep secrets
/// let model = ModelApi::openai("gpt-5-mini").key(key).model("large", "gpt-5").max_tokens(2000);
/// # let _ = model;
/// let local = ModelApi::openai("qwen3").base_url("http://127.0.0.1:11434/v1")?;
/// let client = Client::builder("https://mcp.example.com/mcp").sampler(local).build()?;
/// # Ok(client)
/// # }
/// # #[cfg(feature = "openai")]
/// # build().unwrap();
/// ```
#[derive(Clone, Debug)]
#[must_use = "it answers nobody before a client has it"]
pub struct ModelApi {
    dialect: &'static dyn Dialect,
    base: Url,
    /// Whether the base is the provider's own.
    is_home: bool,
    key: Option<Secret>,
    models: Models,
    max_tokens: Option<u64>,
    time_limit: Duration,
    fetcher: Fetcher,
}

/// The shape of an interface.
trait Dialect: fmt::Debug + Send + Sync {
    /// The provider's own base URL.
    fn home(&self) -> &'static str;

    /// The path below the base, in segments.
    fn path(&self, model: &str) -> Vec<String>;

    /// The header that has the key, and what stands there before it.
    fn key_header(&self) -> (&'static str, &'static str);

    /// Headers that every request has.
    fn headers(&self) -> &'static [(&'static str, &'static str)] {
        &[]
    }

    /// The body of the request.
    fn write(&self, asked: &Asked<'_>) -> Result<serde_json::Value, ModelError>;

    /// The answer in the body of a good response.
    fn read(&self, body: &[u8], asked: &Asked<'_>) -> Result<CreateMessageResult, ModelError>;
}

/// A question on its way.
struct Asked<'a> {
    question: &'a CreateMessageParams,
    model: &'a str,
    tools: ToolNames,
    #[cfg_attr(
        not(feature = "openai"),
        expect(
            dead_code,
            reason = "those who speak like OpenAI differ from it, the others not"
        )
    )]
    is_home: bool,
}

impl ModelApi {
    /// `model`, behind Anthropic's messages.
    #[cfg(feature = "anthropic")]
    pub fn anthropic(model: impl Into<String>) -> Self {
        Self::new(&anthropic::Anthropic, model.into())
    }

    /// `model`, behind Google's `generateContent`.
    #[cfg(feature = "google")]
    pub fn google(model: impl Into<String>) -> Self {
        Self::new(&google::Google, model.into())
    }

    /// `model`, behind `OpenAI`'s chat completions, which many local servers speak, too.
    #[cfg(feature = "openai")]
    pub fn openai(model: impl Into<String>) -> Self {
        Self::new(&openai::OpenAi, model.into())
    }

    #[expect(
        clippy::expect_used,
        reason = "the home of a dialect is a constant of this crate"
    )]
    fn new(dialect: &'static dyn Dialect, model: String) -> Self {
        Self {
            dialect,
            base: Url::parse(dialect.home()).expect("a URL"),
            is_home: true,
            key: None,
            models: Models::new(model),
            max_tokens: None,
            time_limit: TIME_LIMIT,
            fetcher: Fetcher::new(),
        }
    }

    /// The key of the provider. Local servers often want none.
    pub fn key(mut self, key: Secret) -> Self {
        self.key = Some(key);
        self
    }

    /// Where the interface is, as the provider's own SDK wants it: `OpenAI`'s ends in `/v1`, the
    /// others have no version. With a key it must be `https`, or `http` on this machine.
    ///
    /// # Errors
    ///
    /// [`ModelError::BaseUrl`] if it is no `http` or `https` URL, or has more than a path.
    pub fn base_url(mut self, url: &str) -> Result<Self, ModelError> {
        let refused = |problem| ModelError::BaseUrl {
            url: printable_url(url),
            problem,
        };
        let base = Url::parse(url).map_err(|_| refused("it is not an absolute URL"))?;
        if !matches!(base.scheme(), "http" | "https") {
            return Err(refused("its scheme is neither https nor http"));
        }
        if !base.username().is_empty() || base.password().is_some() {
            return Err(refused(
                "it holds a user name or a password; give the key with .key(...)",
            ));
        }
        if base.query().is_some() || base.fragment().is_some() {
            return Err(refused("it has a query or a fragment"));
        }
        self.base = base;
        self.is_home = false;
        Ok(self)
    }

    /// One more model, which a server gets when one of its hints contains `hint` or is a part of
    /// the model's name, in any case. The first hint that leads to a model decides, and without one
    /// it is the model of the constructor.
    pub fn model(mut self, hint: &str, model: impl Into<String>) -> Self {
        self.models.add(hint, model.into());
        self
    }

    /// The most tokens of one answer. A server that wants more gets so many. Default: as many as
    /// the server wants.
    pub fn max_tokens(mut self, most: u64) -> Self {
        self.max_tokens = Some(most);
        self
    }

    /// How long the model may take to answer. Default 2 minutes.
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.time_limit = limit;
        self
    }

    /// Sends the questions with `fetcher`, which may know a proxy or certificate authorities of
    /// yours. Default: one of its own.
    pub fn fetcher(mut self, fetcher: Fetcher) -> Self {
        self.fetcher = fetcher;
        self
    }

    async fn ask(
        &self,
        mut question: CreateMessageParams,
    ) -> Result<CreateMessageResult, ModelError> {
        let most = self.max_tokens.unwrap_or(u64::MAX);
        question.max_tokens = question.max_tokens.min(most);
        let asked = Asked {
            model: self.models.choose(question.model_preferences.as_ref()),
            tools: ToolNames::of(&question),
            question: &question,
            is_home: self.is_home,
        };
        let body = self.dialect.write(&asked)?.to_string().into_bytes();
        let limits = FetchLimits {
            max_bytes: MAX_BYTES,
            timeout: self.time_limit,
        };
        let trust = match self.key {
            Some(_) => Trust::Configured,
            None => Trust::WithoutSecrets,
        };
        let url = self.url(asked.model);
        let sent = self
            .fetcher
            .post(&url, self.headers()?, body.into(), limits, trust);
        let answer = sent.await?;
        if answer.status.is_success() {
            self.dialect.read(&answer.body, &asked)
        } else {
            Err(ModelError::refusal(&answer, self.key.as_ref()))
        }
    }

    fn url(&self, model: &str) -> Url {
        let mut url = self.base.clone();
        // A URL of http always has a path.
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(self.dialect.path(model));
        }
        url
    }

    fn headers(&self) -> Result<HeaderMap, ModelError> {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        for (name, value) in self.dialect.headers() {
            headers.insert(
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            );
        }
        if let Some(key) = &self.key {
            let (name, before) = self.dialect.key_header();
            let value = Secret::new(format!("{before}{}", key.expose()));
            let mut value =
                HeaderValue::from_str(value.expose()).map_err(|_| ModelError::KeyUnsendable)?;
            value.set_sensitive(true);
            headers.insert(HeaderName::from_static(name), value);
        }
        Ok(headers)
    }
}

impl Sampler for ModelApi {
    fn sample(
        &self,
        question: CreateMessageParams,
    ) -> BoxFuture<'_, Result<CreateMessageResult, Box<dyn Error + Send + Sync>>> {
        Box::pin(async move { Ok(self.ask(question).await?) })
    }

    fn has_tools(&self) -> bool {
        true
    }
}

impl Asked<'_> {
    /// The tools, if there are any.
    fn offered(&self) -> Option<&[thyra_protocol::Tool]> {
        let tools = self.question.tools.as_deref();
        tools.filter(|tools| !tools.is_empty())
    }

    /// How often the model has called tools before.
    #[cfg(any(feature = "google", feature = "openai"))]
    fn calls_before(&self) -> usize {
        let blocks = self
            .question
            .messages
            .iter()
            .flat_map(|message| &message.content);
        let calls = blocks.filter(|block| matches!(block, SamplingContent::ToolUse(_)));
        calls.count()
    }

    /// The result of these blocks. MCP knows no message without any.
    fn result(
        &self,
        model: Option<String>,
        mut content: Vec<SamplingContent>,
        stop_reason: Option<String>,
    ) -> CreateMessageResult {
        if content.is_empty() {
            content.push(SamplingContent::text(""));
        }
        let model = model.unwrap_or_else(|| self.model.to_owned());
        let mut result = CreateMessageResult::new(model, content);
        result.stop_reason = stop_reason;
        result
    }
}

#[cfg(test)]
mod tests;
