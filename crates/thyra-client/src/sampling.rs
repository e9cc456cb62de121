//! Language models that answer what servers ask them (MCP `client/sampling`).

#[cfg(any(feature = "anthropic", feature = "google", feature = "openai"))]
mod api;

use std::error::Error;

use futures_util::future::BoxFuture;
use thyra_protocol::{CreateMessageParams, CreateMessageResult};

#[cfg(any(feature = "anthropic", feature = "google", feature = "openai"))]
pub use self::api::{ModelApi, ModelError};

/// A language model that answers what servers ask it (MCP `sampling/createMessage`), for
/// [`ClientBuilder::sampler`](crate::ClientBuilder::sampler).
///
/// `ModelApi` is one that speaks with a provider over HTTP; it is there with one of the features
/// `anthropic`, `google` and `openai`.
///
/// ```
/// use std::error::Error;
///
/// use futures_util::future::BoxFuture;
/// use thyra_client::{Client, CreateMessageParams, CreateMessageResult, Sampler};
///
/// /// Says the same whatever it is asked.
/// struct Parrot;
///
/// impl Sampler for Parrot {
///     fn sample(
///         &self,
///         question: CreateMessageParams,
///     ) -> BoxFuture<'_, Result<CreateMessageResult, Box<dyn Error + Send + Sync>>> {
///         Box::pin(async move {
///             let last = question.messages.last().ok_or("nobody says anything")?;
///             Ok(CreateMessageResult::new("parrot", last.content.clone()))
///         })
///     }
/// }
/// # fn build() -> Result<(), thyra_client::ClientError> {
/// let client = Client::builder("https://mcp.example.com/mcp").sampler(Parrot).build()?;
/// # Ok(())
/// # }
/// # build().unwrap();
/// ```
pub trait Sampler: Send + Sync {
    /// The model's answer. A failure ends the call of the client, with
    /// [`ClientError::Answer`](crate::ClientError::Answer).
    ///
    /// # Errors
    ///
    /// Why there is no answer.
    fn sample(
        &self,
        question: CreateMessageParams,
    ) -> BoxFuture<'_, Result<CreateMessageResult, Box<dyn Error + Send + Sync>>>;

    /// Whether the model can be given tools (capability `sampling.tools`, from 2025-11-25). Servers
    /// are told once, when the client is built. By default, it cannot.
    fn has_tools(&self) -> bool {
        false
    }
}
