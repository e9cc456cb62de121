//! `roots/list`: the files and folders that a client's user works on (MCP `client/roots`).

use serde::{Deserialize, Serializer};
use serde_json::{Map, Value};

use crate::form::{Form, Members, Written, for_revision};
use crate::revision::Revision;

/// The roots of a client.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct ListRootsResult {
    /// The roots.
    pub roots: Vec<Root>,
    /// Metadata (up to 2025-11-25).
    #[serde(rename = "_meta", default)]
    pub meta: Option<Map<String, Value>>,
}

/// A file or folder that a server may work on.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct Root {
    /// Where it is: a `file:` URI.
    pub uri: String,
    /// Its name for people.
    #[serde(default)]
    pub name: Option<String>,
    /// Metadata (from 2025-06-18).
    #[serde(rename = "_meta", default)]
    pub meta: Option<Map<String, Value>>,
}

impl ListRootsResult {
    /// A result with these roots.
    pub fn new(roots: Vec<Root>) -> Self {
        ListRootsResult { roots, meta: None }
    }
}

impl Root {
    /// A root without a name.
    pub fn new(uri: impl Into<String>) -> Self {
        Root {
            uri: uri.into(),
            ..Root::default()
        }
    }
}

for_revision!(ListRootsResult, Root);

impl Written for ListRootsResult {
    fn write<S: Serializer>(&self, form: Form<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = Members::begin(form, serializer)?;
        members.put_each("roots", self.roots.iter())?;
        members.put_some("_meta", self.meta.as_ref())?;
        members.end()
    }
}

impl Written for Root {
    fn write<S: Serializer>(&self, form: Form<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = Members::begin(form, serializer)?;
        members.put("uri", &self.uri)?;
        members.put_some("name", self.name.as_ref())?;
        members.put_since(Revision::has_item_meta, "_meta", self.meta.as_ref())?;
        members.end()
    }
}
