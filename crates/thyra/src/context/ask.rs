//! Asking the other side: the user for input or for a visit to a page, the client for a model's
//! words or for its roots.
//!
//! One source serves both eras. In the handshake era a question is a JSON-RPC request on the stream
//! of the call. In the sessionless era it ends the round: the client gets the questions as its
//! result, asks, and calls again with the answers (MCP 2026-07-28, "Multi Round-Trip Requests");
//! the handler then runs from its top and finds each answer where it asked.

use serde::de::DeserializeOwned;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value};
use thyra_oauth::page_url;
use thyra_protocol::{
    ClientCapabilities, CreateMessageParams, CreateMessageResult, ElicitAction, ElicitParams,
    ElicitResult, Implementation, InputRequest, ListRootsResult, Revision, Root,
};

use super::Context;
use crate::conversation::{AskError, ClientCapability};
use crate::elicit::{Elicit, ElicitField, Question, has_choices, spelled_for};

/// The longest key of a question.
const LONGEST_KEY: usize = 128;

/// The first revision whose forms have choices of several (SEP-1330).
const CHOICES_SINCE: Revision = Revision::V2025_11_25;

impl Context {
    /// Asks the user for a `T` with a form, and waits for the answer (MCP `elicitation/create`).
    ///
    /// `key` names the question within this call; `message` is what the user reads. `T` is a flat
    /// struct under `#[derive(Elicit)]`, or one value: text, a number, `bool`, or an enum under
    /// `#[derive(Elicit)]`. `ask::<()>` shows no field: `Ok` means that the user accepted.
    ///
    /// In the sessionless era the handler runs again from its top for each round of questions, and
    /// repeats what it does before a question; [`Context::once`] keeps an effect from repeating.
    /// Questions that are asked at the same time, with `join!`, are one round.
    ///
    /// # Errors
    ///
    /// [`AskError::Declined`] and [`AskError::Cancelled`] are the user's answers too.
    /// [`AskError::Unsupported`], and [`AskError::WithinOnce`] for a question within the work of
    /// [`Context::once`], come before anybody is asked.
    pub async fn ask<T: Elicit>(
        &self,
        key: impl AsRef<str>,
        message: impl Into<String>,
    ) -> Result<T, AskError> {
        self.ask_for(key.as_ref(), Question::new(message)).await
    }

    /// Asks the user for one value, with a title and a description at its field.
    ///
    /// `T` is text, a number, `bool`, an enum under `#[derive(Elicit)]`, a `Vec` of such an enum,
    /// or `Option` of these. The fields of a struct have titles of their own, so structs are asked
    /// for with [`Context::ask`].
    ///
    /// ```
    /// use thyra::Question;
    /// use thyra::prelude::*;
    ///
    /// /// Books a table.
    /// #[tool]
    /// async fn book(ctx: Context) -> Result<String, ToolError> {
    ///     let question = Question::new("How many people come?")
    ///         .title("People")
    ///         .description("Children count as well.");
    ///     let people: u8 = ctx.ask_value("people", question).await?;
    ///     Ok(format!("A table for {people}"))
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Context::ask`].
    pub async fn ask_value<T: ElicitField>(
        &self,
        key: impl AsRef<str>,
        question: impl Into<Question>,
    ) -> Result<T, AskError> {
        self.ask_for(key.as_ref(), question.into()).await
    }

    /// Sends the user to `url`, for what must not pass through the client: a password, a payment, a
    /// consent (URL mode elicitation).
    ///
    /// `Ok` means that the user agreed to go, not that anything has happened there. `url` is an
    /// absolute `http` or `https` URL without a user name, and with the host that browsers read, in
    /// ASCII. It passes through the client, so put no secret into it.
    ///
    /// # Errors
    ///
    /// As [`Context::ask`]; [`AskError::Refused`] when `url` is no such URL, before anybody is
    /// asked.
    pub async fn ask_url(
        &self,
        key: impl AsRef<str>,
        message: impl Into<String>,
        url: impl AsRef<str>,
    ) -> Result<(), AskError> {
        let (key, url) = (key.as_ref(), url.as_ref());
        self.require(ClientCapability::ElicitationUrl)?;
        page_url(url).map_err(|_| AskError::Refused {
            key: key.to_owned(),
            reason: "the URL of a page is an absolute http or https URL of at most 8192 bytes, all of them characters of URLs, without a user name, and begins with the host that it leads to, as https://pay.example/cart does",
        })?;
        let elicitation_id = match thyra_oauth::unguessable::<16>() {
            Ok(id) => id.expose().clone(),
            Err(_) => {
                return Err(AskError::Refused {
                    key: key.to_owned(),
                    reason: "the machine gives no random numbers",
                });
            }
        };
        let params = ElicitParams::url(message, url, elicitation_id);
        let result: ElicitResult = self.put(key, InputRequest::elicitation(params)).await?;
        accepted(result).map(|_| ())
    }

    /// Asks the client's model (MCP `sampling/createMessage`; deprecated from 2026-07-28 on, but it
    /// still works there).
    ///
    /// # Errors
    ///
    /// As [`Context::ask`].
    pub async fn sample(
        &self,
        key: impl AsRef<str>,
        params: CreateMessageParams,
    ) -> Result<CreateMessageResult, AskError> {
        self.require(if params.tools.is_some() {
            ClientCapability::SamplingTools
        } else {
            ClientCapability::Sampling
        })?;
        self.put(key.as_ref(), InputRequest::sampling(params)).await
    }

    /// The directories and files that the client's user is working on (MCP `roots/list`).
    ///
    /// # Errors
    ///
    /// As [`Context::ask`].
    pub async fn roots(&self, key: impl AsRef<str>) -> Result<Vec<Root>, AskError> {
        self.require(ClientCapability::Roots)?;
        let result: ListRootsResult = self.put(key.as_ref(), InputRequest::roots()).await?;
        Ok(result.roots)
    }

    /// Goes on as a task from here, if the tool may ([`TaskMode::Deferred`](crate::TaskMode)) and
    /// the client knows tasks: the client gets its answer now, and asks for the result later.
    /// Elsewhere, and within the work of [`Context::once`], it does nothing.
    ///
    /// The task runs the handler from its top, with the answers that the client has given already;
    /// [`Context::once`] keeps effects from repeating. So ask your questions first, then go on as a
    /// task.
    pub async fn continue_as_task(&self) {
        self.rounds().become_task().await;
    }

    /// The client's capabilities, as it declared them.
    pub fn client_capabilities(&self) -> &ClientCapabilities {
        self.0.capabilities()
    }

    /// What the client declared for the extension `identifier`, such as `com.example/audit`; `None`
    /// when it does not have it.
    pub fn client_extension(&self, identifier: &str) -> Option<&Value> {
        self.client_capabilities().extensions.get(identifier)
    }

    /// Who the client says it is: its name and its version. `None` when it does not say, which only
    /// clients that send no `initialize` may do.
    ///
    /// It is for logs and for people. Base no decision about access on it, because any client can
    /// say anything.
    pub fn client_info(&self) -> Option<&Implementation> {
        self.0.client_info()
    }

    /// Fails when the client lacks the capability.
    ///
    /// # Errors
    ///
    /// [`AskError::Unsupported`], which becomes the protocol's own error when a tool returns it.
    pub fn require(&self, capability: ClientCapability) -> Result<(), AskError> {
        if self.0.abilities().has(capability) {
            Ok(())
        } else {
            Err(AskError::Unsupported(capability))
        }
    }

    async fn ask_for<T: Elicit>(&self, key: &str, question: Question) -> Result<T, AskError> {
        let content = self.ask_form(key, question, T::elicit_schema).await?;
        T::from_content(&content).map_err(|source| AskError::Invalid {
            key: key.to_owned(),
            source,
        })
    }

    /// The user's answers to the form that `schema` makes.
    pub(super) async fn ask_form(
        &self,
        key: &str,
        question: Question,
        schema: impl FnOnce() -> Value,
    ) -> Result<Map<String, Value>, AskError> {
        self.require(ClientCapability::Elicitation)?;
        let (message, schema) = question.over(schema());
        if self.revision() < CHOICES_SINCE && has_choices(&schema) {
            return Err(AskError::Revision {
                question: "a choice of several",
                since: CHOICES_SINCE,
                spoken: self.revision(),
            });
        }
        let schema = to_raw(key, &spelled_for(self.revision(), schema))?;
        let params = ElicitParams::form(message, schema);
        let result: ElicitResult = self.put(key, InputRequest::elicitation(params)).await?;
        Ok(accepted(result)?.unwrap_or_default())
    }

    async fn put<R: DeserializeOwned>(
        &self,
        key: &str,
        request: InputRequest,
    ) -> Result<R, AskError> {
        if key.is_empty() || key.len() > LONGEST_KEY {
            return Err(AskError::Refused {
                key: key.chars().take(LONGEST_KEY).collect(),
                reason: "a key has 1 to 128 bytes",
            });
        }
        let answer = self.rounds().ask(&self.0.key(key), request).await?;
        serde_json::from_str(answer.get()).map_err(|source| AskError::Malformed {
            key: key.to_owned(),
            source,
        })
    }
}

fn accepted(result: ElicitResult) -> Result<Option<Map<String, Value>>, AskError> {
    match result.action {
        ElicitAction::Accept => Ok(result.content),
        ElicitAction::Decline => Err(AskError::Declined),
        ElicitAction::Cancel => Err(AskError::Cancelled),
    }
}

fn to_raw(key: &str, value: &Value) -> Result<Box<RawValue>, AskError> {
    to_raw_value(value).map_err(|source| AskError::Malformed {
        key: key.to_owned(),
        source,
    })
}
