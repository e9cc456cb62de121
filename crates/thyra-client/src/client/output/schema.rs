//! A schema of structured content, read so that no server keeps the client busy with it.

use std::collections::HashMap;

use jsonschema::error::ValidationErrorKind;
use jsonschema::{PatternOptions, Validator};
use serde_json::Value;
use serde_json::value::RawValue;
use thyra_oauth::printable;

/// The longest schema, in bytes.
const LONGEST: usize = 64 * 1024;

/// The most steps of a schema, all references followed, and how deep it goes.
const MOST_STEPS: u64 = 100_000;
const DEEPEST: usize = 128;

/// The most steps times bytes of one comparison: well under a second.
const MOST_WORK: u64 = 100_000_000;

/// The largest automaton of a `pattern`, in bytes.
const LARGEST_PATTERN: usize = 64 * 1024;

/// The dialects that are read. In all of them a reference to a place in the document means the
/// same.
const DIALECTS: [&str; 2] = [
    "https://json-schema.org/draft/2020-12/schema",
    "http://json-schema.org/draft-07/schema",
];

/// Keywords whose subschemas may be looked at more than once.
const REPEATING: [&str; 7] = [
    "anyOf",
    "contains",
    "if",
    "not",
    "oneOf",
    "unevaluatedItems",
    "unevaluatedProperties",
];

/// A schema that can be held against content.
#[derive(Debug)]
pub(super) struct OutputSchema {
    validator: Validator,
    steps: u64,
}

impl OutputSchema {
    /// Reads the schema of `tool`. `None`, with a word in the log, if it is no schema, too much, or
    /// leads out of the document or back into itself.
    pub(super) fn read(tool: &str, text: &RawValue) -> Option<Self> {
        let read = Self::try_read(text);
        let told = read.inspect_err(|problem| {
            let (tool, problem) = (printable(tool), printable(problem));
            tracing::debug!(%tool, %problem, "its output is not held against its output schema");
        });
        told.ok()
    }

    fn try_read(text: &RawValue) -> Result<Self, String> {
        if text.get().len() > LONGEST {
            return Err("the schema has more than 64 KiB".to_owned());
        }
        let schema: Value = serde_json::from_str(text.get()).map_err(|error| error.to_string())?;
        let steps = weigh(&schema)?;
        let validator = jsonschema::options()
            .offline()
            .should_validate_formats(false)
            .with_pattern_options(PatternOptions::regex().size_limit(LARGEST_PATTERN))
            .build(&schema)
            .map_err(|error| error.masked().to_string())?;
        Ok(Self { validator, steps })
    }

    /// The first thing that does not fit, without a word of the content but the names of its
    /// members.
    pub(super) fn problem(&self, content: &RawValue) -> Option<String> {
        let size = u64::try_from(content.get().len()).unwrap_or(u64::MAX);
        if self.steps.saturating_mul(size) > MOST_WORK {
            tracing::debug!("structured content is too large to be held against its schema");
            return None;
        }
        let content: Value = serde_json::from_str(content.get()).ok()?;
        let error = self.validator.validate(&content).err()?;
        let place = match error.instance_path().as_str() {
            "" => "it".to_owned(),
            place => format!("`{place}`"),
        };
        Some(match error.kind() {
            ValidationErrorKind::Required { property } => format!("{place} lacks {property}"),
            _ => format!("{place} breaks the rule `{}`", error.schema_path().as_str()),
        })
    }
}

/// How many steps it takes to hold a value against `schema`, at most.
fn weigh(schema: &Value) -> Result<u64, String> {
    if let Some(dialect) = schema.get("$schema") {
        let dialect = dialect.as_str().unwrap_or_default().trim_end_matches('#');
        if !DIALECTS.contains(&dialect) {
            return Err(format!("it is of the dialect `{dialect}`"));
        }
    }
    let mut scales = Scales {
        root: schema,
        known: HashMap::new(),
    };
    scales.weigh(schema, 0).map(|weight| weight.steps)
}

/// Weighs the parts of a schema, each target of a reference once.
struct Scales<'s> {
    root: &'s Value,
    /// `None` while it is weighed.
    known: HashMap<&'s str, Option<Weight>>,
}

#[derive(Clone, Copy)]
struct Weight {
    steps: u64,
    height: usize,
}

impl<'s> Scales<'s> {
    fn weigh(&mut self, part: &'s Value, depth: usize) -> Result<Weight, String> {
        let mut weight = Weight {
            steps: 1,
            height: 1,
        };
        let mut add = |one: Weight| {
            weight.steps += one.steps;
            weight.height = weight.height.max(one.height + 1);
        };
        if depth > DEEPEST {
            return Err(TOO_DEEP.to_owned());
        }
        match part {
            Value::Array(items) => {
                for item in items {
                    add(self.weigh(item, depth + 1)?);
                }
            }
            Value::Object(members) => {
                for (name, member) in members {
                    add(match (name.as_str(), member) {
                        ("$ref", Value::String(to)) => self.follow(to, depth + 1)?,
                        ("$dynamicRef" | "$recursiveRef", Value::String(_)) => {
                            return Err(format!("it holds `{name}`"));
                        }
                        ("$id" | "$schema", Value::String(_)) if depth > 0 => {
                            return Err(format!("a part of it has a `{name}` of its own"));
                        }
                        _ => self.weigh(member, depth + 1)?,
                    });
                }
                if REPEATING.iter().any(|word| members.contains_key(*word)) {
                    weight.steps *= 2;
                }
            }
            _ => {}
        }
        if weight.steps > MOST_STEPS {
            return Err("it takes too many steps".to_owned());
        }
        Ok(weight)
    }

    /// Weighs what a reference refers to.
    fn follow(&mut self, to: &'s str, depth: usize) -> Result<Weight, String> {
        match self.known.get(to) {
            Some(None) => return Err("it refers to itself".to_owned()),
            Some(Some(weight)) if depth + weight.height > DEEPEST => {
                return Err(TOO_DEEP.to_owned());
            }
            Some(Some(weight)) => return Ok(*weight),
            None => {}
        }
        // What is escaped with percent signs would have to be read as the library reads it.
        let place = to.strip_prefix('#').filter(|place| !place.contains('%'));
        let target = place.and_then(|place| self.root.pointer(place));
        let target = target.ok_or("it refers to what it does not hold")?;
        self.known.insert(to, None);
        let weight = self.weigh(target, depth)?;
        self.known.insert(to, Some(weight));
        Ok(weight)
    }
}

const TOO_DEEP: &str = "it is too deep";

#[cfg(test)]
mod tests;
