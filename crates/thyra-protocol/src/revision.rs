//! The protocol revisions and their differences.

use std::fmt;
use std::str::FromStr;

use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize, Serializer};

/// One published revision of the Model Context Protocol, oldest first.
///
/// The `has_*` functions tell the differences between revisions that matter when this crate writes
/// a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Revision {
    /// 2024-11-05, the first one.
    V2024_11_05,
    /// 2025-03-26: Streamable HTTP, audio content, tool annotations.
    V2025_03_26,
    /// 2025-06-18: structured output, resource links, titles, elicitation.
    V2025_06_18,
    /// 2025-11-25: icons, tasks; the last one with a handshake.
    V2025_11_25,
    /// 2026-07-28: no handshake and no session; every request stands alone.
    V2026_07_28,
}

/// Whether a conversation begins with a handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Era {
    /// The peers agree on a revision with `initialize` first (up to 2025-11-25).
    Handshake,
    /// Every request names its revision in `params._meta` (from 2026-07-28).
    Sessionless,
}

impl Revision {
    /// All revisions, oldest first.
    pub const ALL: [Revision; 5] = [
        Revision::V2024_11_05,
        Revision::V2025_03_26,
        Revision::V2025_06_18,
        Revision::V2025_11_25,
        Revision::V2026_07_28,
    ];

    /// The newest revision.
    pub const LATEST: Revision = Revision::V2026_07_28;

    /// The newest revision that opens with `initialize`.
    pub const LATEST_HANDSHAKE: Revision = Revision::V2025_11_25;

    /// The revision to answer an `initialize` that asks for `requested`: the same when it is a
    /// handshake revision that we speak, else [`Revision::LATEST_HANDSHAKE`] (MCP `lifecycle`,
    /// version negotiation).
    pub fn negotiate(requested: &str) -> Revision {
        match requested.parse::<Revision>() {
            Ok(revision) if revision.era() == Era::Handshake => revision,
            Ok(_) | Err(_) => Revision::LATEST_HANDSHAKE,
        }
    }

    /// The name on the wire, such as `2025-11-25`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Revision::V2024_11_05 => "2024-11-05",
            Revision::V2025_03_26 => "2025-03-26",
            Revision::V2025_06_18 => "2025-06-18",
            Revision::V2025_11_25 => "2025-11-25",
            Revision::V2026_07_28 => "2026-07-28",
        }
    }

    /// The era that the revision belongs to.
    pub const fn era(self) -> Era {
        match self {
            Revision::V2024_11_05
            | Revision::V2025_03_26
            | Revision::V2025_06_18
            | Revision::V2025_11_25 => Era::Handshake,
            Revision::V2026_07_28 => Era::Sessionless,
        }
    }

    /// Content blocks of type `audio`.
    pub const fn has_audio(self) -> bool {
        self.is_at_least(Revision::V2025_03_26)
    }

    /// The `completions` server capability.
    pub const fn has_completions_capability(self) -> bool {
        self.is_at_least(Revision::V2025_03_26)
    }

    /// The `message` of a progress notification.
    pub const fn has_progress_messages(self) -> bool {
        self.is_at_least(Revision::V2025_03_26)
    }

    /// `annotations` on tools.
    pub const fn has_tool_annotations(self) -> bool {
        self.is_at_least(Revision::V2025_03_26)
    }

    /// `context` in the params of `completion/complete`.
    pub const fn has_completion_context(self) -> bool {
        self.is_at_least(Revision::V2025_06_18)
    }

    /// The `elicitation` client capability.
    pub const fn has_elicitation(self) -> bool {
        self.is_at_least(Revision::V2025_06_18)
    }

    /// `_meta` on tools, prompts, resources, roots and content, not only on params and results.
    pub const fn has_item_meta(self) -> bool {
        self.is_at_least(Revision::V2025_06_18)
    }

    /// `lastModified` in annotations.
    pub const fn has_last_modified(self) -> bool {
        self.is_at_least(Revision::V2025_06_18)
    }

    /// Content blocks of type `resource_link`.
    pub const fn has_resource_links(self) -> bool {
        self.is_at_least(Revision::V2025_06_18)
    }

    /// `outputSchema` on tools and `structuredContent` in their results. Before 2026-07-28 both
    /// are objects only: see [`Revision::has_any_structured_output`].
    pub const fn has_structured_output(self) -> bool {
        self.is_at_least(Revision::V2025_06_18)
    }

    /// `title` on tools, prompts, resources and implementations.
    pub const fn has_titles(self) -> bool {
        self.is_at_least(Revision::V2025_06_18)
    }

    /// The `MCP-Protocol-Version` request header.
    pub const fn has_version_header(self) -> bool {
        self.is_at_least(Revision::V2025_06_18)
    }

    /// `icons` on tools, prompts, resources and implementations.
    pub const fn has_icons(self) -> bool {
        self.is_at_least(Revision::V2025_11_25)
    }

    /// `description` and `websiteUrl` on implementations.
    pub const fn has_implementation_details(self) -> bool {
        self.is_at_least(Revision::V2025_11_25)
    }

    /// The parts of the client's `elicitation` and `sampling` capabilities (`form`, `url`,
    /// `context`, `tools`).
    pub const fn has_capability_parts(self) -> bool {
        self.is_at_least(Revision::V2025_11_25)
    }

    /// `mode` in the params of `elicitation/create`, and with it pages besides forms.
    pub const fn has_elicitation_modes(self) -> bool {
        self.is_at_least(Revision::V2025_11_25)
    }

    /// `elicitationId` in the params of `elicitation/create`, and the notification that names it.
    /// Only 2025-11-25 has them.
    pub const fn has_elicitation_ids(self) -> bool {
        matches!(self, Revision::V2025_11_25)
    }

    /// Tools in `sampling/createMessage`, and with them messages of several blocks.
    pub const fn has_sampling_tools(self) -> bool {
        self.is_at_least(Revision::V2025_11_25)
    }

    /// Tasks as a part of the core: the `tasks` capabilities and `execution` on tools. Only
    /// 2025-11-25 has them; later they are an extension.
    pub const fn has_core_tasks(self) -> bool {
        matches!(self, Revision::V2025_11_25)
    }

    /// `listChanged` in the client's `roots` capability; gone with 2026-07-28.
    pub const fn has_roots_list_changed(self) -> bool {
        !self.is_at_least(Revision::V2026_07_28)
    }

    /// Structured output of any JSON type, and `outputSchema` whose root is not an object.
    pub const fn has_any_structured_output(self) -> bool {
        self.is_at_least(Revision::V2026_07_28)
    }

    /// `true` and `false` as the schema of a property, at the root of a tool's schemas.
    pub const fn has_boolean_property_schemas(self) -> bool {
        self.is_at_least(Revision::V2026_07_28)
    }

    /// `ttlMs` and `cacheScope` on results that may be cached.
    pub const fn has_cache_hints(self) -> bool {
        self.is_at_least(Revision::V2026_07_28)
    }

    /// The `extensions` capabilities.
    pub const fn has_extensions(self) -> bool {
        self.is_at_least(Revision::V2026_07_28)
    }

    /// `resultType` on every result.
    pub const fn has_result_type(self) -> bool {
        self.is_at_least(Revision::V2026_07_28)
    }

    const fn is_at_least(self, other: Revision) -> bool {
        self as u8 >= other as u8
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Revision {
    type Err = UnsupportedRevision;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Revision::ALL
            .into_iter()
            .find(|revision| revision.as_str() == name)
            .ok_or(UnsupportedRevision)
    }
}

impl Serialize for Revision {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Revision {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Name;

        impl Visitor<'_> for Name {
            type Value = Revision;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a protocol revision")
            }

            fn visit_str<E: de::Error>(self, name: &str) -> Result<Revision, E> {
                name.parse().map_err(E::custom)
            }
        }

        deserializer.deserialize_str(Name)
    }
}

/// A protocol revision that we do not speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "unsupported protocol revision: use one of 2024-11-05, 2025-03-26, 2025-06-18, 2025-11-25, \
     2026-07-28"
)]
pub struct UnsupportedRevision;

#[cfg(test)]
mod tests;
