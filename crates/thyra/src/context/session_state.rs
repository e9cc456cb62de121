//! What a handler remembers for later calls of its session.

use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::to_raw_value;

use super::Context;
use crate::session_state::{LONGEST_KEY, SessionStateError, SessionStates, StateOwner};
use crate::views::ViewOwner;

/// What handlers remember from one call of a session to the next; made by
/// [`Context::session_state`].
///
/// Values are kept as JSON. By default they are in the memory of this process, with at most 256
/// keys and 256 KiB for one session ([`MemorySessionState`](crate::MemorySessionState)); elsewhere
/// with [`Server::session_state_store`](crate::Server::session_state_store).
///
/// Two calls of one session can run at once: between a `get` and a `set`, another call may have
/// changed the value.
#[derive(Clone, Copy)]
pub struct SessionState<'a>(&'a Context);

impl Context {
    /// What handlers remember for this session.
    ///
    /// Up to revision 2025-11-25 it lasts as long as the session: over HTTP until it is deleted or
    /// idle for too long, on stdio as long as the connection. From 2026-07-28 on there are no
    /// sessions. There it belongs to the signed-in caller, who is one issuer, subject and client in
    /// all conversations, and on stdio to whoever runs the process; it is kept for a day after its
    /// last use.
    ///
    /// ```
    /// use thyra::prelude::*;
    ///
    /// /// Put something into the cart.
    /// #[tool]
    /// async fn add_to_cart(item: String, ctx: Context) -> Result<usize, ToolError> {
    ///     let mut cart: Vec<String> = ctx.session_state().get("cart").await?.unwrap_or_default();
    ///     cart.push(item);
    ///     ctx.session_state().set("cart", &cart).await?;
    ///     Ok(cart.len())
    /// }
    /// ```
    pub fn session_state(&self) -> SessionState<'_> {
        SessionState(self)
    }
}

impl SessionState<'_> {
    /// The value of `key`, or `None` if nothing is kept under it.
    ///
    /// # Errors
    ///
    /// [`SessionStateError`] when nobody is there whose state it could be, the value is no `T`, or
    /// the store cannot be reached.
    pub async fn get<T: DeserializeOwned>(
        &self,
        key: impl AsRef<str>,
    ) -> Result<Option<T>, SessionStateError> {
        let key = key.as_ref();
        let (states, owner) = self.place(key)?;
        let Some(value) = states.store.get(owner, key).await? else {
            return Ok(None);
        };
        serde_json::from_str(value.get())
            .map(Some)
            .map_err(|source| unfit(key, source))
    }

    /// Keeps `value` under `key`, in place of an earlier one.
    ///
    /// # Errors
    ///
    /// [`SessionStateError`] when nobody is there whose state it could be, the value cannot be
    /// written as JSON, the state would be too large, or the store cannot be reached.
    pub async fn set<T: Serialize + ?Sized>(
        &self,
        key: impl AsRef<str>,
        value: &T,
    ) -> Result<(), SessionStateError> {
        let key = key.as_ref();
        let (states, owner) = self.place(key)?;
        let value = to_raw_value(value).map_err(|source| unfit(key, source))?;
        states.store.set(owner, key, value).await
    }

    /// Forgets `key`, and returns whether there was a value.
    ///
    /// # Errors
    ///
    /// As [`SessionState::get`].
    pub async fn delete(&self, key: impl AsRef<str>) -> Result<bool, SessionStateError> {
        let key = key.as_ref();
        let (states, owner) = self.place(key)?;
        states.store.delete(owner, key).await
    }

    /// Where the state is, and whose it is.
    fn place(&self, key: &str) -> Result<(&SessionStates, StateOwner), SessionStateError> {
        if key.is_empty() || key.len() > LONGEST_KEY {
            return Err(SessionStateError::Key);
        }
        let server = self.0.own_server().ok_or(SessionStateError::Nobody)?;
        let states = server.session_states();
        let known = &self.0.0.known;
        let owner = match (&known.session, known.view_owner) {
            (Some(session), _) => session.state().owner(session.id(), &states.store)?,
            (None, Some(ViewOwner::Principal(id))) => StateOwner::caller(id),
            (None, Some(ViewOwner::Local)) => states.process.owner(None, &states.store)?,
            (None, None) => return Err(SessionStateError::Nobody),
        };
        Ok((states, owner))
    }
}

fn unfit(key: &str, source: serde_json::Error) -> SessionStateError {
    SessionStateError::Value {
        key: key.to_owned(),
        source,
    }
}

impl fmt::Debug for SessionState<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SessionState").field(self.0).finish()
    }
}
