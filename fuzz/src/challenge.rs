//! The value of `WWW-Authenticate`. One line is one header.

use http::header::{HeaderMap, HeaderValue, WWW_AUTHENTICATE};
use thyra_client::Hop;
use thyra_oauth::Challenge;

use crate::shown::assert_printable;

pub(crate) fn run(data: &[u8]) {
    let headers: HeaderMap = data
        .split(|byte| *byte == b'\n')
        .filter_map(|line| HeaderValue::from_bytes(line).ok())
        .map(|value| (WWW_AUTHENTICATE, value))
        .collect();
    let Some(challenge) = Challenge::from_headers(&headers) else {
        return;
    };
    assert_printable(&Hop::Challenged {
        method: "tools/call",
        name: None,
        status: 401,
        with_token: true,
        challenge: Some(&challenge),
    });
    for text in [&challenge.error, &challenge.error_description]
        .into_iter()
        .flatten()
    {
        assert_printable(text);
    }
    // What is written is read as it was, but for what is no part of a URL or of a challenge.
    let written = HeaderMap::from_iter([(WWW_AUTHENTICATE, challenge.header_value())]);
    let again = Challenge::from_headers(&written).expect("what is written can be read");
    assert_eq!(again.error, challenge.error);
    assert_eq!(again.error_description, challenge.error_description);
    let rewritten = HeaderMap::from_iter([(WWW_AUTHENTICATE, again.header_value())]);
    assert_eq!(Challenge::from_headers(&rewritten), Some(again));
}
