//! The kinds of components that a function can be, and what their attributes have in common.

/// What an attribute makes of a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Prompt,
    Resource,
    Tool,
}

impl Kind {
    pub(crate) const ALL: [Kind; 3] = [Kind::Prompt, Kind::Resource, Kind::Tool];

    /// The attribute's name, which is also what people call the component.
    pub(crate) fn noun(self) -> &'static str {
        match self {
            Kind::Prompt => "prompt",
            Kind::Resource => "resource",
            Kind::Tool => "tool",
        }
    }

    /// The keys of the attribute.
    pub(crate) fn keys(self) -> &'static [&'static str] {
        match self {
            Kind::Prompt => &[
                "name",
                "title",
                "description",
                "scopes",
                "check",
                "tags",
                "version",
                "timeout",
                "icon",
                "meta",
                "inline",
            ],
            Kind::Resource => &[
                "name",
                "title",
                "description",
                "mime_type",
                "scopes",
                "check",
                "tags",
                "version",
                "timeout",
                "icon",
                "meta",
                "inline",
                "size",
                "audience",
                "priority",
                "cache",
                "cache_scope",
                "exempt",
            ],
            Kind::Tool => &[
                "name",
                "title",
                "description",
                "scopes",
                "check",
                "tags",
                "version",
                "timeout",
                "icon",
                "meta",
                "inline",
                "task",
                "output_schema",
                "read_only",
                "destructive",
                "idempotent",
                "open_world",
                "repeatable",
            ],
        }
    }

    /// The keys of `#[arg(..)]` on an argument.
    pub(crate) fn argument_keys(self) -> &'static [&'static str] {
        match self {
            Kind::Prompt => &["complete", "default", "name", "title"],
            Kind::Resource => &["complete", "default", "name"],
            Kind::Tool => &["default", "header", "name"],
        }
    }
}
