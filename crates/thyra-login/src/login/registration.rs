//! What an authorization server knows the program by.

use thyra_oauth::{
    ClientAuthentication, ClientCredentials, ClientMetadata, ScopeSet, configured_url, printable,
};
use url::Url;

use super::Login;
use crate::authorize::{AuthorizationError, AuthorizationRequest, RequestSecrets};
use crate::callback::redirect_uri;
use crate::client::{Client, ClientError, Identity, Method};
use crate::discovery::{AuthorizationServer, Discovered};
use crate::error::LoginError;
use crate::hop::LoginHop;
use crate::oauth::OAuth;

/// What an authorization server knows the program by. It is of use at that server only.
#[derive(Clone, Debug)]
pub(super) struct Registration {
    /// The server that made it, byte for byte.
    pub(super) issuer: String,
    pub(super) credentials: ClientCredentials,
    pub(super) place: Place,
}

/// Where browsers come back to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Nowhere: the person logs in on another device.
    Device,
    /// This port of this machine.
    Port(u16),
    /// This URL of a web application.
    Web(String),
}

impl Place {
    fn redirect_uri(&self) -> Option<String> {
        match self {
            Self::Device => None,
            Self::Port(port) => Some(redirect_uri(*port)),
            Self::Web(url) => Some(url.clone()),
        }
    }
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

impl Login {
    /// Registers the program, and keeps what it is then.
    pub(super) async fn register(
        &self,
        server: &AuthorizationServer,
        place: Place,
    ) -> Result<Registration, LoginError> {
        let Some(endpoint) = &server.registration_endpoint else {
            return Err(LoginError::RegistrationNotOffered {
                issuer: printable(&server.issuer),
            });
        };
        let redirect_uri = place.redirect_uri();
        let name = &self.client_name;
        let mut metadata = match (&place, &redirect_uri) {
            (Place::Web(_), Some(uri)) => ClientMetadata::web(name, uri),
            (_, Some(uri)) => ClientMetadata::native(name, uri),
            (_, None) => ClientMetadata::device(name),
        };
        metadata.token_endpoint_auth_method = method_of_registration(server, &place).name();
        let registration = Registration {
            issuer: server.issuer.clone(),
            credentials: self.endpoints.register(endpoint, &metadata).await?,
            place,
        };
        self.endpoints.observer.hop(&LoginHop::Registered {
            endpoint: endpoint.as_str(),
            client_id: &registration.credentials.client_id,
            redirect_uri: redirect_uri.as_deref(),
        });
        *self.registered() = Some(registration.credentials.client_id.clone());
        self.keeper.keep_registration(&registration).await?;
        Ok(registration)
    }

    /// Whether the authorization server still knows a client that was kept. Many forget them when
    /// they start anew. A person would then see an error page, and never come back; so the program
    /// looks at the page first, with secrets that are not used again.
    pub(super) async fn is_known(
        &self,
        kept: &Registration,
        discovered: &Discovered,
        page: &Url,
        scopes: Option<&ScopeSet>,
    ) -> Result<bool, LoginError> {
        let id = &kept.credentials.client_id;
        let Some(redirect_uri) = kept.place.redirect_uri() else {
            return Ok(true);
        };
        if discovered
            .authorization_server
            .registration_endpoint
            .is_none()
            || self.registered().as_ref() == Some(id)
        {
            return Ok(true);
        }
        let request = AuthorizationRequest::new(
            page,
            id,
            &redirect_uri,
            scopes,
            &discovered.resource.resource,
            RequestSecrets::random().map_err(AuthorizationError::Random)?,
        );
        let is_known = match self.endpoints.get(&request.url).await {
            Ok(page) => !matches!(page.status.as_u16(), 400 | 401 | 404),
            // Whatever the trouble is, the person will see it.
            Err(_) => true,
        };
        if is_known {
            *self.registered() = Some(id.clone());
        } else {
            tracing::debug!("the authorization server has forgotten the client");
        }
        Ok(is_known)
    }
}

/// How a client that registers itself authenticates. A program on a person's machine does not,
/// unless the server takes no public clients; a web application does if it can.
fn method_of_registration(server: &AuthorizationServer, place: &Place) -> Method {
    let methods = match place {
        Place::Device | Place::Port(_) => [Method::None, Method::Basic, Method::Post],
        Place::Web(_) => [Method::Basic, Method::Post, Method::None],
    };
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
