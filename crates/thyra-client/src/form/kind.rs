//! What a field takes.

use std::cmp::Ordering;
use std::fmt;

use regex_lite::{Regex, RegexBuilder};
use serde_json::{Number, Value};
use thyra_protocol::TextFormat;

use super::choice::Choice;
use super::error::Rule;

/// What a field takes, and what else its answer must keep to.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum FieldKind {
    /// Yes or no.
    Boolean,
    /// One of these.
    Choice(Vec<Choice>),
    /// Several of these.
    Choices {
        /// What there is.
        choices: Vec<Choice>,
        /// The fewest that may be chosen.
        min: Option<u64>,
        /// The most that may be chosen.
        max: Option<u64>,
    },
    /// A whole number.
    Integer(NumberRules),
    /// A number.
    Number(NumberRules),
    /// Text.
    Text(TextRules),
}

/// The bounds of a number.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct NumberRules {
    /// The smallest.
    pub min: Option<Number>,
    /// The largest.
    pub max: Option<Number>,
}

/// The rules for a text.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct TextRules {
    /// The fewest characters.
    pub min_length: Option<u64>,
    /// The most characters.
    pub max_length: Option<u64>,
    /// Its format.
    pub format: Option<TextFormat>,
    /// What it must match.
    pub pattern: Option<Pattern>,
}

/// A regular expression, which some part of a text must match.
#[derive(Clone)]
pub struct Pattern(Regex);

impl FieldKind {
    /// The first rule that an answer breaks.
    pub(super) fn broken_by(&self, answer: &Value) -> Option<Rule> {
        match (self, answer) {
            (Self::Boolean, Value::Bool(_)) => None,
            (Self::Choice(choices), Value::String(chosen)) => not_among(choices, chosen),
            (Self::Choices { choices, min, max }, Value::Array(chosen)) => {
                let broken = chosen.iter().find_map(|chosen| match chosen {
                    Value::String(chosen) => not_among(choices, chosen),
                    _ => Some(among(choices)),
                });
                let count = length(chosen.len());
                broken
                    .or_else(|| min.filter(|min| count < *min).map(Rule::MinItems))
                    .or_else(|| max.filter(|max| count > *max).map(Rule::MaxItems))
            }
            (Self::Integer(rules), Value::Number(number)) if is_whole(number) => {
                rules.broken_by(number)
            }
            (Self::Number(rules), Value::Number(number)) => rules.broken_by(number),
            (Self::Text(rules), Value::String(text)) => rules.broken_by(text),
            _ => Some(Rule::Type(self.in_words())),
        }
    }

    /// The type of the answer, for people.
    pub(super) fn in_words(&self) -> &'static str {
        match self {
            Self::Boolean => "yes or no",
            Self::Choice(_) => "one of the choices",
            Self::Choices { .. } => "a list of choices",
            Self::Integer(_) => "a whole number",
            Self::Number(_) => "a number",
            Self::Text(_) => "text",
        }
    }

    /// All rules beside the type.
    pub(super) fn rules(&self) -> Vec<Rule> {
        let rules = match self {
            Self::Boolean => Vec::new(),
            Self::Choice(choices) => vec![Some(among(choices))],
            Self::Choices { choices, min, max } => vec![
                Some(among(choices)),
                min.map(Rule::MinItems),
                max.map(Rule::MaxItems),
            ],
            Self::Integer(rules) | Self::Number(rules) => vec![
                rules.min.clone().map(Rule::Minimum),
                rules.max.clone().map(Rule::Maximum),
            ],
            Self::Text(rules) => vec![
                rules.min_length.map(Rule::MinLength),
                rules.max_length.map(Rule::MaxLength),
                rules.format.map(Rule::Format),
                rules.pattern.as_ref().map(Pattern::rule),
            ],
        };
        rules.into_iter().flatten().collect()
    }
}

impl NumberRules {
    fn broken_by(&self, number: &Number) -> Option<Rule> {
        let beyond = |bound: &Number, side| compare(number, bound) == Some(side);
        let min = self.min.as_ref().filter(|min| beyond(min, Ordering::Less));
        let max = self
            .max
            .as_ref()
            .filter(|max| beyond(max, Ordering::Greater));
        min.cloned()
            .map(Rule::Minimum)
            .or_else(|| max.cloned().map(Rule::Maximum))
    }
}

impl TextRules {
    fn broken_by(&self, text: &str) -> Option<Rule> {
        // JSON Schema counts characters, not bytes.
        let count = length(text.chars().count());
        let min = self.min_length.filter(|min| count < *min);
        let max = self.max_length.filter(|max| count > *max);
        let format = self.format.filter(|format| !format.accepts(text));
        let pattern = self.pattern.as_ref();
        min.map(Rule::MinLength)
            .or_else(|| max.map(Rule::MaxLength))
            .or_else(|| format.map(Rule::Format))
            .or_else(|| {
                pattern
                    .filter(|pattern| !pattern.matches(text))
                    .map(Pattern::rule)
            })
    }
}

impl Pattern {
    /// The longest that is looked at, in bytes.
    const LONGEST: usize = 1000;

    /// The most memory that one may take, in bytes.
    const MOST_MEMORY: usize = 1 << 20;

    /// The pattern, unless it is one that this client does not know or that costs too much. Its
    /// matching takes time in proportion to the text, whatever the pattern.
    pub(super) fn new(pattern: &str) -> Option<Self> {
        if pattern.len() > Self::LONGEST {
            return None;
        }
        let mut builder = RegexBuilder::new(pattern);
        let pattern = builder.size_limit(Self::MOST_MEMORY).build().ok()?;
        Some(Self(pattern))
    }

    /// The pattern as the server wrote it.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Whether some part of the text matches.
    pub fn matches(&self, text: &str) -> bool {
        self.0.is_match(text)
    }

    fn rule(&self) -> Rule {
        Rule::Pattern(self.as_str().to_owned())
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pattern").field(&self.as_str()).finish()
    }
}

fn among(choices: &[Choice]) -> Rule {
    Rule::OneOf(choices.iter().map(|choice| choice.value.clone()).collect())
}

fn not_among(choices: &[Choice], chosen: &str) -> Option<Rule> {
    let is_there = choices.iter().any(|choice| choice.value == chosen);
    (!is_there).then(|| among(choices))
}

fn length(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

/// Whether it is a whole number, also one that is written as `3.0`.
fn is_whole(number: &Number) -> bool {
    !number.is_f64() || number.as_f64().is_some_and(|number| number.fract() == 0.0)
}

/// Exactly, if both are whole.
fn compare(number: &Number, bound: &Number) -> Option<Ordering> {
    match (number.as_i128(), bound.as_i128()) {
        (Some(number), Some(bound)) => Some(number.cmp(&bound)),
        _ => number.as_f64()?.partial_cmp(&bound.as_f64()?),
    }
}
