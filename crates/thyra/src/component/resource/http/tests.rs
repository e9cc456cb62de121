#![expect(clippy::unwrap_used, reason = "a helper of tests, outside of them")]

use axum::Router;
use axum::body::Body;
use axum::http::StatusCode;
use axum::routing::get;
use thyra_protocol::{Era, ErrorCode, ErrorObject, RequestId, ResourceContents, Revision};

use super::Resource;
use crate::context::RequestScope;

/// What is read from `path` of a web server, or the code of the error.
async fn read(path: &str) -> Result<ResourceContents, ErrorCode> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new()
        .route("/text", get(|| async { "hi" }))
        .route(
            "/bytes",
            get(|| async { ([("content-type", "image/png")], [0_u8, 255]) }),
        )
        .route(
            "/bomb",
            get(|| async {
                let headers = [("content-encoding", "gzip"), ("content-type", "text/plain")];
                (headers, "as it came")
            }),
        )
        .route(
            "/announced",
            get(|| async { vec![b'x'; 16 * 1024 * 1024 + 1] }),
        )
        .route(
            "/endless",
            get(|| async {
                let piece = || Ok::<_, std::io::Error>(vec![b'x'; 64 * 1024]);
                Body::from_stream(futures_util::stream::repeat_with(piece))
            }),
        )
        .route("/broken", get(|| async { StatusCode::BAD_GATEWAY }))
        .route(
            "/elsewhere",
            get(|| async { (StatusCode::FOUND, [("location", "/text")]) }),
        );
    let server = tokio::spawn(async move { axum::serve(listener, router).await });
    let resource = Resource::http("web://x", &format!("http://{address}{path}"));
    assert_eq!(resource.problems(), [""; 0]);
    let scope = RequestScope::new(Revision::LATEST, RequestId::Number(1));
    let result = resource.read("web://x", &scope).await;
    server.abort();
    match result {
        Ok(result) => Ok(result.contents[0].clone()),
        Err(error) => {
            let not_found = |uri: &str| ErrorObject::resource_not_found(uri, Era::Handshake);
            Err(error.into_error("web://x", not_found).code)
        }
    }
}

#[tokio::test]
async fn the_web_server_says_what_it_is() {
    let Ok(ResourceContents::Text(text)) = read("/text").await else {
        panic!("that is text");
    };
    assert_eq!((text.text.as_str(), text.uri.as_str()), ("hi", "web://x"));
    assert_eq!(text.mime_type.as_deref(), Some("text/plain"));
    let Ok(ResourceContents::Blob(blob)) = read("/bytes").await else {
        panic!("those are bytes");
    };
    assert_eq!(
        (blob.blob.as_str(), blob.mime_type.as_deref()),
        ("AP8=", Some("image/png"))
    );
}

#[tokio::test]
async fn what_is_not_there_is_not_found_and_the_rest_is_a_fault() {
    assert_eq!(read("/none").await, Err(ErrorCode::RESOURCE_NOT_FOUND));
    assert_eq!(read("/broken").await, Err(ErrorCode::INTERNAL_ERROR));
    assert_eq!(read("/elsewhere").await, Err(ErrorCode::INTERNAL_ERROR));
}

#[tokio::test]
async fn a_body_without_end_is_given_up_and_a_packed_one_is_not_unpacked() {
    assert_eq!(read("/announced").await, Err(ErrorCode::INTERNAL_ERROR));
    assert_eq!(read("/endless").await, Err(ErrorCode::INTERNAL_ERROR));
    // Nobody asked for a coding, so there is no bomb to set off.
    let Ok(ResourceContents::Text(text)) = read("/bomb").await else {
        panic!("that is text");
    };
    assert_eq!(text.text, "as it came");
}

#[test]
fn a_url_of_another_kind_is_a_problem() {
    for url in ["ftp://example.com/x", "x", "file:///etc/passwd"] {
        assert_eq!(Resource::http("web://x", url).problems().len(), 1, "{url}");
    }
}
