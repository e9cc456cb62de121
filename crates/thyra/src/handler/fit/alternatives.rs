//! Unions: which alternative was meant, and what to say when none fits.

use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::{Fit, Fitter, Misfit, Place, Step, words};
use crate::handler::argument_error::{Mistake, shortened};
use crate::handler::raw::Members;

/// What a value of one alternative has, and a value of another has not.
#[derive(Clone, Copy)]
enum Tag<'s> {
    /// The only member: an enum with its names outside.
    Key(&'s str),
    /// A member with a fixed text: an enum with its names inside.
    Member { name: &'s str, text: &'s str },
    /// The alternatives differ in their form: an untagged enum.
    None,
}

/// How a value stands to the tag of an alternative.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Likeness {
    /// It has the tag.
    Meant,
    /// There is nothing to tell by.
    Open,
    /// It has another tag, or none.
    Other,
}

struct Tried<'s> {
    choice: &'s Map<String, Value>,
    fit: Fit,
    likeness: Likeness,
}

impl<'s> Fitter<'s> {
    /// Holds a value against the `choices` of a union. The first that fits is taken, as serde does.
    pub(super) fn alternatives(&mut self, choices: &'s [Value], text: &str, at: &Place<'_>) -> Fit {
        let members = match serde_json::from_str::<Members<'_>>(text) {
            Ok(Members(members)) if self.affords(text) => members,
            _ => Vec::new(),
        };
        let mut tried = Vec::new();
        for choice in choices {
            let (Value::Object(keywords), false) = (choice, is_null(choice)) else {
                if choice == &Value::Bool(true) || (is_null(choice) && text == "null") {
                    return Fit::default();
                }
                continue;
            };
            let likeness = self.tag(keywords).likeness(&members);
            // A value with another tag is another value, however much it fits.
            let fit = match likeness {
                Likeness::Other if text.starts_with('{') => Fit::default(),
                _ => self.held(choice, text, at),
            };
            if fit.misfits.is_empty() && likeness != Likeness::Other {
                return fit;
            }
            tried.push(Tried {
                choice: keywords,
                fit,
                likeness,
            });
        }
        self.closest(tried, &members, text, at)
    }

    /// None of the alternatives fits.
    fn closest(
        &mut self,
        mut tried: Vec<Tried<'s>>,
        members: &[(String, &RawValue)],
        text: &str,
        at: &Place<'_>,
    ) -> Fit {
        let is_inside = |misfit: &Misfit| misfit.path.len() > at.depth();
        let meant = |tried: &Tried<'_>| tried.likeness == Likeness::Meant;
        let inside = |tried: &Tried<'_>| {
            tried.likeness != Likeness::Other && tried.fit.misfits.iter().all(is_inside)
        };
        let is_missing = |misfit: &Misfit| {
            misfit.path.len() == at.depth() + 1
                && matches!(misfit.mistake, Some(Mistake::Missing { .. }))
        };
        let complete =
            |tried: &Tried<'_>| inside(tried) && !tried.fit.misfits.iter().any(is_missing);
        let open = |tried: &Tried<'_>| tried.likeness == Likeness::Open;
        let position = tried
            .iter()
            .position(meant)
            .or_else(|| only(&tried, inside))
            .or_else(|| only(&tried, complete))
            .or_else(|| only(&tried, |_| true).filter(|_| tried.iter().all(open)));
        if let Some(position) = position {
            return tried.swap_remove(position).fit;
        }
        if let Some(fit) = self.wrong_tag(&tried, members, text, at) {
            return fit;
        }
        let misfit = self.misfit(at, |document| {
            if tried.iter().any(inside) {
                let reasons = tried.iter().filter(|tried| inside(tried));
                return none_fits(reasons, at, document);
            }
            let (mut options, mut names) = (Vec::new(), Vec::new());
            for Tried { choice, .. } in &tried {
                let choice = Value::Object((*choice).clone());
                for option in words::options(&choice, document) {
                    if !options.contains(&option) {
                        options.push(option);
                    }
                }
                names.extend(words::names(&choice));
            }
            let mut keys = members.iter().map(|(name, _)| name.as_str());
            match (keys.next(), keys.next()) {
                (Some(key), None) => words::none_of_keys(&options, &names, key),
                _ => words::none_of(&options, names.iter().map(String::as_str), text),
            }
        });
        Fit::of(misfit)
    }

    /// All alternatives of an object tell their name in the same member, and it is none of them.
    fn wrong_tag(
        &mut self,
        tried: &[Tried<'s>],
        members: &[(String, &RawValue)],
        text: &str,
        at: &Place<'_>,
    ) -> Option<Fit> {
        if !text.starts_with('{') {
            return None;
        }
        let mut member = None;
        let mut texts = Vec::new();
        for Tried { choice, .. } in tried {
            match self.tag(choice) {
                Tag::Member { name, text } if *member.get_or_insert(name) == name => {
                    texts.push(text);
                }
                _ => return None,
            }
        }
        let member = member?;
        let options: Vec<String> = texts.iter().map(|text| format!("`{text}`")).collect();
        let given = members.iter().find(|(name, _)| name == member);
        let misfit = self.misfit(&at.member(member), |_| match given {
            Some((_, value)) => words::none_of(&options, texts.iter().copied(), value.get()),
            None => Mistake::Missing {
                expected: words::joined(&options),
            },
        });
        Some(Fit::of(misfit))
    }

    fn tag(&self, keywords: &'s Map<String, Value>) -> Tag<'s> {
        let keywords = match keywords.get("$ref").and_then(Value::as_str) {
            Some(reference) if !keywords.contains_key("properties") => self
                .target(reference)
                .and_then(Value::as_object)
                .unwrap_or(keywords),
            _ => keywords,
        };
        let (Some(Value::Object(properties)), Some(Value::Array(required))) =
            (keywords.get("properties"), keywords.get("required"))
        else {
            return Tag::None;
        };
        let is_required = |name: &str| required.iter().any(|required| required == name);
        for (name, property) in properties {
            if let Some(Value::String(text)) = property.get("const")
                && is_required(name)
            {
                return Tag::Member { name, text };
            }
        }
        let mut names = properties.keys();
        match (names.next(), names.next()) {
            (Some(name), None)
                if is_required(name)
                    && keywords.get("additionalProperties") == Some(&Value::Bool(false)) =>
            {
                Tag::Key(name)
            }
            _ => Tag::None,
        }
    }
}

impl Tag<'_> {
    fn likeness(self, members: &[(String, &RawValue)]) -> Likeness {
        let value_of = |name: &str| members.iter().find(|(given, _)| given == name);
        let has_it = match self {
            Self::None => return Likeness::Open,
            Self::Key(name) => members.len() == 1 && value_of(name).is_some(),
            Self::Member { name, text } => value_of(name).is_some_and(|(_, value)| {
                serde_json::from_str::<String>(value.get()).is_ok_and(|value| value == text)
            }),
        };
        if has_it {
            Likeness::Meant
        } else {
            Likeness::Other
        }
    }
}

/// The position of the one item of which `is_it` is true.
fn only<T>(items: &[T], is_it: impl Fn(&T) -> bool) -> Option<usize> {
    let mut positions = (0..items.len()).filter(|index| items.get(*index).is_some_and(&is_it));
    positions.next().filter(|_| positions.next().is_none())
}

/// Several alternatives are of the right kind, and each has a mistake of its own.
fn none_fits<'t, 's: 't>(
    reasons: impl Iterator<Item = &'t Tried<'s>>,
    at: &Place<'_>,
    document: &Value,
) -> Mistake {
    /// How many alternatives are told.
    const TOLD: usize = 6;
    /// How many characters of each reason are told.
    const REASON: usize = 120;
    let reasons = reasons.take(TOLD).map(|Tried { choice, fit, .. }| {
        let choice = super::wanted(&Value::Object((*choice).clone()), document);
        let first = fit.misfits.first();
        let reason = first.and_then(|misfit| {
            let path = Step::path("", misfit.path.get(at.depth()..)?);
            Some(format!("`{path}`: {}", misfit.mistake.as_ref()?))
        });
        match reason {
            Some(reason) => format!("{choice} ({})", shortened(&reason, REASON)),
            None => choice,
        }
    });
    let reasons: Vec<String> = reasons.collect();
    Mistake::Wrong(format!("fits none of its forms: {}", reasons.join("; ")))
}

fn is_null(schema: &Value) -> bool {
    schema.get("type").is_some_and(|kind| kind == "null")
        || schema.get("const").is_some_and(Value::is_null)
}
