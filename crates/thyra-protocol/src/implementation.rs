//! The name and version of a client or a server.

use serde::{Deserialize, Serializer};

use crate::form::{Form, Members, Written, filled, for_revision};
use crate::icon::Icon;
use crate::revision::Revision;

/// Who a peer says it is (`clientInfo`, `serverInfo`). It is only for people to read: base no
/// decision on it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Implementation {
    /// The name for programs.
    pub name: String,
    /// The name for people (from 2025-06-18).
    #[serde(default)]
    pub title: Option<String>,
    /// The version of the software.
    pub version: String,
    /// What it does (from 2025-11-25).
    #[serde(default)]
    pub description: Option<String>,
    /// Its web page, a URI (from 2025-11-25).
    #[serde(default)]
    pub website_url: Option<String>,
    /// Its icons (from 2025-11-25).
    #[serde(default)]
    pub icons: Vec<Icon>,
}

impl Implementation {
    /// An implementation with only a name and a version.
    pub fn new(name: impl Into<String>, version: impl Into<String>) -> Self {
        Implementation {
            name: name.into(),
            version: version.into(),
            ..Implementation::default()
        }
    }
}

for_revision!(Implementation);

impl Written for Implementation {
    fn write<S: Serializer>(&self, form: Form<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = Members::begin(form, serializer)?;
        members.put("name", &self.name)?;
        members.put_since(Revision::has_titles, "title", self.title.as_ref())?;
        members.put("version", &self.version)?;
        members.put_since(
            Revision::has_implementation_details,
            "description",
            self.description.as_ref(),
        )?;
        members.put_since(
            Revision::has_implementation_details,
            "websiteUrl",
            self.website_url.as_ref(),
        )?;
        members.put_since(Revision::has_icons, "icons", filled(&self.icons))?;
        members.end()
    }
}
