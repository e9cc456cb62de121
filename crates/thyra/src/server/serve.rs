//! The ways to serve a server: by the program's arguments, over HTTP, on stdio, or as a service
//! inside another program.

use std::fmt;
use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use tokio::net::{TcpListener, ToSocketAddrs};
use url::Url;

use super::announcement::announcement;
use super::{Error, Exposure, Result, Server};
use crate::app::App;
use crate::transport::http::{Guard, McpService, listener};
use crate::transport::stdio;

impl Server {
    /// Serves as the program's arguments say: `--http ADDRESS`, `--stdio`, or both at once. Without
    /// either, it serves HTTP if the variable `THYRA_HTTP` has an address, else stdio.
    ///
    /// The address is an IP address and a port, as in `127.0.0.1:8000` or `[::1]:8000`. `8000`,
    /// `:8000` and `localhost:8000` mean this machine alone; `0.0.0.0:8000` and `[::]:8000` mean
    /// everybody who can reach it.
    ///
    /// # Errors
    ///
    /// [`Error`] when the server cannot be built, the address is wrong or taken, or the transport
    /// fails.
    pub async fn run(self) -> Result<()> {
        let variable = std::env::var("THYRA_HTTP").ok();
        match ways(std::env::args(), variable)? {
            Ways::Both(address) => self.serve_stdio_and_http(address).await,
            Ways::Http(address) => self.serve_http(address).await,
            Ways::Stdio => self.serve_stdio().await,
        }
    }

    /// Serves Streamable HTTP on `address` until Ctrl-C, SIGTERM or
    /// [`ServerHandle::close`](crate::ServerHandle::close), then waits for the calls in flight.
    ///
    /// Prints at most three lines on standard error: the URL, who may call, how to connect.
    ///
    /// # Errors
    ///
    /// [`Error`] when the server cannot be built or the address is taken.
    pub async fn serve_http(self, address: impl ToSocketAddrs + fmt::Debug) -> Result<()> {
        self.serve_listener(bind(address).await?, shutdown_signal())
            .await
    }

    /// Serves Streamable HTTP on a bound listener until `shutdown` is ready or
    /// [`ServerHandle::close`](crate::ServerHandle::close) is called.
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
            let service = server.bound_to(&listener)?;
            on_http(service, listener, shutdown).await
        })
        .await
    }

    /// Serves standard input and output for the program that started this one, and Streamable HTTP
    /// on `address` for everybody else, as one server with one
    /// [`ServerHandle`](crate::ServerHandle).
    ///
    /// It serves until the input ends, Ctrl-C, SIGTERM or
    /// [`ServerHandle::close`](crate::ServerHandle::close); then both end. For a server within your
    /// own HTTP application, see [`McpService::serve_stdio`].
    ///
    /// # Errors
    ///
    /// [`Error`] when the server cannot be built, the address is taken, or a transport fails.
    pub async fn serve_stdio_and_http(
        self,
        address: impl ToSocketAddrs + fmt::Debug,
    ) -> Result<()> {
        let listener = bind(address).await?;
        self.begun(|server| async move {
            let handle = server.handle();
            let service = server.bound_to(&listener)?;
            let http = async {
                let served = on_http(service.clone(), listener, shutdown_signal()).await;
                handle.close();
                served
            };
            let stdio = async {
                let served = service.serve_stdio().await;
                handle.close();
                served
            };
            let (http, stdio) = tokio::join!(http, stdio);
            http.and(stdio)
        })
        .await
    }

    /// Serves on standard input and output until the input ends, or until
    /// [`ServerHandle::close`](crate::ServerHandle::close).
    ///
    /// # Errors
    ///
    /// [`Error`] when the server cannot be built, or when reading or writing fails.
    pub async fn serve_stdio(self) -> Result<()> {
        self.begun(|server| async move { on_stdio(server.build(Exposure::Local)?).await })
            .await
    }

    /// The whole server as a tower service: the endpoint, and the well-known routes when it is
    /// protected. Other paths are 404.
    ///
    /// The server does not know which address it will be served on, so `Host` is only checked
    /// against [`HttpSettings::allowed_hosts`](crate::HttpSettings::allowed_hosts). `Origin` is
    /// checked against [`HttpSettings::allowed_origins`](crate::HttpSettings::allowed_origins);
    /// where callers need no token, a page that is neither in that list nor on loopback is always
    /// refused.
    ///
    /// # Errors
    ///
    /// [`Error`] when the server cannot be built.
    pub fn into_service(self) -> Result<McpService> {
        #[cfg(feature = "axum")]
        if self.settings.routes.is_some() {
            return Err(Error::RoutesNotServed);
        }
        let app = self.build(Exposure::Network)?;
        let http = self.settings.http;
        let open = app.door.admits_anybody();
        let guard = Guard::unbound(open, http.allowed_hosts, http.allowed_origins);
        Ok(McpService::new(Arc::new(app), guard))
    }

    /// The service for a listener, announced on standard error.
    fn bound_to(self, listener: &TcpListener) -> Result<McpService> {
        let address = listener.local_addr().map_err(Error::Transport)?;
        let app = self.build(Exposure::Network)?;
        for line in announcement(&app, address) {
            eprintln!("{line}");
        }
        let guard = self.guard(&app, address);
        let service = McpService::new(Arc::new(app), guard);
        #[cfg(feature = "axum")]
        let service = service.with_routes(self.settings.routes);
        Ok(service)
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
        let open = app.door.admits_anybody();
        Guard::for_bind(address, open, hosts, http.allowed_origins.clone())
    }
}

impl McpService {
    /// Serves this server on standard input and output too, until the input ends. So one server can
    /// be in your HTTP application and serve the program that started it.
    ///
    /// Both share tools, tasks, states and the [`ServerHandle`](crate::ServerHandle). The caller on
    /// stdio is whoever started the process, so no token and no scope is asked for.
    ///
    /// # Errors
    ///
    /// [`Error`] when reading or writing fails.
    pub async fn serve_stdio(&self) -> Result<()> {
        on_stdio(self.app().beside()).await
    }
}

async fn bind(address: impl ToSocketAddrs + fmt::Debug) -> Result<TcpListener> {
    TcpListener::bind(&address)
        .await
        .map_err(|source| Error::Bind {
            address: format!("{address:?}").trim_matches('"').to_owned(),
            source,
        })
}

/// Serves on `listener` until `shutdown` is ready, or the server is closed.
async fn on_http(
    service: McpService,
    listener: TcpListener,
    shutdown: impl Future<Output = ()>,
) -> Result<()> {
    let app = Arc::clone(service.app());
    let shutdown = async {
        tokio::select! {
            () = shutdown => {}
            () = app.closed() => {}
        }
    };
    listener::serve(listener, service, &app.limits, shutdown)
        .await
        .map_err(Error::Transport)
}

/// Serves on standard input and output until the input ends, or for the shutdown time after the
/// server was closed.
async fn on_stdio(app: App) -> Result<()> {
    let (closed, patience) = (app.handle.closed(), app.limits.shutdown_time);
    let input = stdio::Input::read(std::io::stdin(), app.handle.closed());
    let output = stdio::Output::write(std::io::stdout());
    let serving = stdio::serve(
        Arc::new(app),
        input.map_err(Error::Transport)?,
        output.map_err(Error::Transport)?,
    );
    let late = async {
        closed.await;
        tokio::time::sleep(patience).await;
    };
    tokio::select! {
        served = serving => served.map_err(Error::Transport),
        () = late => {
            tracing::warn!("calls still running at the end of the shutdown time are dropped");
            Ok(())
        }
    }
}

/// How a program is to serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ways {
    Both(SocketAddr),
    Http(SocketAddr),
    Stdio,
}

/// How to serve: what `arguments` say, else `variable`, else stdio.
fn ways(arguments: impl Iterator<Item = String>, variable: Option<String>) -> Result<Ways> {
    let arguments: Vec<_> = arguments.collect();
    let stdio = arguments
        .iter()
        .skip(1)
        .any(|argument| argument == "--stdio");
    let variable = variable.filter(|_| !stdio);
    Ok(match http_address(arguments.into_iter(), variable)? {
        Some(address) if stdio => Ways::Both(address),
        Some(address) => Ways::Http(address),
        None => Ways::Stdio,
    })
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

/// Reads an address. Without a host it is on loopback: nobody opens a server to others by leaving
/// something out.
fn parse_address(value: String, source_name: &'static str) -> Result<SocketAddr> {
    let text = value.trim();
    if text.is_empty() {
        return Err(Error::NoAddress);
    }
    let on_loopback = match text.rsplit_once(':') {
        None => Some(text),
        Some(("" | "localhost", port)) => Some(port),
        Some(_) => None,
    };
    let address = match on_loopback {
        Some(port) => port
            .parse()
            .ok()
            .map(|port: u16| (Ipv4Addr::LOCALHOST, port).into()),
        None => text.parse().ok(),
    };
    address.ok_or(Error::Address { value, source_name })
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
    fn both_ways_are_served_if_the_arguments_name_both() {
        let served = |arguments: &[&str], variable: Option<&str>| {
            let arguments = std::iter::once("--stdio").chain(arguments.iter().copied());
            ways(arguments.map(str::to_owned), variable.map(str::to_owned)).unwrap()
        };
        let eight: SocketAddr = ([127, 0, 0, 1], 8000).into();
        let http = "--http=127.0.0.1:8000";
        assert_eq!(served(&[http, "--stdio"], None), Ways::Both(eight));
        // The first argument is the name of the program, whatever it is.
        assert_eq!(served(&[http], None), Ways::Http(eight));
        assert_eq!(served(&[], Some("127.0.0.1:8000")), Ways::Http(eight));
        assert_eq!(served(&["--stdio"], Some("127.0.0.1:8000")), Ways::Stdio);
        assert_eq!(served(&[], None), Ways::Stdio);
    }

    #[test]
    fn an_address_without_a_host_is_on_loopback() {
        let eight: SocketAddr = ([127, 0, 0, 1], 8000).into();
        for text in ["8000", ":8000", "localhost:8000", " 127.0.0.1:8000 "] {
            assert_eq!(address(&["--http", text], None), Ok(Some(eight)), "{text}");
            assert_eq!(address(&[], Some(text)), Ok(Some(eight)), "{text}");
        }
        for text in ["0.0.0.0:8000", "[::]:8000", "[::1]:8000", "192.0.2.1:0"] {
            let exactly = text.parse().unwrap();
            assert_eq!(
                address(&["--http", text], None),
                Ok(Some(exactly)),
                "{text}"
            );
        }
    }

    #[test]
    fn a_wrong_address_says_what_to_write() {
        for wrong in [
            "80000",
            "-1",
            ":",
            "::1",
            "::8000",
            "127.0.0.1",
            "example.com:80",
            "localhost:",
            "http",
        ] {
            assert_eq!(
                address(&["--http", wrong], None).unwrap_err(),
                format!(
                    "`{wrong}` is not an address to listen on; write a port, or host and port, as in --http 127.0.0.1:8000"
                )
            );
        }
        for arguments in [&["--http"] as &[_], &["--http="], &["--http", " "]] {
            assert_eq!(
                address(arguments, Some("127.0.0.1:9000")).unwrap_err(),
                "--http needs an address to listen on: a port, or host and port, as in --http 127.0.0.1:8000"
            );
        }
        assert!(address(&[], Some("nonsense")).is_err());
    }
}
