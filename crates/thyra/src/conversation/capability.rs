//! What a client may be able to do for a server.

use std::fmt;

use serde_json::Map;
use thyra_protocol::{
    ClientCapabilities, ElicitationCapability, RootsCapability, SamplingCapability,
};

/// What a client may be able to do for a server (MCP "Client Capabilities").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClientCapability {
    /// Ask its user with a form.
    Elicitation,
    /// Send its user to a page.
    ElicitationUrl,
    /// List its roots.
    Roots,
    /// Ask its model.
    Sampling,
    /// Ask its model and give it tools.
    SamplingTools,
}

impl ClientCapability {
    pub(super) const ALL: [Self; 5] = [
        Self::Elicitation,
        Self::ElicitationUrl,
        Self::Roots,
        Self::Sampling,
        Self::SamplingTools,
    ];

    /// Whether a client that declares `capabilities` has this one.
    pub fn is_in(self, capabilities: &ClientCapabilities) -> bool {
        let elicitation = capabilities.elicitation.as_ref();
        let sampling = capabilities.sampling.as_ref();
        match self {
            Self::Elicitation => elicitation.is_some_and(ElicitationCapability::has_form),
            Self::ElicitationUrl => elicitation.is_some_and(|modes| modes.url.is_some()),
            Self::Roots => capabilities.roots.is_some(),
            Self::Sampling => sampling.is_some(),
            Self::SamplingTools => sampling.is_some_and(|parts| parts.tools.is_some()),
        }
    }

    /// The declaration of this capability alone.
    pub(super) fn declaration(self) -> ClientCapabilities {
        let mut declared = ClientCapabilities::default();
        match self {
            Self::Elicitation => {
                declared.elicitation.get_or_insert_default().form = Some(Map::new());
            }
            Self::ElicitationUrl => {
                declared.elicitation.get_or_insert_default().url = Some(Map::new());
            }
            Self::Roots => declared.roots = Some(RootsCapability::default()),
            Self::Sampling => declared.sampling = Some(SamplingCapability::default()),
            Self::SamplingTools => {
                declared.sampling.get_or_insert_default().tools = Some(Map::new());
            }
        }
        declared
    }
}

impl fmt::Display for ClientCapability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Elicitation => "elicitation",
            Self::ElicitationUrl => "elicitation.url",
            Self::Roots => "roots",
            Self::Sampling => "sampling",
            Self::SamplingTools => "sampling.tools",
        })
    }
}
