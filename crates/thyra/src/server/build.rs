//! Builds a server, and finds every mistake that can be found before the first request.

use std::sync::Arc;

use thyra_auth::SystemClock;

use super::settings::Auth;
use super::{Error, Result, Server};
use crate::app::{App, Door, Greeting, OwnApp};
use crate::blocking::Threads;
use crate::catalog::{self, Settings};
use crate::closing::Closing;
use crate::session_state::{MemorySessionState, SessionStateStore, SessionStates};
use crate::task::{MemoryTasks, Tasks};

/// Who can reach the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exposure {
    /// The caller started the process.
    Local,
    /// Anyone may call.
    Network,
}

impl Server {
    /// Checks the whole server and makes it ready. If anyone may call, scopes need a provider that
    /// checks them.
    pub(crate) fn build(&self, exposure: Exposure) -> Result<App> {
        let settings = &self.settings;
        if !settings.lifespans.is_empty() {
            return Err(Error::NotStarted);
        }
        if !settings.http.has_absolute_path() {
            return Err(Error::Path {
                path: settings.http.path.clone(),
            });
        }
        let door = match &settings.auth {
            None => Door::Open,
            Some(Auth::Optional(provider)) => {
                Door::Optional(provider.protection(&settings.http.path)?)
            }
            Some(Auth::Required(provider)) => {
                Door::Protected(provider.protection(&settings.http.path)?)
            }
        };
        let cache_scope = settings
            .cache_scope
            .unwrap_or_else(|| catalog::cache_scope(door.protection().is_some()));
        settings.extensions.check()?;
        let greeting = Greeting::new(
            settings.implementation(),
            settings.instructions.clone(),
            &settings.extensions,
            settings.experimental.clone(),
            settings.list_ttl_ms,
            cache_scope,
        )
        .map_err(|error| Error::Transport(error.into()))?;
        self.handle.open(Settings {
            checks: settings.checks.clone().into(),
            cache_scope,
            ttl_ms: settings.list_ttl_ms,
            null_in_schemas: settings.null_in_schemas,
            page_size: settings.page_size,
            scopes_need_auth: exposure == Exposure::Network && door.protection().is_none(),
            server_info: greeting.server_info.clone(),
            path_security: settings.path_security.clone(),
            state: settings.state.clone(),
            visible: settings.visible.clone(),
        })?;
        let door = Arc::new(door);
        let own_server = OwnApp {
            call_time: settings.limits.call_time,
            check_time: settings.limits.check_time,
            door: Arc::clone(&door),
            handle: self.handle.clone(),
            mask_error_details: settings.mask_error_details,
            middleware: settings.middleware.clone(),
            server_info: greeting.server_info.clone(),
            session_states: SessionStates::new(self.state_store()),
            threads: Threads::new(settings.limits.blocking_calls),
        };
        Ok(App {
            client_log_level: settings.client_log_level,
            clock: Arc::new(SystemClock),
            closing: Closing::default(),
            door,
            extensions: settings.extensions.clone(),
            greeting: Arc::new(greeting),
            handle: self.handle.clone(),
            limits: settings.limits.clone(),
            mask_error_details: settings.mask_error_details,
            middleware: settings.middleware.clone(),
            name: settings.name.clone(),
            own_server: Arc::new(own_server),
            path: settings.http.path.clone(),
            has_sessions: settings.http.sessions,
            sealer: Arc::new(settings.request_state.clone().sealer()),
            state: settings.state.clone(),
            tasks: Arc::new(self.tasks()),
        })
    }

    /// The server as its own process uses it: built at the first use, and kept until a setting
    /// changes.
    #[cfg(feature = "client")]
    pub(crate) fn own(&self) -> Result<Arc<App>> {
        if let Some(app) = self.own.get() {
            return Ok(Arc::clone(app));
        }
        let app = Arc::new(self.build(Exposure::Local)?);
        Ok(Arc::clone(self.own.get_or_init(|| app)))
    }

    fn state_store(&self) -> Arc<dyn SessionStateStore> {
        let store = self.settings.session_state.clone();
        store.unwrap_or_else(|| Arc::new(MemorySessionState::new()))
    }

    fn tasks(&self) -> Tasks {
        let store = self.settings.tasks.clone();
        let limits = &self.settings.limits;
        let store = store.unwrap_or_else(|| Arc::new(MemoryTasks::within(limits)));
        Tasks::new(store, Arc::new(SystemClock), limits.tasks)
    }
}
