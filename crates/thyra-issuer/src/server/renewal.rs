//! Logins that go on: what grants rest on is asked again.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::sign_in::SignIn;
use crate::grant::{Renew, RenewError};
use crate::record::{Grant, SignedIn};
use crate::upstream::{Renewal, Upstream, UpstreamError};

impl Renew for SignIn {
    fn renew<'a>(&'a self, grant: &'a Grant) -> BoxFuture<'a, Result<SignedIn, RenewError>> {
        async move {
            match self {
                Self::Local(directory) => directory.known(grant).ok_or(RenewError::Over),
                Self::Upstream(upstream) => renewed(upstream, grant).await,
            }
        }
        .boxed()
    }

    fn end<'a>(&'a self, grant: &'a Grant) -> BoxFuture<'a, ()> {
        async move {
            if let (Self::Upstream(upstream), Some(tokens)) = (self, &grant.upstream) {
                // The log has the reason, and nobody waits for it.
                let _ = upstream.revoke(tokens).await;
            }
        }
        .boxed()
    }
}

async fn renewed(upstream: &Upstream, grant: &Grant) -> Result<SignedIn, RenewError> {
    let Some(login) = Renewal::of(grant) else {
        // There is nobody to ask.
        return Ok(SignedIn {
            subject: grant.subject.clone(),
            claims: grant.claims.clone(),
            scopes: None,
            tokens: None,
        });
    };
    upstream.renew(login).await.map_err(|error| match error {
        error if error.ends_login() => RenewError::Over,
        UpstreamError::Unavailable { retry_after, .. } => RenewError::Unavailable { retry_after },
        _ => RenewError::Unavailable { retry_after: None },
    })
}
