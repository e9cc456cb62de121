//! A value for programs, with something else than its JSON for models.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};
use thyra_protocol::{CallToolResult, Content};

use super::{IntoReply, Json, Output, Shape, json_of, structured};
use crate::handler::CallError;

/// A value for programs, and content for models in place of its JSON: what [`Json::with`] makes.
///
/// The structured content and the output schema are those of [`Json<T>`].
///
/// ```
/// use thyra::prelude::*;
/// # use thyra::{schemars, serde};
///
/// #[derive(serde::Serialize, schemars::JsonSchema)]
/// # #[serde(crate = "thyra::serde")]
/// # #[schemars(crate = "thyra::schemars")]
/// struct Forecast {
///     degrees: f64,
/// }
///
/// /// Tells tomorrow's weather.
/// #[tool]
/// async fn weather(city: String) -> WithContent<Forecast> {
///     let forecast = Forecast { degrees: 24.5 };
///     let sentence = format!("{} degrees in {city}.", forecast.degrees);
///     Json(forecast).with(sentence)
/// }
/// ```
#[derive(Clone, Debug)]
pub struct WithContent<T> {
    value: T,
    content: Vec<Content>,
    meta: Option<Map<String, Value>>,
}

impl<T> Json<T> {
    /// The same value for programs, with `content` for models: a text, an
    /// [`Image`](crate::Image), an [`Audio`](crate::Audio), a [`File`](crate::File) or any other
    /// block. [`WithContent::with`] adds more.
    pub fn with(self, content: impl Into<Content>) -> WithContent<T> {
        WithContent {
            value: self.0,
            content: vec![content.into()],
            meta: None,
        }
    }
}

impl<T> WithContent<T> {
    /// Adds a block for models after those that are there.
    #[must_use]
    pub fn with(mut self, content: impl Into<Content>) -> Self {
        self.content.push(content.into());
        self
    }

    /// Adds the member `key` to the `_meta` of the result. Start a key of your own with your
    /// domain: `com.example/source`.
    #[must_use]
    pub fn meta(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        self.meta
            .get_or_insert_default()
            .insert(key.into(), value.into());
        self
    }
}

impl<T: Serialize + JsonSchema> IntoReply for WithContent<T> {
    fn output() -> Output {
        Output::of::<T>()
    }

    fn into_reply(self, shape: Shape) -> Result<CallToolResult, CallError> {
        let mut result = CallToolResult::new(self.content);
        result.structured_content = structured(&json_of(&self.value)?, shape)?;
        result.meta = self.meta;
        Ok(result)
    }
}
