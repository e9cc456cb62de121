//! The kinds of components.

use std::fmt;

use thyra_protocol::method;

/// The kinds of components.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// A function that models call.
    Tool,
    /// A message for models, chosen by people.
    Prompt,
    /// Something to read.
    Resource,
    /// Many things to read, whose URIs follow one pattern.
    ResourceTemplate,
}

impl Kind {
    /// The method of the notification that the list of this kind changed (MCP
    /// `notifications/*/list_changed`).
    pub(crate) fn list_changed(self) -> &'static str {
        match self {
            Self::Tool => method::TOOLS_LIST_CHANGED,
            Self::Prompt => method::PROMPTS_LIST_CHANGED,
            Self::Resource | Self::ResourceTemplate => method::RESOURCES_LIST_CHANGED,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tool => "tool",
            Self::Prompt => "prompt",
            Self::Resource => "resource",
            Self::ResourceTemplate => "resource template",
        })
    }
}
