//! The arguments of a tool, from words of the command line.

mod word;

use serde_json::{Map, Value};
use thyra_client::Printable;

use self::word::{Word, Written};
use crate::failure::Failure;
use crate::schema::{Schema, SchemaDocument};
use crate::suggestion::with_nearest;

/// Where words such as `@notes.txt` and `-` get their text from: a file of this name, or standard
/// input for `-`.
pub(crate) type Source<'a> = &'a mut dyn FnMut(&str) -> Result<String, Failure>;

/// The deepest that a name such as `a.b.c` reaches.
const DEPTH: usize = 16;

/// The arguments that `words` stand for, for a tool with this schema.
///
/// | a word | is |
/// |---|---|
/// | `key=value` | an argument; the schema decides whether it is text, a number, or something else |
/// | `key.inner=value` | one within an object |
/// | `key:=json` | an argument as JSON, whatever the schema says |
/// | `key=@file`, `key:=@file` | the same, from a file; `@-` is standard input |
/// | `{...}`, `@file`, `-` | all arguments as one JSON object |
///
/// An argument that is a list may be given several times, for one entry each.
pub(crate) fn read(
    tool: &str,
    schema: &SchemaDocument,
    words: &[String],
    source: Source<'_>,
) -> Result<Map<String, Value>, Failure> {
    let mut arguments = Map::new();
    let mut members: Vec<Member<'_>> = Vec::new();
    for word in words {
        match Word::parse(word, source)? {
            Word::Object(object) => arguments.extend(object),
            Word::Member { name, written } => {
                let member = Member::find(tool, schema.schema(), name, written)?;
                match members.iter_mut().find(|known| known.path == member.path) {
                    Some(known) => known.written.extend(member.written),
                    None => members.push(member),
                }
            }
        }
    }
    for member in members {
        let value = member.value()?;
        put(&mut arguments, &member.path, value)
            .map_err(|()| usage(&member.name(), "is given as an object and as a value"))?;
    }
    require(tool, schema, &arguments)?;
    Ok(arguments)
}

/// One argument, or a part of one, with everything that was written for it.
struct Member<'a> {
    path: Vec<String>,
    schema: Schema<'a>,
    written: Vec<Written>,
}

impl<'a> Member<'a> {
    /// Finds the place of `name`: a property of the root, or one within a property.
    fn find(tool: &str, root: Schema<'a>, name: &str, written: Written) -> Result<Self, Failure> {
        let mut path = Vec::new();
        let (mut schema, mut rest) = (root, name);
        loop {
            if path.len() == DEPTH {
                return Err(usage(name, "is too deep; write it as JSON, `name:={...}`"));
            }
            // A name may hold dots of its own.
            let found = schema.property(rest).map(|found| (rest, "", found));
            let found = found.or_else(|| {
                let (first, inner) = rest.split_once('.')?;
                Some((first, inner, schema.property(first)?))
            });
            let found = found.or_else(|| {
                let other = schema.other_property()?;
                let (first, inner) = rest.split_once('.').unwrap_or((rest, ""));
                Some((first, inner, other))
            });
            let Some((first, inner, found)) = found else {
                return Err(unknown(tool, schema, &path, rest));
            };
            path.push(first.to_owned());
            schema = found;
            rest = inner;
            if rest.is_empty() {
                return Ok(Self {
                    path,
                    schema,
                    written: vec![written],
                });
            }
        }
    }

    fn name(&self) -> String {
        self.path.join(".")
    }

    fn value(&self) -> Result<Value, Failure> {
        match self.written.as_slice() {
            [one] => self.read(self.schema, one),
            several if self.schema.takes_list() => {
                let items = self.schema.items();
                let values = several.iter().map(|one| self.read(items, one));
                values.collect::<Result<_, _>>().map(Value::Array)
            }
            _ => Err(usage(
                &self.name(),
                "is given more than once, and is no list",
            )),
        }
    }

    fn read(&self, schema: Schema<'_>, written: &Written) -> Result<Value, Failure> {
        let text = match written {
            Written::Json(value) => return Ok(value.clone()),
            Written::Text(text) => text,
        };
        schema.read(text).ok_or_else(|| {
            let shown = format!("must be {schema}, not `{:.100}`", Printable(text));
            usage(&self.name(), &shown)
        })
    }
}

/// Puts a value where `path` leads. It is an error when something else than an object is on the
/// way.
fn put(object: &mut Map<String, Value>, path: &[String], value: Value) -> Result<(), ()> {
    let Some((first, rest)) = path.split_first() else {
        return Ok(());
    };
    if rest.is_empty() {
        let is_object = |known: &Value| known.is_object() && !value.is_object();
        if object.get(first).is_some_and(is_object) {
            return Err(());
        }
        object.insert(first.clone(), value);
        return Ok(());
    }
    let inner = object
        .entry(first.clone())
        .or_insert_with(|| Value::Object(Map::new()));
    match inner {
        Value::Object(inner) => put(inner, rest, value),
        _ => Err(()),
    }
}

fn unknown(tool: &str, schema: Schema<'_>, path: &[String], name: &str) -> Failure {
    let properties = schema.properties();
    let name = match name.split_once('.') {
        Some((first, _)) if !properties.is_empty() => first,
        _ => name,
    };
    let (owner, part) = if path.is_empty() {
        (tool.to_owned(), "argument")
    } else {
        (path.join("."), "member")
    };
    let sentence = format!(
        "`{:.200}` has no {part} `{:.100}`",
        Printable(owner),
        Printable(name)
    );
    let names = properties.iter().map(|property| property.name);
    Failure::Usage(with_nearest(&sentence, name, names))
}

/// Says which required arguments are missing, in the words of the schema.
fn require(
    tool: &str,
    schema: &SchemaDocument,
    arguments: &Map<String, Value>,
) -> Result<(), Failure> {
    let properties = schema.properties();
    let missing: Vec<String> = properties
        .iter()
        .filter(|property| property.is_required && !arguments.contains_key(property.name))
        .map(|property| {
            let told = format!("`{:.100}` ({})", Printable(property.name), property.schema);
            match property.schema.description() {
                Some(text) => format!("{told}: {:.200}", Printable(first_line(text))),
                None => told,
            }
        })
        .collect();
    match missing.as_slice() {
        [] => Ok(()),
        [one] => Err(Failure::Usage(format!(
            "`{:.200}` needs {one}",
            Printable(tool)
        ))),
        several => Err(Failure::Usage(format!(
            "`{:.200}` needs {}",
            Printable(tool),
            several.join(", and ")
        ))),
    }
}

fn first_line(text: &str) -> &str {
    text.trim().lines().next().unwrap_or_default()
}

fn usage(name: &str, problem: &str) -> Failure {
    Failure::Usage(format!("`{:.100}` {problem}", Printable(name)))
}

#[cfg(test)]
mod tests;
