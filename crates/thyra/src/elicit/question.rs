//! What the user reads when one value is asked for: the message, and the text at its field.

use serde_json::Value;

use super::VALUE;

/// What the user reads when [`Context::ask_value`](crate::Context::ask_value),
/// [`choose`](crate::Context::choose) or [`choose_many`](crate::Context::choose_many) asks for one
/// value.
///
/// Text is a question whose field has neither a title nor a description.
///
/// ```
/// use thyra::Question;
///
/// let question = Question::new("How many people come?")
///     .title("People")
///     .description("Children count as well.");
/// # let _ = question;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    message: String,
    title: Option<String>,
    description: Option<String>,
}

impl Question {
    /// A question with `message` above its form.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            title: None,
            description: None,
        }
    }

    /// The name of the field, in place of its key, which is `value`.
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// A description of the field.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// The message, and `schema` with what this question says about its field.
    pub(crate) fn over(self, mut schema: Value) -> (String, Value) {
        let texts = [("title", self.title), ("description", self.description)];
        if let Some(Value::Object(field)) = schema
            .get_mut("properties")
            .and_then(|properties| properties.get_mut(VALUE))
        {
            for (keyword, text) in texts {
                if let Some(text) = text {
                    field.insert(keyword.to_owned(), text.into());
                }
            }
        }
        (self.message, schema)
    }
}

impl<M: Into<String>> From<M> for Question {
    fn from(message: M) -> Self {
        Self::new(message)
    }
}
