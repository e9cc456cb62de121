//! Effects that must not repeat, however often a handler is run.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde::ser::Error as _;
use serde_json::value::RawValue;

use super::Context;
use super::rounds::Begun;
use crate::finite::{self, Unwritable};

impl Context {
    /// Does `work` once for the whole call, however many rounds of questions the call takes, and
    /// keeps its value. Another `once` with the same key gets that value; if it comes while the
    /// work is underway, it waits for it.
    ///
    /// ```
    /// use thyra::prelude::*;
    ///
    /// /// Orders a meal.
    /// #[tool]
    /// async fn order(dish: String, ctx: Context) -> Result<String, ToolError> {
    ///     let number = ctx.once("number", async { 7 }).await?;
    ///     let name: String = ctx.ask("name", "For whom?").await?;
    ///     Ok(format!("No. {number}: {dish} for {name}"))
    /// }
    /// ```
    ///
    /// In the sessionless era the value travels to the client and back in the sealed request state,
    /// so keep it small. It is bound to this caller, this tool and these arguments.
    ///
    /// Ask before the work or beside it, not within it: [`Context::ask`] fails there with
    /// [`AskError::WithinOnce`](crate::AskError::WithinOnce), on every revision, because the
    /// question would end the round and with it the work. A question beside it, as with `join!`,
    /// waits until the work ends. So poll a `once` to its end or drop it, and do not let `work`
    /// wait for another task that asks.
    ///
    /// A `Result` is a value like any other: an `Err` is kept too, and the work is not tried again
    /// in this call.
    ///
    /// # Errors
    ///
    /// The value cannot be written as JSON (a number that is not finite cannot), or cannot be read
    /// back as a `T`.
    pub async fn once<T, F>(&self, key: impl AsRef<str>, work: F) -> Result<T, serde_json::Error>
    where
        T: Serialize + DeserializeOwned,
        F: Future<Output = T>,
    {
        let key = &*self.0.key(key.as_ref());
        match self.rounds().begin(key).await {
            Begun::Before(recorded) => serde_json::from_str(recorded.get()),
            Begun::Now(working) => {
                let value = working.carry_out(work).await;
                working.record(recorded(&value)?);
                Ok(value)
            }
        }
    }
}

/// A number that is not finite would come back as nothing.
fn recorded<T: Serialize>(value: &T) -> Result<Box<RawValue>, serde_json::Error> {
    let json = finite::to_json(value, "value").map_err(|error| match error {
        Unwritable::Json(error) => error,
        error @ Unwritable::NotFinite { .. } => serde_json::Error::custom(error),
    })?;
    RawValue::from_string(json)
}
