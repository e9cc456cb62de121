//! A part of a template that is matched in order: one literal, or the value of one variable.

use super::unit::{Unit, text};
use crate::value::{Value, Values};

/// A position in a URI. The longest URI is far shorter than what this type can count.
pub(super) type Place = u16;

/// A literal, or a variable.
#[derive(Clone, Debug)]
pub(super) enum Node {
    Literal {
        units: Vec<Unit>,
        /// How many of the first units belong to the scheme, which ignores case.
        scheme: usize,
    },
    Variable {
        name: String,
        form: Form,
        /// The delimiters that cannot be in the value.
        excluded: &'static [u8],
    },
}

/// How a URI holds the value of a variable.
#[derive(Clone, Debug)]
pub(super) enum Form {
    /// A text of at most so many characters.
    Text(Option<usize>),
    /// Texts with `separator` between them and, if it `leads`, before the first.
    List { separator: u8, leads: bool },
    /// One of `leads`, the `key`, and optionally `=` and a text. A list has this once or more.
    Named {
        leads: &'static [u8],
        key: Vec<Unit>,
        is_list: bool,
        is_optional: bool,
        limit: Option<usize>,
    },
}

impl Node {
    /// For each place where the node can begin, the last place where it can end so that `rest`
    /// still fits.
    pub(super) fn ends(&self, units: &[Unit], rest: &[Option<Place>]) -> Vec<Option<Place>> {
        match self {
            Self::Literal { .. } => {
                let ends = (0..=units.len()).map(|at| {
                    let end = at + self.literal_length(units.get(at..)?)?;
                    fits(rest, end).then(|| place(end))?
                });
                ends.collect()
            }
            Self::Variable { form, excluded, .. } => {
                let field = Field {
                    units,
                    rest,
                    excluded,
                };
                match form {
                    Form::Text(limit) => field.text_ends(*limit),
                    Form::List { separator, leads } => field.list_ends(*separator, *leads),
                    Form::Named { .. } => field.named_ends(form),
                }
            }
        }
    }

    /// Whether this is a literal that the URI does not begin with.
    pub(super) fn cannot_begin(&self, units: &[Unit]) -> bool {
        matches!(self, Self::Literal { .. }) && self.literal_length(units).is_none()
    }

    /// Adds the value in the units that the node took; `None` if it is not UTF-8.
    pub(super) fn read(&self, taken: &[Unit], values: &mut Values) -> Option<()> {
        let Self::Variable { name, form, .. } = self else {
            return Some(());
        };
        let value = match form {
            Form::Text(_) => Value::Text(text(taken)?),
            Form::List { separator, leads } => {
                let items = taken.get(usize::from(*leads)..).unwrap_or_default();
                let items = items.split(|unit| unit.is(*separator));
                Value::List(items.map(text).collect::<Option<_>>()?)
            }
            Form::Named {
                is_optional: true, ..
            } if taken.is_empty() => return Some(()),
            Form::Named {
                leads,
                key,
                is_list,
                ..
            } => {
                let items = taken.split(|unit| unit.is_one_of(leads)).skip(1);
                // The `=` follows the key.
                let texts = items.map(|item| text(item.get(key.len() + 1..).unwrap_or_default()));
                let mut texts = texts.collect::<Option<Vec<String>>>()?;
                if *is_list {
                    Value::List(texts)
                } else {
                    Value::Text(texts.pop()?)
                }
            }
        };
        values.set(name.as_str(), value);
        Some(())
    }

    fn literal_length(&self, found: &[Unit]) -> Option<usize> {
        let Self::Literal { units, scheme } = self else {
            return None;
        };
        let found = found.get(..units.len())?;
        let mut both = units.iter().zip(found).enumerate();
        let fits = both.all(|(index, (ours, theirs))| {
            ours == theirs || index < *scheme && ours.byte.eq_ignore_ascii_case(&theirs.byte)
        });
        fits.then_some(units.len())
    }
}

/// The search for the value of one variable.
struct Field<'a> {
    units: &'a [Unit],
    rest: &'a [Option<Place>],
    excluded: &'a [u8],
}

impl Field<'_> {
    fn text_ends(&self, limit: Option<usize>) -> Vec<Option<Place>> {
        let reach = self.limited(self.reach(|unit| !unit.is_one_of(self.excluded)), limit);
        let last = self.last_fitting(|_| true);
        let ends = (0..=self.units.len()).map(|at| {
            let end = at_place(&last, at_place(&reach, at)?)?;
            (usize::from(end) > at).then_some(end)
        });
        ends.collect()
    }

    fn list_ends(&self, separator: u8, leads: bool) -> Vec<Option<Place>> {
        let count = self.units.len();
        let separates = |at: usize| self.units.get(at).is_some_and(|unit| unit.is(separator));
        let mut reach = vec![place(count); count + 1];
        for (at, unit) in self.units.iter().enumerate().rev() {
            let reached = if unit.is(separator) {
                // An item is never empty, so the list stops between two separators in a row.
                if separates(at + 1) {
                    place(at + 1)
                } else {
                    at_place(&reach, at + 1)
                }
            } else if unit.is_one_of(self.excluded) {
                place(at)
            } else {
                at_place(&reach, at + 1)
            };
            set(&mut reach, at, reached);
        }
        let last =
            self.last_fitting(|end| end.checked_sub(1).is_none_or(|before| !separates(before)));
        let ends = (0..=count).map(|at| {
            if separates(at) != leads {
                return None;
            }
            let end = at_place(&last, at_place(&reach, at)?)?;
            (usize::from(end) > at).then_some(end)
        });
        ends.collect()
    }

    fn named_ends(&self, form: &Form) -> Vec<Option<Place>> {
        let Form::Named {
            leads,
            key,
            is_list,
            is_optional,
            limit,
        } = form
        else {
            return Vec::new();
        };
        let reach = self.limited(self.reach(|unit| !unit.is_one_of(self.excluded)), *limit);
        let last = self.last_fitting(|_| true);
        let count = self.units.len();
        let mut present = vec![None; count + 1];
        for at in (0..count).rev() {
            let Some(after_key) = self.after_key(at, leads, key) else {
                continue;
            };
            let has_value = self.units.get(after_key).is_some_and(|unit| unit.is(b'='));
            let begin = after_key + usize::from(has_value);
            let full = if has_value {
                at_place(&reach, begin)
            } else {
                place(begin)
            };
            let Some(full) = full else {
                continue;
            };
            // Another item begins only where this one cannot go on.
            let more = if *is_list {
                at_place(&present, full)
            } else {
                None
            };
            let end = more.or_else(|| {
                let end = at_place(&last, full);
                end.filter(|end| usize::from(*end) >= begin)
            });
            set(&mut present, at, end);
        }
        if *is_optional {
            for (at, end) in present.iter_mut().enumerate() {
                if end.is_none() && fits(self.rest, at) {
                    *end = place(at);
                }
            }
        }
        present
    }

    fn after_key(&self, at: usize, leads: &[u8], key: &[Unit]) -> Option<usize> {
        let [lead, after @ ..] = self.units.get(at..)? else {
            return None;
        };
        (lead.is_one_of(leads) && after.starts_with(key)).then_some(at + 1 + key.len())
    }

    /// For each place, the end of the run of members that begins there.
    fn reach(&self, is_member: impl Fn(Unit) -> bool) -> Vec<Option<Place>> {
        let count = self.units.len();
        let mut reach = vec![place(count); count + 1];
        for (at, unit) in self.units.iter().enumerate().rev() {
            let reached = if is_member(*unit) {
                at_place(&reach, at + 1)
            } else {
                place(at)
            };
            set(&mut reach, at, reached);
        }
        reach
    }

    /// Cuts `reach` to at most `limit` characters.
    fn limited(&self, mut reach: Vec<Option<Place>>, limit: Option<usize>) -> Vec<Option<Place>> {
        let Some(limit) = limit else {
            return reach;
        };
        let begins = |unit: &Unit| unit.begins_character();
        let places = self
            .units
            .iter()
            .enumerate()
            .filter(|(_, unit)| begins(unit));
        let characters: Vec<Option<Place>> = places.map(|(at, _)| place(at)).collect();
        let mut before = 0;
        for (at, reached) in reach.iter_mut().enumerate() {
            // The characters that begin before `at` do not belong to the value.
            let most = characters.get(before + limit).copied().flatten();
            *reached = match most {
                Some(most) => (*reached).min(Some(most)),
                None => *reached,
            };
            before += usize::from(self.units.get(at).is_some_and(begins));
        }
        reach
    }

    /// For each place, the last place up to it where a value may end and the rest fits.
    fn last_fitting(&self, may_end: impl Fn(usize) -> bool) -> Vec<Option<Place>> {
        let mut last = None;
        let places = (0..=self.units.len()).map(|at| {
            let unit = self.units.get(at);
            let is_whole = unit.is_none_or(|unit| unit.begins_character());
            if is_whole && fits(self.rest, at) && may_end(at) {
                last = place(at);
            }
            last
        });
        places.collect()
    }
}

fn fits(rest: &[Option<Place>], at: usize) -> bool {
    at_place(rest, at).is_some()
}

fn place(at: usize) -> Option<Place> {
    Place::try_from(at).ok()
}

fn at_place(places: &[Option<Place>], at: impl Into<usize>) -> Option<Place> {
    places.get(at.into()).copied().flatten()
}

fn set(places: &mut [Option<Place>], at: usize, to: Option<Place>) {
    if let Some(place) = places.get_mut(at) {
        *place = to;
    }
}
