//! What is wrong with the arguments of a call, told so that the caller, often a language model, can
//! fix all of it at once.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;

use super::{Call, Callee};

/// How many characters of a value or name from outside an error repeats.
pub(super) const ECHO: usize = 60;
/// How many characters of any other text an error repeats.
const DETAIL: usize = 200;
/// How many mistakes of one call are listed.
const LISTED: usize = 16;

/// Everything that is wrong with the arguments of one call. The text names each argument, what was
/// expected, and what came.
#[derive(Debug)]
pub struct ArgumentErrors {
    callee: Callee,
    name: String,
    accepted: Vec<String>,
    errors: Vec<ArgumentError>,
    /// Mistakes beyond those in `errors`.
    unlisted: usize,
}

/// One mistake in the arguments of a call.
#[derive(Debug)]
pub struct ArgumentError {
    path: String,
    mistake: Mistake,
}

/// What is wrong at one place. Displays as a clause without the place.
#[derive(Debug)]
pub(super) enum Mistake {
    /// What has to be there is not.
    Missing { expected: String },
    /// A member that its object does not have.
    Stray { nearest: Option<String> },
    /// An argument that comes more than once.
    Twice,
    /// An argument that there is not.
    Unknown { nearest: Option<String> },
    /// In words.
    Wrong(String),
}

impl ArgumentErrors {
    pub(super) fn new(call: &Call<'_>) -> Self {
        Self {
            callee: call.callee(),
            name: shortened(call.name(), DETAIL),
            accepted: Vec::new(),
            errors: Vec::new(),
            unlisted: 0,
        }
    }

    /// The mistakes, in the order in which they were found; at most sixteen.
    pub fn errors(&self) -> &[ArgumentError] {
        &self.errors
    }

    pub(super) fn push(&mut self, error: ArgumentError) {
        if self.errors.len() < LISTED {
            self.errors.push(error);
        } else {
            self.unlisted += 1;
        }
    }

    pub(super) fn append(&mut self, other: Self) {
        if self.accepted.is_empty() {
            self.accepted = other.accepted;
        }
        self.unlisted += other.unlisted;
        for error in other.errors {
            self.push(error);
        }
    }

    /// The names that a caller may choose from, listed when it chose another.
    pub(super) fn accept<'n>(&mut self, names: impl Iterator<Item = &'n str>) {
        self.accepted = names.map(str::to_owned).collect();
    }

    pub(super) fn is_empty(&self) -> bool {
        self.errors.is_empty()
    }
}

impl fmt::Display for ArgumentErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let callee = self.callee;
        write!(f, "Invalid arguments for {callee} `{}`:", self.name)?;
        for error in &self.errors {
            write!(f, "\n- {error}")?;
        }
        if self.unlisted > 0 {
            write!(f, "\n- and {} more", self.unlisted)?;
        }
        let strays = self
            .errors
            .iter()
            .any(|error| matches!(error.mistake, Mistake::Unknown { .. }));
        match (strays, self.accepted.as_slice()) {
            (false, _) => Ok(()),
            (true, []) => write!(f, "\nThis {callee} takes no arguments."),
            (true, names) => write!(f, "\nThis {callee} takes: `{}`.", names.join("`, `")),
        }
    }
}

impl Error for ArgumentErrors {}

impl ArgumentError {
    /// Where the mistake is: an argument's name, and the way from there into its value, as
    /// `city.streets[3].name`. Empty when the arguments as a whole are wrong.
    pub fn path(&self) -> &str {
        &self.path
    }

    pub(super) fn new(path: &str, mistake: Mistake) -> Self {
        Self {
            path: shortened(path, DETAIL),
            mistake,
        }
    }

    pub(super) fn missing(name: &str, expected: String) -> Self {
        Self::new(name, Mistake::Missing { expected })
    }

    pub(super) fn twice(name: &str) -> Self {
        Self::new(name, Mistake::Twice)
    }

    /// `name` is the caller's own spelling.
    pub(super) fn unknown<'k>(name: &str, known: impl Iterator<Item = &'k str>) -> Self {
        Self {
            path: shortened(name, ECHO),
            mistake: Mistake::Unknown {
                nearest: nearest(name, known),
            },
        }
    }

    /// The value at `path` is not what the type wants: `error` is what serde says about it.
    pub(super) fn wrong(path: &str, error: &str) -> Self {
        Self::new(path, Mistake::Wrong(plain(error)))
    }
}

impl fmt::Display for ArgumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "`{}`: ", self.path)?;
        }
        write!(f, "{}", self.mistake)
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nearest = match self {
            Self::Missing { expected } => return write!(f, "missing; expected {expected}"),
            Self::Twice => return f.write_str("given twice; give it once"),
            Self::Wrong(text) => return f.write_str(text),
            Self::Stray { nearest } => {
                f.write_str("no such member")?;
                nearest
            }
            Self::Unknown { nearest } => {
                f.write_str("no such argument")?;
                nearest
            }
        };
        match nearest {
            Some(name) => write!(f, "; did you mean `{name}`?"),
            None => Ok(()),
        }
    }
}

/// serde's sentence in plain words: `invalid type: string "x", expected i64` becomes
/// `expected an integer, got the string "x"`.
fn plain(error: &str) -> String {
    let error = match error.rfind(" at line ") {
        Some(end) => error.get(..end).unwrap_or(error),
        None => error,
    };
    if error.starts_with("data did not match any variant of untagged enum") {
        return "fits none of its forms".to_owned();
    }
    let halves = ["invalid type: ", "invalid value: ", "invalid length "]
        .iter()
        .find_map(|start| error.strip_prefix(start))
        // From the end: what came stands before it, and could hold anything.
        .and_then(|rest| rest.rsplit_once(", expected "));
    match halves {
        Some((got, expected)) => format!(
            "expected {}, got {}",
            expected_in_words(expected),
            got_in_words(got)
        ),
        None => match error.rsplit_once(", expected ") {
            Some((got, expected)) => format!(
                "{}, expected {}",
                shortened(got, ECHO),
                shortened(expected, DETAIL)
            ),
            None => shortened(error, DETAIL),
        },
    }
}

fn expected_in_words(expected: &str) -> Cow<'_, str> {
    let words = match expected {
        "a sequence" => "an array",
        "a map" => "an object",
        "f32" | "f64" => "a number",
        "i16" => "an integer from -32768 to 32767",
        "i32" => "an integer from -2147483648 to 2147483647",
        "i64" | "i128" | "isize" => "an integer",
        "i8" => "an integer from -128 to 127",
        "u16" => "an integer from 0 to 65535",
        "u32" => "an integer from 0 to 4294967295",
        "u64" | "u128" | "usize" => "an integer of at least 0",
        "u8" => "an integer from 0 to 255",
        "unit" => "null",
        other if other.starts_with("struct ") => "an object",
        other => return shortened(other, DETAIL).into(),
    };
    words.into()
}

fn got_in_words(got: &str) -> String {
    match got.split_once(' ') {
        Some(("boolean", value)) => value.trim_matches('`').to_owned(),
        Some(("floating", number)) => {
            let number = number.trim_start_matches("point ").trim_matches('`');
            format!("the number {}", shortened(number, ECHO))
        }
        Some(("integer", number)) => {
            format!("the integer {}", shortened(number.trim_matches('`'), ECHO))
        }
        Some(("string", text)) => format!("the string {}", shortened(text, ECHO)),
        _ => match got {
            "map" => "an object".to_owned(),
            "null" => "null".to_owned(),
            "sequence" => "an array".to_owned(),
            other => shortened(other, ECHO),
        },
    }
}

/// At most `limit` characters of `text`, with no control character in it.
pub(super) fn shortened(text: &str, limit: usize) -> String {
    let mut short = String::new();
    let mut characters = text.chars();
    for character in characters.by_ref().take(limit) {
        if character.is_control() {
            short.extend(character.escape_default());
        } else {
            short.push(character);
        }
    }
    if characters.next().is_some() {
        short.push('…');
        // A text that began with a quotation mark ends with one.
        if text.starts_with('"') {
            short.push('"');
        }
    }
    short
}

/// The one of the `known` names that `name` may have meant.
pub(super) fn nearest<'k>(name: &str, known: impl Iterator<Item = &'k str>) -> Option<String> {
    /// Longer than any name that a person would mistype.
    const LONGEST: usize = 64;
    if name.len() > LONGEST {
        return None;
    }
    let folded = name.to_lowercase();
    known
        .map(|known| (strsim::jaro_winkler(&folded, &known.to_lowercase()), known))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, known)| known.to_owned())
}
