//! Values that the server injects into a call, by their type.

use std::any::TypeId;
use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::ops::Deref;
use std::sync::Arc;

use http::HeaderMap;
use http::uri::PathAndQuery;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use thyra_auth::Principal;

use super::argument_error::ArgumentErrors;
use super::parameters::{Parameters, Requirement};
use super::{Call, Rejection, decode};
use crate::context::Context;

/// A value that the server injects into a call. Clients do not see it in the schema and cannot set
/// it.
///
/// ```
/// use thyra::prelude::*;
/// use thyra::{Call, FromCall, Rejection};
///
/// /// The caller's language.
/// struct Language(String);
///
/// impl FromCall for Language {
///     async fn from_call(call: &Call<'_>) -> Result<Self, Rejection> {
///         let header = call.request().headers().and_then(|headers| headers.get("accept-language"));
///         let language = header.and_then(|value| value.to_str().ok()).unwrap_or("en");
///         Ok(Self(language.to_owned()))
///     }
/// }
///
/// /// Greets somebody.
/// #[tool]
/// async fn greet(name: String, Language(language): Language) -> String {
///     if language.starts_with("el") { format!("Γεια σου, {name}") } else { format!("Hello, {name}") }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be injected into a tool",
    label = "not something that the server has",
    note = "these can be injected: `Args<T>`, `Claims<T>`, `Context`, `Depends<T>`, `Headers`, `PeerAddr`, `Principal`, `RequestTarget`, `State<T>`, and what implements `thyra::FromCall`"
)]
pub trait FromCall: Sized {
    /// Whether it takes all arguments of a call, as [`Args`] does.
    const TAKES_ALL: bool = false;

    /// Takes the value out of the call. It may wait, for a database or another service; that time
    /// counts against the call's timeout, and a cancelled call drops it. In an implementation,
    /// write `async fn from_call`.
    ///
    /// # Errors
    ///
    /// [`Rejection`] says what is missing. The caller reads its text.
    fn from_call(call: &Call<'_>) -> impl Future<Output = Result<Self, Rejection>> + Send;

    /// Declares, once, what the value needs the server to have, and which arguments it takes.
    fn describe(parameters: &mut Parameters) {
        let _ = parameters;
    }
}

/// A value given to [`Server::state`](crate::Server::state), shared by all calls.
///
/// A server that lacks a state its tools want does not start.
///
/// ```
/// use thyra::prelude::*;
///
/// struct Greeting(&'static str);
///
/// /// Greets somebody.
/// #[tool]
/// async fn greet(name: String, greeting: State<Greeting>) -> String {
///     format!("{}, {name}", greeting.0.0)
/// }
/// ```
pub struct State<T>(pub Arc<T>);

/// All arguments of a call as one value, for tools made without `#[tool]`.
///
/// Arguments that no parameter knows are refused. A type takes them all the same if it says so:
/// with a map in a field under `#[serde(flatten)]`, or with `additionalProperties` in its schema.
///
/// ```
/// use thyra::prelude::*;
/// use thyra::{schemars, serde};
///
/// #[derive(serde::Deserialize, schemars::JsonSchema)]
/// # #[serde(crate = "thyra::serde")]
/// # #[schemars(crate = "thyra::schemars")]
/// struct Add {
///     a: i64,
///     b: i64,
/// }
///
/// let add = Tool::new("add", |Args(add): Args<Add>| async move { add.a + add.b });
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Args<T>(pub T);

/// The claims of the caller's token, decoded as `T`.
#[derive(Clone, Copy, Debug)]
pub struct Claims<T>(pub T);

/// The headers of the HTTP request, without the credential. `Option<Headers>` is `None` on stdio.
#[derive(Clone, Debug)]
pub struct Headers(pub HeaderMap);

/// The address that the HTTP connection comes from: the client's, or that of the reverse proxy that
/// stands before the server. `Option<PeerAddr>` is `None` on stdio and within the process.
///
/// Within your own service it is known if the request carries it as an extension: a `PeerAddr` that
/// you insert, or axum's `ConnectInfo<SocketAddr>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeerAddr(pub SocketAddr);

/// Where the HTTP request went, path and query: `/mcp?team=blue`. The host is among the
/// [`Headers`]. Below a prefix of an axum application, axum has taken the prefix off.
/// `Option<RequestTarget>` is `None` on stdio and within the process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestTarget(pub PathAndQuery);

impl<T: Send + Sync + 'static> FromCall for State<T> {
    async fn from_call(call: &Call<'_>) -> Result<Self, Rejection> {
        call.request()
            .state()
            .get()
            .map(Self)
            .ok_or(Rejection::NoState {
                type_name: std::any::type_name::<T>(),
            })
    }

    fn describe(parameters: &mut Parameters) {
        parameters.require(Requirement::State {
            type_id: TypeId::of::<T>(),
            type_name: std::any::type_name::<T>(),
        });
    }
}

impl<T> Deref for State<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> Clone for State<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> fmt::Debug for State<T> {
    /// The type only: the value may be a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "State<{}>", std::any::type_name::<T>())
    }
}

impl<T: DeserializeOwned + JsonSchema> FromCall for Args<T> {
    const TAKES_ALL: bool = true;

    async fn from_call(call: &Call<'_>) -> Result<Self, Rejection> {
        let mut errors = ArgumentErrors::new(call);
        for stray in decode::strays(call.arguments(), call.known()) {
            errors.push(stray);
        }
        match decode::decode_all(call.arguments()) {
            Ok(value) if errors.is_empty() => return Ok(Self(value)),
            Ok(_) => {}
            Err(error) => errors.push(error),
        }
        errors.accept(call.known().into_iter().flatten().map(String::as_str));
        Err(Rejection::Arguments(errors))
    }

    fn describe(parameters: &mut Parameters) {
        parameters.arguments::<T>();
        parameters.also_known(decode::field_names::<T>());
    }
}

impl<T: DeserializeOwned> FromCall for Claims<T> {
    async fn from_call(call: &Call<'_>) -> Result<Self, Rejection> {
        let principal = call.request().principal().ok_or(Rejection::NoPrincipal)?;
        principal
            .claims()
            .decode()
            .map(Self)
            .map_err(Rejection::Claims)
    }

    fn describe(parameters: &mut Parameters) {
        parameters.require(Requirement::Principal);
    }
}

impl FromCall for Context {
    async fn from_call(call: &Call<'_>) -> Result<Self, Rejection> {
        Ok(call.request().context())
    }
}

impl FromCall for Headers {
    async fn from_call(call: &Call<'_>) -> Result<Self, Rejection> {
        Option::<Self>::from_call(call)
            .await?
            .ok_or(Rejection::NoHeaders)
    }
}

impl FromCall for Option<Headers> {
    async fn from_call(call: &Call<'_>) -> Result<Self, Rejection> {
        Ok(call.request().headers().cloned().map(Headers))
    }
}

impl FromCall for PeerAddr {
    async fn from_call(call: &Call<'_>) -> Result<Self, Rejection> {
        Option::<Self>::from_call(call)
            .await?
            .ok_or(Rejection::NoPeerAddr)
    }
}

impl FromCall for Option<PeerAddr> {
    async fn from_call(call: &Call<'_>) -> Result<Self, Rejection> {
        Ok(call.request().peer_addr().map(PeerAddr))
    }
}

impl FromCall for RequestTarget {
    async fn from_call(call: &Call<'_>) -> Result<Self, Rejection> {
        Option::<Self>::from_call(call)
            .await?
            .ok_or(Rejection::NoTarget)
    }
}

impl FromCall for Option<RequestTarget> {
    async fn from_call(call: &Call<'_>) -> Result<Self, Rejection> {
        Ok(call.request().target().cloned().map(RequestTarget))
    }
}

impl FromCall for Arc<Principal> {
    async fn from_call(call: &Call<'_>) -> Result<Self, Rejection> {
        Option::<Self>::from_call(call)
            .await?
            .ok_or(Rejection::NoPrincipal)
    }

    fn describe(parameters: &mut Parameters) {
        parameters.require(Requirement::Principal);
    }
}

impl FromCall for Option<Arc<Principal>> {
    async fn from_call(call: &Call<'_>) -> Result<Self, Rejection> {
        Ok(call.request().principal().cloned())
    }
}

impl FromCall for Principal {
    async fn from_call(call: &Call<'_>) -> Result<Self, Rejection> {
        Option::<Self>::from_call(call)
            .await?
            .ok_or(Rejection::NoPrincipal)
    }

    fn describe(parameters: &mut Parameters) {
        parameters.require(Requirement::Principal);
    }
}

impl FromCall for Option<Principal> {
    async fn from_call(call: &Call<'_>) -> Result<Self, Rejection> {
        Ok(call
            .request()
            .principal()
            .map(|principal| Principal::clone(principal)))
    }
}
