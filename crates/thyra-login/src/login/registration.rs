//! What an authorization server knows the program by.

use thyra_oauth::{ClientAuthentication, ClientCredentials, configured_url};

use crate::client::{Client, ClientError, Identity, Method};
use crate::discovery::AuthorizationServer;
use crate::oauth::OAuth;

/// What an authorization server knows the program by. It is of use at that server only.
#[derive(Clone, Debug)]
pub(super) struct Registration {
    /// The server that made it, byte for byte.
    pub(super) issuer: String,
    pub(super) credentials: ClientCredentials,
    /// The port of the redirect URI that was registered; none for logins on another device.
    pub(super) port: Option<u16>,
}

/// What the program is to `server` without a registration: the client that it is set up with, or
/// else its metadata document.
pub(super) fn known_identity(
    oauth: &OAuth,
    client: Option<&Client>,
    server: &AuthorizationServer,
) -> Result<Option<Identity>, ClientError> {
    if let Some(client) = client {
        let method = client.method_at(server)?;
        let client = client.clone();
        return Ok(Some(Identity::Given { client, method }));
    }
    match &oauth.metadata_url {
        Some(url) if server.takes_metadata_documents => {
            check_metadata_url(url)?;
            Ok(Some(Identity::Own(ClientCredentials {
                client_id: url.clone(),
                authentication: ClientAuthentication::None,
            })))
        }
        _ => Ok(None),
    }
}

/// How a client that registers itself authenticates: not at all, unless the server takes no public
/// clients.
pub(super) fn method_of_registration(server: &AuthorizationServer) -> Method {
    let methods = [Method::None, Method::Basic, Method::Post];
    let method = methods.into_iter().find(|method| server.takes(*method));
    method.unwrap_or(Method::None)
}

/// Whether `text` can be the identifier of a client: an `https` URL (`http` on this machine) with a
/// path, spelled as every reader spells it.
fn check_metadata_url(text: &str) -> Result<(), ClientError> {
    let url = configured_url(text).map_err(|refused| ClientError::MetadataUrl(refused.reason()))?;
    if url.path() == "/" {
        return Err(ClientError::MetadataUrl("it has no path"));
    }
    if url.as_str() != text {
        return Err(ClientError::MetadataUrl(
            "it is not spelled as other programs spell it; remove default ports, dot segments and upper case",
        ));
    }
    Ok(())
}
