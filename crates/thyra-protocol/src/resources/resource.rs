//! The definition of a resource.

use serde::{Deserialize, Serializer};
use serde_json::{Map, Value};

use crate::annotations::Annotations;
use crate::form::{Form, Members, Written, filled, for_revision};
use crate::icon::Icon;
use crate::revision::Revision;

/// The definition of a resource at a fixed URI.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Resource {
    /// Its URI.
    pub uri: String,
    /// Its name for programs.
    pub name: String,
    /// Its name for people (from 2025-06-18).
    #[serde(default)]
    pub title: Option<String>,
    /// A description for the model.
    #[serde(default)]
    pub description: Option<String>,
    /// Its media type, when known.
    #[serde(default)]
    pub mime_type: Option<String>,
    /// Its size in bytes before encoding, when known.
    #[serde(default)]
    pub size: Option<u64>,
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

impl Resource {
    /// A resource with only a URI and a name.
    pub fn new(uri: impl Into<String>, name: impl Into<String>) -> Self {
        Resource {
            uri: uri.into(),
            name: name.into(),
            ..Resource::default()
        }
    }
}

for_revision!(Resource);

impl Written for Resource {
    fn write<S: Serializer>(&self, form: Form<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = Members::begin(form, serializer)?;
        members.put("uri", &self.uri)?;
        members.put("name", &self.name)?;
        members.put_since(Revision::has_titles, "title", self.title.as_ref())?;
        members.put_some("description", self.description.as_ref())?;
        members.put_some("mimeType", self.mime_type.as_ref())?;
        members.put_some("size", self.size.as_ref())?;
        members.put_since(Revision::has_icons, "icons", filled(&self.icons))?;
        members.put_written("annotations", self.annotations.as_ref())?;
        members.put_since(Revision::has_item_meta, "_meta", self.meta.as_ref())?;
        members.end()
    }
}
