//! Objects: their members, those that are missing, and those that are `null` in place of missing.

use serde_json::{Map, Value};

use super::{Fit, Fitter, Place, wanted};
use crate::handler::argument_error::{Mistake, nearest};
use crate::handler::raw::{Members, ObjectWriter};

/// What a schema says about the members of an object.
struct ObjectSchema<'s> {
    properties: Option<&'s Map<String, Value>>,
    required: Vec<&'s str>,
    /// The schema of every member that is no property: a map's.
    others: Option<&'s Value>,
    is_closed: bool,
}

impl<'s> ObjectSchema<'s> {
    fn of(keywords: &'s Map<String, Value>) -> Self {
        let additional = keywords.get("additionalProperties");
        let patterns = keywords.get("patternProperties").and_then(Value::as_object);
        let required = keywords.get("required").and_then(Value::as_array);
        Self {
            properties: keywords.get("properties").and_then(Value::as_object),
            required: required.map_or_else(Vec::new, |names| {
                names.iter().filter_map(Value::as_str).collect()
            }),
            // A map whose keys are no texts has a pattern for them, and serde checks the keys.
            others: patterns
                .and_then(|patterns| patterns.values().next())
                .or_else(|| additional.filter(|schema| schema.is_object())),
            is_closed: patterns.is_none() && additional == Some(&Value::Bool(false)),
        }
    }

    fn says_nothing(&self) -> bool {
        self.properties.is_none()
            && self.required.is_empty()
            && self.others.is_none()
            && !self.is_closed
    }

    fn property(&self, name: &str) -> Option<&'s Value> {
        self.properties?.get(name)
    }

    fn schema_of(&self, name: &str) -> Option<&'s Value> {
        self.property(name).or(self.others)
    }

    fn may_lack(&self, name: &str) -> bool {
        self.property(name).is_some() && !self.required.contains(&name)
    }

    fn names(&self) -> impl Iterator<Item = &'s str> {
        self.properties
            .into_iter()
            .flat_map(Map::keys)
            .map(String::as_str)
    }
}

impl<'s> Fitter<'s> {
    pub(super) fn object(
        &mut self,
        keywords: &'s Map<String, Value>,
        text: &str,
        at: &Place<'_>,
        fit: &mut Fit,
    ) {
        let object = ObjectSchema::of(keywords);
        if object.says_nothing() || !self.affords(text) {
            return;
        }
        let Ok(Members(members)) = serde_json::from_str::<Members<'_>>(text) else {
            return;
        };
        for name in &object.required {
            if !members.iter().any(|(given, _)| given == name) {
                let misfit = self.misfit(&at.member(name), |document| Mistake::Missing {
                    expected: match object.property(name) {
                        Some(property) => wanted(property, document),
                        None => "a value".to_owned(),
                    },
                });
                fit.note([misfit], []);
            }
        }
        let mut written = ObjectWriter::default();
        for (name, value) in &members {
            let (place, value) = (at.member(name), value.get());
            let Some(schema) = object.schema_of(name) else {
                written.push(name, value, None);
                if object.is_closed {
                    let misfit = self.misfit(&place, |_| Mistake::Stray {
                        nearest: nearest(name, object.names()),
                    });
                    fit.note([misfit], []);
                }
                continue;
            };
            if value == "null" && object.may_lack(name) && !self.allows_null(schema) {
                written.leave_out();
                continue;
            }
            let inner = self.value(schema, value, &place);
            written.push(name, value, inner.rewritten.as_deref());
            fit.note(inner.misfits, inner.suspects);
        }
        fit.rewritten = written.finish();
    }

    fn allows_null(&mut self, schema: &'s Value) -> bool {
        self.held(schema, "null", &Place::Root).misfits.is_empty()
    }
}
