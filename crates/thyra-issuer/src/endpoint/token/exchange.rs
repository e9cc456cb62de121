//! An access token of ours becomes a narrower one, for a service that acts for its subject
//! (RFC 8693).

use thyra_auth::{LookupError, TokenRejected};

use crate::client::Client;
use crate::form::Form;
use crate::grant::{Exchange, GrantError, Issued};
use crate::server::AuthorizationServer;

use super::{Refused, asked_for, check_resource, issued_tokens};

/// What is given, and what is taken (RFC 8693 section 3).
pub(super) const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
const JWT: &str = "urn:ietf:params:oauth:token-type:jwt";

/// RFC 8693 section 2.2.2: a subject token that is not good is an invalid request.
const NOT_GOOD: Refused =
    Refused::Request("`subject_token` is not a good access token of this server");

/// Exchanges a token. Only a client that the operator set up and that proves who it is may do so.
pub(super) async fn exchange(
    server: &AuthorizationServer,
    client: &Client,
    form: &Form,
) -> Result<Issued, Refused> {
    if !server.parts.token_exchange {
        return Err(Refused::UnsupportedGrantType);
    }
    if !client.may_exchange() {
        return Err(Refused::UnauthorizedClient);
    }
    check_resource(server, form)?;
    if form
        .all("audience")
        .any(|audience| !server.is_named_by(audience))
    {
        return Err(Refused::InvalidTarget);
    }
    let token = form.needed("subject_token")?;
    let kinds = [ACCESS_TOKEN, JWT];
    if !kinds.contains(&form.needed("subject_token_type")?) {
        return Err(Refused::Request(
            "`subject_token_type` must be that of an access token",
        ));
    }
    if form
        .one("requested_token_type")?
        .is_some_and(|kind| !kinds.contains(&kind))
    {
        return Err(Refused::Request("only access tokens are given"));
    }
    if form.one("actor_token")?.is_some() || form.one("actor_token_type")?.is_some() {
        return Err(Refused::Request(
            "the actor is the client itself; leave `actor_token` out",
        ));
    }
    let asked = asked_for(form)?;
    let tokens = issued_tokens(server)?;
    let signed = tokens.read(token).await.map_err(refused)?;
    let exchange = Exchange {
        signed: &signed,
        client_id: &client.id,
        asked: asked.as_ref(),
    };
    let exchanged = server.parts.grants.exchange(exchange).await;
    exchanged.map_err(|error| match error {
        GrantError::Unknown | GrantError::Over => NOT_GOOD,
        error => error.into(),
    })
}

fn refused(error: LookupError) -> Refused {
    match error {
        LookupError::Rejected(TokenRejected::AudienceMismatch) => Refused::InvalidTarget,
        LookupError::Rejected(_) => NOT_GOOD,
        error => Refused::trouble(&error),
    }
}
