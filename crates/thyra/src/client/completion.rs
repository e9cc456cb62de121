//! Values for an argument that somebody is typing.

use std::borrow::Cow;

use thyra_protocol::{
    CompleteParams, CompleteResult, CompletionArgument, CompletionReference, method as methods,
};

use super::Client;
use super::error::ClientError;

impl Client {
    /// Values for the argument `argument` of a prompt or of a resource template, of which `typed` is typed so far
    /// (MCP `completion/complete`). `known` are the other arguments, as far as they are known.
    ///
    /// ```no_run
    /// # async fn example(client: thyra::client::Client) -> Result<(), thyra::client::ClientError> {
    /// use thyra::client::CompletionReference;
    ///
    /// let greet = CompletionReference::Prompt { name: "greet".into() };
    /// let languages = client.complete(greet, "language", "Fr", &[("region", "Europe")]).await?;
    /// println!("{:?}", languages.values);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ClientError`], which names the hop that failed; [`ClientError::Rpc`] when there is no such prompt or template.
    pub async fn complete(
        &self,
        reference: CompletionReference<'_>,
        argument: &str,
        typed: &str,
        known: &[(&str, &str)],
    ) -> Result<CompleteResult, ClientError> {
        let known = known
            .iter()
            .map(|&(name, value)| (Cow::Borrowed(name), Cow::Borrowed(value)));
        let params = CompleteParams {
            meta: self.meta(None),
            reference,
            argument: CompletionArgument {
                name: Cow::Borrowed(argument),
                value: Cow::Borrowed(typed),
            },
            context: known.collect(),
        };
        self.request(methods::COMPLETION_COMPLETE, &params).await
    }
}
