//! Who is behind the visitor: somebody who answers what the server asks, and notes what it tells.

#![expect(
    deprecated,
    reason = "the SDK warns of everything that the newest revision has no longer"
)]

use rmcp::model::{
    ClientConfig, CreateMessageRequestParams, CreateMessageResult, ElicitRequestParams,
    ElicitResult, ElicitationAction, ListRootsResult, LoggingMessageNotificationParam,
    ProgressNotificationParam, ResourceUpdatedNotificationParam, Role, Root, SamplingMessage,
    SamplingMessageContentBlock,
};
use rmcp::service::{NotificationContext, RequestContext};
use rmcp::{ClientHandler, ErrorData, RoleClient};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::visitor::written;

type Note = (&'static str, Value);

/// A user, a model and some roots.
pub(super) struct Host {
    config: ClientConfig,
    heard: mpsc::Sender<Note>,
    asked: mpsc::Sender<Note>,
}

impl Host {
    /// The host, then what it hears, then what it is asked.
    pub(super) fn new(config: ClientConfig) -> (Self, mpsc::Receiver<Note>, mpsc::Receiver<Note>) {
        let (heard, told) = mpsc::channel(64);
        let (asked, questions) = mpsc::channel(64);
        let host = Self {
            config,
            heard,
            asked,
        };
        (host, told, questions)
    }

    fn hear(&self, what: &'static str, about: Value) {
        self.heard.try_send((what, about)).unwrap();
    }

    fn ask(&self, method: &'static str, params: Value) {
        self.asked.try_send((method, params)).unwrap();
    }
}

/// What the user writes into forms that ask for it.
pub(super) fn known() -> Value {
    json!({
        "username": "ada",
        "email": "ada@example.com",
        "name": "Alice",
        "color": "blue",
        "ok": true,
        "confirm": true,
        "context": "of a test",
        "age": 25,
        "score": 88.5,
        "status": "inactive",
        "verified": false,
        "untitledSingle": "option1",
        "titledSingle": "value1",
        "legacyEnum": "opt1",
        "untitledMulti": ["option1", "option2"],
        "titledMulti": ["value1", "value2"],
    })
}

/// What the user does when asked so.
fn reaction(message: &str) -> ElicitationAction {
    match message {
        "You will say no" => ElicitationAction::Decline,
        "You will look away" => ElicitationAction::Cancel,
        _ => ElicitationAction::Accept,
    }
}

impl ClientHandler for Host {
    fn get_info(&self) -> ClientConfig {
        self.config.clone()
    }

    async fn create_elicitation(
        &self,
        params: ElicitRequestParams,
        _: RequestContext<RoleClient>,
    ) -> Result<ElicitResult, ErrorData> {
        let params = written(&params);
        let result = ElicitResult::new(reaction(params["message"].as_str().unwrap()));
        let form = params["requestedSchema"]["properties"].as_object().cloned();
        self.ask("elicitation/create", params);
        Ok(match form {
            Some(form) if result.action == ElicitationAction::Accept => {
                let known = known();
                let filled = form.keys().map(|name| (name.clone(), known[name].clone()));
                result.with_content(filled.collect())
            }
            _ => result,
        })
    }

    async fn create_message(
        &self,
        params: CreateMessageRequestParams,
        _: RequestContext<RoleClient>,
    ) -> Result<CreateMessageResult, ErrorData> {
        self.ask("sampling/createMessage", written(&params));
        let content = SamplingMessageContentBlock::text("Forty-two");
        let message = SamplingMessage::new(Role::Assistant, content);
        Ok(CreateMessageResult::new(message, "model".to_owned()).with_stop_reason("endTurn"))
    }

    async fn list_roots(
        &self,
        _: RequestContext<RoleClient>,
    ) -> Result<ListRootsResult, ErrorData> {
        self.ask("roots/list", Value::Null);
        let one = Root::new("file:///one").with_name("One");
        Ok(ListRootsResult::new(vec![one, Root::new("file:///two")]))
    }

    async fn on_progress(
        &self,
        params: ProgressNotificationParam,
        _: NotificationContext<RoleClient>,
    ) {
        self.hear("progress", json!([params.progress, params.total]));
    }

    async fn on_logging_message(
        &self,
        params: LoggingMessageNotificationParam,
        _: NotificationContext<RoleClient>,
    ) {
        self.hear("log", json!([params.level, params.data]));
    }

    async fn on_resource_updated(
        &self,
        params: ResourceUpdatedNotificationParam,
        _: NotificationContext<RoleClient>,
    ) {
        self.hear("resource updated", json!(params.uri));
    }

    async fn on_tool_list_changed(&self, _: NotificationContext<RoleClient>) {
        self.hear("tools changed", Value::Null);
    }

    async fn on_prompt_list_changed(&self, _: NotificationContext<RoleClient>) {
        self.hear("prompts changed", Value::Null);
    }
}
