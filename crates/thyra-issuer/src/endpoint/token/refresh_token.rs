//! A refresh token becomes the next tokens (OAuth 2.1 section 4.3).

use thyra_oauth::{OFFLINE_ACCESS, ScopeSet};

use crate::client::{Client, GrantType};
use crate::form::Form;
use crate::grant::Issued;
use crate::server::AuthorizationServer;

use super::{Refused, check_resource};

/// Refreshes.
pub(super) async fn refresh(
    server: &AuthorizationServer,
    client: &Client,
    form: &Form,
) -> Result<Issued, Refused> {
    if !client.grant_types.contain(GrantType::RefreshToken) {
        return Err(Refused::UnauthorizedClient);
    }
    let token = form.needed("refresh_token")?;
    let asked = form.one("scope")?.map(asked_for).transpose()?;
    check_resource(server, form)?;
    let grants = &server.parts.grants;
    Ok(grants.refresh(token, &client.id, asked.as_ref()).await?)
}

/// The scopes that are asked for. One of them is no scope of ours: it asks for refresh tokens.
fn asked_for(text: &str) -> Result<ScopeSet, Refused> {
    let scopes = ScopeSet::learned(text).map_err(|_| Refused::InvalidScope)?;
    Ok(scopes.iter().filter(|scope| *scope != OFFLINE_ACCESS).collect())
}
