//! A whole HTTP request: the path on the first line, headers, an empty line, and the body.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request};
use http_body_util::Full;

use crate::service::answer;

pub(crate) fn run(data: &[u8]) {
    let Some(request) = read(data) else {
        return;
    };
    let is_get = request.method() == Method::GET;
    let Some((status, body)) = answer(request) else {
        assert!(is_get, "only the stream of a session stays open");
        return;
    };
    assert!((200..=599).contains(&status) && status != 500, "{status}");
    // A refusal that is a message is a JSON-RPC message.
    if body.starts_with(b"{\"jsonrpc\"") {
        thyra_protocol::Message::parse(&body).expect("the reply is a message");
    }
}

fn read(data: &[u8]) -> Option<Request<Full<Bytes>>> {
    let (mut rest, mut first) = (data, true);
    let mut request = Request::builder();
    loop {
        let end = rest.iter().position(|byte| *byte == b'\n')?;
        let (line, after) = rest.split_at(end);
        rest = after.get(1..)?;
        if line.is_empty() {
            break;
        }
        if first {
            first = false;
            let (method, path) = str::from_utf8(line).ok()?.split_once(' ')?;
            request = request
                .method(Method::from_bytes(method.as_bytes()).ok()?)
                .uri(format!("http://localhost{path}"));
            continue;
        }
        let colon = line.iter().position(|byte| *byte == b':')?;
        let (name, value) = line.split_at(colon);
        let value = value.get(1..)?.trim_ascii();
        request = request.header(
            HeaderName::from_bytes(name).ok()?,
            HeaderValue::from_bytes(value).ok()?,
        );
    }
    request.body(Full::from(rest.to_vec())).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(data: &[u8]) -> u16 {
        let request = read(data).expect("the corpus holds requests");
        answer(request).expect("the reply ends").0
    }

    #[test]
    fn the_corpus_reaches_every_method() {
        for (data, wanted) in [
            (&include_bytes!("../corpus/request/call")[..], 200),
            (include_bytes!("../corpus/request/encoded_name"), 200),
            (include_bytes!("../corpus/request/list"), 200),
            (include_bytes!("../corpus/request/read"), 200),
            (include_bytes!("../corpus/request/initialize"), 200),
            (include_bytes!("../corpus/request/old_call"), 200),
            (include_bytes!("../corpus/request/wrong_method_header"), 400),
        ] {
            assert_eq!(status(data), wanted, "{}", String::from_utf8_lossy(data));
        }
    }
}
