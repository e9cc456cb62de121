//! Choices that are known only when the question is asked.

use serde_json::{Map, Value};

use super::Context;
use crate::conversation::AskError;
use crate::elicit::{ElicitError, EnumOption, Options, Question};

impl Context {
    /// Lets the user choose one of `options`, and gives its value (MCP `elicitation/create`, a form
    /// with one field).
    ///
    /// An option is a value, or a pair of a value and the title that people read. There are 1 to
    /// 256, with no value twice; values and titles have 1 to 1024 bytes. If you know the choices
    /// when you write the program, use an enum under `#[derive(Elicit)]` and [`Context::ask`]. The
    /// question is text, or a [`Question`] with a title and a description of the field.
    ///
    /// ```
    /// use thyra::prelude::*;
    ///
    /// /// Opens a note.
    /// #[tool]
    /// async fn open(ctx: Context) -> Result<String, ToolError> {
    ///     let notes = [("n1", "Shopping"), ("n2", "Holidays")];
    ///     let id = ctx.choose("note", "Which note?", notes).await?;
    ///     Ok(format!("Opened {id}"))
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Context::ask`], also for an answer that is none of the options; [`AskError::Refused`]
    /// when the options are out of bounds, before anybody is asked.
    pub async fn choose<O>(
        &self,
        key: impl AsRef<str>,
        question: impl Into<Question>,
        options: O,
    ) -> Result<String, AskError>
    where
        O: IntoIterator<Item: Into<EnumOption>>,
    {
        self.choose_from(
            key.as_ref(),
            question.into(),
            Options::of(options),
            Options::one_schema,
            Options::read_one,
        )
        .await
    }

    /// Lets the user choose any number of `options`, also none, and gives their values, each once.
    ///
    /// Options and the question are those of [`Context::choose`].
    ///
    /// # Errors
    ///
    /// As [`Context::choose`]; [`AskError::Revision`] before 2025-11-25, where forms have no choice
    /// of several.
    pub async fn choose_many<O>(
        &self,
        key: impl AsRef<str>,
        question: impl Into<Question>,
        options: O,
    ) -> Result<Vec<String>, AskError>
    where
        O: IntoIterator<Item: Into<EnumOption>>,
    {
        self.choose_from(
            key.as_ref(),
            question.into(),
            Options::of(options),
            Options::several_schema,
            Options::read_several,
        )
        .await
    }

    async fn choose_from<T>(
        &self,
        key: &str,
        question: Question,
        options: Result<Options, &'static str>,
        schema: fn(&Options) -> Value,
        read: fn(&Options, &Map<String, Value>) -> Result<T, ElicitError>,
    ) -> Result<T, AskError> {
        let options = options.map_err(|reason| AskError::Refused {
            key: key.to_owned(),
            reason,
        })?;
        let content = self.ask_form(key, question, || schema(&options)).await?;
        read(&options, &content).map_err(|source| AskError::Invalid {
            key: key.to_owned(),
            source,
        })
    }
}
