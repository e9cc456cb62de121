//! Resource templates, and `resources/templates/list`.

use serde::{Deserialize, Serializer};
use serde_json::{Map, Value};

use crate::annotations::Annotations;
use crate::form::{Form, Members, Written, filled, for_revision};
use crate::icon::Icon;
use crate::page::list;
use crate::revision::Revision;

list! {
    "resources/templates/list",
    ListResourceTemplatesParams,
    ListResourceTemplatesResult,
    ResourceTemplate,
    resource_templates,
    "resourceTemplates"
}

/// The definition of a family of resources whose URIs follow one pattern.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceTemplate {
    /// The pattern of their URIs (RFC 6570).
    pub uri_template: String,
    /// Its name for programs.
    pub name: String,
    /// Its name for people (from 2025-06-18).
    #[serde(default)]
    pub title: Option<String>,
    /// A description of the resources, for the model.
    #[serde(default)]
    pub description: Option<String>,
    /// The media type, if all have the same one.
    #[serde(default)]
    pub mime_type: Option<String>,
    /// Its icons (from 2025-11-25).
    #[serde(default)]
    pub icons: Vec<Icon>,
    /// Annotations: hints for the client.
    #[serde(default)]
    pub annotations: Option<Annotations>,
    /// Metadata (from 2025-06-18).
    #[serde(rename = "_meta", default)]
    pub meta: Option<Map<String, Value>>,
}

impl ResourceTemplate {
    /// A template with only a pattern and a name.
    pub fn new(uri_template: impl Into<String>, name: impl Into<String>) -> Self {
        ResourceTemplate {
            uri_template: uri_template.into(),
            name: name.into(),
            ..ResourceTemplate::default()
        }
    }
}

for_revision!(ResourceTemplate);

impl Written for ResourceTemplate {
    fn write<S: Serializer>(&self, form: Form<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = Members::begin(form, serializer)?;
        members.put("uriTemplate", &self.uri_template)?;
        members.put("name", &self.name)?;
        members.put_since(Revision::has_titles, "title", self.title.as_ref())?;
        members.put_some("description", self.description.as_ref())?;
        members.put_some("mimeType", self.mime_type.as_ref())?;
        members.put_since(Revision::has_icons, "icons", filled(&self.icons))?;
        members.put_written("annotations", self.annotations.as_ref())?;
        members.put_since(Revision::has_item_meta, "_meta", self.meta.as_ref())?;
        members.end()
    }
}
