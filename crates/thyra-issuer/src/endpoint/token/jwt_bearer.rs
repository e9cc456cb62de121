//! An identity assertion becomes an access token (RFC 7523 section 2.1, SEP-990).

use thyra_oauth::ScopeSet;

use crate::assertion::{Addressee, Asserted, AssertionRefused};
use crate::client::Client;
use crate::form::Form;
use crate::grant::{AssertedLogin, Issued};
use crate::server::AuthorizationServer;

use super::{Refused, asked_for, check_resource};

/// Gives a token for an assertion. There is no refresh token: the client asks for another
/// assertion.
pub(super) async fn assert(
    server: &AuthorizationServer,
    client: &Client,
    form: &Form,
) -> Result<Issued, Refused> {
    let Some(assertions) = &server.parts.assertions else {
        return Err(Refused::UnsupportedGrantType);
    };
    check_resource(server, form)?;
    let assertion = form.needed("assertion")?;
    let asked = asked_for(form)?;
    let addressee = Addressee {
        client_id: &client.id,
        is_resource: &|resource| server.is_named_by(resource),
    };
    let asserted = assertions.judge(assertion, addressee).await?;
    let scopes = granted(server, client, &asserted, asked)?;
    let login = AssertedLogin {
        client_id: client.id.clone(),
        subject: asserted.subject,
        claims: asserted.claims,
        scopes,
        resource: server.resource.as_str().to_owned(),
    };
    let lifetime = assertions.access_token_lifetime();
    Ok(server.parts.grants.assert(login, lifetime).await?)
}

/// The scopes of an assertion, or this server's own if it names none. The client may ask for fewer,
/// and gets no others; those that the resource needs cannot be left out, nor added.
fn granted(
    server: &AuthorizationServer,
    client: &Client,
    asserted: &Asserted,
    asked: Option<ScopeSet>,
) -> Result<ScopeSet, Refused> {
    let held = match (&asserted.scopes, &client.scopes) {
        (Some(asserted), Some(registered)) => {
            let both = asserted.iter().filter(|scope| registered.contains(scope));
            Some(both.collect())
        }
        (asserted, registered) => asserted.clone().or_else(|| registered.clone()),
    };
    let asked = asked
        .or_else(|| asserted.scopes.clone())
        .unwrap_or_default();
    let policy = &server.parts.scopes;
    let granted = policy.requested(&asked, held.as_ref());
    let granted = granted.map_err(|_| Refused::InvalidScope)?;
    match &asserted.scopes {
        Some(asserted) if !granted.is_subset(asserted) => Err(Refused::InvalidScope),
        _ => Ok(granted),
    }
}

impl From<AssertionRefused> for Refused {
    fn from(error: AssertionRefused) -> Self {
        match error {
            AssertionRefused::Unavailable { retry_after } => Self::Unavailable(retry_after),
            AssertionRefused::Record(_) => Self::trouble(&error),
            AssertionRefused::OtherClient
            | AssertionRefused::Rejected(_)
            | AssertionRefused::Replayed
            | AssertionRefused::Scopes
            | AssertionRefused::TooLong => {
                tracing::debug!(%error, "an identity assertion was refused");
                Self::InvalidGrant("the assertion is not good here, or was used")
            }
        }
    }
}
