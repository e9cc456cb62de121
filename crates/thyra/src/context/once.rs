//! Effects that must not repeat, however often a handler is run.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::to_raw_value;

use super::Context;
use super::rounds::Begun;

impl Context {
    /// Does `work` once for the whole conversation of this call, however many rounds of questions it takes, and keeps its value. Another
    /// `once` with the same key gets that value, on every revision; at the same time, it waits for it.
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
    /// In the sessionless era the value goes to the client and back in the sealed request state, so keep it small; it is bound to this caller, this
    /// tool and these arguments. A round of questions does not end while `work` is done: what is asked at the same time, with `join!`, is
    /// asked when it is. So there are three rules:
    ///
    /// - Poll what was begun until it ends, as `join!` does, or drop it. A future that is kept but not polled while you ask, as after
    ///   `timeout(limit, &mut work)` or `select!` with `&mut work`, cannot end, and the question waits for it until the call's deadline.
    /// - `work` had better not ask itself: a question within it ends the round as any other, and `work` is begun again when the answer
    ///   is there.
    /// - A task that `work` spawns and waits for must not ask at all, nor go on as a task or do something else once: nothing tells that
    ///   it is part of `work`, so the two wait for each other until the deadline. Use `join!` within `work` for what is done at the
    ///   same time.
    ///
    /// A `Result` is a value like others: `Err` is kept too, and `work` is not tried again in the same conversation.
    ///
    /// # Errors
    ///
    /// The value cannot be written as JSON, or not be read back.
    pub async fn once<T, F>(&self, key: impl AsRef<str>, work: F) -> Result<T, serde_json::Error>
    where
        T: Serialize + DeserializeOwned,
        F: Future<Output = T>,
    {
        let key = key.as_ref();
        match self.rounds().begin(key).await {
            Begun::Before(recorded) => serde_json::from_str(recorded.get()),
            Begun::Now(working) => {
                let value = working.carry_out(work).await;
                working.record(to_raw_value(&value)?);
                Ok(value)
            }
        }
    }
}
