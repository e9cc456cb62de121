//! Client authentication (RFC 6749 section 2.3).

use axum::http::{HeaderMap, HeaderValue, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use url::form_urlencoded;

use crate::assertion::{self, Assertion};
use crate::client::Client;
use crate::environment::Environment;
use crate::parameters::Parameters;
use crate::routes::token::TokenError;
use crate::secret;
use crate::server::Server;

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The client that speaks: by `client_secret_basic`, `client_secret_post`, or, if it is public, by
/// its identifier alone. A confidential client may use either of the two ways.
pub(crate) fn authenticate(
    environment: &Environment,
    server: &Server<'_>,
    headers: &HeaderMap,
    parameters: &Parameters,
) -> Result<Client, TokenError> {
    if parameters.one("client_assertion")?.is_some() {
        return by_assertion(environment, server, headers, parameters);
    }
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
    let client = environment.client(id, server).ok_or(unknown)?;
    match (&client.secret, secret) {
        (None, _) if !client.is_public() => Err(TokenError::InvalidClient(
            "this client authenticates with private_key_jwt",
        )),
        (None, None | Some("")) => Ok(client),
        (None, Some(_)) => Err(TokenError::InvalidClient("this client has no secret")),
        (Some(held), Some(secret)) if secret::equal(held, secret) => Ok(client),
        (Some(_), Some(_)) => Err(TokenError::InvalidClient("the client secret is wrong")),
        (Some(_), None) => Err(TokenError::InvalidClient("the client secret is missing")),
    }
}

/// `private_key_jwt` (RFC 7523 section 2.2). The audience is the issuer or the token endpoint, and
/// each assertion is good for one request.
fn by_assertion(
    environment: &Environment,
    server: &Server<'_>,
    headers: &HeaderMap,
    parameters: &Parameters,
) -> Result<Client, TokenError> {
    let refused = TokenError::InvalidClient;
    let sent = parameters.one("client_assertion")?.unwrap_or_default();
    if parameters.one("client_assertion_type")? != Some(ASSERTION_TYPE) {
        return Err(refused(
            "`client_assertion_type` is not the one of RFC 7523",
        ));
    }
    if headers.contains_key(header::AUTHORIZATION) || parameters.one("client_secret")?.is_some() {
        return Err(TokenError::InvalidRequest(
            "authenticate in one way only".into(),
        ));
    }
    let id = assertion::unchecked(sent, "sub");
    let client = id
        .and_then(|id| environment.client(&id, server))
        .ok_or(refused("the client is unknown here; register again"))?;
    let assertion = Assertion::read(sent, &client.keys).ok_or(refused(
        "the assertion is not signed with a key of this client",
    ))?;
    let posted = parameters.one("client_id")?;
    let mut state = environment.state();
    if assertion.text("iss") != Some(&client.id) || posted.is_some_and(|id| id != client.id) {
        Err(refused("the assertion is of another client"))
    } else if !assertion.is_for(&[&server.issuer, &server.token_endpoint]) {
        Err(refused("the assertion is for another authorization server"))
    } else if assertion.is_over(state.clock.now()) {
        Err(refused("the assertion is over"))
    } else if let Some(jti) = assertion.text("jti") {
        if state.assertions.get(jti).is_some() {
            return Err(refused("the assertion was used before"));
        }
        state.assertions.insert(jti.to_owned(), ());
        drop(state);
        Ok(client)
    } else {
        Err(refused("the assertion has no `jti`"))
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
