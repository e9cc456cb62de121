//! Skills: folders of instructions and files that a server offers (extension
//! `io.modelcontextprotocol/skills`, SEP-2640).

mod error;
mod files;
mod manifest;
mod path;

use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

pub use self::error::SkillError;
pub use self::files::SkillFiles;
pub(crate) use self::manifest::{MOST_BYTES, length};

/// The file that every skill has at its top.
pub(crate) const MANIFEST: &str = "SKILL.md";

/// A skill as a server lists it ([`Client::list_skills`](crate::Client::list_skills)): what it is
/// about, and which files it has. Nothing of it is checked before it is read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Skill {
    /// The URI of its `SKILL.md`.
    pub uri: String,
    /// What the head of its `SKILL.md` says, such as `name` and `description`.
    pub frontmatter: Map<String, Value>,
    /// Its files.
    pub resources: SkillResources,
}

/// The files of a skill.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum SkillResources {
    /// They are not known beforehand, so they cannot be checked.
    Dynamic,
    /// All of them.
    Listed(Vec<SkillResource>),
}

/// One file of a skill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SkillResource {
    /// Its URI, which lies below the folder of the skill.
    pub uri: String,
    /// The SHA-256 of its bytes: `sha256:` and 64 hexadecimal digits.
    pub digest: String,
    /// How many bytes it has.
    pub size: u64,
}

impl Skill {
    /// The identifier of the extension: the key of its settings in a server's capabilities.
    pub const EXTENSION: &str = "io.modelcontextprotocol/skills";

    /// Its name, if it has one. It may hold control characters before the skill was read.
    pub fn name(&self) -> Option<&str> {
        self.frontmatter.get("name")?.as_str()
    }

    /// When to use it, if it says so. Show it with [`Printable`](thyra_oauth::Printable).
    pub fn description(&self) -> Option<&str> {
        self.frontmatter.get("description")?.as_str()
    }
}

impl<'de> Deserialize<'de> for SkillResources {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        if raw.get() == r#""dynamic""# {
            return Ok(Self::Dynamic);
        }
        serde_json::from_str(raw.get())
            .map(Self::Listed)
            .map_err(|error| D::Error::custom(format_args!("the files of a skill: {error}")))
    }
}

impl Serialize for SkillResources {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Dynamic => serializer.serialize_str("dynamic"),
            Self::Listed(resources) => resources.serialize(serializer),
        }
    }
}

#[cfg(test)]
mod tests;
