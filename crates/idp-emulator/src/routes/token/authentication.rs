//! Client authentication (RFC 6749 section 2.3).

use axum::http::{HeaderMap, HeaderValue, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use url::form_urlencoded;

use crate::client::Client;
use crate::environment::Environment;
use crate::parameters::Parameters;
use crate::resource::Resource;
use crate::routes::token::TokenError;
use crate::secret;

/// The client that speaks: by `client_secret_basic`, `client_secret_post`, or, if it is public, by
/// its identifier alone. A confidential client may use either of the two ways.
pub(crate) fn authenticate(
    environment: &Environment,
    endpoint: Option<&Resource>,
    headers: &HeaderMap,
    parameters: &Parameters,
) -> Result<Client, TokenError> {
    let posted_id = parameters.one("client_id")?;
    let posted_secret = parameters.one("client_secret")?;
    let basic = headers
        .get(header::AUTHORIZATION)
        .map(basic_credentials)
        .transpose()?;
    if basic.is_some() && posted_secret.is_some() {
        return Err(TokenError::InvalidRequest(
            "authenticate in the header or in the body, not in both".into(),
        ));
    }
    let (id, secret) = match &basic {
        Some((id, secret)) => (Some(id.as_str()), Some(secret.as_str())),
        None => (posted_id, posted_secret),
    };
    let id = id.ok_or(TokenError::InvalidClient("the request names no client"))?;
    if posted_id.is_some_and(|posted| posted != id) {
        return Err(TokenError::InvalidRequest(
            "header and body name different clients".into(),
        ));
    }
    let unknown = TokenError::InvalidClient("the client is unknown here; register again");
    let client = environment.client(id, endpoint).ok_or(unknown)?;
    match (&client.secret, secret) {
        (None, None | Some("")) => Ok(client),
        (None, Some(_)) => Err(TokenError::InvalidClient("this client has no secret")),
        (Some(held), Some(secret)) if secret::equal(held, secret) => Ok(client),
        (Some(_), Some(_)) => Err(TokenError::InvalidClient("the client secret is wrong")),
        (Some(_), None) => Err(TokenError::InvalidClient("the client secret is missing")),
    }
}

/// Identifier and secret are form-encoded before they are joined.
fn basic_credentials(value: &HeaderValue) -> Result<(String, String), TokenError> {
    let malformed = || TokenError::InvalidClient("the Authorization header is no Basic credential");
    let (scheme, encoded) = value
        .to_str()
        .ok()
        .and_then(|value| value.split_once(' '))
        .ok_or_else(malformed)?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return Err(malformed());
    }
    let decoded = STANDARD.decode(encoded.trim()).map_err(|_| malformed())?;
    let decoded = String::from_utf8(decoded).map_err(|_| malformed())?;
    let (id, secret) = decoded.split_once(':').ok_or_else(malformed)?;
    Ok((form_decoded(id), form_decoded(secret)))
}

fn form_decoded(text: &str) -> String {
    // An `=` or `&` in the raw text would end the value; encoded text has none.
    if text.contains(['=', '&']) {
        return text.to_owned();
    }
    form_urlencoded::parse(text.as_bytes())
        .next()
        .map_or_else(String::new, |(name, _)| name.into_owned())
}
