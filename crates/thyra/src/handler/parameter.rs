//! What may stand in the argument list of a tool: arguments from the client and values from the server, told apart by type.

use std::fmt;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::argument_error::ArgumentError;
use super::decode;
use super::signature::{Argument, Signature};
use super::{Call, FromCall, Rejection};

/// How one parameter of a function under `#[tool]` is declared and read. Its type decides; the rest of the code does not ask again.
pub struct Param<T> {
    pub(super) declare: fn(&mut Signature, Argument),
    /// Whether it comes from the server rather than from the client.
    pub(super) is_injected: bool,
    pub(super) read: fn(&Call<'_>, Incoming<'_>) -> Result<T, Refused>,
    /// Whether it takes all arguments there are.
    pub(super) takes_all: bool,
}

/// A parameter with a name: an argument or an injected value. `Kind` is inferred.
pub fn parameter<T: Parameter<Kind>, Kind>() -> Param<T> {
    T::param()
}

/// A parameter with a default: an argument.
pub fn argument<T: Parameter<Decoded>>() -> Param<T> {
    T::param()
}

/// A parameter without a name: an injected value.
pub fn injected<T: PatternParameter>() -> Param<T> {
    T::param()
}

/// A parameter whose name is no variable of the URI, and which therefore can only be injected.
pub fn not_in_the_uri<T: InjectedParameter>() -> Param<T> {
    T::param()
}

/// A type that may stand in the argument list of a tool. `Kind` is found by inference and is never written.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an argument of a tool",
    label = "neither sent by the client nor injected by the server",
    note = "what the client sends must be decodable and have a schema: `#[derive(serde::Deserialize, schemars::JsonSchema)]`",
    note = "what the server injects must be one of `Context`, `State<T>`, `Principal`, `Claims<T>`, `Headers`, or implement `thyra::FromCall`"
)]
pub trait Parameter<Kind>: Sized {
    /// How it is declared and read.
    fn param() -> Param<Self>;
}

/// A parameter without a name of its own, which therefore can only be injected.
#[diagnostic::on_unimplemented(
    message = "an argument of type `{Self}` needs a name that clients can use",
    label = "only injected values can be taken apart by a pattern",
    note = "give it a plain name, as in `point: Point`, or name it with `#[arg(name = \"point\")]` before the pattern"
)]
pub trait PatternParameter: Parameter<Injected> {}

/// A parameter that no variable of a URI gives.
#[diagnostic::on_unimplemented(
    message = "no variable of the URI has the name of this argument, and `{Self}` cannot be injected",
    label = "neither in the URI nor injected by the server",
    note = "add the variable to the URI, as `{{name}}`, or name the one that is meant with `#[arg(name = \"...\")]`",
    note = "what the server injects must be one of `Context`, `State<T>`, `Principal`, `Claims<T>`, `Headers`, or implement `thyra::FromCall`"
)]
pub trait InjectedParameter: Parameter<Injected> {}

/// The kind of parameter that the client sends.
#[derive(Debug)]
pub enum Decoded {}

/// The kind of parameter that the server injects.
#[derive(Debug)]
pub enum Injected {}

/// What the client sent for one parameter.
#[derive(Clone, Copy, Debug)]
pub struct Incoming<'a> {
    pub(super) name: &'static str,
    pub(super) value: Option<&'a RawValue>,
}

/// Why a parameter could not be read.
#[derive(Debug)]
pub enum Refused {
    /// The client's value is wrong.
    Argument(ArgumentError),
    /// The server's value is not there.
    Injected(Rejection),
}

impl<T: DeserializeOwned + JsonSchema> Parameter<Decoded> for T {
    fn param() -> Param<Self> {
        Param {
            declare: |signature, argument| {
                let required = argument.default.is_none() && decode::absent::<T>().is_none();
                signature.argument::<T>(argument, required);
            },
            is_injected: false,
            read: |_, incoming| match incoming.value {
                Some(value) => decode::decode(incoming.name, value).map_err(Refused::Argument),
                None => decode::absent()
                    .ok_or_else(|| Refused::Argument(decode::missing::<T>(incoming.name))),
            },
            takes_all: false,
        }
    }
}

impl<T: FromCall> Parameter<Injected> for T {
    fn param() -> Param<Self> {
        Param {
            declare: |signature, _| T::describe(signature),
            is_injected: true,
            read: |call, _| T::from_call(call).map_err(Refused::Injected),
            takes_all: T::TAKES_ALL,
        }
    }
}

impl<T: FromCall> PatternParameter for T {}

impl<T: FromCall> InjectedParameter for T {}

impl<T> fmt::Debug for Param<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Param<{}>", std::any::type_name::<T>())
    }
}
