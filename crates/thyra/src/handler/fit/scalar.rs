//! Values that hold no others: their kind, the integers among them, and what is listed or has a
//! form.

use serde_json::{Map, Value};

use super::numeral::{self, Numeral};
use super::{Fit, Fitter, Misfit, Place, format, words};

impl<'s> Fitter<'s> {
    /// What kind of value it is, and which one where they are listed. Returns an integer in digits
    /// if it was written in another way.
    pub(super) fn scalar(
        &mut self,
        schema: &'s Value,
        keywords: &'s Map<String, Value>,
        text: &str,
        at: &Place<'_>,
    ) -> Result<Option<String>, Misfit> {
        let kinds = match keywords.get("type") {
            Some(Value::Array(kinds)) => kinds.as_slice(),
            Some(kind) => std::slice::from_ref(kind),
            None => &[],
        };
        let may_be = |kind: &str| kinds.iter().any(|known| known == kind);
        let is_right = |kind: &Value| kind.as_str().is_none_or(|kind| is_of_kind(text, kind));
        if !kinds.is_empty() && !kinds.iter().any(is_right) {
            return Err(self.misfit(at, |document| {
                words::none_of(&words::options(schema, document), [].into_iter(), text)
            }));
        }
        let mut rewritten = None;
        if may_be("integer") && !may_be("number") && is_of_kind(text, "integer") {
            let format = keywords.get("format").and_then(Value::as_str);
            let range = numeral::range(format.unwrap_or_default());
            match Numeral::of(text) {
                Numeral::Whole(digits) if range.is_none_or(|range| range.holds(&digits)) => {
                    rewritten = (digits != text).then_some(digits);
                }
                _ => {
                    return Err(self.misfit(at, |_| {
                        let range = range.map(numeral::Range::in_words);
                        let range = range.unwrap_or_else(|| "a smaller integer".to_owned());
                        words::none_of(&[range], [].into_iter(), text)
                    }));
                }
            }
        }
        let listed = match (keywords.get("const"), keywords.get("enum")) {
            (Some(one), _) => std::slice::from_ref(one),
            (None, Some(Value::Array(values))) => values,
            _ => return Ok(rewritten),
        };
        let value = rewritten.as_deref().unwrap_or(text);
        if serde_json::from_str(value).is_ok_and(|value: Value| !listed.contains(&value)) {
            return Err(self.misfit(at, |document| {
                let names = listed.iter().filter_map(Value::as_str);
                words::none_of(&words::options(schema, document), names, text)
            }));
        }
        Ok(rewritten)
    }

    /// A string that has a form.
    pub(super) fn string(
        &mut self,
        keywords: &'s Map<String, Value>,
        text: &str,
        at: &Place<'_>,
        fit: &mut Fit,
    ) {
        if let Some(Value::String(name)) = keywords.get("format")
            && let Some(format) = format::known(name)
            && let Ok(content) = serde_json::from_str::<String>(text)
        {
            let misfit = self.misfit(at, |_| {
                words::none_of(&[format.in_words.to_owned()], [].into_iter(), text)
            });
            if (format.looks_like)(&content) {
                fit.note([], [misfit]);
            } else {
                fit.note([misfit], []);
            }
        }
    }
}

/// Whether a JSON text is of a kind that the keyword `type` names. An integer may have a fraction
/// of zeros (JSON Schema 2020-12 validation, section 6.1.1).
fn is_of_kind(text: &str, kind: &str) -> bool {
    match text.as_bytes().first() {
        Some(b'"') => kind == "string",
        Some(b'[') => kind == "array",
        Some(b'{') => kind == "object",
        Some(b'n') => kind == "null",
        Some(b't' | b'f') => kind == "boolean",
        _ if kind == "integer" => !matches!(Numeral::of(text), Numeral::Fraction),
        _ => kind == "number",
    }
}
