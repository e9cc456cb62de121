//! The URL of an authorization server, as it is configured.

use thyra_oauth::is_loopback;
use url::Url;

/// Parses an issuer identifier: an `https` URL without query and fragment (RFC 8414 section 2), or
/// an `http` one of a loopback host. The URL serves to find documents; tokens are compared with the
/// text.
///
/// The error is the rest of a sentence that begins with the setting's name.
pub(super) fn parse(text: &str) -> Result<Url, &'static str> {
    if text.is_empty() {
        return Err("it is blank");
    }
    let url = Url::parse(text)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && text.contains("://"))
        .ok_or("it is not an absolute URL that begins with `https://`")?;
    if !url.username().is_empty() || url.password().is_some() || text.contains('@') {
        return Err("it holds a user name or password");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("it has a query or a fragment");
    }
    if url.scheme() == "http" && !is_loopback(&url) {
        return Err("it must begin with `https://`; `http://` is accepted for localhost only");
    }
    Ok(url)
}
