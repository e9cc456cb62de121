//! What a browser brings back in the query of the redirect URI (OAuth 2.1 section 4.1.2, RFC 9207).

use aws_lc_rs::constant_time::verify_slices_are_equal;
use thyra_oauth::{Secret, is_of_credentials};
use url::form_urlencoded;

use super::{Callback, Denied};

/// The longest query, in bytes.
const MAX_QUERY: usize = 16 * 1024;

/// Why a query is not the answer to a login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoAnswer {
    Malformed,
    State,
}

/// The answer in `query`, if it is the one to the login with this `state`.
pub(crate) fn read_query(query: &str, state: &Secret) -> Result<Callback, NoAnswer> {
    let parameters = parse(query)?;
    let sent = parameters.state.unwrap_or_default();
    if verify_slices_are_equal(sent.as_bytes(), state.expose().as_bytes()).is_err() {
        return Err(NoAnswer::State);
    }
    let code = match (parameters.code, parameters.error) {
        (Some(code), None) if !code.is_empty() && is_of_credentials(&code) => Ok(Secret::new(code)),
        (None, Some(error)) => Err(Denied {
            error,
            description: parameters.error_description,
        }),
        _ => return Err(NoAnswer::Malformed),
    };
    Ok(Callback {
        code,
        issuer: parameters.iss,
    })
}

/// The `state` in `query`, which may be of any login.
pub(crate) fn state_of(query: &str) -> Option<Secret> {
    let state = parse(query).ok()?.state?;
    Some(Secret::new(state))
}

#[derive(Default)]
struct Parameters {
    code: Option<String>,
    error: Option<String>,
    error_description: Option<String>,
    iss: Option<String>,
    state: Option<String>,
}

fn parse(query: &str) -> Result<Parameters, NoAnswer> {
    if query.len() > MAX_QUERY {
        return Err(NoAnswer::Malformed);
    }
    let mut parameters = Parameters::default();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let slot = match &*name {
            "code" => &mut parameters.code,
            "error" => &mut parameters.error,
            "error_description" => &mut parameters.error_description,
            "iss" => &mut parameters.iss,
            "state" => &mut parameters.state,
            _ => continue,
        };
        // OAuth 2.1 section 3.1: a parameter is there once.
        if slot.replace(value.into_owned()).is_some() {
            return Err(NoAnswer::Malformed);
        }
    }
    Ok(parameters)
}
