//! Building a server: every mistake that can be found before the first request is found here.

use std::sync::Arc;

use thyra_auth::SystemClock;
use thyra_protocol::Implementation;

use super::{Error, Result, Server};
use crate::app::{App, Closing, Door, Greeting};
use crate::catalog::{self, Settings};
use crate::task::{MemoryTasks, Tasks};

/// Where callers come from, as far as it matters for what a server may be made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// The caller started the process.
    Local,
    /// Anybody may call.
    Network,
}

impl Server {
    /// Checks the whole server and makes it ready. When anybody may call, scopes need a provider that
    /// checks them.
    pub(crate) fn build(&self, reach: Reach) -> Result<App> {
        if !is_absolute_path(&self.path) {
            return Err(Error::Path {
                path: self.path.clone(),
            });
        }
        let door = match &self.auth {
            Some(provider) => Door::Protected(provider.protection(&self.path)?),
            None => Door::Open,
        };
        let cache_scope = self
            .cache_scope
            .unwrap_or_else(|| catalog::cache_scope(!door.is_open()));
        self.extensions.check()?;
        let greeting = Greeting::new(
            self.implementation(),
            self.instructions.clone(),
            &self.extensions,
            self.list_ttl_ms,
            cache_scope,
        )
        .map_err(|error| Error::Transport(error.into()))?;
        self.handle.open(Settings {
            cache_scope,
            ttl_ms: self.list_ttl_ms,
            page_size: self.page_size,
            scopes_need_auth: reach == Reach::Network && door.is_open(),
            server_info: greeting.server_info.clone(),
            state: self.state.clone(),
            visible: self.visible.clone(),
        })?;
        Ok(App {
            clock: Arc::new(SystemClock),
            closing: Closing::default(),
            door,
            extensions: self.extensions.clone(),
            greeting,
            handle: self.handle.clone(),
            limits: self.limits.clone(),
            mask_error_details: self.mask_error_details.unwrap_or(!cfg!(debug_assertions)),
            name: self.name.clone(),
            own_server: Arc::new(self.handle.clone()),
            path: self.path.clone(),
            sealer: self.request_state.clone().sealer(),
            state: self.state.clone(),
            tasks: Arc::new(self.tasks()),
        })
    }

    fn implementation(&self) -> Implementation {
        Implementation {
            name: self.name.clone(),
            title: self.title.clone(),
            version: self.version.clone(),
            description: None,
            icons: self.icons.clone(),
            website_url: self.website_url.clone(),
        }
    }

    fn tasks(&self) -> Tasks {
        let store = self.tasks.clone();
        let store = store.unwrap_or_else(|| Arc::new(MemoryTasks::default()));
        Tasks::new(store, Arc::new(SystemClock), self.limits.tasks)
    }
}

fn is_absolute_path(path: &str) -> bool {
    path.starts_with('/')
        && path
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'?' | b'#' | b'{' | b'}'))
}
