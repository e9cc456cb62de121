//! A value held against the schema of its type, after serde has refused it.
//!
//! JSON Schema and serde differ in what they call an integer, a member that was left out, or a
//! place. So the value is written as serde reads it, and what does not fit is found where serde
//! loses the way: inside unions, tagged enums and flattened structs. A value that serde takes as it
//! came never gets here.

mod alternatives;
mod format;
mod numeral;
mod object;
mod place;
mod scalar;
mod words;

use serde_json::value::RawValue;
use serde_json::{Map, Value};

pub(super) use self::place::{Place, Step};
pub(super) use self::words::wanted;
use super::argument_error::Mistake;
use super::{raw, schema};

/// What came of holding a value against a schema.
#[derive(Debug, Default)]
pub(super) struct Fit {
    /// The value as serde reads it, where that differs from what came.
    pub(super) rewritten: Option<String>,
    pub(super) misfits: Vec<Misfit>,
    /// Strings that look like what they should be, which only a parser can tell.
    pub(super) suspects: Vec<Misfit>,
}

/// A place in a value that does not fit.
#[derive(Debug)]
pub(super) struct Misfit {
    pub(super) path: Vec<Step>,
    /// `None` where more than enough was said.
    pub(super) mistake: Option<Mistake>,
}

/// Holds the JSON `text` against `document`, a schema with all that it refers to.
///
/// The work is bounded by the length of the text. Beyond the bound everything counts as fitting.
pub(super) fn fit(document: &Value, text: &str) -> Fit {
    /// Every level of nesting reads its bytes again, and so does every alternative.
    const READINGS: usize = 16;
    /// So that depth does not matter to a value of ordinary size.
    const SMALL: usize = 64 * 1024;
    let mut fitter = Fitter {
        document,
        budget: SMALL + READINGS * text.len(),
        depth: 0,
        said: 0,
    };
    fitter.value(document, text, &Place::Root)
}

struct Fitter<'s> {
    document: &'s Value,
    /// How many bytes may still be read.
    budget: usize,
    /// How many schemas stand around the one that is looked at.
    depth: usize,
    /// How many misfits were put into words.
    said: usize,
}

impl<'s> Fitter<'s> {
    /// A value at a place of its own. Where no string may stand, a string is what it holds.
    fn value(&mut self, schema: &'s Value, text: &str, at: &Place<'_>) -> Fit {
        if text.starts_with('"')
            && !schema::allows_string(schema, self.document)
            && let Ok(content) = serde_json::from_str::<String>(text)
            && let Ok(content) = serde_json::from_str::<&RawValue>(&content)
            && self.affords(text)
        {
            let content = content.get();
            let mut fit = self.held(schema, content, at);
            let is_inside = |misfit: &Misfit| misfit.path.len() > at.depth();
            if fit.misfits.iter().all(is_inside) {
                fit.rewritten.get_or_insert_with(|| content.to_owned());
                return fit;
            }
        }
        self.held(schema, text, at)
    }

    /// The value itself against one of the schemas of its place.
    fn held(&mut self, schema: &'s Value, text: &str, at: &Place<'_>) -> Fit {
        /// Deeper than any value that serde reads.
        const DEEPEST: usize = 384;
        let Value::Object(keywords) = schema else {
            return Fit::default();
        };
        if self.depth >= DEEPEST {
            return Fit::default();
        }
        self.depth += 1;
        let fit = self.keywords(schema, keywords, text, at);
        self.depth -= 1;
        fit
    }

    fn keywords(
        &mut self,
        schema: &'s Value,
        keywords: &'s Map<String, Value>,
        text: &str,
        at: &Place<'_>,
    ) -> Fit {
        let mut fit = match self.scalar(schema, keywords, text, at) {
            Ok(rewritten) => Fit {
                rewritten,
                ..Fit::default()
            },
            Err(misfit) => return Fit::of(misfit),
        };
        match text.as_bytes().first() {
            Some(b'"') => self.string(keywords, text, at, &mut fit),
            Some(b'{') => self.object(keywords, text, at, &mut fit),
            Some(b'[') => self.array(keywords, text, at, &mut fit),
            _ => {}
        }
        if let Some(Value::String(reference)) = keywords.get("$ref")
            && let Some(target) = self.target(reference)
        {
            fit = fit.then(text, |text| self.held(target, text, at));
        }
        if let Some(Value::Array(parts)) = keywords.get("allOf") {
            for part in parts {
                fit = fit.then(text, |text| self.held(part, text, at));
            }
        }
        for keyword in ["anyOf", "oneOf"] {
            if let Some(Value::Array(choices)) = keywords.get(keyword) {
                fit = fit.then(text, |text| self.alternatives(choices, text, at));
            }
        }
        fit
    }

    fn array(
        &mut self,
        keywords: &'s Map<String, Value>,
        text: &str,
        at: &Place<'_>,
        fit: &mut Fit,
    ) {
        let first = match keywords.get("prefixItems") {
            Some(Value::Array(schemas)) => schemas.as_slice(),
            _ => &[],
        };
        let rest = keywords.get("items");
        if (first.is_empty() && rest.is_none()) || !self.affords(text) {
            return;
        }
        let Ok(items) = serde_json::from_str::<Vec<&RawValue>>(text) else {
            return;
        };
        let bound = |keyword: &str| keywords.get(keyword).and_then(Value::as_u64);
        if let (Some(least), Some(most)) = (bound("minItems"), bound("maxItems"))
            && least == most
            && items.len() as u64 != most
        {
            let misfit = self.misfit(at, |_| {
                let length = items.len();
                Mistake::Wrong(format!(
                    "expected an array of length {most}, got one of {length}"
                ))
            });
            fit.note([misfit], []);
            return;
        }
        let mut written = raw::ArrayWriter::default();
        for (index, item) in items.into_iter().enumerate() {
            let inner = match first.get(index).or(rest) {
                Some(schema) => self.value(schema, item.get(), &at.item(index)),
                None => Fit::default(),
            };
            written.push(item.get(), inner.rewritten.as_deref());
            fit.note(inner.misfits, inner.suspects);
        }
        fit.rewritten = written.finish();
    }

    fn target(&self, reference: &str) -> Option<&'s Value> {
        self.document.pointer(reference.strip_prefix('#')?)
    }

    /// A mistake at a place. Words cost more than looking, and a long list may be wrong throughout.
    fn misfit(&mut self, at: &Place<'_>, say: impl FnOnce(&Value) -> Mistake) -> Misfit {
        const MOST: usize = 1024;
        self.said += 1;
        Misfit {
            path: at.steps(),
            mistake: (self.said <= MOST).then(|| say(self.document)),
        }
    }

    /// Whether `text` may be read once more.
    fn affords(&mut self, text: &str) -> bool {
        let left = self.budget.checked_sub(text.len());
        self.budget = left.unwrap_or_default();
        left.is_some()
    }
}

impl Fit {
    /// The misfit that serde means with an `error` at `place`: there, inside of it, or around it.
    pub(super) fn blamed(self, place: &[Step], error: &str) -> Option<Misfit> {
        if error.starts_with("duplicate field") {
            return None;
        }
        let said = |misfit: &Misfit| misfit.mistake.is_some();
        let is_inside = |misfit: &Misfit| misfit.path.starts_with(place);
        let missing = error.strip_prefix("missing field `");
        if let Some((field, _)) = missing.and_then(|rest| rest.split_once('`')) {
            let is_field = |misfit: &Misfit| {
                matches!(misfit.mistake, Some(Mistake::Missing { .. }))
                    && matches!(misfit.path.last(), Some(Step::Member(name)) if name == field)
            };
            let mut misfits = self.misfits.into_iter();
            return misfits.find(|misfit| is_inside(misfit) && is_field(misfit));
        }
        let (inside, around): (Vec<_>, Vec<_>) =
            self.misfits.into_iter().filter(said).partition(is_inside);
        let mut suspects = self.suspects.into_iter().filter(said).filter(is_inside);
        let suspect = match (suspects.next(), suspects.next()) {
            (Some(first), second) if first.path == place || second.is_none() => Some(first),
            _ => None,
        };
        let mut around = around
            .into_iter()
            .filter(|misfit| place.starts_with(&misfit.path));
        inside
            .into_iter()
            .next()
            .or(suspect)
            .or_else(|| around.next())
    }

    fn of(misfit: Misfit) -> Self {
        Self {
            misfits: vec![misfit],
            ..Self::default()
        }
    }

    /// Holds what was made of `text` so far against the next schema of the same place.
    fn then(mut self, text: &str, next: impl FnOnce(&str) -> Self) -> Self {
        let other = next(self.rewritten.as_deref().unwrap_or(text));
        self.note(other.misfits, other.suspects);
        self.rewritten = other.rewritten.or(self.rewritten);
        self
    }

    fn note(
        &mut self,
        misfits: impl IntoIterator<Item = Misfit>,
        suspects: impl IntoIterator<Item = Misfit>,
    ) {
        /// One is told; the others are there to choose from.
        const MOST: usize = 64;
        let room = MOST.saturating_sub(self.misfits.len());
        self.misfits.extend(misfits.into_iter().take(room));
        let room = MOST.saturating_sub(self.suspects.len());
        self.suspects.extend(suspects.into_iter().take(room));
    }
}
