//! The definition of a prompt.

use serde::{Deserialize, Serializer};
use serde_json::{Map, Value};

use crate::form::{Form, Members, Written, filled, for_revision};
use crate::icon::Icon;
use crate::revision::Revision;

/// The definition of a prompt.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Prompt {
    /// The name for programs.
    pub name: String,
    /// The name for people (from 2025-06-18).
    #[serde(default)]
    pub title: Option<String>,
    /// A description.
    #[serde(default)]
    pub description: Option<String>,
    /// The arguments that it takes.
    #[serde(default)]
    pub arguments: Vec<PromptArgument>,
    /// Its icons (from 2025-11-25).
    #[serde(default)]
    pub icons: Vec<Icon>,
    /// Metadata (from 2025-06-18).
    #[serde(rename = "_meta", default)]
    pub meta: Option<Map<String, Value>>,
}

/// An argument of a prompt; its value is a string.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct PromptArgument {
    /// The name for programs.
    pub name: String,
    /// The name for people (from 2025-06-18).
    #[serde(default)]
    pub title: Option<String>,
    /// What to fill in.
    #[serde(default)]
    pub description: Option<String>,
    /// Whether it is required (default: no).
    #[serde(default)]
    pub required: Option<bool>,
}

impl Prompt {
    /// A prompt with only a name.
    pub fn new(name: impl Into<String>) -> Self {
        Prompt {
            name: name.into(),
            ..Prompt::default()
        }
    }
}

impl PromptArgument {
    /// An argument with only a name.
    pub fn new(name: impl Into<String>) -> Self {
        PromptArgument {
            name: name.into(),
            ..PromptArgument::default()
        }
    }
}

for_revision!(Prompt, PromptArgument);

impl Written for Prompt {
    fn write<S: Serializer>(&self, form: Form<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = Members::begin(form, serializer)?;
        members.put("name", &self.name)?;
        members.put_since(Revision::has_titles, "title", self.title.as_ref())?;
        members.put_some("description", self.description.as_ref())?;
        if !self.arguments.is_empty() {
            members.put_each("arguments", self.arguments.iter())?;
        }
        members.put_since(Revision::has_icons, "icons", filled(&self.icons))?;
        members.put_since(Revision::has_item_meta, "_meta", self.meta.as_ref())?;
        members.end()
    }
}

impl Written for PromptArgument {
    fn write<S: Serializer>(&self, form: Form<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = Members::begin(form, serializer)?;
        members.put("name", &self.name)?;
        members.put_since(Revision::has_titles, "title", self.title.as_ref())?;
        members.put_some("description", self.description.as_ref())?;
        members.put_some("required", self.required.as_ref())?;
        members.end()
    }
}
