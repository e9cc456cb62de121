//! The client, and its operations.

mod cached;
mod call;
mod completion;
mod conversation;
mod entries;
mod header_arguments;
mod negotiation;
#[cfg(feature = "output-validation")]
mod output;
mod pages;
mod prompts;
mod raw;
mod request;
mod required_pages;
mod resources;
mod roots;
mod rounds;
mod skills;
mod subscription;
mod tasks;
mod tools;
mod value;

use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::time::Duration;

use serde::Serialize;
use serde_json::value::RawValue;
use thyra_protocol::{
    ClientCapabilities, DiscoverResult, Implementation, META_SERVER_INFO, RequestMeta,
    method as methods,
};

use crate::answers::Answers;
use crate::background::Background;
use crate::cache::{Cache, CacheMode, Key};
use crate::error::ClientError;
use crate::hop::SharedObserver;
use crate::log::Log;
use crate::transport::{Inbox, Transport};

pub use self::call::Call;
pub(crate) use self::call::Outside;
pub(crate) use self::conversation::Conversation;
pub(crate) use self::header_arguments::HeaderParameters;
#[cfg(feature = "output-validation")]
pub(crate) use self::output::OutputSchemas;
pub use self::subscription::Subscription;
pub(crate) use self::tasks::TaskSupports;
pub use self::tasks::{TaskReport, ToolTask};

/// A client of one MCP server.
///
/// Its methods may be called at the same time. A clone is the same client: it is cheap, and shares
/// the login.
#[derive(Clone, Debug)]
pub struct Client(pub(crate) Arc<Parts>, pub(crate) CacheMode);

/// What a client is made of.
#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) transport: Box<dyn Transport>,
    pub(crate) call_time: Duration,
    pub(crate) connect_time: Duration,
    pub(crate) observer: SharedObserver,
    pub(crate) introduction: Introduction,
    pub(crate) conversation: Conversation,
    pub(crate) inbox: Inbox,
    pub(crate) cache: Option<Cache>,
    pub(crate) header_parameters: HeaderParameters,
    pub(crate) task_supports: TaskSupports,
    #[cfg(feature = "output-validation")]
    pub(crate) output_schemas: OutputSchemas,
    pub(crate) answers: Answers,
    pub(crate) log: Option<Log>,
    /// Whether servers may go on with calls as tasks.
    pub(crate) has_tasks: bool,
    /// Sends what nobody waits for.
    pub(crate) aside: Background,
    pub(crate) next_id: AtomicI64,
    pub(crate) next_progress_token: AtomicI64,
}

/// What the client says about itself: as a value for `initialize`, and written once for the
/// requests of the sessionless era.
#[derive(Debug)]
pub(crate) struct Introduction {
    pub(crate) info: Implementation,
    pub(crate) capabilities: ClientCapabilities,
    pub(crate) written_info: Box<RawValue>,
    pub(crate) written_capabilities: Box<RawValue>,
}

impl Client {
    /// Asks the server what it is and what it can do (MCP `server/discover`). A server of the
    /// handshake era has said it when the session was opened, and is not asked again.
    ///
    /// # Errors
    ///
    /// [`ClientError`], which names the stage that failed.
    pub async fn discover(&self) -> Result<DiscoverResult, ClientError> {
        #[derive(Serialize)]
        struct Params<'a> {
            #[serde(rename = "_meta")]
            meta: RequestMeta<'a>,
        }

        let (_, agreement) = self.opened().await?;
        if let Some(opened) = agreement.opened {
            let info = serde_json::to_value(&opened.server_info)
                .map_err(|error| request::unusable(methods::INITIALIZE, &error.to_string()))?;
            let mut result = DiscoverResult::new(opened.capabilities);
            result.supported_versions = vec![agreement.revision.to_string()];
            result.instructions = opened.instructions;
            let meta = result.meta.insert(opened.meta.unwrap_or_default());
            meta.insert(META_SERVER_INFO.to_owned(), info);
            return Ok(result);
        }
        let ask = self.result(methods::DISCOVER, |meta, _| Params { meta });
        let key = Key::new(methods::DISCOVER, None, &[]);
        let result = self.kept_or(key, ask).await?;
        request::parsed(methods::DISCOVER, &result)
    }
}
