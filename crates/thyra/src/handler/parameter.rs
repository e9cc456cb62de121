//! What may stand in the argument list of a tool: arguments from the client and values from the
//! server, told apart by type.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::argument_error::ArgumentError;
use super::decode;
use super::parameters::{Argument, Parameters};
use super::{Call, FromCall, Rejection};

/// Names a parameter's type to the code that `#[tool]` writes, together with the kind that
/// inference found for it.
pub struct Param<T, Kind>(PhantomData<fn() -> (T, Kind)>);

/// A parameter with a name: an argument or an injected value. `Kind` is inferred.
pub fn parameter<T: Parameter<Kind>, Kind>() -> Param<T, Kind> {
    Param(PhantomData)
}

/// A parameter with a default: an argument.
pub fn argument<T: Parameter<Decoded>>() -> Param<T, Decoded> {
    Param(PhantomData)
}

/// A parameter without a name: an injected value.
pub fn injected<T: PatternParameter>() -> Param<T, Injected> {
    Param(PhantomData)
}

/// A parameter whose name is no variable of the URI, so that it can only be injected.
pub fn not_in_the_uri<T: InjectedParameter>() -> Param<T, Injected> {
    Param(PhantomData)
}

/// A type that may stand in the argument list of a tool. `Kind` is found by inference and is never
/// written.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an argument of a tool",
    label = "neither sent by the client nor injected by the server",
    note = "what the client sends must be decodable and have a schema: `#[derive(serde::Deserialize, schemars::JsonSchema)]`",
    note = "what the server injects must be one of `Context`, `State<T>`, `Depends<T>`, `Principal`, `Claims<T>`, `Headers`, or implement `thyra::FromCall`"
)]
pub trait Parameter<Kind>: Sized {
    /// Whether it comes from the server rather than from the client.
    const IS_INJECTED: bool;

    /// Whether it takes all arguments of a call.
    const TAKES_ALL: bool;

    /// Adds it to what a function takes.
    fn declare(parameters: &mut Parameters, argument: Argument);

    /// Its value for `null`, if the type has one.
    fn of_null() -> Option<Self>;

    /// Reads it from a call.
    fn read(
        call: &Call<'_>,
        argument: RawArgument<'_>,
    ) -> impl Future<Output = Result<Self, ParameterError>> + Send;
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
    note = "what the server injects must be one of `Context`, `State<T>`, `Depends<T>`, `Principal`, `Claims<T>`, `Headers`, or implement `thyra::FromCall`"
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
pub struct RawArgument<'a> {
    pub(super) name: &'static str,
    pub(super) value: Option<&'a RawValue>,
}

/// Why a parameter could not be read.
#[derive(Debug)]
pub enum ParameterError {
    /// The client's value is wrong.
    Argument(ArgumentError),
    /// The server's value is not there.
    Injected(Rejection),
}

impl<T: DeserializeOwned + JsonSchema> Parameter<Decoded> for T {
    const IS_INJECTED: bool = false;
    const TAKES_ALL: bool = false;

    fn declare(parameters: &mut Parameters, argument: Argument) {
        let required = argument.default.is_none() && decode::absent::<T>().is_none();
        parameters.argument::<T>(argument, required);
    }

    fn of_null() -> Option<Self> {
        decode::null()
    }

    async fn read(_: &Call<'_>, argument: RawArgument<'_>) -> Result<Self, ParameterError> {
        match argument.value {
            Some(value) => decode::decode(argument.name, value).map_err(ParameterError::Argument),
            None => decode::absent()
                .ok_or_else(|| ParameterError::Argument(decode::missing::<T>(argument.name))),
        }
    }
}

impl<T: FromCall> Parameter<Injected> for T {
    const IS_INJECTED: bool = true;
    const TAKES_ALL: bool = T::TAKES_ALL;

    fn declare(parameters: &mut Parameters, _: Argument) {
        T::describe(parameters);
    }

    fn of_null() -> Option<Self> {
        None
    }

    async fn read(call: &Call<'_>, _: RawArgument<'_>) -> Result<Self, ParameterError> {
        T::from_call(call).await.map_err(ParameterError::Injected)
    }
}

impl<T: FromCall> PatternParameter for T {}

impl<T: FromCall> InjectedParameter for T {}

impl<T: Parameter<Kind>, Kind> Param<T, Kind> {
    /// Adds the parameter to what a function takes. An injected one leaves no trace in the schema.
    pub fn declare(self, parameters: &mut Parameters, argument: Argument) {
        T::declare(parameters, argument);
    }
}

impl<T, Kind> Clone for Param<T, Kind> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T, Kind> Copy for Param<T, Kind> {}

impl<T, Kind> fmt::Debug for Param<T, Kind> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Param<{}>", std::any::type_name::<T>())
    }
}
