//! What a client can do.

use serde::{Deserialize, Serializer};
use serde_json::{Map, Value};

use crate::form::{Form, Members, Written, for_revision};
use crate::revision::Revision;

/// What a client can do. The client lacks every capability that is absent, and a server must not
/// use it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct ClientCapabilities {
    /// Asks the person for input (from 2025-06-18).
    #[serde(default)]
    pub elicitation: Option<ElicitationCapability>,
    /// Capabilities outside the specification, by name; each is an object.
    #[serde(default)]
    pub experimental: Map<String, Value>,
    /// Extensions, by identifier; each has an object of settings (from 2026-07-28).
    #[serde(default)]
    pub extensions: Map<String, Value>,
    /// Lists file system roots.
    #[serde(default)]
    pub roots: Option<RootsCapability>,
    /// Asks a language model.
    #[serde(default)]
    pub sampling: Option<SamplingCapability>,
    /// Runs requests as tasks (2025-11-25 only).
    #[serde(default)]
    pub tasks: Option<Map<String, Value>>,
}

for_revision!(ClientCapabilities);

impl Written for ClientCapabilities {
    fn write<S: Serializer>(&self, form: Form<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        let filled = |map| Some(map).filter(|map: &&Map<_, _>| !map.is_empty());
        let mut members = Members::begin(form, serializer)?;
        members.put_written(
            "elicitation",
            self.elicitation
                .as_ref()
                .filter(|_| form.writes(Revision::has_elicitation)),
        )?;
        members.put_some("experimental", filled(&self.experimental))?;
        members.put_since(
            Revision::has_extensions,
            "extensions",
            filled(&self.extensions),
        )?;
        members.put_written("roots", self.roots.as_ref())?;
        members.put_written("sampling", self.sampling.as_ref())?;
        members.put_since(Revision::has_core_tasks, "tasks", self.tasks.as_ref())?;
        members.end()
    }
}

/// How a client asks the person for input. If neither is set, it means `form`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct ElicitationCapability {
    /// With a form (from 2025-11-25).
    #[serde(default)]
    pub form: Option<Map<String, Value>>,
    /// On a web page (from 2025-11-25).
    #[serde(default)]
    pub url: Option<Map<String, Value>>,
}

impl ElicitationCapability {
    /// Whether the client shows forms: `form` is set, or neither is.
    pub fn has_form(&self) -> bool {
        self.form.is_some() || self.url.is_none()
    }
}

for_revision!(ElicitationCapability);

impl Written for ElicitationCapability {
    fn write<S: Serializer>(&self, form: Form<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = Members::begin(form, serializer)?;
        members.put_since(Revision::has_capability_parts, "form", self.form.as_ref())?;
        members.put_since(Revision::has_capability_parts, "url", self.url.as_ref())?;
        members.end()
    }
}

/// How a client lists roots.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RootsCapability {
    /// The client says when the list of roots changes (up to 2025-11-25).
    #[serde(default)]
    pub list_changed: bool,
}

for_revision!(RootsCapability);

impl Written for RootsCapability {
    fn write<S: Serializer>(&self, form: Form<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = Members::begin(form, serializer)?;
        members.put_since(
            Revision::has_roots_list_changed,
            "listChanged",
            self.list_changed.then_some(&true),
        )?;
        members.end()
    }
}

/// How a client asks a language model.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct SamplingCapability {
    /// With context from servers (from 2025-11-25).
    #[serde(default)]
    pub context: Option<Map<String, Value>>,
    /// With tools (from 2025-11-25).
    #[serde(default)]
    pub tools: Option<Map<String, Value>>,
}

for_revision!(SamplingCapability);

impl Written for SamplingCapability {
    fn write<S: Serializer>(&self, form: Form<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = Members::begin(form, serializer)?;
        members.put_since(
            Revision::has_capability_parts,
            "context",
            self.context.as_ref(),
        )?;
        members.put_since(Revision::has_capability_parts, "tools", self.tools.as_ref())?;
        members.end()
    }
}
