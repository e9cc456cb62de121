//! The names of methods and notifications (MCP `schema`, and the extension
//! `io.modelcontextprotocol/tasks`).

/// Defines the constant of each name, and lists it in [`ALL`].
macro_rules! methods {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        $(
            $(#[$doc])*
            pub const $name: &str = $text;
        )*

        /// Every name in this module: all that a revision of the protocol or the tasks extension
        /// defines, in either direction.
        pub const ALL: &[&str] = &[$($name),*];
    };
}

methods! {
    /// Opens a session in the handshake era.
    INITIALIZE = "initialize";
    /// Says that the client has read the answer to [`INITIALIZE`].
    INITIALIZED = "notifications/initialized";
    /// Asks a sessionless server what it supports.
    DISCOVER = "server/discover";
    /// Asks whether the peer is alive; handshake era only.
    PING = "ping";
    /// Lists tools, page by page.
    TOOLS_LIST = "tools/list";
    /// Calls one tool.
    TOOLS_CALL = "tools/call";
    /// Lists resources, page by page.
    RESOURCES_LIST = "resources/list";
    /// Lists resource templates, page by page.
    RESOURCES_TEMPLATES_LIST = "resources/templates/list";
    /// Reads one resource.
    RESOURCES_READ = "resources/read";
    /// Asks to be told when a resource changes; handshake era only.
    RESOURCES_SUBSCRIBE = "resources/subscribe";
    /// Ends what [`RESOURCES_SUBSCRIBE`] began; handshake era only.
    RESOURCES_UNSUBSCRIBE = "resources/unsubscribe";
    /// Lists prompts, page by page.
    PROMPTS_LIST = "prompts/list";
    /// Fills in one prompt.
    PROMPTS_GET = "prompts/get";
    /// Suggests values for an argument of a prompt or of a resource template.
    COMPLETION_COMPLETE = "completion/complete";
    /// Sets the minimum level of log messages; handshake era only.
    SET_LEVEL = "logging/setLevel";
    /// Listens for changes until one side ends it (from 2026-07-28).
    SUBSCRIPTIONS_LISTEN = "subscriptions/listen";
    /// Asks for the state of a task (tasks extension).
    TASKS_GET = "tasks/get";
    /// Gives a task the input that it waits for (tasks extension).
    TASKS_UPDATE = "tasks/update";
    /// Asks a task to stop (tasks extension).
    TASKS_CANCEL = "tasks/cancel";
    /// Lists tasks (2025-11-25 only).
    TASKS_LIST = "tasks/list";
    /// Waits for the result of a task (2025-11-25 only).
    TASKS_RESULT = "tasks/result";
    /// Asks the person for input; from a server to a client (from 2025-06-18).
    ELICITATION_CREATE = "elicitation/create";
    /// Asks a language model; from a server to a client.
    SAMPLING_CREATE_MESSAGE = "sampling/createMessage";
    /// Lists file system roots; from a server to a client.
    ROOTS_LIST = "roots/list";
    /// Cancels a request.
    CANCELLED = "notifications/cancelled";
    /// Reports how far a request has come.
    PROGRESS = "notifications/progress";
    /// Carries one log message.
    MESSAGE = "notifications/message";
    /// Says that the list of tools has changed.
    TOOLS_LIST_CHANGED = "notifications/tools/list_changed";
    /// Says that the lists of resources and resource templates have changed.
    RESOURCES_LIST_CHANGED = "notifications/resources/list_changed";
    /// Says that one resource has changed.
    RESOURCES_UPDATED = "notifications/resources/updated";
    /// Says that the list of prompts has changed.
    PROMPTS_LIST_CHANGED = "notifications/prompts/list_changed";
    /// Says that the list of roots has changed; from a client, handshake era only.
    ROOTS_LIST_CHANGED = "notifications/roots/list_changed";
    /// Says which changes [`SUBSCRIPTIONS_LISTEN`] will report (from 2026-07-28).
    SUBSCRIPTIONS_ACKNOWLEDGED = "notifications/subscriptions/acknowledged";
    /// Says that a person has finished on the page that they were sent to (2025-11-25 only).
    ELICITATION_COMPLETE = "notifications/elicitation/complete";
    /// Reports the state of a task to subscribers (tasks extension).
    TASKS_STATUS = "notifications/tasks";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_name_is_listed_once() {
        let distinct: BTreeSet<_> = ALL.iter().collect();
        assert_eq!(distinct.len(), ALL.len());
        // The first, the last, and one that only an older revision has.
        for name in [INITIALIZE, TASKS_STATUS, TASKS_RESULT] {
            assert!(ALL.contains(&name), "{name}");
        }
    }

    #[test]
    fn no_name_is_defined_beside_the_list() {
        let (code, _) = include_str!("method.rs")
            .split_once("#[cfg(test)]")
            .unwrap();
        // The name in the macro, and `ALL`.
        assert_eq!(code.matches("pub const ").count(), 2);
    }
}
