//! The endpoint that the identity provider sends the browser back to.

use std::sync::Arc;

use bytes::Bytes;
use http::{Method, Request, Response};
use thyra_oauth::{ScopeSet, Secret};

use super::bound::BoundLogin;
use super::client_answer::AuthorizationError::{AccessDenied, ServerError, TemporarilyUnavailable};
use super::client_answer::Refused;
use super::consent::clear;
use super::finish::finish;
use super::stopped::Stopped;
use super::upstream_leg::parse_state;
use crate::answer;
use crate::form::Form;
use crate::record::Approval;
use crate::server::{AuthorizationServer, SignIn};
use crate::upstream::{Redeem, Refusal, Upstream, UpstreamError};

/// Answers a browser that comes back from the identity provider.
pub(super) async fn answer(
    server: Arc<AuthorizationServer>,
    request: Request<Bytes>,
) -> Response<Bytes> {
    if request.method() == Method::HEAD {
        // To look whether there is an endpoint ends no login.
        return answer::nothing();
    }
    let outcome = come_back(&server, &request).await;
    outcome.unwrap_or_else(|stopped| stopped.page(&server))
}

async fn come_back(
    server: &AuthorizationServer,
    request: &Request<Bytes>,
) -> Result<Response<Bytes>, Stopped> {
    let SignIn::Upstream(upstream) = &server.parts.sign_in else {
        return Err(Stopped::Over);
    };
    let form = Form::of_query(request.uri().query().unwrap_or_default())?;
    let outcome = Outcome::read(&form);
    if let (Ok(Outcome::Error(refusal)), None) = (&outcome, form.one("state")?) {
        // Some refuse a request that they do not understand without its state.
        upstream.stray(*refusal);
        return Err(Stopped::Refused);
    }
    let (id, secret) = parse_state(form.needed("state")?).ok_or(Stopped::Over)?;
    let outcome = outcome?;
    let login = BoundLogin::find(server, request.headers(), id).await?;
    // A login that nobody has agreed to has no state yet.
    let approval = login.transaction.approval.as_ref();
    let approval = approval.filter(|approval| approval.state == secret);
    let approval = approval.ok_or(Stopped::Over)?;
    // Of two who come back with the same state, one goes on.
    server.parts.logins.take(id).await?;
    let issuer = form.one("iss")?;
    let mut response = match settle(upstream, &login, approval, issuer, outcome).await {
        Ok(signed_in) => finish(server, &login, signed_in).await,
        Err(refused) => login.answer(server).error(&refused),
    };
    clear(server, request.headers(), id, &mut response);
    Ok(response)
}

/// What the identity provider says.
enum Outcome<'a> {
    Code(Secret),
    Error(Refusal<'a>),
}

impl<'a> Outcome<'a> {
    fn read(form: &'a Form) -> Result<Self, Stopped> {
        if let Some(error) = form.one("error")? {
            let description = form.all("error_description").next();
            return Ok(Self::Error(Refusal { error, description }));
        }
        match form.one("code")? {
            Some(code) => Ok(Self::Code(Secret::new(code.to_owned()))),
            None => Err(Stopped::Request("there is neither a `code` nor an `error`")),
        }
    }
}

/// Who has signed in. Nothing that the identity provider wrote reaches the client: its words could
/// be anybody's.
async fn settle(
    upstream: &Upstream,
    login: &BoundLogin,
    approval: &Approval,
    issuer: Option<&str>,
    outcome: Outcome<'_>,
) -> Result<crate::record::SignedIn, Refused> {
    // An answer of somebody else is not read at all (RFC 9207 section 2.4).
    upstream
        .check_issuer(issuer)
        .await
        .map_err(|error| refused(&error))?;
    let code = match outcome {
        Outcome::Code(code) => code,
        Outcome::Error(refusal) => {
            let scopes = &login.transaction.scopes;
            return Err(upstream_refused(upstream, refusal, scopes));
        }
    };
    let redeem = Redeem {
        code: &code,
        code_verifier: &approval.code_verifier,
        nonce: &approval.nonce,
        scopes: &login.transaction.scopes,
        resource: &login.transaction.resource,
    };
    upstream
        .redeem(redeem)
        .await
        .map_err(|error| refused(&error))
}

/// The log has the reason already.
fn refused(error: &UpstreamError) -> Refused {
    match error {
        UpstreamError::Unavailable { .. } => Refused::new(
            TemporarilyUnavailable,
            "the identity provider cannot be reached at the moment; try again",
        ),
        UpstreamError::Client { .. } => Refused::new(
            ServerError,
            "the identity provider does not accept this server; its operator finds the reason in \
             the log",
        ),
        _ => Refused::new(
            AccessDenied,
            "the identity provider's answer was not accepted",
        ),
    }
}

fn upstream_refused(upstream: &Upstream, refusal: Refusal<'_>, scopes: &ScopeSet) -> Refused {
    match refusal.error {
        "access_denied" | "consent_required" | "interaction_required" | "login_required" => {
            Refused::new(
                AccessDenied,
                "the login at the identity provider was refused",
            )
        }
        "temporarily_unavailable" => Refused::new(
            TemporarilyUnavailable,
            "the identity provider cannot log anybody in at the moment; try again",
        ),
        _ => {
            upstream.refused(refusal, scopes);
            Refused::new(
                ServerError,
                "the identity provider refused the login; this server's operator finds the reason \
                 in the log",
            )
        }
    }
}
