//! A server as routers of axum, for an application that has routes of its own.

use axum::Router;

use super::{Result, Server};
use crate::transport::http::McpService;

/// A server as two routers of axum; made by [`Server::into_routers`].
#[derive(Clone, Debug)]
pub struct Routers {
    /// The endpoint. Nest it under your prefix.
    pub endpoint: Router,
    /// What is answered without a token: the documents that tell clients where to log in, and the
    /// provider's own routes. Merge it at the root; it is empty if the server is not protected.
    pub public_routes: Router,
}

impl Server {
    /// Serves routes of your own beside the endpoint, such as a health check, when the server
    /// listens by itself: with [`Server::run`], [`Server::serve_http`], [`Server::serve_listener`]
    /// or [`Server::serve_stdio_and_http`]. A second call adds its routes to those of the first.
    ///
    /// They are public: they ask for no token, also if the server is protected. Only `Host` is
    /// checked before them. The endpoint and the public routes of the provider come first, so no
    /// route of yours can take their place.
    ///
    /// ```no_run
    /// use axum::Router;
    /// use axum::routing::get;
    /// use thyra::prelude::*;
    ///
    /// # async fn example() -> thyra::Result<()> {
    /// Server::new("Notes")
    ///     .routes(Router::new().route("/healthz", get(async || "ok")))
    ///     .run()
    ///     .await
    /// # }
    /// ```
    ///
    /// [`Server::into_service`] and its kind refuse them: there, merge your router into your
    /// application.
    ///
    /// # Panics
    ///
    /// As [`Router::merge`], when two calls have a route in common.
    #[must_use]
    pub fn routes(mut self, routes: Router) -> Self {
        let before = self.settings.routes.take();
        self.settings.routes = Some(match before {
            Some(before) => before.merge(routes),
            None => routes,
        });
        self
    }

    /// The server as an axum router with exactly its own routes, to merge into your application's.
    ///
    /// Do not nest a protected server under a prefix: clients look for its documents at the root.
    /// It would answer every request with 500 and the way out. Either put the prefix into
    /// [`HttpSettings::path`](crate::HttpSettings::path) and merge, or call
    /// [`Server::into_routers`].
    ///
    /// # Errors
    ///
    /// [`Error`](crate::Error) when the server cannot be built.
    pub fn into_router(self) -> Result<Router> {
        let Routers {
            endpoint,
            public_routes,
        } = self.routers(false)?;
        Ok(endpoint.merge(public_routes))
    }

    /// The server as two routers of axum: the endpoint, to be nested under a prefix, and the public
    /// routes, to be merged at the root.
    ///
    /// The base URL of the provider is the public URL with the prefix, and
    /// [`HttpSettings::path`](crate::HttpSettings::path) is the path within it.
    ///
    /// ```
    /// use axum::Router;
    /// use thyra::auth::StaticAuth;
    /// use thyra::prelude::*;
    ///
    /// # fn main() -> thyra::Result<()> {
    /// let mcp = Server::new("Notes")
    ///     .auth(StaticAuth::new("http://localhost:8000/api"))
    ///     .into_routers()?;
    /// // Clients connect to http://localhost:8000/api/mcp.
    /// let app: Router = Router::new()
    ///     .nest("/api", mcp.endpoint)
    ///     .merge(mcp.public_routes);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error`](crate::Error) when the server cannot be built.
    pub fn into_routers(self) -> Result<Routers> {
        self.routers(true)
    }

    fn routers(self, nestable: bool) -> Result<Routers> {
        let whole = self.into_service()?;
        let endpoint = if nestable {
            whole.endpoint_only()
        } else {
            whole.clone()
        };
        Ok(Routers {
            endpoint: router(endpoint.endpoint_paths(), &endpoint),
            public_routes: router(whole.public_paths(), &whole),
        })
    }
}

fn router(paths: impl Iterator<Item = String>, service: &McpService) -> Router {
    // Paths are taken literally, also where a segment begins with a colon.
    paths.fold(Router::new().without_v07_checks(), |router, path| {
        router.route_service(&path, service.clone())
    })
}
