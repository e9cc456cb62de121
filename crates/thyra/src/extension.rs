//! Extensions of a server beyond the protocol, each under an identifier of its own (MCP
//! "Extensions", SEP-2133).

mod admission;
mod result;

use std::fmt;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use thyra_protocol::{ErrorObject, Revision};

pub use self::admission::ExtensionError;
use crate::context::RequestScope;
use crate::lifespan::Lifespan;
use crate::throttled::throttled;

/// An extension of a server: the server announces it, and it may answer methods of its own. To wrap
/// requests, use [`Middleware`](crate::Middleware).
///
/// It only adds. A server does not start if an extension answers a method of the protocol or of
/// another extension.
pub trait Extension: Send + Sync + 'static {
    /// The identifier, such as `com.example/audit`: your domain in reverse, a slash, and a name. No
    /// two extensions of a server may have the same, and `io.modelcontextprotocol/tasks` is the
    /// server's own.
    fn identifier(&self) -> &str;

    /// Its settings in the server's capabilities. The extension is announced even if they are
    /// empty.
    fn settings(&self) -> Map<String, Value> {
        Map::new()
    }

    /// The full names of the methods that it answers. None may be the protocol's or another
    /// extension's. Called once.
    fn methods(&self) -> Vec<String> {
        Vec::new()
    }

    /// Whether it answers `method`, one of its [methods](Extension::methods), in requests of
    /// `revision`. Elsewhere there is no such method. Only revisions with extensions are asked
    /// about: 2026-07-28 and later.
    fn offers(&self, method: &str, revision: Revision) -> bool {
        let _ = (method, revision);
        true
    }

    /// What begins and ends with the server, for the extension to work. Called once.
    fn lifespan(&self) -> Option<Lifespan> {
        None
    }

    /// Answers one of its [methods](Extension::methods), with any JSON object. The server adds what
    /// every result has from 2026-07-28, if it is missing: `resultType` (`complete`), and the
    /// server's name and version in `_meta`.
    ///
    /// # Errors
    ///
    /// The JSON-RPC error that the client gets.
    fn call<'a>(
        &'a self,
        method: &'a str,
        params: Option<&'a RawValue>,
        request: &'a RequestScope,
    ) -> BoxFuture<'a, Result<Box<RawValue>, ErrorObject>> {
        let _ = (method, params, request);
        Box::pin(async { Err(ErrorObject::method_not_found()) })
    }
}

/// The extensions of a server.
#[derive(Clone, Default)]
pub(crate) struct Extensions {
    all: Vec<Installed>,
}

/// An extension and the methods that it said it answers.
#[derive(Clone)]
struct Installed {
    extension: Arc<dyn Extension>,
    methods: Vec<String>,
}

/// A method that an extension answers.
pub(crate) struct Method<'a> {
    extension: &'a dyn Extension,
    name: &'a str,
}

impl Extensions {
    pub(crate) fn push(&mut self, extension: impl Extension) {
        self.all.push(Installed {
            methods: extension.methods(),
            extension: Arc::new(extension),
        });
    }

    /// Checks that all of them can be announced and called side by side.
    pub(crate) fn check(&self) -> Result<(), ExtensionError> {
        let named = self
            .all
            .iter()
            .map(|installed| (installed.extension.identifier(), &*installed.methods));
        admission::check(named)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &dyn Extension> {
        self.all.iter().map(|installed| &*installed.extension)
    }

    /// The extension that answers `method`, if the revision has extensions.
    pub(crate) fn method<'a>(&'a self, method: &'a str, revision: Revision) -> Option<Method<'a>> {
        if !revision.has_extensions() {
            return None;
        }
        self.all
            .iter()
            .find(|installed| installed.methods.iter().any(|name| name == method))
            .filter(|installed| installed.extension.offers(method, revision))
            .map(|installed| Method {
                extension: &*installed.extension,
                name: method,
            })
    }
}

impl Method<'_> {
    /// Calls the extension, and completes its result.
    pub(crate) async fn call(
        &self,
        params: Option<&RawValue>,
        request: &RequestScope,
        server_info: &RawValue,
    ) -> Result<Box<RawValue>, ErrorObject> {
        let result = self.extension.call(self.name, params, request).await?;
        result::completed(&result, server_info).map_err(|error| {
            throttled!(error, "the result of an extension cannot be sent", about = self.name, extension = self.extension.identifier(),
                        method = self.name,
                        %error);
            ErrorObject::internal("Internal error")
        })
    }
}

impl fmt::Debug for Extensions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.iter().map(Extension::identifier))
            .finish()
    }
}
