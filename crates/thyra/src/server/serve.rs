//! The ways to serve a server: by the program's arguments, over HTTP, on stdio, or as a service
//! inside another program.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::{TcpListener, ToSocketAddrs};
use url::Url;

use super::announcement::announcement;
use super::{Error, Exposure, Result, Server};
use crate::app::App;
use crate::transport::http::{Guard, McpService, listener};
use crate::transport::stdio;

impl Server {
    /// Serves HTTP if the program was started with `--http ADDRESS` or the variable `THYRA_HTTP` is
    /// set, else stdio.
    ///
    /// # Errors
    ///
    /// [`Error`] when the server cannot be built, the address is wrong or taken, or the transport
    /// fails.
    pub async fn run(self) -> Result<()> {
        match http_address(std::env::args(), std::env::var("THYRA_HTTP").ok())? {
            Some(address) => self.serve_http(address).await,
            None => self.serve_stdio().await,
        }
    }

    /// Serves Streamable HTTP on `address` until Ctrl-C or SIGTERM, then waits for the calls in
    /// flight.
    ///
    /// Prints at most three lines on standard error: the URL, who may call, how to connect.
    ///
    /// # Errors
    ///
    /// [`Error`] when the server cannot be built or the address is taken.
    pub async fn serve_http(self, address: impl ToSocketAddrs + std::fmt::Debug) -> Result<()> {
        let listener = TcpListener::bind(&address)
            .await
            .map_err(|source| Error::Bind {
                address: format!("{address:?}").trim_matches('"').to_owned(),
                source,
            })?;
        self.serve_listener(listener, shutdown_signal()).await
    }

    /// Serves Streamable HTTP on a bound listener until `shutdown` is ready.
    ///
    /// # Errors
    ///
    /// [`Error`] when the server cannot be built or the listener fails.
    pub async fn serve_listener(
        self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()>,
    ) -> Result<()> {
        self.begun(|server| async move {
            let address = listener.local_addr().map_err(Error::Transport)?;
            let app = server.build(Exposure::Network)?;
            for line in announcement(&app, address) {
                eprintln!("{line}");
            }
            let guard = server.guard(&app, address);
            let service = McpService::new(Arc::new(app), guard);
            listener::serve(listener, service, &server.settings.limits, shutdown)
                .await
                .map_err(Error::Transport)
        })
        .await
    }

    /// Serves on standard input and output until the input ends.
    ///
    /// # Errors
    ///
    /// [`Error`] when the server cannot be built, or when reading or writing fails.
    pub async fn serve_stdio(self) -> Result<()> {
        self.begun(|server| async move {
            let app = Arc::new(server.build(Exposure::Local)?);
            stdio::serve(app, tokio::io::stdin(), tokio::io::stdout())
                .await
                .map_err(Error::Transport)
        })
        .await
    }

    /// The whole server as a tower service: the endpoint, and the well-known routes when it is
    /// protected. Other paths are 404.
    ///
    /// The server does not know which address it will be served on, so `Host` is only checked
    /// against [`HttpSettings::allowed_hosts`](crate::HttpSettings::allowed_hosts). `Origin` is
    /// checked against [`HttpSettings::allowed_origins`](crate::HttpSettings::allowed_origins);
    /// without a provider, a page that is neither in that list nor on loopback is always refused.
    ///
    /// # Errors
    ///
    /// [`Error`] when the server cannot be built.
    pub fn into_service(self) -> Result<McpService> {
        let app = self.build(Exposure::Network)?;
        let http = self.settings.http;
        let guard = Guard::unbound(app.door.is_open(), http.allowed_hosts, http.allowed_origins);
        Ok(McpService::new(Arc::new(app), guard))
    }

    /// The server as an axum router with exactly its own routes, to merge into your application's.
    ///
    /// # Errors
    ///
    /// [`Error`] when the server cannot be built.
    #[cfg(feature = "axum")]
    pub fn into_router(self) -> Result<axum::Router> {
        let service = self.into_service()?;
        Ok(service.paths().fold(axum::Router::new(), |router, path| {
            router.route_service(&path, service.clone())
        }))
    }

    /// The hosts and origins that may call the server when it is bound to `address`.
    ///
    /// On loopback they include the host of the resource URL: behind a proxy on the same machine,
    /// clients ask for that host.
    fn guard(&self, app: &App, address: SocketAddr) -> Guard {
        let http = &self.settings.http;
        let resource = app.door.protection().and_then(|protection| {
            let url = Url::parse(&protection.summary().resource).ok()?;
            url.host_str().map(str::to_owned)
        });
        let hosts = match resource.filter(|_| address.ip().is_loopback()) {
            None => http.allowed_hosts.clone(),
            Some(host) => {
                let allowed = http.allowed_hosts.iter().flatten().cloned();
                Some(allowed.chain([host]).collect())
            }
        };
        let open = app.door.is_open();
        Guard::for_bind(address, open, hosts, http.allowed_origins.clone())
    }
}

/// Where to serve HTTP, if at all: the value after `--http`, else `variable`.
fn http_address(
    arguments: impl Iterator<Item = String>,
    variable: Option<String>,
) -> Result<Option<SocketAddr>> {
    let mut arguments = arguments.skip(1);
    while let Some(argument) = arguments.next() {
        let value = match argument.strip_prefix("--http") {
            Some("") => arguments.next().unwrap_or_default(),
            Some(rest) => match rest.strip_prefix('=') {
                Some(value) => value.to_owned(),
                None => continue,
            },
            None => continue,
        };
        return parse_address(value, "--http ").map(Some);
    }
    match variable {
        Some(value) if !value.trim().is_empty() => parse_address(value, "THYRA_HTTP=").map(Some),
        _ => Ok(None),
    }
}

fn parse_address(value: String, source_name: &'static str) -> Result<SocketAddr> {
    if value.trim().is_empty() {
        return Err(Error::NoAddress);
    }
    let numeric = match value.trim().strip_prefix("localhost:") {
        Some(port) => format!("127.0.0.1:{port}"),
        None => value.trim().to_owned(),
    };
    numeric
        .parse()
        .map_err(|_| Error::Address { value, source_name })
}

/// Ready at Ctrl-C or SIGTERM; never, if the system offers neither.
async fn shutdown_signal() {
    let interrupt = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let terminate = async {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending::<()>().await,
        }
    };
    #[cfg(not(unix))]
    let terminate = std::future::pending::<()>();
    tokio::select! {
        () = interrupt => {}
        () = terminate => {}
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue, Uri, header};
    use thyra_auth::StaticAuth;

    use super::*;

    fn answers_to(server: &Server, address: [u8; 4], host: &str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_str(host).unwrap());
        let app = server.build(Exposure::Network).unwrap();
        let guard = server.guard(&app, (address, 8000).into());
        guard
            .admit_host(&Uri::from_static("/mcp"), &headers)
            .is_ok()
    }

    #[test]
    fn the_host_of_the_resource_widens_a_loopback_guard_and_narrows_no_other() {
        let auth = StaticAuth::new("https://mcp.example.com");
        let server = Server::new("Notes").auth(auth);
        for (host, on_loopback) in [
            ("mcp.example.com", true),
            ("127.0.0.1:8000", true),
            ("mcp.internal:8000", false),
        ] {
            assert_eq!(
                answers_to(&server, [127, 0, 0, 1], host),
                on_loopback,
                "{host}"
            );
            assert!(answers_to(&server, [0, 0, 0, 0], host), "{host}");
        }
    }

    fn address(arguments: &[&str], variable: Option<&str>) -> Result<Option<SocketAddr>, String> {
        let arguments = std::iter::once("program")
            .chain(arguments.iter().copied())
            .map(str::to_owned);
        http_address(arguments, variable.map(str::to_owned)).map_err(|error| error.to_string())
    }

    #[test]
    fn the_argument_wins_over_the_variable_and_stdio_is_the_default() {
        let eight: SocketAddr = ([127, 0, 0, 1], 8000).into();
        let nine: SocketAddr = ([127, 0, 0, 1], 9000).into();
        assert_eq!(address(&[], None), Ok(None));
        assert_eq!(address(&["--other", "--httpx"], Some(" ")), Ok(None));
        assert_eq!(
            address(&["--http", "127.0.0.1:8000"], None),
            Ok(Some(eight))
        );
        assert_eq!(
            address(&["--http=localhost:8000"], Some("127.0.0.1:9000")),
            Ok(Some(eight))
        );
        assert_eq!(address(&[], Some("127.0.0.1:9000")), Ok(Some(nine)));
    }

    #[test]
    fn a_wrong_address_says_what_to_write() {
        let error = address(&["--http", "8000"], None).unwrap_err();
        assert_eq!(
            error,
            "`8000` is not an address to listen on; write host and port, as in --http 127.0.0.1:8000"
        );
        for arguments in [&["--http"] as &[_], &["--http="], &["--http", " "]] {
            assert_eq!(
                address(arguments, Some("127.0.0.1:9000")).unwrap_err(),
                "--http needs an address to listen on: host and port, as in --http 127.0.0.1:8000"
            );
        }
        assert!(address(&[], Some("nonsense")).is_err());
    }
}
