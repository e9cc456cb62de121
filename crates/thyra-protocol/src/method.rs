//! The names of methods and notifications (MCP `schema`, and the extension
//! `io.modelcontextprotocol/tasks`).

/// Opens a session in the handshake era.
pub const INITIALIZE: &str = "initialize";
/// Says that the client has read the answer to [`INITIALIZE`].
pub const INITIALIZED: &str = "notifications/initialized";
/// Asks a sessionless server what it supports.
pub const DISCOVER: &str = "server/discover";
/// Asks whether the peer is alive; handshake era only.
pub const PING: &str = "ping";
/// Lists tools, page by page.
pub const TOOLS_LIST: &str = "tools/list";
/// Calls one tool.
pub const TOOLS_CALL: &str = "tools/call";
/// Lists resources, page by page.
pub const RESOURCES_LIST: &str = "resources/list";
/// Lists resource templates, page by page.
pub const RESOURCES_TEMPLATES_LIST: &str = "resources/templates/list";
/// Reads one resource.
pub const RESOURCES_READ: &str = "resources/read";
/// Asks to be told when a resource changes; handshake era only.
pub const RESOURCES_SUBSCRIBE: &str = "resources/subscribe";
/// Takes [`RESOURCES_SUBSCRIBE`] back; handshake era only.
pub const RESOURCES_UNSUBSCRIBE: &str = "resources/unsubscribe";
/// Lists prompts, page by page.
pub const PROMPTS_LIST: &str = "prompts/list";
/// Fills in one prompt.
pub const PROMPTS_GET: &str = "prompts/get";
/// Suggests values for an argument of a prompt or of a resource template.
pub const COMPLETION_COMPLETE: &str = "completion/complete";
/// Sets the least level of log messages; handshake era only.
pub const SET_LEVEL: &str = "logging/setLevel";
/// Listens to changes until one side ends it (from 2026-07-28).
pub const SUBSCRIPTIONS_LISTEN: &str = "subscriptions/listen";
/// Asks how a task is (tasks extension).
pub const TASKS_GET: &str = "tasks/get";
/// Gives a task the input that it waits for (tasks extension).
pub const TASKS_UPDATE: &str = "tasks/update";
/// Asks a task to stop (tasks extension).
pub const TASKS_CANCEL: &str = "tasks/cancel";
/// Asks the person for input; from a server to a client (from 2025-06-18).
pub const ELICITATION_CREATE: &str = "elicitation/create";
/// Asks a language model; from a server to a client.
pub const SAMPLING_CREATE_MESSAGE: &str = "sampling/createMessage";
/// Lists file system roots; from a server to a client.
pub const ROOTS_LIST: &str = "roots/list";
/// Withdraws a request.
pub const CANCELLED: &str = "notifications/cancelled";
/// Reports how far a request has come.
pub const PROGRESS: &str = "notifications/progress";
/// Carries one log message.
pub const MESSAGE: &str = "notifications/message";
/// Says that the list of tools has changed.
pub const TOOLS_LIST_CHANGED: &str = "notifications/tools/list_changed";
/// Says that the lists of resources and resource templates have changed.
pub const RESOURCES_LIST_CHANGED: &str = "notifications/resources/list_changed";
/// Says that one resource has changed.
pub const RESOURCES_UPDATED: &str = "notifications/resources/updated";
/// Says that the list of prompts has changed.
pub const PROMPTS_LIST_CHANGED: &str = "notifications/prompts/list_changed";
/// Says that the list of roots has changed; from a client, handshake era only.
pub const ROOTS_LIST_CHANGED: &str = "notifications/roots/list_changed";
/// Says which changes the answer to [`SUBSCRIPTIONS_LISTEN`] tells of (from 2026-07-28).
pub const SUBSCRIPTIONS_ACKNOWLEDGED: &str = "notifications/subscriptions/acknowledged";
/// Says that what a person was sent to a page for is done (2025-11-25 only).
pub const ELICITATION_COMPLETE: &str = "notifications/elicitation/complete";
/// Says how a task is, to those who subscribed to it (tasks extension).
pub const TASKS_STATUS: &str = "notifications/tasks";
