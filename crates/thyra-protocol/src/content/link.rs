//! Links to resources.

use serde::Deserialize;
use serde::ser::SerializeMap;
use serde_json::{Map, Value};

use crate::annotations::Annotations;
use crate::form::{Members, filled};
use crate::icon::Icon;
use crate::revision::Revision;

/// A link to a resource, which the client may read (from 2025-06-18).
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceLink {
    /// Where it is.
    pub uri: String,
    /// Its name for programs.
    pub name: String,
    /// Its name for people.
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
    /// Metadata.
    #[serde(rename = "_meta", default)]
    pub meta: Option<Map<String, Value>>,
}

impl ResourceLink {
    /// A link with only a URI and a name.
    pub fn new(uri: impl Into<String>, name: impl Into<String>) -> Self {
        ResourceLink {
            uri: uri.into(),
            name: name.into(),
            ..ResourceLink::default()
        }
    }

    /// Writes all but `type`, `annotations` and `_meta`.
    pub(super) fn put_members<M: SerializeMap>(
        &self,
        members: &mut Members<'_, M>,
    ) -> Result<(), M::Error> {
        members.put("uri", &self.uri)?;
        members.put("name", &self.name)?;
        members.put_since(Revision::has_titles, "title", self.title.as_ref())?;
        members.put_some("description", self.description.as_ref())?;
        members.put_some("mimeType", self.mime_type.as_ref())?;
        members.put_some("size", self.size.as_ref())?;
        members.put_since(Revision::has_icons, "icons", filled(&self.icons))
    }
}
