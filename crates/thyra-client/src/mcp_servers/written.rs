//! What is written in a file that names servers. Errors name the member, and never its value, which
//! may be a secret.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::error::{EntryProblem, McpServersError};
use super::inputs::McpInput;
use super::variables::{Placeholder, Refused, expand};

/// The members of an object in the order of the file, with those that it has twice.
pub(super) struct Members(pub(super) Vec<(String, Box<RawValue>)>);

/// The members of an entry.
pub(super) struct Written<'a> {
    members: Map<String, Value>,
    known: &'a dyn Fn(Placeholder<'_>) -> Option<String>,
}

/// What a file says, before its variables are expanded.
pub(super) struct Top {
    pub(super) servers: Members,
    /// What the editor asks the user for (VS Code's `inputs`).
    pub(super) inputs: Vec<McpInput>,
}

/// The servers, wherever in the file they are. It may have comments, and commas at the end of
/// lists, as the files of editors do.
pub(super) fn top(text: &str) -> Result<Top, McpServersError> {
    let mut json = text.to_owned();
    // What it refuses is no JSON either, and that is told with the place.
    let _ = json_strip_comments::strip(&mut json);
    let not_json = |source| McpServersError::NotJson { source };
    let top = members(&json).map_err(not_json)?;
    let top = top.ok_or(McpServersError::NoServers)?;
    let member = |wanted| top.0.iter().find(|(name, _)| name == wanted);
    if let Some((_, under)) = member("mcpServers").or_else(|| member("servers")) {
        let servers = members(under.get()).map_err(not_json)?;
        let inputs = member("inputs").map(|(_, inputs)| McpInput::read(inputs.get()));
        return Ok(Top {
            servers: servers.ok_or(McpServersError::NoServers)?,
            inputs: inputs.transpose()?.unwrap_or_default(),
        });
    }
    let is_server = |entry: &RawValue| {
        let object = serde_json::from_str::<Map<String, Value>>(entry.get());
        object.is_ok_and(|entry| entry.contains_key("command") || entry.contains_key("url"))
    };
    if top.0.iter().any(|(_, entry)| is_server(entry)) {
        return Ok(Top {
            servers: top,
            inputs: Vec::new(),
        });
    }
    Err(McpServersError::NoServers)
}

/// The members of an object; `None` if the value is of another kind.
fn members(json: &str) -> Result<Option<Members>, serde_json::Error> {
    let json: &RawValue = serde_json::from_str(json)?;
    if !json.get().starts_with('{') {
        return Ok(None);
    }
    serde_json::from_str(json.get()).map(Some)
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;

        impl<'de> Visitor<'de> for InOrder {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(InOrder)
    }
}

impl<'a> Written<'a> {
    /// Reads the members of an entry. One that is `null` counts as absent.
    pub(super) fn parse(
        json: &str,
        known: &'a dyn Fn(Placeholder<'_>) -> Option<String>,
    ) -> Result<Self, EntryProblem> {
        let mut members: Map<String, Value> =
            serde_json::from_str(json).map_err(|_| EntryProblem::NotAnObject)?;
        members.retain(|_, value| !value.is_null());
        Ok(Self { members, known })
    }

    /// Whether the entry is turned off: `disabled`, or `enabled` with the opposite.
    pub(super) fn is_disabled(&self) -> Result<bool, EntryProblem> {
        let flag = |member| match self.members.get(member) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(_) => Err(wrong(member, "true or false")),
        };
        Ok(flag("disabled")?.unwrap_or(false) || !flag("enabled")?.unwrap_or(true))
    }

    /// A text, without variables.
    pub(super) fn plain_text(&self, member: &str) -> Result<Option<&str>, EntryProblem> {
        match self.members.get(member) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(wrong(member, "a text")),
        }
    }

    /// A text with its variables.
    pub(super) fn text(&self, member: &str) -> Result<Option<String>, EntryProblem> {
        let text = self.plain_text(member)?;
        text.map(|text| self.expanded(member, text)).transpose()
    }

    /// A list of texts.
    pub(super) fn texts(&self, member: &str) -> Result<Vec<String>, EntryProblem> {
        let wanted = "a list of texts";
        match self.members.get(member) {
            None => Ok(Vec::new()),
            Some(Value::Array(list)) => list
                .iter()
                .map(|text| self.scalar(member, text, wanted))
                .collect(),
            Some(_) => Err(wrong(member, wanted)),
        }
    }

    /// An object of texts. A member that is `null` counts as absent.
    pub(super) fn pairs(&self, member: &str) -> Result<Vec<(String, String)>, EntryProblem> {
        let wanted = "an object of texts";
        match self.members.get(member) {
            None => Ok(Vec::new()),
            Some(Value::Object(pairs)) => pairs
                .iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(name, value)| {
                    let member = format!("{member}.{name}");
                    Ok((name.clone(), self.scalar(&member, value, "a text")?))
                })
                .collect(),
            Some(_) => Err(wrong(member, wanted)),
        }
    }

    /// A number of milliseconds.
    pub(super) fn milliseconds(&self, member: &str) -> Result<Option<u64>, EntryProblem> {
        let Some(value) = self.members.get(member) else {
            return Ok(None);
        };
        match value.as_u64() {
            Some(number) if number > 0 => Ok(Some(number)),
            _ => Err(wrong(member, "a whole number of milliseconds above 0")),
        }
    }

    /// People write numbers and truth values where a text belongs, and mean what they wrote.
    fn scalar(
        &self,
        member: &str,
        value: &Value,
        wanted: &'static str,
    ) -> Result<String, EntryProblem> {
        match value {
            Value::String(text) => self.expanded(member, text),
            Value::Number(_) | Value::Bool(_) => Ok(value.to_string()),
            _ => Err(wrong(member, wanted)),
        }
    }

    fn expanded(&self, member: &str, text: &str) -> Result<String, EntryProblem> {
        let member = member.to_owned();
        expand(text, self.known).map_err(|refused| match refused {
            Refused::NoName(found) => EntryProblem::Variable {
                member,
                found: found.to_owned(),
            },
            Refused::TooLong => EntryProblem::Value {
                member,
                problem: "it has more than a megabyte with its variables",
            },
            Refused::Unset(Placeholder::Variable(variable)) => EntryProblem::Unset {
                member,
                variable: variable.to_owned(),
            },
            Refused::Unset(Placeholder::Input(id)) => EntryProblem::Input {
                member,
                id: id.to_owned(),
            },
            Refused::Unset(Placeholder::UserHome) => EntryProblem::Value {
                member,
                problem: "it names ${userHome}, and nobody knows where that is; set HOME",
            },
            Refused::Unset(Placeholder::WorkspaceFolder) => EntryProblem::Value {
                member,
                problem: "it names ${workspaceFolder}, and the text comes from no file",
            },
        })
    }
}

fn wrong(member: &str, wanted: &'static str) -> EntryProblem {
    EntryProblem::Member {
        member: member.to_owned(),
        wanted,
    }
}
