//! The authorization request (OAuth 2.1 section 4.1.1, `OpenID` Connect Core section 3.1.2.1).

use std::borrow::Cow;

use thyra_oauth::CodeVerifier;
use url::Url;

use super::UpstreamRequest;
use super::endpoints::Places;
use super::settings::UpstreamSettings;

/// Where a person signs in. What the endpoint has for a query stays.
pub(super) fn url(
    settings: &UpstreamSettings,
    places: &Places,
    request: &UpstreamRequest<'_>,
) -> Url {
    let scopes = settings.scopes.asked(request.scopes);
    let mut parameters: Vec<(&str, Cow<'_, str>)> = vec![
        ("response_type", "code".into()),
        ("client_id", settings.client_id.as_str().into()),
        ("redirect_uri", settings.redirect_uri.as_str().into()),
        ("state", request.state.into()),
    ];
    if !scopes.is_empty() {
        parameters.push(("scope", scopes.to_string().into()));
    }
    if settings.forward_pkce {
        let verifier = CodeVerifier::from(request.code_verifier.clone());
        parameters.push(("code_challenge", verifier.challenge().into()));
        parameters.push(("code_challenge_method", "S256".into()));
    }
    if scopes.contains("openid") {
        parameters.push(("nonce", request.nonce.expose().as_str().into()));
    }
    if settings.forward_resource {
        parameters.push(("resource", request.resource.into()));
    }
    let extra = &settings.extra_authorize_params;
    parameters.retain(|(name, _)| !extra.iter().any(|(replaced, _)| replaced == name));
    let mut url = places.authorization.clone();
    url.query_pairs_mut()
        .extend_pairs(parameters)
        .extend_pairs(extra);
    url
}
