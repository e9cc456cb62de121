//! What a client answers when a server asks.

use std::error::Error;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::BoxFuture;
use serde_json::Map;
use serde_json::value::{RawValue, to_raw_value};
use thyra_oauth::{UrlRefused, check_page};
use thyra_protocol::{
    ClientCapabilities, CreateMessageParams, CreateMessageResult, ElicitAction, ElicitParams,
    ElicitResult, ElicitationCapability, InputRequest, ListRootsResult, Revision, Root,
    RootsCapability, SamplingCapability, method as methods,
};

use crate::form::{Form, FormError};
use crate::visits::Visits;

/// What a function for [`ClientBuilder::on_elicit`](crate::ClientBuilder::on_elicit) or
/// [`ClientBuilder::on_sampling`](crate::ClientBuilder::on_sampling) may return: the answer, or a
/// `Result` with it. A failure ends the call with
/// [`ClientError::Answer`](crate::ClientError::Answer).
pub trait IntoAnswer<T> {
    /// The answer.
    ///
    /// # Errors
    ///
    /// Why there is no answer.
    fn into_answer(self) -> Result<T, Box<dyn Error + Send + Sync>>;
}

impl IntoAnswer<Self> for ElicitResult {
    fn into_answer(self) -> Result<Self, Box<dyn Error + Send + Sync>> {
        Ok(self)
    }
}

impl IntoAnswer<Self> for CreateMessageResult {
    fn into_answer(self) -> Result<Self, Box<dyn Error + Send + Sync>> {
        Ok(self)
    }
}

impl<T, E: Into<Box<dyn Error + Send + Sync>>> IntoAnswer<T> for Result<T, E> {
    fn into_answer(self) -> Result<T, Box<dyn Error + Send + Sync>> {
        self.map_err(Into::into)
    }
}

/// A function that answers one kind of question.
type Answer<P, R> =
    Arc<dyn Fn(P) -> BoxFuture<'static, Result<R, Box<dyn Error + Send + Sync>>> + Send + Sync>;

/// What a client can answer, by kind of question. The client declares no other kind.
#[derive(Clone, Default)]
pub(crate) struct Answers {
    elicit: Option<Answer<ElicitParams, ElicitResult>>,
    /// Shared, because they may change while the client is used.
    roots: Option<Arc<Mutex<Vec<Root>>>>,
    sampling: Option<Answer<CreateMessageParams, CreateMessageResult>>,
    /// Whether the model can be given tools.
    sampling_tools: bool,
    visits: Visits,
    /// How long a refused call waits for the user to be done on a page.
    visit_time: Duration,
}

impl Answers {
    pub(crate) fn set_elicit<F, A>(&mut self, answer: F)
    where
        F: Fn(ElicitParams) -> A + Send + Sync + 'static,
        A: Future<Output: IntoAnswer<ElicitResult>> + Send + 'static,
    {
        self.elicit = Some(boxed(answer));
    }

    pub(crate) fn set_roots(&mut self, roots: Vec<Root>) {
        self.roots = Some(Arc::new(Mutex::new(roots)));
    }

    /// Offers these roots from now on. `false` if the client was built without any: servers do not
    /// know then that they could ask.
    pub(crate) fn replace_roots(&self, roots: Vec<Root>) -> bool {
        let Some(current) = &self.roots else {
            return false;
        };
        *current.lock().unwrap_or_else(PoisonError::into_inner) = roots;
        true
    }

    pub(crate) fn set_sampling<F, A>(&mut self, has_tools: bool, answer: F)
    where
        F: Fn(CreateMessageParams) -> A + Send + Sync + 'static,
        A: Future<Output: IntoAnswer<CreateMessageResult>> + Send + 'static,
    {
        self.sampling = Some(boxed(answer));
        self.sampling_tools = has_tools;
    }

    pub(crate) fn set_on_elicitation_complete(
        &mut self,
        hear: impl Fn(&str) + Send + Sync + 'static,
    ) {
        self.visits = Visits::heard_by(hear);
    }

    pub(crate) fn set_visit_time(&mut self, time: Duration) {
        self.visit_time = time;
    }

    /// The pages to which servers have sent the user.
    pub(crate) fn visits(&self) -> &Visits {
        &self.visits
    }

    pub(crate) fn visit_time(&self) -> Duration {
        self.visit_time
    }

    /// The capabilities that the client declares: what it can answer, and nothing else.
    pub(crate) fn capabilities(&self) -> ClientCapabilities {
        ClientCapabilities {
            elicitation: self.elicit.as_ref().map(|_| ElicitationCapability {
                form: Some(Map::new()),
                url: Some(Map::new()),
            }),
            roots: self
                .roots
                .as_ref()
                .map(|_| RootsCapability { list_changed: true }),
            sampling: self.sampling.as_ref().map(|_| SamplingCapability {
                tools: self.sampling_tools.then(Map::new),
                ..SamplingCapability::default()
            }),
            ..ClientCapabilities::default()
        }
    }

    /// The question with what answers it.
    pub(crate) fn offer(&self, question: InputRequest) -> Result<Offered<'_>, NotOffered> {
        match question {
            InputRequest::Elicitation(params) => {
                let answer = self.elicit.as_ref().ok_or(NotOffered::Unanswerable(
                    "which this client cannot answer; give its builder an answer with .on_elicit(...)",
                ))?;
                let form = match &params {
                    ElicitParams::Form(form) => Some(Form::of(form).map_err(NotOffered::Form)?),
                    ElicitParams::Url(page) => {
                        check_page(&page.url).map_err(NotOffered::Page)?;
                        None
                    }
                    _ => None,
                };
                Ok(Offered::Elicitation {
                    answer,
                    params,
                    form,
                    visits: &self.visits,
                })
            }
            InputRequest::Roots => self.roots.as_deref().map(Offered::roots).ok_or(
                NotOffered::Unanswerable(
                    "which this client cannot answer; give its builder the roots with .roots(...)",
                ),
            ),
            InputRequest::Sampling(params) => match &self.sampling {
                None => Err(NotOffered::Unanswerable(
                    "which this client cannot answer; give its builder an answer with .on_sampling(...)",
                )),
                Some(_) if params.tools.is_some() && !self.sampling_tools => {
                    Err(NotOffered::Unanswerable(
                        "and wants its model to have tools, which this client does not offer; the server is at fault",
                    ))
                }
                Some(answer) => Ok(Offered::Sampling(answer, params)),
            },
            _ => Err(NotOffered::Unanswerable("which this client does not know")),
        }
    }
}

/// A question, with what answers it.
pub(crate) enum Offered<'a> {
    Elicitation {
        answer: &'a Answer<ElicitParams, ElicitResult>,
        params: ElicitParams,
        /// What the answer is held against; a page has none.
        form: Option<Form>,
        visits: &'a Visits,
    },
    Roots(Vec<Root>),
    Sampling(
        &'a Answer<CreateMessageParams, CreateMessageResult>,
        Box<CreateMessageParams>,
    ),
}

/// Why a question is put to nobody.
pub(crate) enum NotOffered {
    /// It asks for a form that nobody can fill in.
    Form(FormError),
    /// It leads to a page with an unsafe URL.
    Page(UrlRefused),
    /// The client cannot answer it; what to do, as the end of a sentence about the question.
    Unanswerable(&'static str),
}

impl Offered<'_> {
    /// The roots as they are now.
    fn roots(current: &Mutex<Vec<Root>>) -> Self {
        let current = current.lock().unwrap_or_else(PoisonError::into_inner);
        Self::Roots(current.clone())
    }

    /// The MCP method of the question.
    pub(crate) fn method(&self) -> &'static str {
        match self {
            Self::Elicitation { .. } => methods::ELICITATION_CREATE,
            Self::Roots(_) => methods::ROOTS_LIST,
            Self::Sampling(..) => methods::SAMPLING_CREATE_MESSAGE,
        }
    }

    /// The answer, written for `revision`. That of a form is held against it.
    pub(crate) async fn answer(
        self,
        revision: Revision,
    ) -> Result<Answered, Box<dyn Error + Send + Sync>> {
        let mut is_accepted = true;
        let mut cancelled = false;
        let result = match self {
            Self::Elicitation {
                answer,
                params,
                form,
                visits,
            } => {
                let visit = match &params {
                    ElicitParams::Url(page) => page.elicitation_id.clone(),
                    _ => None,
                };
                let mut result = answer(params).await?;
                cancelled = result.action == ElicitAction::Cancel;
                is_accepted = result.action == ElicitAction::Accept;
                if let Some(id) = visit.filter(|_| !is_accepted) {
                    visits.forget(&id);
                }
                // Who agrees to a page, or says no, has filled in nothing.
                result.content = match (form, result.action) {
                    (Some(form), ElicitAction::Accept) => {
                        Some(form.complete(&result.content.unwrap_or_default())?)
                    }
                    _ => None,
                };
                to_raw_value(&result)?
            }
            Self::Roots(roots) => {
                let roots = ListRootsResult::new(roots);
                to_raw_value(&roots.for_revision(revision))?
            }
            Self::Sampling(answer, params) => {
                let result = answer(*params).await?;
                to_raw_value(&result.for_revision(revision))?
            }
        };
        Ok(Answered {
            result,
            is_accepted,
            cancelled,
        })
    }
}

/// An answer, ready for the server.
pub(crate) struct Answered {
    pub(crate) result: Box<RawValue>,
    /// Whether the user did what the question asks for.
    pub(crate) is_accepted: bool,
    /// Whether the user dismissed the question.
    pub(crate) cancelled: bool,
}

impl fmt::Debug for Answers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answers")
            .field("elicitation", &self.elicit.is_some())
            .field("roots", &self.roots.is_some())
            .field("sampling", &self.sampling.is_some())
            .field("sampling_tools", &self.sampling_tools)
            .field("visits", &self.visits)
            .field("visit_time", &self.visit_time)
            .finish()
    }
}

/// The method of this name, if it is one that asks.
pub(crate) fn known(question: &str) -> Option<&'static str> {
    [
        methods::ELICITATION_CREATE,
        methods::ROOTS_LIST,
        methods::SAMPLING_CREATE_MESSAGE,
    ]
    .into_iter()
    .find(|known| *known == question)
}

fn boxed<P, R, F, A>(answer: F) -> Answer<P, R>
where
    P: Send + 'static,
    R: 'static,
    F: Fn(P) -> A + Send + Sync + 'static,
    A: Future<Output: IntoAnswer<R>> + Send + 'static,
{
    Arc::new(move |params| {
        let answer = answer(params);
        Box::pin(async move { answer.await.into_answer() })
    })
}
