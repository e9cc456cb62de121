//! Checks the headers that repeat parts of the body against the body.
//!
//! A proxy may route or refuse requests by `MCP-Protocol-Version`, `Mcp-Method` and `Mcp-Name`
//! without reading the body. So a request whose headers contradict its body is refused (MCP
//! 2026-07-28, Streamable HTTP, "Standard Request Headers").

use std::borrow::Cow;
use std::net::SocketAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::request::Parts;
use http::uri::PathAndQuery;
use http::{Extensions, HeaderMap};
use serde_json::value::RawValue;
use thyra_protocol::{Era, ErrorCode, ErrorObject, Message, RequestMeta, Revision};

use super::parameters;
use crate::component::tool::Tool;
use crate::conversation::Session;
use crate::dispatch::{Carrier, MethodCall};
use crate::handler::PeerAddr;

const METHOD: &str = "mcp-method";
const NAME: &str = "mcp-name";
const VERSION: &str = "mcp-protocol-version";

/// The head of an HTTP request, as the carrier of its message.
pub(crate) struct Headers {
    fields: HeaderMap,
    peer_addr: Option<SocketAddr>,
    target: Option<PathAndQuery>,
}

impl Headers {
    /// Takes the head of a request that came from `peer_addr`. In somebody's own service an
    /// extension of the request may say from where.
    pub(super) fn of(parts: &mut Parts, peer_addr: Option<SocketAddr>) -> Self {
        Self {
            fields: std::mem::take(&mut parts.headers),
            peer_addr: peer_addr.or_else(|| announced_peer(&parts.extensions)),
            // Taken, because the first clone of a text like this one allocates.
            target: std::mem::take(&mut parts.uri).into_parts().path_and_query,
        }
    }

    /// The length of all names and values.
    pub(super) fn bytes(&self) -> usize {
        let lines = self.fields.iter();
        lines
            .map(|(name, value)| name.as_str().len() + value.len())
            .sum()
    }
}

impl Carrier for Headers {
    fn revision(
        &self,
        call: &MethodCall<'_>,
        session: Option<&Session>,
    ) -> Result<Revision, ErrorObject> {
        let revision = match session {
            Some(session) => agreed(&self.fields, session.revision(), call.meta())?,
            None => revision(&self.fields, call.method(), call.meta())?,
        };
        cross_check(&self.fields, revision.era(), call.method(), call.name())?;
        Ok(revision)
    }

    fn welcomes(
        &self,
        message: &Message<'_>,
        session: Option<&Session>,
    ) -> Result<(), ErrorObject> {
        let headers = &self.fields;
        match message {
            Message::Notification(notification) => {
                let mut meta = RequestMeta::of_params(notification.params)
                    .map_err(|error| error.error_object())?;
                // Only requests have to name their revision in `_meta`.
                meta.protocol_version = meta
                    .protocol_version
                    .or(one(headers, VERSION)?.map(Cow::Borrowed));
                let revision = match session {
                    Some(session) => agreed(headers, session.revision(), &meta)?,
                    None => revision(headers, &notification.method, &meta)?,
                };
                cross_check(headers, revision.era(), &notification.method, None)
            }
            _ if let Some(session) = session => agree(headers, session.revision()),
            _ if revision(headers, "", &RequestMeta::default()).is_ok() => Ok(()),
            _ => Err(ErrorObject::new(
                ErrorCode::INVALID_REQUEST,
                "this revision has no requests from server to client, so there is nothing to answer",
            )),
        }
    }

    fn parameters(&self, tool: &Tool, arguments: Option<&RawValue>) -> Result<(), ErrorObject> {
        if tool.header_parameters().is_empty() {
            return Ok(());
        }
        let required = are_sessionless(&self.fields);
        parameters::cross_check(&self.fields, tool.header_parameters(), arguments, required)
    }

    fn take_headers(&mut self) -> Option<HeaderMap> {
        Some(std::mem::take(&mut self.fields))
    }

    fn peer_addr(&self) -> Option<SocketAddr> {
        self.peer_addr
    }

    fn take_target(&mut self) -> Option<PathAndQuery> {
        self.target.take()
    }
}

/// The peer as the service around this one knows it.
fn announced_peer(extensions: &Extensions) -> Option<SocketAddr> {
    let announced = extensions.get().map(|PeerAddr(address)| *address);
    #[cfg(feature = "axum")]
    let announced = announced.or_else(|| {
        let connection = extensions.get::<axum::extract::ConnectInfo<SocketAddr>>();
        connection.map(|info| info.0)
    });
    announced
}

/// Whether the version header says that the request stands alone, and so belongs to no session.
pub(super) fn are_sessionless(headers: &HeaderMap) -> bool {
    let version = one(headers, VERSION).ok().flatten();
    version
        .and_then(|version| version.parse::<Revision>().ok())
        .is_some_and(|revision| revision.era() == Era::Sessionless)
}

/// Checks that the version header, if there is one, names the revision that the session agreed on.
pub(super) fn agree(headers: &HeaderMap, revision: Revision) -> Result<(), ErrorObject> {
    match one(headers, VERSION)? {
        Some(header) if header != revision.as_str() => Err(refuse(format!(
            "the header {VERSION} says `{}`, and this session speaks {revision}",
            short(header)
        ))),
        _ => Ok(()),
    }
}

/// The revision that a session agreed on. A request in the session may repeat it.
fn agreed(
    headers: &HeaderMap,
    revision: Revision,
    meta: &RequestMeta<'_>,
) -> Result<Revision, ErrorObject> {
    agree(headers, revision)?;
    match &meta.protocol_version {
        Some(body) if body != revision.as_str() => Err(refuse(format!(
            "the body says `{}`, and this session speaks {revision}",
            short(body)
        ))),
        _ => Ok(revision),
    }
}

/// The revision of a request, from its `_meta` and its header.
///
/// A request that names its revision in `_meta` stands alone. Any other request belongs to the
/// handshake era: there the header names the revision after `initialize`, and a client that sends
/// no header speaks 2025-03-26.
fn revision(
    headers: &HeaderMap,
    method: &str,
    meta: &RequestMeta<'_>,
) -> Result<Revision, ErrorObject> {
    let header = one(headers, VERSION)?;
    match (&meta.protocol_version, header) {
        (Some(body), Some(header)) if body != header => Err(mismatch(VERSION, header, body)),
        (Some(body), Some(_)) => body
            .parse()
            .map_err(|_| ErrorObject::unsupported_version(body)),
        (Some(body), None) => match body.parse::<Revision>() {
            Ok(revision) if revision.era() == Era::Handshake => Ok(revision),
            _ => Err(missing(VERSION)),
        },
        (None, Some(header)) => match header.parse::<Revision>() {
            Ok(revision) if revision.era() == Era::Handshake => Ok(revision),
            Ok(_) => Err(ErrorObject::invalid_meta(
                "_meta lacks io.modelcontextprotocol/protocolVersion",
            )),
            Err(_) => Err(ErrorObject::unsupported_version(header)),
        },
        (None, None) if method == "initialize" => Ok(Revision::LATEST_HANDSHAKE),
        (None, None) => Ok(Revision::V2025_03_26),
    }
}

/// Checks `Mcp-Method` against the body's `method`, and `Mcp-Name` against what the method is
/// about, such as `params.name` or `params.uri`.
///
/// The sessionless era requires these headers. In the handshake era they are optional, but must be
/// true if they are sent.
fn cross_check(
    headers: &HeaderMap,
    era: Era,
    method: &str,
    name: Option<&str>,
) -> Result<(), ErrorObject> {
    let required = era == Era::Sessionless;
    match one(headers, METHOD)? {
        Some(header) if header != method => return Err(mismatch(METHOD, header, method)),
        None if required => return Err(missing(METHOD)),
        _ => {}
    }
    let Some(name) = name else { return Ok(()) };
    match one(headers, NAME)? {
        Some(header) if decode(NAME, header)? != name => Err(mismatch(NAME, header, name)),
        None if required => Err(missing(NAME)),
        _ => Ok(()),
    }
}

/// The value of a header that may appear at most once.
pub(super) fn one<'h>(headers: &'h HeaderMap, name: &str) -> Result<Option<&'h str>, ErrorObject> {
    let mut values = headers.get_all(name).iter();
    let value = match (values.next(), values.next()) {
        (None, _) => return Ok(None),
        (Some(value), None) => value,
        _ => return Err(refuse(format!("the header {name} is there more than once"))),
    };
    match value.to_str() {
        Ok(text) => Ok(Some(text)),
        Err(_) => Err(refuse(format!("the header {name} is not plain ASCII"))),
    }
}

/// The text that a header value stands for: the value itself, or the decoded content of the form
/// `=?base64?...?=`.
pub(super) fn decode<'v>(name: &str, value: &'v str) -> Result<Cow<'v, str>, ErrorObject> {
    let Some(encoded) = value
        .strip_prefix("=?base64?")
        .and_then(|rest| rest.strip_suffix("?="))
    else {
        return Ok(Cow::Borrowed(value));
    };
    STANDARD
        .decode(encoded)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .map(Cow::Owned)
        .ok_or_else(|| refuse(format!("the header {name} is not valid Base64 of UTF-8")))
}

pub(super) fn missing(name: &str) -> ErrorObject {
    refuse(format!(
        "the header {name} is missing; every request of this revision carries it"
    ))
}

pub(super) fn mismatch(name: &str, header: &str, body: &str) -> ErrorObject {
    refuse(format!(
        "the header {name} says `{}` and the body `{}`",
        short(header),
        short(body)
    ))
}

fn refuse(message: String) -> ErrorObject {
    ErrorObject::new(ErrorCode::HEADER_MISMATCH, message)
}

/// The beginning of a client's own text, enough to recognise it.
fn short(text: &str) -> Cow<'_, str> {
    const LONGEST: usize = 64;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => Cow::Owned(format!("{}...", text.get(..end).unwrap_or_default())),
        None => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn carrier(pairs: &[(&'static str, &str)]) -> Headers {
        Headers {
            fields: headers(pairs),
            peer_addr: None,
            target: None,
        }
    }

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_str(value).unwrap());
        }
        headers
    }

    fn meta(version: Option<&str>) -> RequestMeta<'_> {
        RequestMeta {
            protocol_version: version.map(Cow::Borrowed),
            ..RequestMeta::default()
        }
    }

    fn judge(
        header: Option<&str>,
        method: &str,
        body: Option<&str>,
    ) -> Result<Revision, ErrorCode> {
        let pairs: Vec<_> = header.iter().map(|value| (VERSION, *value)).collect();
        revision(&headers(&pairs), method, &meta(body)).map_err(|error| error.code)
    }

    #[test]
    fn the_revision_comes_from_the_body_and_the_header_must_agree() {
        let modern = "2026-07-28";
        let call = "tools/call";
        assert_eq!(
            judge(Some(modern), call, Some(modern)),
            Ok(Revision::V2026_07_28)
        );
        assert_eq!(judge(None, call, None), Ok(Revision::V2025_03_26));
        assert_eq!(judge(None, "initialize", None), Ok(Revision::V2025_11_25));
        assert_eq!(
            judge(Some("2025-06-18"), call, None),
            Ok(Revision::V2025_06_18)
        );

        for (header, body, code) in [
            (Some(modern), Some("2025-11-25"), ErrorCode::HEADER_MISMATCH),
            (Some(modern), Some("1900-01-01"), ErrorCode::HEADER_MISMATCH),
            (None, Some(modern), ErrorCode::HEADER_MISMATCH),
            (
                Some("1900-01-01"),
                Some("1900-01-01"),
                ErrorCode::UNSUPPORTED_PROTOCOL_VERSION,
            ),
            (
                Some("1900-01-01"),
                None,
                ErrorCode::UNSUPPORTED_PROTOCOL_VERSION,
            ),
            (Some(modern), None, ErrorCode::INVALID_PARAMS),
        ] {
            assert_eq!(judge(header, call, body), Err(code), "{header:?} {body:?}");
        }
    }

    #[test]
    fn method_and_name_must_be_there_and_true() {
        let check = |pairs: &[(&'static str, &str)], era| {
            cross_check(&headers(pairs), era, "tools/call", Some("add")).map_err(|error| error.code)
        };
        let good = [(METHOD, "tools/call"), (NAME, "add")];
        assert_eq!(check(&good, Era::Sessionless), Ok(()));
        assert_eq!(check(&[], Era::Handshake), Ok(()));
        for pairs in [
            &[][..],
            &[(METHOD, "tools/call")],
            &[(NAME, "add")],
            &[(METHOD, "tools/list"), (NAME, "add")],
            &[(METHOD, "TOOLS/CALL"), (NAME, "add")],
            &[(METHOD, "tools/call"), (NAME, "sub")],
            &[(METHOD, "tools/call"), (NAME, "add"), (NAME, "add")],
            &[
                (METHOD, "tools/call"),
                (METHOD, "tools/call"),
                (NAME, "add"),
            ],
            &[(METHOD, "tools/call"), (NAME, "=?base64?%%%?=")],
        ] {
            assert_eq!(
                check(pairs, Era::Sessionless),
                Err(ErrorCode::HEADER_MISMATCH),
                "{pairs:?}"
            );
        }
        assert_eq!(
            check(&[(METHOD, "tools/list")], Era::Handshake),
            Err(ErrorCode::HEADER_MISMATCH)
        );
    }

    #[test]
    fn a_notification_is_held_against_its_headers_too() {
        let welcome = |pairs: &[(&'static str, &str)], version: Option<&str>| {
            let meta = version.map_or_else(
                || "{}".to_owned(),
                |version| format!(r#"{{"io.modelcontextprotocol/protocolVersion":"{version}"}}"#),
            );
            let body = format!(
                r#"{{"jsonrpc":"2.0","method":"notifications/cancelled","params":{{"_meta":{meta}}}}}"#
            );
            let message = Message::parse(body.as_bytes()).unwrap();
            carrier(pairs)
                .welcomes(&message, None)
                .map_err(|error| error.code)
        };
        let (modern, method) = ((VERSION, "2026-07-28"), (METHOD, "notifications/cancelled"));
        assert_eq!(welcome(&[], None), Ok(()));
        assert_eq!(welcome(&[(VERSION, "2025-11-25")], None), Ok(()));
        assert_eq!(welcome(&[modern, method], None), Ok(()));
        assert_eq!(welcome(&[modern, method], Some("2026-07-28")), Ok(()));
        for (pairs, version, code) in [
            (&[modern][..], None, ErrorCode::HEADER_MISMATCH),
            (
                &[(VERSION, "2025-11-25")],
                Some("2026-07-28"),
                ErrorCode::HEADER_MISMATCH,
            ),
            (&[(METHOD, "ping")], None, ErrorCode::HEADER_MISMATCH),
            (
                &[(VERSION, "1900-01-01")],
                None,
                ErrorCode::UNSUPPORTED_PROTOCOL_VERSION,
            ),
        ] {
            assert_eq!(welcome(pairs, version), Err(code), "{pairs:?} {version:?}");
        }
    }

    #[test]
    fn an_answer_is_welcome_only_where_there_may_be_a_question() {
        let message = Message::parse(br#"{"jsonrpc":"2.0","id":1,"result":{}}"#).unwrap();
        let welcome =
            |pairs: &[(&'static str, &str)]| carrier(pairs).welcomes(&message, None).is_ok();
        assert!(welcome(&[(VERSION, "2025-11-25")]));
        assert!(!welcome(&[(VERSION, "2026-07-28")]));
    }

    #[test]
    fn a_session_speaks_what_it_agreed_on() {
        let agree = |version: Option<&str>, body: Option<&str>| {
            let pairs: Vec<_> = version.iter().map(|value| (VERSION, *value)).collect();
            agreed(&headers(&pairs), Revision::V2025_06_18, &meta(body)).map_err(|error| error.code)
        };
        let ours = "2025-06-18";
        assert_eq!(agree(None, None), Ok(Revision::V2025_06_18));
        assert_eq!(agree(Some(ours), Some(ours)), Ok(Revision::V2025_06_18));
        for (header, body) in [
            (Some("2025-11-25"), None),
            (Some("nonsense"), None),
            (Some(ours), Some("2026-07-28")),
            (None, Some("2025-11-25")),
        ] {
            let refused = agree(header, body);
            assert_eq!(
                refused,
                Err(ErrorCode::HEADER_MISMATCH),
                "{header:?} {body:?}"
            );
        }
    }

    #[test]
    fn arguments_are_repeated_where_the_era_demands_it() {
        let tool = Tool::new("look", || async { "seen" }).input_schema(serde_json::json!({
            "type": "object",
            "properties": { "region": { "type": "string", "x-mcp-header": "Region" } },
        }));
        let arguments = RawValue::from_string(r#"{"region":"eu"}"#.to_owned()).unwrap();
        let judge = |pairs: &[(&'static str, &str)]| {
            carrier(pairs)
                .parameters(&tool, Some(&arguments))
                .map_err(|error| error.code)
        };
        let (modern, old) = ((VERSION, "2026-07-28"), (VERSION, "2025-11-25"));
        let (eu, us) = (("mcp-param-region", "eu"), ("mcp-param-region", "us"));
        assert_eq!(judge(&[modern, eu]), Ok(()));
        assert_eq!(judge(&[old]), Ok(()));
        assert_eq!(judge(&[]), Ok(()));
        for pairs in [&[modern][..], &[modern, us], &[old, us]] {
            assert_eq!(judge(pairs), Err(ErrorCode::HEADER_MISMATCH), "{pairs:?}");
        }
    }

    #[test]
    fn a_long_value_is_not_echoed_whole() {
        let long = "x".repeat(5000);
        let error = cross_check(
            &headers(&[(METHOD, &long)]),
            Era::Sessionless,
            "tools/call",
            None,
        )
        .unwrap_err();
        assert!(error.message.len() < 200, "{}", error.message);
    }

    proptest! {
        #[test]
        fn a_name_in_base64_is_the_name(name in "\\PC{1,40}") {
            let header = format!("=?base64?{}?=", STANDARD.encode(&name));
            let headers = headers(&[(METHOD, "tools/call"), (NAME, &header)]);
            prop_assert!(cross_check(&headers, Era::Sessionless, "tools/call", Some(&name)).is_ok());
        }
    }
}
