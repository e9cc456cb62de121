//! Requests that a server may answer with questions (MCP 2026-07-28, `basic/patterns/mrtr`): the
//! client sends the request again, with the answers and the server's state, until there is a
//! result.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::{RawValue, to_raw_value};
use thyra_oauth::printable;
use thyra_protocol::{
    CallToolParams, ElicitResult, ErrorCode, GetPromptParams, InputRequest, InputResponses,
    ReadResourceParams, ResultType, Revision, method as methods,
};

use super::Client;
use super::cached::LookUp;
use super::request::{OnProgress, Subject, kind, parsed, unusable};
use super::tasks::{AsTask, Wish, begun};
use crate::answers::{NotOffered, Offered, known};
use crate::cache::{Key, Place};
use crate::error::ClientError;
use crate::hop::Hop;

/// The most rounds of questions about one request.
const MAX_ROUNDS: usize = 16;

/// The most questions about one request in all rounds, since a person may have to read each.
pub(super) const MAX_QUESTIONS: usize = 64;

/// The subject of a request to which the server may answer with questions.
#[derive(Clone, Copy)]
pub(super) enum Target<'a> {
    Prompt {
        name: &'a str,
        arguments: Option<&'a RawValue>,
    },
    Resource {
        uri: &'a str,
    },
    Tool {
        name: &'a str,
        arguments: Option<&'a RawValue>,
    },
}

/// How a request came to its end.
pub(super) enum Settled {
    Result(Box<RawValue>),
    /// It goes on as the task with this id.
    Task(String),
}

/// What the client adds when it sends a request again.
#[derive(Default)]
struct Round {
    input_responses: Option<Box<RawValue>>,
    request_state: Option<String>,
}

/// A result with questions that are not parsed yet.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Required {
    #[serde(default)]
    input_requests: BTreeMap<String, Box<RawValue>>,
    #[serde(default)]
    request_state: Option<String>,
}

impl Target<'_> {
    pub(super) fn method(&self) -> &'static str {
        match self {
            Self::Prompt { .. } => methods::PROMPTS_GET,
            Self::Resource { .. } => methods::RESOURCES_READ,
            Self::Tool { .. } => methods::TOOLS_CALL,
        }
    }

    /// What `Mcp-Name` repeats.
    fn name(&self) -> &str {
        match self {
            Self::Prompt { name, .. } | Self::Tool { name, .. } => name,
            Self::Resource { uri } => uri,
        }
    }
}

impl Client {
    /// Sends a request, answers the server's questions, and follows the task that it may become,
    /// until there is a result. `subject` is what the request is about, without the arguments that
    /// headers repeat.
    pub(super) async fn converse<R: DeserializeOwned>(
        &self,
        target: Target<'_>,
        subject: Subject<'_>,
        on_progress: OnProgress<'_>,
    ) -> Result<R, ClientError> {
        let (method, name) = (target.method(), target.name());
        let mut place = None;
        if let Target::Resource { uri } = target {
            let key = Key::new(methods::RESOURCES_READ, Some(uri), subject.meta);
            match self.look_up(key).await {
                LookUp::Kept(result) => {
                    let name = Some(name);
                    self.0.observer.hop(&Hop::Kept { method, name });
                    return parsed(method, &result);
                }
                LookUp::Ask(asked) => place = asked,
            }
        }
        let is_task = match target {
            Target::Tool { name, .. } => self.must_be_task(name).await?,
            Target::Prompt { .. } | Target::Resource { .. } => false,
        };
        let subject = Subject { is_task, ..subject };
        let result = match self.settle(target, subject, place, on_progress).await? {
            Settled::Result(result) => result,
            Settled::Task(id) => self.finish_call(name, &id).await?,
        };
        #[cfg(feature = "output-validation")]
        if let Target::Tool { .. } = target {
            self.judge(name, subject.meta, &result);
        }
        self.answered(method, Some(name), &result)
    }

    /// The same, without following the task. The answer is kept at `place`.
    pub(super) async fn settle(
        &self,
        target: Target<'_>,
        subject: Subject<'_>,
        place: Option<Place>,
        on_progress: OnProgress<'_>,
    ) -> Result<Settled, ClientError> {
        let method = target.method();
        let mut round = Round::default();
        let mut questions_left = MAX_QUESTIONS;
        let mut header_arguments = self.header_arguments(&target);
        let mut may_be_outdated = true;
        let mut was_refused = false;
        for answered in 0..=MAX_ROUNDS {
            let about = Subject {
                header_arguments: &header_arguments,
                ..subject
            };
            let sent = self
                .send_round(target, about, &round, &mut *on_progress)
                .await;
            let result = match sent {
                // The server has done nothing yet.
                Err(ClientError::Rpc { error, .. })
                    if error.code == ErrorCode::HEADER_MISMATCH
                        && std::mem::take(&mut may_be_outdated)
                        && self.learns_anew(&target, &mut header_arguments).await =>
                {
                    let about = Subject {
                        header_arguments: &header_arguments,
                        ..subject
                    };
                    self.send_round(target, about, &round, &mut *on_progress)
                        .await?
                }
                Err(refusal) if !std::mem::replace(&mut was_refused, true) => {
                    let name = target.name();
                    self.visit_required(method, name, refusal, questions_left)
                        .await?;
                    continue;
                }
                sent => sent?,
            };
            if subject.is_task
                && let Some(id) = begun(&result)
            {
                return Ok(Settled::Task(id));
            }
            match kind(method, &result)? {
                ResultType::Complete => {
                    // What depends on answers is not kept.
                    if answered == 0 {
                        self.keep(place, &result).await;
                    }
                    return Ok(Settled::Result(result));
                }
                // There is no round left for the answers, so the user is not bothered.
                ResultType::InputRequired if answered == MAX_ROUNDS => break,
                ResultType::InputRequired => {
                    round = self
                        .answer_round(target, &result, &mut questions_left)
                        .await?;
                }
                ResultType::Task if self.0.has_tasks && matches!(target, Target::Tool { .. }) => {
                    return task_id(method, &result).map(Settled::Task);
                }
                ResultType::Task => {
                    return Err(unusable(
                        method,
                        "the server goes on with it as a task, which this client did not offer to follow",
                    ));
                }
                _ => return Err(unusable(method, "this client does not know its kind")),
            }
        }
        Err(ClientError::Rounds {
            method: method.to_owned(),
            rounds: MAX_ROUNDS,
        })
    }

    async fn send_round(
        &self,
        target: Target<'_>,
        subject: Subject<'_>,
        round: &Round,
        on_progress: OnProgress<'_>,
    ) -> Result<Box<RawValue>, ClientError> {
        let input_responses = round.input_responses.as_deref();
        let request_state = || round.request_state.as_deref().map(Cow::Borrowed);
        match target {
            Target::Prompt { name, arguments } => {
                let params = |meta, _| GetPromptParams {
                    meta,
                    name: Cow::Borrowed(name),
                    arguments,
                    input_responses,
                    request_state: request_state(),
                };
                self.send(subject, params, on_progress).await
            }
            Target::Resource { uri } => {
                let params = |meta, _| ReadResourceParams {
                    meta,
                    uri: Cow::Borrowed(uri),
                    input_responses,
                    request_state: request_state(),
                };
                self.send(subject, params, on_progress).await
            }
            Target::Tool { name, arguments } => {
                let params = |meta, _| CallToolParams {
                    meta,
                    name: Cow::Borrowed(name),
                    arguments,
                    input_responses,
                    request_state: request_state(),
                };
                if subject.is_task {
                    let params = |meta, revision| AsTask {
                        call: params(meta, revision),
                        task: Wish {},
                    };
                    return self.send(subject, params, on_progress).await;
                }
                self.send(subject, params, on_progress).await
            }
        }
    }

    /// Answers the questions of `result`. The state goes back exactly as it came, if any came.
    async fn answer_round(
        &self,
        target: Target<'_>,
        result: &RawValue,
        questions_left: &mut usize,
    ) -> Result<Round, ClientError> {
        let method = target.method();
        let required: Required = serde_json::from_str(result.get())
            .map_err(|error| unusable(method, &error.to_string()))?;
        let asked = &required.input_requests;
        if asked.is_empty() && required.request_state.is_none() {
            return Err(unusable(
                method,
                "the server wants an answer, and asks nothing",
            ));
        }
        let responses = self
            .answer_questions(method, target.name(), asked, questions_left)
            .await?;
        let input_responses = (!responses.is_empty()).then(|| to_raw_value(&responses));
        let input_responses = input_responses
            .transpose()
            .map_err(|error| unusable(method, &error.to_string()))?;
        Ok(Round {
            input_responses,
            request_state: required.request_state,
        })
    }

    /// Answers questions about a request of `method`, which is about `name`.
    pub(super) async fn answer_questions(
        &self,
        method: &str,
        name: &str,
        asked: &BTreeMap<String, Box<RawValue>>,
        questions_left: &mut usize,
    ) -> Result<InputResponses, ClientError> {
        if asked.len() > InputResponses::MOST
            || asked
                .keys()
                .any(|key| key.len() > InputResponses::LONGEST_KEY)
        {
            return Err(unusable(
                method,
                "the server asks more than can be answered in one round",
            ));
        }
        *questions_left =
            questions_left
                .checked_sub(asked.len())
                .ok_or_else(|| ClientError::Questions {
                    method: method.to_owned(),
                    most: MAX_QUESTIONS,
                })?;
        // The user is asked only when all questions can be answered.
        let mut questions = Vec::with_capacity(asked.len());
        for (key, question) in asked {
            questions.push((key, self.question(method, key, question)?));
        }
        let mut responses = InputResponses::default();
        let mut cancelled = false;
        for (key, question) in questions {
            // A user who cancels one question of a round does not want to see the others.
            if cancelled && matches!(question, Offered::Elicitation { .. }) {
                let cancel = to_raw_value(&ElicitResult::cancel())
                    .map_err(|error| unusable(method, &error.to_string()))?;
                responses.insert(key, cancel);
                continue;
            }
            let kind = question.method();
            self.0.observer.hop(&Hop::Asked {
                method,
                name: Some(name),
                question: kind,
            });
            let answered =
                question
                    .answer(Revision::LATEST)
                    .await
                    .map_err(|source| ClientError::Answer {
                        method: method.to_owned(),
                        question: kind,
                        source,
                    })?;
            cancelled |= answered.cancelled;
            responses.insert(key, answered.result);
        }
        Ok(responses)
    }

    /// Parses a question, and finds what answers it.
    fn question(
        &self,
        method: &str,
        key: &str,
        question: &RawValue,
    ) -> Result<Offered<'_>, ClientError> {
        #[derive(Deserialize)]
        struct Named<'a> {
            #[serde(borrow)]
            method: Cow<'a, str>,
        }

        let broken = |error: serde_json::Error| {
            unusable(method, &format!("its question `{key}` is broken: {error}"))
        };
        let refused = |question: &str, advice| ClientError::Asked {
            method: method.to_owned(),
            question: printable(question),
            advice,
        };
        let Named { method: name } = serde_json::from_str(question.get()).map_err(broken)?;
        let Some(name) = known(&name) else {
            return Err(refused(
                &name,
                "which is none of those that MCP knows; this client cannot use the server",
            ));
        };
        let question: InputRequest = serde_json::from_str(question.get()).map_err(broken)?;
        let offered = self.0.answers.offer(question);
        offered.map_err(|reason| match reason {
            NotOffered::Form(source) => ClientError::Form {
                method: method.to_owned(),
                source,
            },
            NotOffered::Page(source) => ClientError::Page {
                method: method.to_owned(),
                source,
            },
            NotOffered::Unanswerable(advice) => refused(name, advice),
        })
    }
}

/// The id of the task as which a request goes on.
fn task_id(method: &str, result: &RawValue) -> Result<String, ClientError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Begun {
        task_id: String,
    }

    serde_json::from_str(result.get())
        .map(|Begun { task_id }| task_id)
        .map_err(|error| unusable(method, &error.to_string()))
}
