//! The `arguments` of a call, taken apart once: one raw slice for each parameter, every mistake
//! collected.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::argument_error::{ArgumentError, ArgumentErrors};
use super::parameter::{Param, Parameter, ParameterError, RawArgument};
use super::{Call, CallError, Rejection};

/// Reads the `N` named parameters of one call. Made by code that `#[tool]` writes.
///
/// A parameter that cannot be read is noted and `None` comes back for it, so that the caller learns
/// of all mistakes at once.
pub struct ArgumentReader<'c, 'a, const N: usize> {
    call: &'c Call<'a>,
    names: &'static [&'static str; N],
    values: [Option<&'a RawValue>; N],
    /// Which of the names are no arguments.
    injected: [bool; N],
    /// Whether some parameter takes all arguments there are, so that none is unknown.
    takes_all: bool,
    strays: Vec<String>,
    errors: Option<ArgumentErrors>,
    rejection: Option<Rejection>,
}

impl<'c, 'a, const N: usize> ArgumentReader<'c, 'a, N> {
    /// Takes the arguments of `call` apart, in one pass over their bytes.
    pub fn new(call: &'c Call<'a>, names: &'static [&'static str; N]) -> Self {
        let mut reader = Self {
            call,
            names,
            values: [None; N],
            injected: [false; N],
            takes_all: false,
            strays: Vec::new(),
            errors: None,
            rejection: None,
        };
        if let Some(arguments) = call.arguments()
            && arguments.get() != "null"
        {
            let mut deserializer = serde_json::Deserializer::from_str(arguments.get());
            if let Err(error) = deserializer.deserialize_map(Split(&mut reader)) {
                reader.note(ArgumentError::wrong("", &error.to_string()));
            }
        }
        reader
    }

    /// The parameter at `slot` of the names.
    pub async fn read<T: Parameter<Kind>, Kind>(
        &mut self,
        slot: usize,
        _: Param<T, Kind>,
    ) -> Option<T> {
        let argument = self.argument(slot);
        if T::IS_INJECTED {
            if let Some(injected) = self.injected.get_mut(slot) {
                *injected = true;
            }
            if argument.value.is_some() {
                self.strays.push(argument.name.to_owned());
            }
        }
        self.take::<T, Kind>(argument).await
    }

    /// The argument at `slot`, or `default` when the caller left it out. `null` leaves it out too,
    /// unless the type has a `null` of its own.
    pub async fn read_or<T: Parameter<Kind>, Kind>(
        &mut self,
        slot: usize,
        _: Param<T, Kind>,
        default: impl FnOnce() -> T,
    ) -> Option<T> {
        let argument = self.argument(slot);
        match argument.value {
            None => Some(default()),
            Some(value) if value.get() == "null" => T::of_null().or_else(|| Some(default())),
            Some(_) => self.take::<T, Kind>(argument).await,
        }
    }

    /// A parameter without a name.
    pub async fn inject<T: Parameter<Kind>, Kind>(&mut self, _: Param<T, Kind>) -> Option<T> {
        let nothing = RawArgument {
            name: "",
            value: None,
        };
        self.take::<T, Kind>(nothing).await
    }

    /// Says whether all was well. Call it after the last parameter was read.
    ///
    /// # Errors
    ///
    /// What was refused: an injected value if there is one, else all mistakes in the arguments.
    pub fn finish(mut self) -> Result<(), CallError> {
        if let Some(rejection) = self.rejection {
            return Err(CallError::Rejected(rejection));
        }
        if !self.takes_all && !self.strays.is_empty() {
            let accepted: Vec<&'static str> = self
                .names
                .iter()
                .zip(self.injected)
                .filter(|(_, injected)| !injected)
                .map(|(name, _)| *name)
                .collect();
            for stray in std::mem::take(&mut self.strays) {
                self.note(ArgumentError::unknown(&stray, accepted.iter().copied()));
            }
            if let Some(errors) = &mut self.errors {
                errors.accept(accepted.into_iter());
            }
        }
        match self.errors {
            Some(errors) if !errors.is_empty() => Err(CallError::Arguments(errors)),
            _ => Ok(()),
        }
    }

    fn argument(&self, slot: usize) -> RawArgument<'a> {
        RawArgument {
            name: self.names.get(slot).copied().unwrap_or_default(),
            value: self.values.get(slot).copied().flatten(),
        }
    }

    async fn take<T: Parameter<Kind>, Kind>(&mut self, argument: RawArgument<'a>) -> Option<T> {
        self.takes_all |= T::TAKES_ALL;
        match T::read(self.call, argument).await {
            Ok(value) => return Some(value),
            Err(ParameterError::Argument(error)) => self.note(error),
            Err(ParameterError::Injected(Rejection::Arguments(errors))) => {
                self.errors().append(errors);
            }
            Err(ParameterError::Injected(rejection)) => {
                self.rejection.get_or_insert(rejection);
            }
        }
        None
    }

    fn note(&mut self, error: ArgumentError) {
        self.errors().push(error);
    }

    fn errors(&mut self) -> &mut ArgumentErrors {
        let call = self.call;
        self.errors.get_or_insert_with(|| ArgumentErrors::new(call))
    }
}

impl<const N: usize> fmt::Debug for ArgumentReader<'_, '_, N> {
    /// The values are the caller's own business and stay out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ArgumentReader")
            .field("call", &self.call)
            .field("names", &self.names)
            .finish_non_exhaustive()
    }
}

/// Sorts the members of an object into a reader's slots.
struct Split<'r, 'c, 'a, const N: usize>(&'r mut ArgumentReader<'c, 'a, N>);

impl<'a, const N: usize> Visitor<'a> for Split<'_, '_, 'a, N> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with the arguments")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut members: A) -> Result<(), A::Error> {
        /// An error lists far fewer than this.
        const STRAYS: usize = 64;
        let reader = self.0;
        while let Some(name) = members.next_key_seed(Name(reader.names))? {
            match name {
                Known::Slot(slot) => {
                    let value = members.next_value::<&'a RawValue>()?;
                    let twice = reader
                        .values
                        .get_mut(slot)
                        .and_then(|kept| kept.replace(value))
                        .is_some();
                    if twice {
                        let name = reader.argument(slot).name;
                        reader.note(ArgumentError::twice(name));
                    }
                }
                Known::Not(name) => {
                    members.next_value::<IgnoredAny>()?;
                    if reader.strays.len() < STRAYS {
                        reader.strays.push(name);
                    }
                }
            }
        }
        Ok(())
    }
}

/// Finds a member's name among the known ones without keeping it.
struct Name<'n>(&'n [&'static str]);

enum Known {
    Not(String),
    Slot(usize),
}

impl<'de> DeserializeSeed<'de> for Name<'_> {
    type Value = Known;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Known, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Name<'_> {
    type Value = Known;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of an argument")
    }

    fn visit_str<E>(self, name: &str) -> Result<Known, E> {
        Ok(match self.0.iter().position(|known| *known == name) {
            Some(slot) => Known::Slot(slot),
            None => Known::Not(name.to_owned()),
        })
    }
}
