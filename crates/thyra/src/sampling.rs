//! Asking the client's model with tools and for a value of a type: the loop between the model,
//! which wants tools to be called, and the tools (MCP 2025-11-25, client/sampling, "Tool Use").

mod answer;
mod tools;

use std::fmt;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use thyra_protocol::{
    CreateMessageParams, CreateMessageResult, Revision, SamplingContent, SamplingMessage,
    ToolChoice, ToolChoiceMode, ToolUseContent,
};

use self::answer::Answer;
use self::tools::Tools;
use crate::component::tool::IntoTool;
use crate::context::Context;
use crate::conversation::{AskError, ClientCapability};

/// How many rounds there are, if the author does not say.
const ROUNDS: u8 = 10;

/// How often the model may give an answer that does not fit the type.
const MISFITS: u8 = 3;

/// The first revision whose models have tools.
const TOOLS_SINCE: Revision = Revision::V2025_11_25;

/// A question to the client's model, from [`Context::sampling`]: with tools, for a text or for a
/// value.
///
/// ```
/// use thyra::prelude::*;
/// use thyra::{CreateMessageParams, schemars, serde};
///
/// /// Find notes with this word.
/// #[tool]
/// async fn search(word: String) -> Vec<String> {
///     vec![format!("A note on {word}")]
/// }
///
/// /// What a topic is about.
/// #[derive(serde::Deserialize, serde::Serialize, schemars::JsonSchema)]
/// # #[serde(crate = "thyra::serde")]
/// # #[schemars(crate = "thyra::schemars")]
/// struct Report {
///     title: String,
///     points: Vec<String>,
/// }
///
/// /// Report on a topic.
/// #[tool]
/// async fn report(topic: String, ctx: Context) -> Result<Json<Report>, ToolError> {
///     let question = CreateMessageParams::text(format!("Report on {topic}"), 1000);
///     let report: Report = ctx.sampling("report", question).tool(search).value().await?;
///     Ok(Json(report))
/// }
/// # let _ = report;
/// ```
#[must_use = "nobody is asked before `message` or `value`"]
pub struct Sampling<'c> {
    context: &'c Context,
    key: String,
    params: CreateMessageParams,
    rounds: u8,
    tools: Tools,
}

impl Context {
    /// Begins a question to the client's model that may use tools of yours, or is for a value of a
    /// type. [`Context::sample`] is the plain question.
    ///
    /// `key` names the question within this call; each round adds its number. The conversation
    /// begins with `params`, whose own `tools` are left out: give them to [`Sampling::tool`], which
    /// can run them.
    pub fn sampling(&self, key: impl Into<String>, params: CreateMessageParams) -> Sampling<'_> {
        Sampling {
            context: self,
            key: key.into(),
            params,
            rounds: ROUNDS,
            tools: Tools::default(),
        }
    }
}

impl Sampling<'_> {
    /// Gives the model this tool. It need not be one that the server offers.
    ///
    /// The server runs it for the caller, with the scopes that it asks for, and with injected
    /// values, as in any call; middleware hears nothing of it. Each run happens once, however many
    /// rounds of questions the call takes, as in [`Context::once`]; so the tool itself can ask the
    /// client nothing.
    pub fn tool<Marker>(mut self, tool: impl IntoTool<Marker>) -> Self {
        self.tools.add(tool.into_tool());
        self
    }

    /// Gives the model these tools, as [`Sampling::tool`] does.
    pub fn tools<Marker, T: IntoTool<Marker>>(self, tools: impl IntoIterator<Item = T>) -> Self {
        tools.into_iter().fold(self, Self::tool)
    }

    /// Sets how often the model is asked at most: 10 times, if this is not called. In the last
    /// round it is told to come to an answer. 0 is as 1.
    pub fn rounds(mut self, rounds: u8) -> Self {
        self.rounds = rounds.max(1);
        self
    }

    /// The model's last message, when it wants no more tools.
    ///
    /// # Errors
    ///
    /// As [`Context::ask`]. [`AskError::Revision`] when there are tools, and the client's revision
    /// has none; [`AskError::Refused`] when two of them have one name;
    /// [`AskError::Unanswered`] when the model wants tools in the last round too.
    pub async fn message(mut self) -> Result<CreateMessageResult, AskError> {
        self.check()?;
        for round in 1..=self.rounds {
            if round == self.rounds && !self.tools.is_empty() {
                self.choose(ToolChoiceMode::None);
            }
            let message = self.ask(round).await?;
            let uses = uses_of(&message);
            if uses.is_empty() {
                return Ok(message);
            }
            if round == self.rounds {
                break;
            }
            let key = self.round_key(round);
            let results = self.tools.run(self.context, &key, &uses).await?;
            self.go_on(message, results);
        }
        Err(self.unanswered())
    }

    /// A `T` that the model makes.
    ///
    /// A client whose model has tools gets one more, `final_response`, whose argument is the value;
    /// from another, the model is asked for JSON. If it does not fit `T`, the model learns why, and
    /// may try again, three times in all.
    ///
    /// # Errors
    ///
    /// As [`Sampling::message`], and [`AskError::Unfit`] when the model gave no value that fits.
    pub async fn value<T: DeserializeOwned + JsonSchema>(mut self) -> Result<T, AskError> {
        self.check()?;
        let answer = Answer::<T>::new();
        let has_tools = self.has_tools();
        if !has_tools {
            answer.explain(&mut self.params);
        }
        let mut misfits = 0;
        for round in 1..=self.rounds {
            if has_tools {
                // In the last round there is nothing else to call.
                let revision = self.context.revision();
                let own = (round < self.rounds).then(|| self.tools.definitions(revision));
                let all = own.into_iter().flatten().chain([answer.tool()]);
                self.params.tools = Some(all.collect());
                self.choose(ToolChoiceMode::Required);
            }
            let message = self.ask(round).await?;
            let misfit = match answer.read(self.context, &message).await {
                Ok(Some(value)) => return Ok(value),
                // It wants tools first.
                Ok(None) => None,
                Err(misfit) => Some(misfit),
            };
            if let Some(reason) = &misfit {
                misfits += 1;
                if misfits == MISFITS || round == self.rounds {
                    let (key, reason) = (self.key, reason.clone());
                    return Err(AskError::Unfit { key, reason });
                }
            }
            // Nobody would hear what its tools say.
            if round == self.rounds {
                break;
            }
            let uses = uses_of(&message);
            let next = if uses.is_empty() {
                vec![SamplingContent::text(misfit.unwrap_or_default())]
            } else {
                let key = self.round_key(round);
                let mut results = self.tools.run(self.context, &key, &uses).await?;
                if let Some(misfit) = &misfit {
                    answer::tell(&uses, &mut results, misfit);
                }
                results
            };
            self.go_on(message, next);
        }
        Err(self.unanswered())
    }
}

impl Sampling<'_> {
    fn check(&mut self) -> Result<(), AskError> {
        self.params.tools = None;
        if self.tools.is_empty() {
            self.params.tool_choice = None;
            return Ok(());
        }
        let spoken = self.context.revision();
        if spoken < TOOLS_SINCE {
            return Err(AskError::Revision {
                question: "a model with tools",
                since: TOOLS_SINCE,
                spoken,
            });
        }
        self.context.require(ClientCapability::SamplingTools)?;
        if let Some(reason) = self.tools.problem() {
            let key = self.key.clone();
            return Err(AskError::Refused { key, reason });
        }
        self.params.tools = Some(self.tools.definitions(spoken));
        Ok(())
    }

    /// Whether the client's model can be given tools.
    fn has_tools(&self) -> bool {
        let context = self.context;
        context.revision() >= TOOLS_SINCE
            && context.require(ClientCapability::SamplingTools).is_ok()
    }

    async fn ask(&self, round: u8) -> Result<CreateMessageResult, AskError> {
        let key = self.round_key(round);
        self.context.sample(key, self.params.clone()).await
    }

    fn round_key(&self, round: u8) -> String {
        format!("{}.{round}", self.key)
    }

    fn choose(&mut self, mode: ToolChoiceMode) {
        self.params.tool_choice = Some(ToolChoice { mode: Some(mode) });
    }

    /// The conversation with what the model said and what it is told then. How the author wanted
    /// tools chosen holds for the first round: a model that must call one would never end.
    fn go_on(&mut self, said: CreateMessageResult, told: Vec<SamplingContent>) {
        let said = SamplingMessage {
            role: said.role,
            content: said.content,
            meta: said.meta,
        };
        let told = SamplingMessage {
            content: told,
            ..SamplingMessage::user("")
        };
        self.params.messages.extend([said, told]);
        self.params.tool_choice = None;
    }

    fn unanswered(self) -> AskError {
        AskError::Unanswered {
            key: self.key,
            rounds: self.rounds,
        }
    }
}

/// The calls of tools that the model wants.
fn uses_of(message: &CreateMessageResult) -> Vec<ToolUseContent> {
    let uses = message.content.iter().filter_map(|block| match block {
        SamplingContent::ToolUse(asked) => Some(asked.clone()),
        _ => None,
    });
    uses.collect()
}

impl fmt::Debug for Sampling<'_> {
    /// Without the conversation, which may hold what the user said.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sampling")
            .field("key", &self.key)
            .field("rounds", &self.rounds)
            .finish_non_exhaustive()
    }
}
