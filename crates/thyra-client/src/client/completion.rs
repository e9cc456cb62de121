//! Completion of arguments.

use std::borrow::Cow;
use std::collections::BTreeMap;

use thyra_protocol::{
    CompleteParams, CompleteResult, CompletionArgument, CompletionReference, Revision,
    method as methods,
};

use super::Client;
use crate::error::ClientError;

impl Client {
    /// Suggests values for an argument of a prompt or a resource template (MCP
    /// `completion/complete`). `typed` is what the user has typed so far, and `known` holds the
    /// arguments that are filled in already.
    ///
    /// ```no_run
    /// # async fn example(client: thyra_client::Client) -> Result<(), thyra_client::ClientError> {
    /// use thyra_client::CompletionReference;
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
    /// [`ClientError::Rpc`] when there is no such prompt or template, and every other
    /// [`ClientError`].
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
        let params = |meta, revision: Revision| CompleteParams {
            meta,
            reference: reference.clone(),
            argument: CompletionArgument {
                name: Cow::Borrowed(argument),
                value: Cow::Borrowed(typed),
            },
            context: if revision.has_completion_context() {
                known.clone().collect()
            } else {
                BTreeMap::new()
            },
        };
        self.request(methods::COMPLETION_COMPLETE, params).await
    }
}
