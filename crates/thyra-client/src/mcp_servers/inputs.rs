//! What a file wants to be asked of the user (VS Code's `inputs`).

use serde::Deserialize;
use serde_json::Value;

use super::error::McpServersError;

/// The most inputs of a file.
const MOST: usize = 256;

/// A value that a file leaves to the user: `${input:ID}` in an entry stands for it
/// ([`McpServersReader::inputs`](super::McpServersReader::inputs)).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct McpInput {
    /// Its name in the file.
    pub id: String,
    /// What to ask the user. It may hold control characters.
    pub description: Option<String>,
    /// The value if the user gives none.
    pub default: Option<String>,
    /// The values that it may have, if they are given. Anything else is refused.
    pub options: Vec<String>,
    /// Whether it is a secret, which must not be shown while the user types it.
    pub is_secret: bool,
}

impl McpInput {
    /// Reads the inputs of a file. What is none, such as VS Code's commands, is left out: an entry
    /// that names it says so.
    pub(super) fn read(json: &str) -> Result<Vec<Self>, McpServersError> {
        #[derive(Deserialize)]
        struct Written {
            id: String,
            r#type: String,
            #[serde(default)]
            description: Option<String>,
            #[serde(default)]
            default: Option<String>,
            #[serde(default)]
            password: bool,
            #[serde(default)]
            options: Vec<String>,
        }

        let Ok(inputs) = serde_json::from_str::<Vec<Value>>(json) else {
            return Ok(Vec::new());
        };
        if inputs.len() > MOST {
            return Err(McpServersError::TooManyInputs { most: MOST });
        }
        let inputs = inputs.into_iter().filter_map(|input| {
            let written: Written = serde_json::from_value(input).ok()?;
            let options = match &*written.r#type {
                "promptString" => Vec::new(),
                "pickString" => written.options,
                _ => return None,
            };
            Some(Self {
                id: written.id,
                description: written.description,
                default: written.default,
                options,
                is_secret: written.password,
            })
        });
        Ok(inputs.collect())
    }

    /// The answer of the user if it may be one; otherwise what it is without an answer.
    pub(super) fn value(&self, answer: Option<String>) -> Option<String> {
        let answer = answer.or_else(|| self.default.clone())?;
        (self.options.is_empty() || self.options.contains(&answer)).then_some(answer)
    }
}
