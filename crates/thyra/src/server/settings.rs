//! The settings of a server.

use std::sync::Arc;

use serde_json::{Map, Value};
use thyra_auth::AuthProvider;
use thyra_protocol::{CacheScope, Icon, Implementation, LoggingLevel};

use crate::catalog::LIST_TTL_MS;
use crate::check::Check;
use crate::component::resource::PathSecurity;
use crate::extension::Extensions;
use crate::lifespan::Lifespan;
use crate::limits::Limits;
use crate::middleware::Chain;
use crate::request_state::RequestState;
use crate::selector::VisibleFn;
use crate::session_state::SessionStateStore;
use crate::state::StateMap;
use crate::task::TaskStore;
use crate::transport::http::HttpSettings;

/// The settings of a server, besides its components.
pub(super) struct Settings {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) title: Option<String>,
    pub(super) instructions: Option<String>,
    pub(super) website_url: Option<String>,
    pub(super) icons: Vec<Icon>,
    /// What is to begin with the server.
    pub(super) lifespans: Vec<Lifespan>,
    pub(super) experimental: Map<String, Value>,
    pub(super) extensions: Extensions,
    pub(super) client_log_level: LoggingLevel,
    pub(super) path_security: Option<PathSecurity>,
    pub(super) middleware: Chain,
    pub(super) request_state: RequestState,
    pub(super) visible: Option<VisibleFn>,
    pub(super) checks: Vec<Check>,
    pub(super) null_in_schemas: bool,
    pub(super) page_size: Option<usize>,
    pub(super) cache_scope: Option<CacheScope>,
    pub(super) list_ttl_ms: u64,
    pub(super) mask_error_details: bool,
    pub(super) tasks: Option<Arc<dyn TaskStore>>,
    pub(super) session_state: Option<Arc<dyn SessionStateStore>>,
    pub(super) state: StateMap,
    pub(super) auth: Option<Auth>,
    pub(super) limits: Limits,
    pub(super) http: HttpSettings,
    #[cfg(feature = "axum")]
    pub(super) routes: Option<axum::Router>,
}

/// Who protects the server, and whether callers need a token.
pub(super) enum Auth {
    Optional(Arc<dyn AuthProvider>),
    Required(Arc<dyn AuthProvider>),
}

impl Settings {
    pub(super) fn new(name: String) -> Self {
        Self {
            name,
            version: "0.0.0".to_owned(),
            title: None,
            instructions: None,
            website_url: None,
            icons: Vec::new(),
            lifespans: Vec::new(),
            experimental: Map::new(),
            extensions: Extensions::default(),
            client_log_level: LoggingLevel::Info,
            path_security: Some(PathSecurity::default()),
            middleware: Chain::default(),
            request_state: RequestState::default(),
            visible: None,
            checks: Vec::new(),
            null_in_schemas: false,
            page_size: None,
            cache_scope: None,
            list_ttl_ms: LIST_TTL_MS,
            mask_error_details: true,
            tasks: None,
            session_state: None,
            state: StateMap::default(),
            auth: None,
            limits: Limits::default(),
            http: HttpSettings::new(),
            #[cfg(feature = "axum")]
            routes: None,
        }
    }

    /// How the server introduces itself.
    pub(super) fn implementation(&self) -> Implementation {
        Implementation {
            name: self.name.clone(),
            title: self.title.clone(),
            version: self.version.clone(),
            description: None,
            icons: self.icons.clone(),
            website_url: self.website_url.clone(),
        }
    }
}
