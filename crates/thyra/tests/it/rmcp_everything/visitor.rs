//! A client of the official SDK for Rust that visits the example `everything`, begun in any of its
//! ways, over either transport.

use std::panic::{AssertUnwindSafe, resume_unwind};

use futures_util::FutureExt as _;
use futures_util::future::join_all;
use rmcp::model::{
    CallToolRequestParams, CallToolResult, ClientCapabilities, ClientConfig, ErrorCode,
    Implementation, JsonObject, ProtocolVersion,
};
use rmcp::service::RunningService;
use rmcp::{ClientLifecycleMode, RoleClient, ServiceError};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::host::Host;
use super::wire::{Served, over_http, over_stdio};
use crate::support::soon;

/// Lets a client of every kind visit.
pub(super) async fn everyone(capabilities: Value, tour: impl AsyncFn(&mut Visitor)) {
    let kinds = [&Kind::WITH_HANDSHAKE[..], &Kind::SESSIONLESS[..]].concat();
    visit(&kinds, capabilities, tour).await;
}

/// Lets clients visit that begin with a handshake.
pub(super) async fn with_handshake(capabilities: Value, tour: impl AsyncFn(&mut Visitor)) {
    visit(&Kind::WITH_HANDSHAKE, capabilities, tour).await;
}

/// Lets clients visit that begin without one.
pub(super) async fn sessionless(capabilities: Value, tour: impl AsyncFn(&mut Visitor)) {
    visit(&Kind::SESSIONLESS, capabilities, tour).await;
}

/// Lets clients visit, each a program of its own, all at a time, and says which of them failed.
async fn visit(kinds: &[Kind], capabilities: Value, tour: impl AsyncFn(&mut Visitor)) {
    let visits = kinds.iter().map(async |kind| {
        let visit = async {
            let mut visitor = Visitor::connect(*kind, capabilities.clone()).await;
            tour(&mut visitor).await;
            visitor.leave().await;
        };
        if let Err(failure) = AssertUnwindSafe(visit).catch_unwind().await {
            eprintln!("seen by {kind:?}");
            resume_unwind(failure);
        }
    });
    join_all(visits).await;
}

/// What a client has that can answer everything a server may ask.
pub(super) fn able() -> Value {
    json!({
        "elicitation": { "form": {}, "url": {} },
        "sampling": {},
        "roots": { "listChanged": true },
    })
}

/// How a client begins, and over what.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kind {
    beginning: Beginning,
    pub(super) wire: Wire,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Beginning {
    Initialize,
    Discover,
    Auto,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Wire {
    Http,
    Stdio,
}

impl Kind {
    const WITH_HANDSHAKE: [Self; 2] = [
        Self::of(Beginning::Initialize, Wire::Http),
        Self::of(Beginning::Initialize, Wire::Stdio),
    ];
    const SESSIONLESS: [Self; 4] = [
        Self::of(Beginning::Discover, Wire::Http),
        Self::of(Beginning::Discover, Wire::Stdio),
        Self::of(Beginning::Auto, Wire::Http),
        Self::of(Beginning::Auto, Wire::Stdio),
    ];

    const fn of(beginning: Beginning, wire: Wire) -> Self {
        Self { beginning, wire }
    }

    pub(super) fn is_sessionless(self) -> bool {
        self.beginning != Beginning::Initialize
    }

    pub(super) fn revision(self) -> ProtocolVersion {
        if self.is_sessionless() {
            ProtocolVersion::V_2026_07_28
        } else {
            ProtocolVersion::V_2025_11_25
        }
    }

    fn lifecycle(self) -> ClientLifecycleMode {
        let preferred_versions = vec![self.revision()];
        match self.beginning {
            Beginning::Initialize => ClientLifecycleMode::Initialize,
            Beginning::Discover => ClientLifecycleMode::Discover { preferred_versions },
            Beginning::Auto => ClientLifecycleMode::Auto {
                preferred_versions,
                legacy_version: None,
            },
        }
    }
}

/// A connected client.
pub(super) struct Visitor {
    pub(super) kind: Kind,
    pub(super) client: RunningService<RoleClient, Host>,
    /// What the server told, in its order: what of, and the parts that matter.
    pub(super) heard: mpsc::Receiver<(&'static str, Value)>,
    /// What the server asked, in its order: the method, and its params.
    asked: mpsc::Receiver<(&'static str, Value)>,
    /// The streams that the client opened to listen to, but for the first of a session over HTTP.
    pub(super) opened: mpsc::Receiver<()>,
    _served: Option<Served>,
}

impl Visitor {
    async fn connect(kind: Kind, capabilities: Value) -> Self {
        let capabilities: ClientCapabilities = serde_json::from_value(capabilities).unwrap();
        let config = ClientConfig::new(capabilities, Implementation::new("visitor", "1.0.0"));
        let (host, heard, asked) = Host::new(config);
        let (sender, mut opened) = mpsc::channel(8);
        let (client, served) = match kind.wire {
            Wire::Http => {
                let (client, served) = over_http(host, kind.lifecycle(), sender).await;
                if !kind.is_sessionless() {
                    // What the server tells before the client has opened the stream of the session,
                    // nobody hears.
                    soon("the stream of the session", opened.recv()).await;
                }
                (client, Some(served))
            }
            Wire::Stdio => (over_stdio(host, kind.lifecycle()).await, None),
        };
        Self {
            kind,
            client,
            heard,
            asked,
            opened,
            _served: served,
        }
    }

    async fn leave(self) {
        let Self { client, .. } = self;
        soon("the end", client.cancel()).await.unwrap();
    }

    /// Calls a tool.
    pub(super) async fn call(
        &self,
        tool: &'static str,
        arguments: Value,
    ) -> Result<CallToolResult, ServiceError> {
        let call = self.client.call_tool(params(tool, arguments));
        soon("the result", call).await
    }

    /// The result of a tool, as JSON.
    pub(super) async fn result(&self, tool: &'static str, arguments: Value) -> Value {
        written(&self.call(tool, arguments).await.unwrap())
    }

    /// Calls a tool that answers with one text.
    pub(super) async fn text(&self, tool: &'static str, arguments: Value) -> String {
        text(&self.call(tool, arguments).await.unwrap())
    }

    /// What the server told next, which must be this.
    pub(super) async fn hears(&mut self, what: &str) -> Value {
        let (heard, about) = soon(what, self.heard.recv()).await.unwrap();
        assert_eq!(heard, what, "{about}");
        about
    }

    /// Checks that the server told nothing more.
    pub(super) fn has_heard_all(&mut self) {
        assert_eq!(self.heard.try_recv().ok(), None);
    }

    /// What the server asked next, which must be this. It is answered already.
    pub(super) fn was_asked(&mut self, method: &str) -> Value {
        let (asked, params) = self.asked.try_recv().unwrap();
        assert_eq!(asked, method, "{params}");
        params
    }

    /// The method of what the server asked next.
    pub(super) fn was_asked_something(&mut self) -> &'static str {
        self.asked.try_recv().unwrap().0
    }

    /// Checks that the server asked nothing more.
    pub(super) fn was_asked_all(&mut self) {
        assert_eq!(self.asked.try_recv().ok(), None);
    }
}

pub(super) fn params(tool: &'static str, arguments: Value) -> CallToolRequestParams {
    CallToolRequestParams::new(tool).with_arguments(object(arguments))
}

pub(super) fn object(value: Value) -> JsonObject {
    serde_json::from_value(value).unwrap()
}

pub(super) fn written(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap()
}

/// The one text that a tool answered with.
#[track_caller]
pub(super) fn text(result: &CallToolResult) -> String {
    assert_ne!(result.is_error, Some(true), "{result:?}");
    match result.content.as_slice() {
        [content] => content.as_text().unwrap().text.clone(),
        other => panic!("{other:?}"),
    }
}

/// The code of an error that the server answered with.
#[track_caller]
pub(super) fn code<T: std::fmt::Debug>(refused: Result<T, ServiceError>) -> ErrorCode {
    match refused {
        Err(ServiceError::McpError(error)) => error.code,
        other => panic!("{other:?}"),
    }
}
