//! Text in place of a block that a revision does not have.

use std::fmt;

use serde::ser::{Serialize, Serializer};

use crate::content::{AudioContent, ResourceLink};
use crate::form::{Form, Members, Written};

/// A block that has to be written as text.
pub(super) enum StandIn<'a> {
    Audio(&'a AudioContent),
    ResourceLink(&'a ResourceLink),
}

impl Written for StandIn<'_> {
    fn write<S: Serializer>(&self, form: Form<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        let annotations = match self {
            StandIn::Audio(audio) => audio.annotations.as_ref(),
            StandIn::ResourceLink(link) => link.annotations.as_ref(),
        };
        let mut members = Members::begin(form, serializer)?;
        members.put("type", "text")?;
        members.put("text", &AsText(self))?;
        members.put_written("annotations", annotations)?;
        members.end()
    }
}

struct AsText<'a>(&'a StandIn<'a>);

impl Serialize for AsText<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl fmt::Display for AsText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            StandIn::Audio(audio) => write!(
                f,
                "[Audio of type {}, left out: this protocol revision has no audio content]",
                audio.mime_type
            ),
            StandIn::ResourceLink(link) => {
                let name = link.title.as_ref().unwrap_or(&link.name);
                write!(f, "[Resource: {name}]({})", link.uri)?;
                match &link.description {
                    Some(description) => write!(f, " {description}"),
                    None => Ok(()),
                }
            }
        }
    }
}
