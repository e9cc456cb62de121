//! The door: lets requests with a good token through, and refuses all others.

mod asked;
mod binding;
mod builder;
mod denial;
mod presented;
mod refusal_log;
mod require_auth;
mod summary;

use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Either};
use http::request::Parts;
use http::{HeaderMap, Request, Response, header};
use http_body::Body;
use http_body_util::{Either as EitherBody, Full};
use thyra_oauth::{DPOP, DPOP_NONCE, ResourceUrl, ScopeRules, ScopeSet};
use tower_layer::Layer;
use tower_service::Service;

use crate::dpop::{Dpop, UsedProof};
use crate::principal::Principal;
use crate::refusal::{Refusal, Terms};
use crate::routes::{Cors, PublicRoutes};
use crate::verify::{TokenRejected, TokenVerifier, Verdict};

use self::asked::AskedScopes;
use self::binding::check_use;
use self::presented::{Presented, Scheme};
use self::refusal_log::RefusalLog;
use self::require_auth::{AnswerBody, Demand};

pub use self::builder::{ProtectionBuilder, ProtectionError};
pub(crate) use self::denial::Denial;
#[cfg(feature = "axum")]
pub(crate) use self::require_auth::GuardedBy;
pub use self::require_auth::{RequireAuth, RequireAuthService};
pub use self::summary::Summary;

/// Everything that one protected resource needs: the verifier, the scopes, the challenges, and the
/// well-known documents that the challenges point to. They are made together, so no resource can
/// have only some of them. Clones are cheap and share their state.
///
/// Providers make it ([`AuthProvider::protection`](crate::AuthProvider::protection)). Use
/// [`Protection::protect`] to put it in front of a tower service, or the other methods to build it
/// into a server.
#[derive(Clone, Debug)]
pub struct Protection(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    made_of: ProtectionBuilder,
    verifier: Arc<dyn TokenVerifier>,
    /// What judges proofs, where tokens are taken that are bound to a key.
    dpop: Option<Dpop>,
    required: ScopeSet,
    asked: AskedScopes,
    denials: Vec<Denial>,
    rules: ScopeRules,
    resource: ResourceUrl,
    metadata_url: String,
    routes: PublicRoutes,
    summary: Summary,
    log: RefusalLog,
}

impl Protection {
    /// Judges a request by its token, and says who sent it. A token that is bound to something is
    /// refused unless the request proves to have that.
    ///
    /// The headers `Authorization` and `DPoP` of a request that is let in are removed, so that the
    /// token goes no further. A token elsewhere in the request, such as in the query, does not
    /// count. With a warm cache nothing is awaited.
    ///
    /// Give the answer to [`Protection::renew_nonce`] before you send it.
    ///
    /// # Errors
    ///
    /// The [`Refusal`], to be answered with [`Protection::answer`].
    pub async fn admit(&self, parts: &mut Parts) -> Result<Arc<Principal>, Refusal> {
        let outcome = self.judge(parts).await;
        let principal = outcome.inspect_err(|refusal| self.log(refusal))?;
        self.0.log.admitted();
        take_token_away(&mut parts.headers);
        Ok(principal)
    }

    /// Judges a request as [`Protection::admit`] does, but lets one without an `Authorization`
    /// header in too: `None`, a caller whom nobody knows. A token that is not good is refused all
    /// the same, so that no client takes itself for signed in when it is not.
    ///
    /// Refuse such a caller an operation that needs one with [`Refusal::TokenNeeded`].
    ///
    /// # Errors
    ///
    /// The [`Refusal`], to be answered with [`Protection::answer`].
    pub async fn admit_anyone(&self, parts: &mut Parts) -> Result<Option<Arc<Principal>>, Refusal> {
        if !parts.headers.contains_key(header::AUTHORIZATION) {
            return Ok(None);
        }
        self.admit(parts).await.map(Some)
    }

    /// The response to a refused request: status, challenge, and a body that is safe to show.
    pub fn answer(&self, refusal: &Refusal) -> Response<Full<Bytes>> {
        let refusal = self.0.asked.translate(refusal, &self.0.required);
        let terms = Terms {
            required: self.0.asked.always(),
            resource_metadata: &self.0.metadata_url,
            dpop: self.0.dpop.as_ref(),
        };
        let mut answer = refusal.answer(&terms);
        self.renew_nonce(answer.headers_mut());
        answer
    }

    /// Adds the nonce to an answer that the client's next proofs need (RFC 9449 section 8.2), if
    /// this protection wants one. Answers to refused requests have it already.
    pub fn renew_nonce(&self, headers: &mut HeaderMap) {
        if let Some(nonce) = self.0.dpop.as_ref().and_then(Dpop::nonce) {
            headers.insert(DPOP_NONCE, nonce);
        }
    }

    /// Whether a caller that was let in may do an operation that needs `needed`.
    ///
    /// # Errors
    ///
    /// [`Refusal::InsufficientScope`] with everything that the operation needs: `needed` and the
    /// scopes that every request needs, so that one more authorization is enough.
    pub fn check_scopes(&self, principal: &Principal, needed: &ScopeSet) -> Result<(), Refusal> {
        if self.0.rules.satisfied(principal.scopes(), needed) {
            return Ok(());
        }
        Err(Refusal::InsufficientScope {
            needed: self.0.required.union(needed),
        })
    }

    /// Whether a caller has the scopes that every request needs. [`Protection::admit`] has checked
    /// it; use it for callers who come another way, such as from within the process.
    ///
    /// # Errors
    ///
    /// [`Refusal::InsufficientScope`] with the scopes that every request needs.
    pub fn check_required_scopes(&self, principal: &Principal) -> Result<(), Refusal> {
        self.check_scopes(principal, &self.0.required)
    }

    /// Whether the token of a caller that was let in has been revoked since: its identifier or the
    /// caller is denied, or its key was withdrawn. What outlives its request, such as a stream,
    /// asks it before each message and while it is silent. The end of a token is not its matter;
    /// that is [`Principal::expires_at`].
    ///
    /// It does not wait. If the keys are past their lifetime, it starts to renew them.
    pub fn is_revoked(&self, principal: &Principal) -> bool {
        self.denies(principal) || self.0.verifier.is_revoked(principal)
    }

    /// The URL that identifies the resource.
    pub fn resource(&self) -> &ResourceUrl {
        &self.0.resource
    }

    /// The URL of the protected resource metadata, as challenges name it.
    pub fn metadata_url(&self) -> &str {
        &self.0.metadata_url
    }

    /// What is answered without a token: the well-known documents, and the provider's own routes.
    pub fn public_routes(&self) -> &PublicRoutes {
        &self.0.routes
    }

    /// What a start-up message should say.
    pub fn summary(&self) -> &Summary {
        &self.0.summary
    }

    /// A tower layer that lets nothing through without a good token. It does not serve the public
    /// routes; [`Protection::protect`] does both.
    pub fn layer(&self) -> RequireAuth {
        RequireAuth::new(self.clone(), Demand::Token)
    }

    /// A tower layer that lets nothing through without a good token that carries these scopes, too.
    /// The answer to a token that lacks one is 403, with a challenge that names every scope the
    /// client has to ask for.
    ///
    /// It can stand alone, or behind [`Protection::layer`] for some of its routes: a request that
    /// this protection has let in already is not judged again.
    ///
    /// ```
    /// use axum::Router;
    /// use axum::routing::{get, post};
    /// use thyra_auth::{AuthProvider, StaticAuth};
    ///
    /// let protection = StaticAuth::new("http://localhost:8000").protection("/notes")?;
    /// let app: Router = Router::new()
    ///     .route("/notes", get(async || "[]"))
    ///     .route(
    ///         "/notes/new",
    ///         post(async || "Noted.").layer(protection.require_scopes(["notes:write"])),
    ///     )
    ///     .layer(protection.layer());
    /// # Ok::<(), thyra_auth::ProviderError>(())
    /// ```
    pub fn require_scopes(&self, scopes: impl Into<ScopeSet>) -> RequireAuth {
        RequireAuth::new(self.clone(), Demand::Scopes(scopes.into()))
    }

    /// A tower layer that lets requests without an `Authorization` header through too, but without
    /// a [`Principal`]. A token that is not good is refused all the same, so that no client takes
    /// itself for signed in when it is not.
    pub fn optional_layer(&self) -> RequireAuth {
        RequireAuth::new(self.clone(), Demand::Nothing)
    }

    /// Puts the door in front of a tower service: the public routes are served, and everything else
    /// needs a good token.
    ///
    /// Nothing else is let through. That includes the preflight requests of browsers, so put a
    /// service that answers them in front of this one.
    pub fn protect<S>(&self, inner: S) -> Protected<S> {
        Protected(self.layer().layer(inner))
    }

    /// Judges a request as far as that is possible without waiting. `None` if its token has to be
    /// verified, or somebody else has to be asked about its proof.
    fn judge_now(&self, parts: &Parts) -> Option<Result<Arc<Principal>, Refusal>> {
        let presented = match Presented::of(&parts.headers) {
            Ok(presented) => presented,
            Err(refusal) => return Some(Err(refusal)),
        };
        if presented.scheme == Scheme::Dpop && self.0.dpop.as_ref().is_some_and(Dpop::waits) {
            return None;
        }
        let verdict = self.0.verifier.check_cached(&presented.token)?;
        let (principal, proof) = match self.settle(verdict, &presented, parts) {
            Ok(settled) => settled,
            Err(refusal) => return Some(Err(refusal)),
        };
        if let (Some(proof), Some(dpop)) = (proof, &self.0.dpop)
            && let Err(refusal) = check_use(dpop.note_now(&proof)?)
        {
            return Some(Err(refusal));
        }
        Some(Ok(principal))
    }

    async fn judge(&self, parts: &Parts) -> Result<Arc<Principal>, Refusal> {
        let presented = Presented::of(&parts.headers)?;
        let verdict = match self.0.verifier.check_cached(&presented.token) {
            Some(verdict) => verdict,
            None => self.0.verifier.verify(&presented.token).await,
        };
        let (principal, proof) = self.settle(verdict, &presented, parts)?;
        if let (Some(proof), Some(dpop)) = (proof, &self.0.dpop) {
            check_use(dpop.note(&proof).await)?;
        }
        Ok(principal)
    }

    fn has_nonces(&self) -> bool {
        self.0.dpop.as_ref().is_some_and(Dpop::has_nonces)
    }

    fn log(&self, refusal: &Refusal) {
        self.0.log.refused(refusal);
    }

    /// Identity comes before scope: a good token that lacks a scope is refused differently from a
    /// bad one.
    /// A proof that comes back is good, if nobody has used it before.
    fn settle(
        &self,
        verdict: Verdict,
        presented: &Presented<'_>,
        parts: &Parts,
    ) -> Result<(Arc<Principal>, Option<UsedProof>), Refusal> {
        let principal = match verdict {
            Verdict::Accepted(principal) if self.denies(&principal) => {
                return Err(Refusal::InvalidToken(TokenRejected::Denied));
            }
            Verdict::Accepted(principal) => principal,
            Verdict::Rejected(reason) => return Err(Refusal::InvalidToken(reason)),
            Verdict::Unavailable(outage) => {
                return Err(Refusal::Unavailable {
                    retry_after: outage.retry_after,
                });
            }
        };
        let proof = self.check_binding(&principal, presented, parts)?;
        self.check_required_scopes(&principal)?;
        Ok((principal, proof))
    }

    pub(crate) fn denies(&self, principal: &Principal) -> bool {
        self.0.denials.iter().any(|one| one.denies(principal))
    }
}

/// The service behind the door gets neither the token nor its proof.
fn take_token_away(headers: &mut HeaderMap) {
    headers.remove(header::AUTHORIZATION);
    headers.remove(DPOP);
}

/// A service behind the door, with the public routes beside it; made by [`Protection::protect`].
#[derive(Clone, Debug)]
pub struct Protected<S>(RequireAuthService<S>);

impl<S, R, B> Service<Request<R>> for Protected<S>
where
    RequireAuthService<S>: Service<Request<R>, Response = Response<AnswerBody<B>>>,
    <RequireAuthService<S> as Service<Request<R>>>::Error: Send + 'static,
    R: Body + Send + 'static,
    R::Data: Send,
    B: Send + 'static,
{
    type Response = Response<AnswerBody<B>>;
    type Error = <RequireAuthService<S> as Service<Request<R>>>::Error;
    type Future = Either<
        <RequireAuthService<S> as Service<Request<R>>>::Future,
        BoxFuture<'static, Result<Self::Response, Self::Error>>,
    >;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: Request<R>) -> Self::Future {
        let protection = self.0.protection();
        if !protection.public_routes().answers(request.uri().path()) {
            return Either::Left(self.0.call(request));
        }
        let protection = protection.clone();
        let future = async move {
            let answer = protection
                .public_routes()
                .respond(request, &Cors::default())
                .await;
            Ok(answer.map(EitherBody::Left))
        };
        Either::Right(future.boxed())
    }
}

#[cfg(test)]
mod tests;
