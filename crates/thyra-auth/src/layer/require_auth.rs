//! The layer that puts a [`Protection`] in front of a service.

use std::mem;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::future::{BoxFuture, Either, MapOk};
use futures_util::{FutureExt, TryFutureExt};
use http::request::Parts;
use http::{Extensions, Request, Response, header};
use http_body::Body;
use http_body_util::{Either as EitherBody, Full};
use thyra_oauth::ScopeSet;
use tower_layer::Layer;
use tower_service::Service;

use super::{Protection, take_token_away};
use crate::principal::Principal;
use crate::refusal::Refusal;
use crate::unread::{Drain, TrackedBody};

/// A tower layer that lets nothing through without a good token; made by [`Protection::layer`],
/// [`Protection::require_scopes`] and [`Protection::optional_layer`], which differ in what else
/// they ask for.
///
/// The service behind it finds the caller among the request's extensions, as an
/// [`Arc<Principal>`](Principal). With the feature `axum`, [`Principal`] is an extractor.
#[derive(Clone, Debug)]
pub struct RequireAuth {
    protection: Protection,
    demand: Demand,
}

/// What a request must have.
#[derive(Clone, Debug)]
pub(super) enum Demand {
    /// No `Authorization` header. One that is there must be good.
    Nothing,
    /// A good token.
    Token,
    /// A good token with these scopes.
    Scopes(ScopeSet),
}

/// The protection that judged a request, among the request's extensions.
#[derive(Clone)]
pub(crate) struct GuardedBy(pub(crate) Protection);

/// Who comes in: nobody, where no token is needed and none came.
type Entry = Result<Option<Arc<Principal>>, Refusal>;

impl RequireAuth {
    pub(super) fn new(protection: Protection, demand: Demand) -> Self {
        Self { protection, demand }
    }

    /// Judges a request as far as that is possible without waiting. `None` if the token has to be
    /// verified.
    pub(super) fn judge_now(&self, parts: &Parts) -> Option<Entry> {
        if let Some(principal) = self.admitted_before(&parts.extensions) {
            return Some(self.check(principal));
        }
        if matches!(self.demand, Demand::Nothing)
            && !parts.headers.contains_key(header::AUTHORIZATION)
        {
            return Some(Ok(None));
        }
        let outcome = self.protection.judge_now(parts)?;
        Some(
            outcome
                .and_then(|principal| self.check(principal))
                .inspect_err(|refusal| self.protection.log(refusal)),
        )
    }

    /// Judges a request whose token has to be verified.
    async fn judge(&self, parts: &mut Parts) -> Entry {
        let principal = self.protection.admit(parts).await?;
        self.check(principal)
            .inspect_err(|refusal| self.protection.log(refusal))
    }

    /// The caller, if this very protection has let the request in. What another one let in was
    /// judged for another resource.
    fn admitted_before(&self, extensions: &Extensions) -> Option<Arc<Principal>> {
        let GuardedBy(protection) = extensions.get()?;
        if !Arc::ptr_eq(&protection.0, &self.protection.0) {
            return None;
        }
        extensions.get::<Arc<Principal>>().map(Arc::clone)
    }

    fn check(&self, principal: Arc<Principal>) -> Entry {
        if let Demand::Scopes(needed) = &self.demand {
            self.protection.check_scopes(&principal, needed)?;
        }
        Ok(Some(principal))
    }

    /// Tells the service behind who comes in.
    fn admit(&self, parts: &mut Parts, principal: Option<Arc<Principal>>) {
        match principal {
            Some(principal) => {
                take_token_away(&mut parts.headers);
                parts.extensions.insert(principal);
            }
            // A caller whom another protection let in is nobody here.
            None => drop(parts.extensions.remove::<Arc<Principal>>()),
        }
        parts.extensions.insert(GuardedBy(self.protection.clone()));
    }
}

impl<S> Layer<S> for RequireAuth {
    type Service = RequireAuthService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        RequireAuthService {
            require: self.clone(),
            inner,
        }
    }
}

/// The service that [`RequireAuth`] makes.
#[derive(Clone, Debug)]
pub struct RequireAuthService<S> {
    require: RequireAuth,
    inner: S,
}

impl<S> RequireAuthService<S> {
    pub(super) fn protection(&self) -> &Protection {
        &self.require.protection
    }
}

/// The body of an answer: ours, or the inner service's.
pub(super) type AnswerBody<B> = EitherBody<Full<Bytes>, B>;

/// The future of [`RequireAuthService`]: the inner service's when the token is in the cache, and a
/// boxed one when the token has to be verified, the request is refused, or the answer gets a nonce.
type RequireAuthFuture<F, B, E> = Either<
    MapOk<F, fn(Response<B>) -> Response<AnswerBody<B>>>,
    BoxFuture<'static, Result<Response<AnswerBody<B>>, E>>,
>;

impl<S, R, B> Service<Request<R>> for RequireAuthService<S>
where
    S: Service<Request<R>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
    R: Body + Send + 'static,
    R::Data: Send,
    B: Body<Data = Bytes> + Send + 'static,
{
    type Response = Response<AnswerBody<B>>;
    type Error = S::Error;
    type Future = RequireAuthFuture<S::Future, B, S::Error>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<R>) -> Self::Future {
        let (mut parts, body) = request.into_parts();
        let Some(entry) = self.require.judge_now(&parts) else {
            // The service that was made ready is used up here; its clone takes its place.
            let clone = self.inner.clone();
            let mut inner = mem::replace(&mut self.inner, clone);
            let require = self.require.clone();
            let future = async move {
                match require.judge(&mut parts).await {
                    Ok(principal) => require.admit(&mut parts, principal),
                    Err(refusal) => {
                        let answer = require.protection.refuse(&refusal, &parts, body).await;
                        return Ok(answer.map(EitherBody::Left));
                    }
                }
                let mut response = inner.call(Request::from_parts(parts, body)).await?;
                require.protection.renew_nonce(response.headers_mut());
                Ok(response.map(EitherBody::Right))
            };
            return Either::Right(future.boxed());
        };
        match entry {
            Ok(principal) => {
                self.require.admit(&mut parts, principal);
                let future = self.inner.call(Request::from_parts(parts, body));
                let protection = &self.require.protection;
                if !protection.has_nonces() {
                    return Either::Left(future.map_ok(inner_answer as fn(_) -> _));
                }
                let protection = protection.clone();
                let future = async move {
                    let mut response = future.await?;
                    protection.renew_nonce(response.headers_mut());
                    Ok(inner_answer(response))
                };
                Either::Right(future.boxed())
            }
            Err(refusal) => {
                let protection = self.require.protection.clone();
                let future = async move {
                    let answer = protection.refuse(&refusal, &parts, body).await;
                    Ok(answer.map(EitherBody::Left))
                };
                Either::Right(future.boxed())
            }
        }
    }
}

impl Protection {
    /// The response to a refused request, once its body is out of the way.
    async fn refuse<B: Body>(
        &self,
        refusal: &Refusal,
        parts: &Parts,
        body: B,
    ) -> Response<Full<Bytes>> {
        let mut answer = self.answer(refusal);
        let body = pin!(TrackedBody::new(parts, body));
        Drain::default().before(body, answer.headers_mut()).await;
        answer
    }
}

fn inner_answer<B>(response: Response<B>) -> Response<AnswerBody<B>> {
    response.map(EitherBody::Right)
}
