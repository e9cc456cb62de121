//! Where the browser comes back to: a port on loopback that waits for one answer (RFC 8252
//! section 7.3).

mod connection;
mod page;
mod query;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Mutex, PoisonError};

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use http::{Method, Response, StatusCode, Version};
use thyra_oauth::Secret;
use tokio::net::{TcpListener, TcpStream};

pub(crate) use self::query::{NoAnswer, read_query, state_of};

/// Connections open at a time; browsers open some that they never use.
const MAX_CONNECTIONS: usize = 16;
const PATH: &str = "/callback";

/// Where the browser comes back to when `port` waits for it.
pub(crate) fn redirect_uri(port: u16) -> String {
    format!("http://{}:{port}{PATH}", Ipv4Addr::LOCALHOST)
}

/// A port that waits for the browser.
#[derive(Debug)]
pub(crate) struct CallbackListener {
    listener: TcpListener,
    address: SocketAddr,
}

/// What the browser brought. Nothing in it has been judged but `state`.
#[derive(Debug)]
pub(crate) struct Callback {
    pub(crate) code: Result<Secret, Denied>,
    /// `iss` of RFC 9207.
    pub(crate) issuer: Option<String>,
}

/// OAuth 2.1 section 4.1.2.1.
#[derive(Debug)]
pub(crate) struct Denied {
    pub(crate) error: String,
    pub(crate) description: Option<String>,
}

impl CallbackListener {
    /// Opens `port` of 127.0.0.1, or a free one when that is taken or `None`.
    pub(crate) async fn bind(port: Option<u16>) -> io::Result<Self> {
        let wanted = match port {
            Some(port) => TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.ok(),
            None => None,
        };
        let listener = match wanted {
            Some(listener) => listener,
            None => TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?,
        };
        let address = listener.local_addr()?;
        Ok(Self { listener, address })
    }

    /// Opens `port` of 127.0.0.1 and no other.
    pub(crate) async fn bind_exactly(port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address })
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    pub(crate) fn redirect_uri(&self) -> String {
        redirect_uri(self.port())
    }

    /// Waits for the answer that carries `state`, for ever. Others are turned away and noted in
    /// `strays`: another page on this machine must not be able to end the login.
    pub(crate) async fn wait(&self, state: &Secret, strays: &Mutex<bool>) -> io::Result<Callback> {
        let mut connections = FuturesUnordered::new();
        loop {
            tokio::select! {
                accepted = self.listener.accept(), if connections.len() < MAX_CONNECTIONS => {
                    let (stream, _) = accepted?;
                    connections.push(serve(stream, state, strays));
                }
                // A connection ends once its page has been sent.
                Some(ended) = connections.next() => {
                    if let Some(callback) = ended {
                        return Ok(callback);
                    }
                }
            }
        }
    }
}

/// Answers the one request of a connection. The callback counts even if its page gets lost.
async fn serve(mut stream: TcpStream, state: &Secret, strays: &Mutex<bool>) -> Option<Callback> {
    let (version, method, page, callback) = match connection::receive(&mut stream).await {
        Ok(request) => {
            let uri = request.uri();
            let (page, callback) = match read(request.method(), uri.path(), uri.query(), state) {
                Ok(callback) => (page::done(callback.code.is_ok()), Some(callback)),
                Err(refused) => {
                    if refused == Refused::Query(NoAnswer::State) {
                        *strays.lock().unwrap_or_else(PoisonError::into_inner) = true;
                    }
                    (page::refused(refused.status()), None)
                }
            };
            (request.version(), request.method().clone(), page, callback)
        }
        Err(error) => {
            tracing::debug!(%error, "a connection to the callback brought no request");
            let mut empty = Response::new(String::new());
            *empty.status_mut() = error.status()?;
            (Version::HTTP_11, Method::GET, empty, None)
        }
    };
    if let Err(error) = connection::send(&mut stream, version, &method, &page).await {
        tracing::debug!(%error, "a connection to the callback broke off");
    }
    callback
}

/// What a browser brings back with a request for `target`: the code, or the error. `None` when it
/// is not the answer to the login with this `state`. Public for the fuzz targets only.
pub fn read_callback(target: &str, state: &str) -> Option<Result<String, String>> {
    let target: http::Uri = target.parse().ok()?;
    let state = Secret::new(state.to_owned());
    let callback = read(&Method::GET, target.path(), target.query(), &state).ok()?;
    Some(match callback.code {
        Ok(code) => Ok(code.expose().clone()),
        Err(denied) => Err(denied.error),
    })
}

/// Why a request is not the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refused {
    Method,
    Path,
    Query(NoAnswer),
}

impl From<NoAnswer> for Refused {
    fn from(no_answer: NoAnswer) -> Self {
        Self::Query(no_answer)
    }
}

impl Refused {
    fn status(self) -> StatusCode {
        match self {
            Self::Query(_) => StatusCode::BAD_REQUEST,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::Path => StatusCode::NOT_FOUND,
        }
    }
}

fn read(
    method: &Method,
    path: &str,
    query: Option<&str>,
    state: &Secret,
) -> Result<Callback, Refused> {
    if path != PATH {
        return Err(Refused::Path);
    }
    if *method != Method::GET {
        return Err(Refused::Method);
    }
    Ok(read_query(query.unwrap_or_default(), state)?)
}

#[cfg(test)]
mod tests;
