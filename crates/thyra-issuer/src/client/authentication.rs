//! How clients say at the token endpoint who they are, and prove it (OAuth 2.1 section 2.4).

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use percent_encoding::percent_decode_str;
use thiserror::Error;
use thyra_oauth::Secret;

use super::client_assertion::{AssertionRefused, claimed_client};
use super::configured::Credential;
use super::{Client, ClientError, Clients};
use crate::answer;
use crate::form::{Form, FormError};

/// RFC 7523 section 2.2.
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// How long clients are told to wait while something is out of order.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// What a request says about its client.
struct Presented {
    client_id: String,
    proof: Proof,
    /// Whether it came in the `Authorization` header.
    by_header: bool,
}

/// What a request proves its client with.
enum Proof {
    Assertion(Secret),
    None,
    /// Several readings of the same secret.
    Secret(Vec<Secret>),
}

impl Clients {
    /// Finds out which client sends this form, and demands the proof that the client was set up
    /// with: `none`, `client_secret_basic`, `client_secret_post` or `private_key_jwt`.
    pub(crate) async fn authenticate(
        &self,
        headers: &HeaderMap,
        form: &Form,
    ) -> Result<Client, ClientAuthError> {
        let presented = Presented::read(headers, form)?;
        let by_header = presented.by_header;
        let refused = |problem| ClientAuthError::Refused { problem, by_header };
        let client = match self.find(&presented.client_id).await {
            Ok(client) => client,
            Err(error) if error.is_temporary() => return Err(ClientAuthError::Lookup(error)),
            Err(error) => return Err(refused(error.to_string())),
        };
        match (&client.credential, &presented.proof) {
            (Credential::None, Proof::None) => {}
            (Credential::None, _) => {
                let problem = "the client is public and proves nothing; send its `client_id` only";
                return Err(refused(problem.to_owned()));
            }
            (Credential::Secret(wanted), Proof::Secret(readings)) => {
                // All of them are compared, so that the time tells nothing.
                let found = readings.iter().filter(|secret| *secret == wanted).count();
                if found == 0 {
                    return Err(refused("the client's secret is another one".to_owned()));
                }
            }
            (Credential::Secret(_), _) => {
                let problem = "the client must authenticate with its secret (`client_secret_basic` or `client_secret_post`)";
                return Err(refused(problem.to_owned()));
            }
            (Credential::Keys(verifier), Proof::Assertion(assertion)) => {
                let assertion = assertion.expose();
                let checked = self.assertions.check(&client.id, verifier, assertion).await;
                match checked {
                    Ok(()) => {}
                    Err(AssertionRefused::Store(source)) => {
                        return Err(ClientAuthError::Lookup(source.into()));
                    }
                    Err(AssertionRefused::Unavailable(unavailable)) => {
                        let retry_after = unavailable.retry_after;
                        return Err(ClientAuthError::Keys { retry_after });
                    }
                    Err(reason) => return Err(refused(reason.to_string())),
                }
            }
            (Credential::Keys(_), _) => {
                let problem =
                    "the client must authenticate with a signed assertion (`private_key_jwt`)";
                return Err(refused(problem.to_owned()));
            }
        }
        if client.use_must_be_noted {
            self.registrations.touch(&client.id).await;
        }
        Ok(client)
    }
}

impl Presented {
    fn read(headers: &HeaderMap, form: &Form) -> Result<Self, ClientAuthError> {
        let named = form.one("client_id")?;
        let secret = form.one("client_secret")?;
        let assertion = form.one("client_assertion")?;
        let assertion_type = form.one("client_assertion_type")?;
        let mut authorization = headers.get_all(header::AUTHORIZATION).iter();
        let header = authorization.next();
        if authorization.next().is_some() {
            let problem = "there is more than one `Authorization` header";
            return Err(ClientAuthError::Request(problem));
        }
        let ways = [header.is_some(), secret.is_some(), assertion.is_some()];
        if ways.into_iter().filter(|is_used| *is_used).count() > 1 {
            let problem = "the client authenticates in more than one way (RFC 6749 section 2.3)";
            return Err(ClientAuthError::Request(problem));
        }
        if assertion.is_some() != (assertion_type == Some(ASSERTION_TYPE)) {
            let problem = "`client_assertion` and `client_assertion_type` do not go together (RFC 7523 section 2.2)";
            return Err(ClientAuthError::Request(problem));
        }
        let (client_id, proof) = if let Some(header) = header {
            basic(header).ok_or_else(|| ClientAuthError::Refused {
                problem: "the `Authorization` header is not that of `client_secret_basic`"
                    .to_owned(),
                by_header: true,
            })?
        } else if let Some(assertion) = assertion {
            let claimed = claimed_client(assertion).ok_or_else(|| ClientAuthError::Refused {
                problem: "the assertion is not a JWT with a `sub`".to_owned(),
                by_header: false,
            })?;
            (claimed, Proof::Assertion(assertion.to_owned().into()))
        } else {
            let proof = match secret {
                Some(secret) => Proof::Secret(vec![secret.to_owned().into()]),
                None => Proof::None,
            };
            (form.needed("client_id")?.to_owned(), proof)
        };
        if named.is_some_and(|named| named != client_id) {
            let problem = "`client_id` is not the client that authenticates";
            return Err(ClientAuthError::Request(problem));
        }
        Ok(Self {
            client_id,
            proof,
            by_header: header.is_some(),
        })
    }
}

/// Client and secret of `client_secret_basic`.
fn basic(header: &HeaderValue) -> Option<(String, Proof)> {
    let (scheme, encoded) = header.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let pair = STANDARD.decode(encoded.trim()).ok()?;
    let pair = Secret::new(String::from_utf8(pair).ok()?);
    let (client_id, secret) = pair.expose().split_once(':')?;
    let client_id = form_decoded(client_id)?;
    let proof = if secret.is_empty() {
        // RFC 6749 section 2.3.1: the secret of a client without one is empty.
        Proof::None
    } else {
        // Both are form-encoded, says OAuth 2.1 section 2.4.1, and many clients do not know.
        let readings = form_decoded(secret).into_iter().chain([secret.to_owned()]);
        Proof::Secret(readings.map(Secret::new).collect())
    };
    Some((client_id, proof))
}

fn form_decoded(text: &str) -> Option<String> {
    let text = text.replace('+', " ");
    let decoded = percent_decode_str(&text).decode_utf8().ok()?;
    Some(decoded.into_owned())
}

/// Why a client is not let in. The text is safe to show.
#[derive(Debug, Error)]
pub(crate) enum ClientAuthError {
    #[error(transparent)]
    Form(#[from] FormError),
    #[error("the keys of the client cannot be fetched at the moment; try again")]
    Keys { retry_after: Duration },
    #[error(transparent)]
    Lookup(ClientError),
    #[error("{problem}")]
    Refused {
        problem: String,
        /// Whether the client came with an `Authorization` header.
        by_header: bool,
    },
    #[error("{0}")]
    Request(&'static str),
}

impl ClientAuthError {
    /// The answer of the endpoint (OAuth 2.1 section 3.2.4).
    pub(crate) fn answer(&self) -> Response<Bytes> {
        let (status, error) = match self {
            Self::Form(_) | Self::Request(_) => (StatusCode::BAD_REQUEST, "invalid_request"),
            Self::Refused { .. } => (StatusCode::UNAUTHORIZED, "invalid_client"),
            Self::Keys { .. } | Self::Lookup(_) => {
                (StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable")
            }
        };
        let mut response = answer::error(status, error, &self.to_string());
        let headers = response.headers_mut();
        match self {
            Self::Refused {
                by_header: true, ..
            } => {
                let challenge = HeaderValue::from_static(r#"Basic realm="clients""#);
                headers.insert(header::WWW_AUTHENTICATE, challenge);
            }
            Self::Keys { retry_after } => {
                headers.insert(header::RETRY_AFTER, retry_after.as_secs().max(1).into());
            }
            Self::Lookup(_) => {
                headers.insert(header::RETRY_AFTER, RETRY_AFTER.as_secs().into());
            }
            Self::Form(_) | Self::Refused { .. } | Self::Request(_) => {}
        }
        response
    }
}

#[cfg(test)]
mod tests;
