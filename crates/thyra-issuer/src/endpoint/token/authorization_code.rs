//! A code becomes tokens (OAuth 2.1 section 4.1.3).

use crate::client::{Client, GrantType};
use crate::code::{CodeError, Redeemed};
use crate::digest::Digest;
use crate::form::Form;
use crate::grant::Issued;
use crate::server::AuthorizationServer;

use super::{Refused, check_resource};

/// What a client is told whose code gives nothing, whatever the reason is.
const NO_CODE: Refused = Refused::InvalidGrant("the authorization code is not known, or was used");

/// How long a verifier is (RFC 7636 section 4.1).
const VERIFIER: std::ops::RangeInclusive<usize> = 43..=128;

/// Redeems a code. It is used up before what comes with it is checked: whoever has stolen a code
/// has one try.
pub(super) async fn redeem(
    server: &AuthorizationServer,
    client: &Client,
    form: &Form,
) -> Result<Issued, Refused> {
    let (code, verifier) = (form.needed("code")?, form.needed("code_verifier")?);
    let redirect_uri = form.one("redirect_uri")?;
    let redeemed = match server.parts.codes.redeem(code, &client.id).await {
        Ok(redeemed) => redeemed,
        Err(CodeError::Replayed { grant_id }) => {
            tracing::warn!(
                client_id = client.id,
                "an authorization code was used twice: the login it belongs to was ended"
            );
            server.parts.grants.replayed(&grant_id).await?;
            return Err(NO_CODE);
        }
        Err(error) => return Err(error.into()),
    };
    check(&redeemed, verifier, redirect_uri)?;
    check_resource(server, form)?;
    // Another server may have its codes in the same store.
    if !server.is_named_by(&redeemed.resource) {
        return Err(NO_CODE);
    }
    let may_refresh = client.grant_types.contain(GrantType::RefreshToken);
    Ok(server.parts.grants.begin(redeemed, may_refresh).await?)
}

/// Whether the code was redeemed by the client that asked for it, at the place it was sent to.
fn check(redeemed: &Redeemed, verifier: &str, redirect_uri: Option<&str>) -> Result<(), Refused> {
    // OAuth 2.1 has the parameter no more, and OAuth 2.0 clients send it.
    if redirect_uri.is_some_and(|uri| uri != redeemed.redirect_uri) {
        let problem = "`redirect_uri` is not that of the authorization request";
        return Err(Refused::InvalidGrant(problem));
    }
    if !VERIFIER.contains(&verifier.len()) || Digest::of(verifier).as_str() != redeemed.challenge {
        let problem = "`code_verifier` does not belong to the authorization request";
        return Err(Refused::InvalidGrant(problem));
    }
    Ok(())
}
