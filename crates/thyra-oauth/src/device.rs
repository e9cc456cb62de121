//! The device authorization endpoint (RFC 8628): what is sent to it, and what it answers.

use std::time::Duration;

use http::HeaderMap;
use serde::Deserialize;
use url::form_urlencoded;

use crate::charset::is_of_credentials;
use crate::client_authentication::ClientCredentials;
use crate::learned::check_page;
use crate::scope::ScopeSet;
use crate::secret::Secret;
use crate::token::{TokenError, check_status};

/// RFC 8628 section 3.2: how long to wait between two requests if the server does not say.
const DEFAULT_INTERVAL: Duration = Duration::from_secs(5);
/// The longest code for a person, in bytes. People type it.
const MAX_USER_CODE: usize = 64;
/// The longest code for the program, in bytes.
const MAX_DEVICE_CODE: usize = 16 * 1024;
/// The longest URL for a person, in bytes.
const MAX_URL: usize = 2048;

/// A request to a device authorization endpoint (RFC 8628 section 3.1).
/// [`DeviceRequest::headers`] and [`DeviceRequest::body`] are what to post.
#[derive(Clone, Copy, Debug)]
pub struct DeviceRequest<'a> {
    /// Who asks.
    pub client: &'a ClientCredentials,
    /// The scopes that are asked for.
    pub scope: Option<&'a ScopeSet>,
    /// The resource that the token is for (RFC 8707).
    pub resource: Option<&'a str>,
}

impl DeviceRequest<'_> {
    /// The headers, which hold the client's secret when it authenticates with `Basic`.
    pub fn headers(&self) -> HeaderMap {
        self.client.form_headers()
    }

    /// The form.
    pub fn body(&self) -> Secret {
        let mut form = form_urlencoded::Serializer::new(String::new());
        if let Some(scope) = self.scope {
            form.append_pair("scope", &scope.to_string());
        }
        if let Some(resource) = self.resource {
            form.append_pair("resource", resource);
        }
        self.client.append_to(&mut form);
        Secret::new(form.finish())
    }
}

/// What a device authorization endpoint gives (RFC 8628 section 3.2).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct DeviceResponse {
    /// What the program shows to the token endpoint.
    pub device_code: Secret,
    /// What the person types at `verification_uri`: visible ASCII, and spaces between it.
    pub user_code: String,
    /// Where the person goes: a page as [`check_page`] wants it.
    pub verification_uri: String,
    /// The same with the code in it, for a link or a QR code.
    pub verification_uri_complete: Option<String>,
    /// How long the codes live.
    pub expires_in: Duration,
    /// How long to wait between two token requests.
    pub interval: Duration,
}

impl DeviceResponse {
    /// Reads the HTTP status and the body of an answer.
    ///
    /// # Errors
    ///
    /// [`TokenError`] when there are no codes in it that can be used. It repeats no secret.
    pub fn read(status: u16, body: &[u8]) -> Result<Self, TokenError> {
        #[derive(Deserialize)]
        struct Document {
            device_code: String,
            user_code: String,
            // Drafts before the RFC called it so, and some servers still do.
            #[serde(alias = "verification_url")]
            verification_uri: String,
            verification_uri_complete: Option<String>,
            expires_in: u64,
            interval: Option<u64>,
        }

        check_status(status, body)?;
        // What serde says about a wrong value may repeat the value.
        let document: Document = serde_json::from_slice(body)
            .map_err(|_| TokenError::Malformed("it is not JSON as RFC 8628 section 3.2 has it"))?;
        let device_code = Secret::new(document.device_code);
        if !is_sendable(device_code.expose()) {
            return Err(TokenError::Malformed(
                "its device code is empty, too long, or holds characters that no form should have",
            ));
        }
        if !is_typeable(&document.user_code) {
            return Err(TokenError::Malformed(
                "its code for the person is empty, too long, or holds characters that nobody can type",
            ));
        }
        let is_page = |text: &String| text.len() <= MAX_URL && check_page(text).is_ok();
        if !is_page(&document.verification_uri) {
            return Err(TokenError::Malformed(
                "its page for the person is not one to send a person to",
            ));
        }
        Ok(Self {
            device_code,
            user_code: document.user_code,
            verification_uri: document.verification_uri,
            verification_uri_complete: document.verification_uri_complete.filter(is_page),
            expires_in: Duration::from_secs(document.expires_in),
            interval: document
                .interval
                .map_or(DEFAULT_INTERVAL, Duration::from_secs),
        })
    }
}

fn is_sendable(code: &str) -> bool {
    (1..=MAX_DEVICE_CODE).contains(&code.len()) && is_of_credentials(code)
}

fn is_typeable(code: &str) -> bool {
    (1..=MAX_USER_CODE).contains(&code.len())
        && code.bytes().all(|byte| matches!(byte, b' '..=b'~'))
        && code.trim() == code
}

#[cfg(test)]
mod tests;
