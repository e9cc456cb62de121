//! Streamable HTTP: one request in, one JSON document or one event stream out.
//!
//! Each request passes these checks in order: `Host`, the public metadata routes, `Origin`,
//! preflight, announced size, token, server-wide scopes, method, media types, body, headers against
//! body. Then `dispatch` handles the message in the body.

mod body;
mod guard;
mod headers;
pub(crate) mod listener;
#[cfg(feature = "axum")]
mod nesting;
#[cfg(feature = "axum")]
mod own_routes;
mod parameters;
mod resumable;
pub(super) mod session;
mod settings;
mod slash;
mod sse;

use std::convert::Infallible;
use std::fmt;
use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use ::http::header::{
    ACCEPT, ACCEPT_ENCODING, ALLOW, CACHE_CONTROL, CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH,
    CONTENT_TYPE, LOCATION, RETRY_AFTER,
};
use ::http::request::Parts;
use ::http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Uri};
use bytes::Bytes;
use thyra_auth::{Drain, Refusal, SystemClock, TrackedBody};

pub use self::body::Body;
use self::body::BodyRefusal;
pub(crate) use self::guard::Guard;
use self::guard::GuardRefusal;
use self::headers::Headers;
#[cfg(feature = "axum")]
use self::nesting::Part;
pub use self::settings::HttpSettings;
use self::sse::EventStream;
use super::exchange::{Event, Exchange};
use crate::app::{App, Identity};
use crate::budget::{ByteBudget, Loan};
use crate::dispatch::Caller;
use crate::reply::Reply;
use crate::sessions::SessionStore;
use crate::shares::{Full, Places};
#[cfg(feature = "axum")]
use crate::throttled::unless_many;

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const EVENTS: HeaderValue = HeaderValue::from_static("text/event-stream");
const METHODS: HeaderValue = HeaderValue::from_static("POST, OPTIONS");

/// One person has at most this part of the requests under way. It is more than of other tables,
/// because one service may call for many people.
const REQUESTS_PART: usize = 4;

/// How long the rest of a body is read that came with a refused request.
const DRAIN_TIME: Duration = Duration::from_secs(2);

/// How long a client with too many requests under way should wait.
const WAIT: Duration = Duration::from_secs(5);

/// A server as a tower service; see [`Server::into_service`](crate::Server::into_service). It is
/// cheap to clone.
#[derive(Clone)]
pub struct McpService {
    app: Arc<App>,
    guard: Arc<Guard>,
    #[cfg(feature = "axum")]
    part: Part,
    /// Routes of the author's own, in a server that listens by itself.
    #[cfg(feature = "axum")]
    routes: Option<axum::Router>,
    /// The app does not hold the sessions, because calls hold the app. So the sessions and their
    /// calls end with the last clone of the service.
    sessions: Arc<SessionStore>,
    /// The requests under way of callers with a token.
    requests: Places,
    /// The bytes of bodies and replies.
    bytes: ByteBudget,
    /// Where the connection comes from that this clone answers.
    peer_addr: Option<SocketAddr>,
}

impl McpService {
    pub(crate) fn new(app: Arc<App>, guard: Guard) -> Self {
        let sessions = SessionStore::new(&app.limits, Arc::new(SystemClock))
            .protected_by(app.door.protection());
        let most = app.limits.connections;
        Self {
            requests: Places::with_share(most, most.div_ceil(REQUESTS_PART)),
            bytes: ByteBudget::new(app.limits.most_in_flight()),
            app,
            guard: Arc::new(guard),
            #[cfg(feature = "axum")]
            part: Part::Whole,
            #[cfg(feature = "axum")]
            routes: None,
            sessions: Arc::new(sessions),
            peer_addr: None,
        }
    }

    /// The same service, for one connection from `address`.
    pub(crate) fn for_peer(self, address: SocketAddr) -> Self {
        // A socket for both families maps the addresses of one into the other.
        let address = SocketAddr::new(address.ip().to_canonical(), address.port());
        Self {
            peer_addr: Some(address),
            ..self
        }
    }

    pub(crate) fn app(&self) -> &Arc<App> {
        &self.app
    }

    /// Ends the streams that tell clients what changes, because they do not end by themselves. Call
    /// it when your program begins to shut down, so that it need not wait for them.
    /// [`ServerHandle::close`](crate::ServerHandle::close) does the same for every way to serve.
    pub fn close(&self) {
        self.app.closing.close();
    }

    /// Every path that this service answers: the endpoint, with and without a slash at its end, and
    /// the public routes of a protected server.
    pub fn paths(&self) -> impl Iterator<Item = String> {
        let paths: Vec<_> = self.endpoint_paths().chain(self.public_paths()).collect();
        paths.into_iter()
    }

    /// The path of the endpoint, and the one that is redirected to it.
    pub(crate) fn endpoint_paths(&self) -> impl Iterator<Item = String> {
        let path = self.app.path.clone();
        let other = slash::other_slash(&path);
        std::iter::once(path).chain(other)
    }

    /// The paths of the public routes of a protected server.
    pub(crate) fn public_paths(&self) -> impl Iterator<Item = String> {
        let protection = self.app.door.protection().into_iter();
        protection
            .flat_map(|protection| protection.public_routes().paths())
            .map(str::to_owned)
    }

    /// Answers one request. Refusals are answers too, so this does not fail.
    pub(crate) fn answer<B>(
        &self,
        request: Request<B>,
    ) -> impl Future<Output = Result<Response<Body>, Infallible>> + Send + use<B>
    where
        B: http_body::Body + Send + 'static,
        B::Data: Send,
    {
        let service = self.clone();
        async move {
            let (parts, body) = tracked(request);
            let mut body = pin!(body);
            let response = service.judge(parts, body.as_mut()).await;
            if body.is_out_of_the_way() {
                return Ok(response);
            }
            // Boxed, so that the futures of ordinary requests do not become larger.
            Ok(Box::pin(service.make_way(body, response)).await)
        }
    }

    /// Reads what is left of the body of a request, so that its answer arrives and the connection
    /// can go on.
    async fn make_way<B: http_body::Body, A>(
        &self,
        body: Pin<&mut TrackedBody<B>>,
        mut response: Response<A>,
    ) -> Response<A> {
        if !announces_close(&response) {
            // A message that is a little too large is the usual mistake.
            let bytes = self.app.limits.body_bytes.saturating_mul(2) as u64;
            let drain = Drain::new(bytes, DRAIN_TIME);
            drain.before(body, response.headers_mut()).await;
        }
        response
    }

    async fn judge<B: http_body::Body>(
        &self,
        mut parts: Parts,
        body: Pin<&mut TrackedBody<B>>,
    ) -> Response<Body> {
        if let Err(refusal) = self.guard.admit_host(&parts.uri, &parts.headers) {
            return turn_away(refusal);
        }
        #[cfg(feature = "axum")]
        if let Some(problem) = self.misplaced(&parts) {
            unless_many(
                "a router nests this server under a prefix that it does not know",
                "",
                || {
                    tracing::error!("{problem}");
                },
            );
            return explain(StatusCode::INTERNAL_SERVER_ERROR, &problem);
        }
        if let Some(protection) = self.app.door.protection()
            && protection.public_routes().answers(parts.uri.path())
        {
            let request = Request::from_parts(parts, body);
            let cors = guard::document_cors();
            // Boxed, so that the futures of ordinary calls do not become larger.
            let answer = Box::pin(protection.public_routes().respond(request, &cors)).await;
            return answer.map(Body::from);
        }
        if parts.uri.path() != self.app.path {
            return self.elsewhere(&parts.uri);
        }
        let origin = match self.guard.admit_origin(&parts.headers) {
            Ok(origin) => origin,
            Err(refusal) => return turn_away(refusal),
        };
        let preflight = parts.method == Method::OPTIONS;
        let mut response = if preflight {
            with_allow(empty(StatusCode::NO_CONTENT))
        } else {
            self.endpoint(&mut parts, body).await
        };
        if let Some(protection) = self.app.door.protection() {
            protection.renew_nonce(response.headers_mut());
        }
        if let Some(origin) = origin {
            guard::share_with(origin, response.headers_mut());
            if preflight {
                guard::answer_preflight(&parts.headers, response.headers_mut());
            }
        }
        response
    }

    async fn endpoint<B: http_body::Body>(
        &self,
        parts: &mut Parts,
        body: Pin<&mut TrackedBody<B>>,
    ) -> Response<Body> {
        let limits = &self.app.limits;
        if announced_length(&parts.headers).is_some_and(|length| length > limits.body_bytes as u64)
        {
            return too_large(limits.body_bytes);
        }
        let who = match self.app.door.admit(parts).await {
            Ok(who) => who,
            Err(refusal) => return self.refused(&refusal),
        };
        // Without a token callers cannot be told apart, so there is nothing to count.
        let subject = who.principal().map(|principal| principal.id().subject());
        let place = match subject.map(|subject| self.requests.take(Some(subject))) {
            None => None,
            Some(Ok(place)) => Some(place),
            Some(Err(full)) => return too_many(full),
        };
        let response = self.admitted(parts, body, who).await;
        response.map(|body| body.holding(place))
    }

    /// Answers a caller who may come in.
    async fn admitted<B: http_body::Body>(
        &self,
        parts: &mut Parts,
        mut body: Pin<&mut TrackedBody<B>>,
        who: Identity,
    ) -> Response<Body> {
        let limits = &self.app.limits;
        if parts.method != Method::POST {
            return self.beside_post(parts, &who);
        }
        if !is_json(&parts.headers) {
            return explain(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "The body must be one JSON message: send content-type: application/json.",
            );
        }
        if !is_plain(&parts.headers) {
            return not_plain();
        }
        if !accepts_replies(&parts.headers) {
            return explain(
                StatusCode::NOT_ACCEPTABLE,
                "Send accept: application/json, text/event-stream; a reply is one of the two.",
            );
        }
        let session = match self.session_of(&parts.headers, &who) {
            Ok(session) => session,
            Err(response) => return *response,
        };
        let subject = who.principal().map(|principal| principal.id().subject());
        let mut loan = self
            .bytes
            .open(subject, self.peer_addr.map(|peer| peer.ip()));
        let (most, time) = (limits.body_bytes, limits.body_time);
        let message = match body::read(body.as_mut(), most, time, &mut loan).await {
            Ok(message) => message,
            Err(BodyRefusal::Full(full)) => return no_room(full),
            Err(BodyRefusal::TooLarge) => return too_large(limits.body_bytes),
            Err(BodyRefusal::Slow) => {
                body.give_up();
                return explain(
                    StatusCode::REQUEST_TIMEOUT,
                    "The body did not arrive in time.",
                );
            }
            Err(BodyRefusal::Broken) => {
                return explain(StatusCode::BAD_REQUEST, "The body broke off.");
            }
        };
        let headers = Headers::of(parts, self.peer_addr);
        match session {
            // Boxed, so that the futures of calls without a session do not become larger.
            Some(session) => Box::pin(self.in_session(session, who, headers, message, loan)).await,
            None => self.exchange(who, headers, message, loan).await,
        }
    }

    /// Runs the call until it replies. If it sends another message first, the answer is a stream
    /// that goes on running the call.
    async fn exchange(
        &self,
        who: Identity,
        headers: Headers,
        message: Bytes,
        loan: Loan,
    ) -> Response<Body> {
        let caller = Caller::new(who.clone());
        let app = Arc::clone(&self.app);
        let mut exchange = Exchange::new(app, message, headers, caller).counted_in(loan);
        match poll_fn(|cx| exchange.poll_event(cx)).await {
            Event::Reply(mut reply) => match reply.take_opened() {
                Some(new) if self.app.has_sessions => self.begin_session(*new, &who, reply),
                _ => self.whole(reply),
            },
            Event::Notification(first) => {
                let door = Arc::clone(&self.app.door);
                events(Body::events(EventStream::new(first, exchange, door, who)))
            }
        }
    }

    /// An answer that is one whole reply.
    fn whole(&self, reply: Reply) -> Response<Body> {
        if let Some(refusal) = reply.refusal() {
            return self.refused(refusal);
        }
        let status = reply.status();
        let message = reply.into_message();
        if message.is_empty() {
            return empty(status);
        }
        let mut response = Response::new(Body::from(message));
        *response.status_mut() = status;
        response.headers_mut().insert(CONTENT_TYPE, JSON);
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response
                .headers_mut()
                .insert(RETRY_AFTER, WAIT.as_secs().into());
        }
        response
    }

    /// The answer to a caller whom the protection refuses.
    fn refused(&self, refusal: &Refusal) -> Response<Body> {
        match self.app.door.protection() {
            Some(protection) => protection.answer(refusal).map(Body::from),
            // An open server refuses nobody.
            None => empty(StatusCode::FORBIDDEN),
        }
    }

    fn elsewhere(&self, uri: &Uri) -> Response<Body> {
        let redirect = slash::redirect(uri, &self.app.path);
        if let Some(location) = redirect.and_then(|place| HeaderValue::try_from(place).ok()) {
            let mut response = empty(StatusCode::TEMPORARY_REDIRECT);
            response.headers_mut().insert(LOCATION, location);
            return response;
        }
        explain(
            StatusCode::NOT_FOUND,
            &format!("Nothing is here. The MCP endpoint is {}.", self.app.path),
        )
    }
}

impl fmt::Debug for McpService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("McpService")
            .field("server", &self.app.name)
            .field("path", &self.app.path)
            .finish_non_exhaustive()
    }
}

impl<B> tower_service::Service<Request<B>> for McpService
where
    B: http_body::Body + Send + 'static,
    B::Data: Send,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        Box::pin(self.answer(request))
    }
}

/// An answer that is a stream of events.
fn events(body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, EVENTS);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // A proxy that buffers would hold progress back until the reply.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

/// A request in its parts. It is a function of its own because what a future borrows stays in it.
fn tracked<B>(request: Request<B>) -> (Parts, TrackedBody<B>) {
    let (parts, body) = request.into_parts();
    let body = TrackedBody::new(&parts, body);
    (parts, body)
}

/// Whether an answer says that it is the last on its connection.
fn announces_close<A>(response: &Response<A>) -> bool {
    let mut values = response.headers().get_all(CONNECTION).iter();
    values.any(|value| value.as_bytes().eq_ignore_ascii_case(b"close"))
}

fn announced_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn is_json(headers: &HeaderMap) -> bool {
    headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| media_type(value).eq_ignore_ascii_case("application/json"))
}

/// Whether the body is sent as it is, in no content coding.
fn is_plain(headers: &HeaderMap) -> bool {
    headers.get_all(CONTENT_ENCODING).iter().all(|value| {
        value.to_str().is_ok_and(|codings| {
            let mut codings = codings.split(',').map(str::trim);
            codings.all(|coding| coding.is_empty() || coding.eq_ignore_ascii_case("identity"))
        })
    })
}

/// The answer to a body in a content coding. It says what would be understood (RFC 9110 section
/// 15.5.16).
fn not_plain() -> Response<Body> {
    let mut response = explain(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "The body must be sent as it is: leave out content-encoding.",
    );
    response
        .headers_mut()
        .insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    response
}

/// Whether the client accepts one of the two kinds of reply.
fn accepts_replies(headers: &HeaderMap) -> bool {
    accepts(headers, &["application/json", "application/*"]) || accepts_events(headers)
}

/// Whether the client accepts a stream of events.
fn accepts_events(headers: &HeaderMap) -> bool {
    accepts(headers, &["text/event-stream", "text/*", "*/*"])
}

/// Whether the client accepts one of the `media` types. A client that sends no `Accept` accepts
/// all.
fn accepts(headers: &HeaderMap, media: &[&str]) -> bool {
    let mut values = headers.get_all(ACCEPT).iter().peekable();
    values.peek().is_none()
        || values
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .map(media_type)
            .any(|asked| media.iter().any(|one| asked.eq_ignore_ascii_case(one)))
}

fn media_type(value: &str) -> &str {
    value.split(';').next().unwrap_or_default().trim()
}

fn turn_away(refusal: GuardRefusal) -> Response<Body> {
    match refusal {
        GuardRefusal::Host => explain(
            StatusCode::MISDIRECTED_REQUEST,
            "This Host is not served here. The server's author can allow it with allowed_hosts.",
        ),
        GuardRefusal::Origin => explain(
            StatusCode::FORBIDDEN,
            "This Origin may not call the server. Its author can allow it with allowed_origins.",
        ),
    }
}

fn too_large(limit: usize) -> Response<Body> {
    explain(
        StatusCode::PAYLOAD_TOO_LARGE,
        &format!("The body is larger than {limit} bytes."),
    )
}

/// The answer to a caller who has too many requests under way.
fn too_many(full: Full) -> Response<Body> {
    let mut response = match full {
        Full::Share { most } => explain(
            StatusCode::TOO_MANY_REQUESTS,
            &format!(
                "You have {most} requests and streams under way, the most for one caller. End one."
            ),
        ),
        Full::Table => explain(
            StatusCode::SERVICE_UNAVAILABLE,
            "The server answers as many requests as it can. Try again later.",
        ),
    };
    response
        .headers_mut()
        .insert(RETRY_AFTER, WAIT.as_secs().into());
    response
}

/// The answer to a body that there is no room for.
fn no_room(full: Full) -> Response<Body> {
    let mut response = match full {
        Full::Share { most } => explain(
            StatusCode::TOO_MANY_REQUESTS,
            &format!(
                "Your bodies and unread replies take {most} bytes, the most for one caller. Read the replies, and try again."
            ),
        ),
        Full::Table => explain(
            StatusCode::SERVICE_UNAVAILABLE,
            "The server holds as many bytes of bodies and replies as it can. Try again later.",
        ),
    };
    response
        .headers_mut()
        .insert(RETRY_AFTER, WAIT.as_secs().into());
    response
}

fn with_allow(mut response: Response<Body>) -> Response<Body> {
    response.headers_mut().insert(ALLOW, METHODS);
    response
}

fn empty(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// A refusal below the level of JSON-RPC. There is no request id to answer, so it is plain text.
fn explain(status: StatusCode, sentence: &str) -> Response<Body> {
    let mut response = Response::new(Body::from(Bytes::from(format!("{sentence}\n"))));
    *response.status_mut() = status;
    response.headers_mut().insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    response
}
