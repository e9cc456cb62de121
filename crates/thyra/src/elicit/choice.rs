//! Choices from an enum, of one value or of several (MCP 2025-11-25, SEP-1330).

use serde_json::{Map, Value, json};
use thyra_protocol::Revision;

use super::keywords::keywords;

/// A value that is one of a fixed list. Implemented by `#[derive(Elicit)]` on an enum of plain
/// variants.
#[diagnostic::on_unimplemented(
    message = "the user cannot choose several `{Self}`",
    label = "not an enum under `#[derive(thyra::Elicit)]`",
    note = "a list in a form is a choice of several: `Vec` of an enum of plain variants"
)]
pub trait ElicitChoice: Sized + 'static {
    /// All choices, in the order in which they are shown.
    const CHOICES: &'static [Choice];

    /// The value at `index` of [`ElicitChoice::CHOICES`].
    fn at(index: usize) -> Option<Self>;

    /// The entry of [`ElicitChoice::CHOICES`] for this value.
    fn chosen(&self) -> Choice;
}

/// One of the values that a user may choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    /// What the client sends.
    pub value: &'static str,
    /// What people read.
    pub title: Option<&'static str>,
}

/// A value to choose, and its title.
pub(super) trait Labelled {
    /// What the client sends.
    fn value(&self) -> &str;

    /// What people read.
    fn title(&self) -> Option<&str>;
}

impl Labelled for Choice {
    fn value(&self) -> &str {
        self.value
    }

    fn title(&self) -> Option<&str> {
        self.title
    }
}

impl Choice {
    /// The keywords of a field for one of `all`.
    pub fn keywords(all: &[Self]) -> Map<String, Value> {
        one_of(all)
    }

    /// Reads an answer that has to be one of the choices of `T`.
    ///
    /// # Errors
    ///
    /// If the answer is none of them; the text lists them.
    pub fn read<T: ElicitChoice>(answer: Option<&Value>) -> Result<T, String> {
        answer
            .and_then(choice_of)
            .ok_or_else(|| format!("one of {}", in_words(T::CHOICES)))
    }
}

/// The chosen value, if it is one of the choices.
pub(super) fn choice_of<T: ElicitChoice>(answer: &Value) -> Option<T> {
    let answer = answer.as_str()?;
    let index = T::CHOICES
        .iter()
        .position(|choice| choice.value == answer)?;
    T::at(index)
}

/// The schema in the form of `revision`: before 2025-11-25 the titles of an enum are in
/// `enumNames`.
pub(crate) fn spelled_for(revision: Revision, mut schema: Value) -> Value {
    if revision >= Revision::V2025_11_25 {
        return schema;
    }
    let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
    for property in properties
        .into_iter()
        .flatten()
        .map(|(_, property)| property)
    {
        if let Value::Object(keywords) = property {
            respell(keywords);
        }
    }
    schema
}

pub(super) fn in_words(all: &[Choice]) -> String {
    let all: Vec<&str> = all.iter().map(|choice| choice.value).collect();
    format!("`{}`", all.join("`, `"))
}

/// The keywords of a field for one of `all`.
pub(super) fn one_of<C: Labelled>(all: &[C]) -> Map<String, Value> {
    if is_titled(all) {
        keywords([("type", "string".into()), ("oneOf", titled(all))])
    } else {
        listed(all)
    }
}

/// The keywords of a field for some of `all`.
pub(super) fn some_of<C: Labelled>(all: &[C]) -> Map<String, Value> {
    let items = if is_titled(all) {
        keywords([("anyOf", titled(all))])
    } else {
        listed(all)
    };
    keywords([("type", "array".into()), ("items", items.into())])
}

/// Whether a form has a field for several choices, the only kind of list in a form.
pub(crate) fn has_choices(schema: &Value) -> bool {
    let properties = schema.get("properties").and_then(Value::as_object);
    let mut properties = properties.into_iter().flatten();
    properties.any(|(_, property)| property.get("type").is_some_and(|kind| kind == "array"))
}

fn is_titled<C: Labelled>(all: &[C]) -> bool {
    all.iter().any(|choice| choice.title().is_some())
}

fn titled<C: Labelled>(all: &[C]) -> Value {
    let titled = all.iter().map(|choice| {
        let (value, title) = (choice.value(), choice.title());
        json!({ "const": value, "title": title.unwrap_or(value) })
    });
    titled.collect()
}

fn listed<C: Labelled>(all: &[C]) -> Map<String, Value> {
    let values = all.iter().map(Labelled::value).collect();
    keywords([("type", "string".into()), ("enum", values)])
}

fn respell(keywords: &mut Map<String, Value>) {
    let Some(Value::Array(choices)) = keywords.get("oneOf") else {
        return;
    };
    let part = |name: &str| -> Value {
        let parts = choices.iter().filter_map(|choice| choice.get(name));
        parts.cloned().collect()
    };
    let (values, titles) = (part("const"), part("title"));
    keywords.remove("oneOf");
    keywords.insert("enum".to_owned(), values);
    keywords.insert("enumNames".to_owned(), titles);
}
