//! A refresh token becomes the next tokens (OAuth 2.1 section 4.3).

use crate::client::Client;
use crate::form::Form;
use crate::grant::Issued;
use crate::server::AuthorizationServer;

use super::{Refused, asked_for, check_resource};

/// Refreshes.
pub(super) async fn refresh(
    server: &AuthorizationServer,
    client: &Client,
    form: &Form,
) -> Result<Issued, Refused> {
    let token = form.needed("refresh_token")?;
    let asked = asked_for(form)?;
    check_resource(server, form)?;
    let grants = &server.parts.grants;
    Ok(grants.refresh(token, &client.id, asked.as_ref()).await?)
}
