use std::time::Duration;

use bytes::Bytes;
use serde_json::json;
use thyra_protocol::{
    CacheScope, Era, ErrorCode, ErrorObject, ReadResourceResult, RequestId, ResourceContents,
    Revision, TextResourceContents,
};

use super::Resource;
use crate::context::RequestScope;
use crate::handler::{Args, CallError, Json, ToolError};

const URI: &str = "notes://today";

async fn read(resource: &Resource) -> Result<ReadResourceResult, CallError> {
    let scope = RequestScope::new(Revision::LATEST, RequestId::Number(1));
    resource.read(URI, &scope).await
}

/// Media type and contents, each as `uri: type: value`.
async fn contents(resource: Resource) -> (Option<String>, String) {
    assert_eq!(resource.problems(), [""; 0]);
    let result = read(&resource).await.expect("contents");
    let lines: Vec<String> = result
        .contents
        .iter()
        .map(|contents| match contents {
            ResourceContents::Text(text) => {
                format!("{}: {:?}: text {}", text.uri, text.mime_type, text.text)
            }
            ResourceContents::Blob(blob) => {
                format!("{}: {:?}: blob {}", blob.uri, blob.mime_type, blob.blob)
            }
        })
        .collect();
    (resource.definition().mime_type.clone(), lines.join("; "))
}

fn told(mime_type: &str, contents: &str) -> (Option<String>, String) {
    (Some(mime_type.to_owned()), contents.to_owned())
}

#[tokio::test]
async fn the_type_that_is_returned_tells_the_media_type() {
    assert_eq!(
        contents(Resource::new(URI, "x", || async { "hi" })).await,
        told("text/plain", "notes://today: Some(\"text/plain\"): text hi")
    );
    assert_eq!(
        contents(Resource::new(URI, "x", || async {
            Ok::<_, ToolError>("hi".to_owned())
        }))
        .await,
        told("text/plain", "notes://today: Some(\"text/plain\"): text hi")
    );
    let blob = told(
        "application/octet-stream",
        "notes://today: Some(\"application/octet-stream\"): blob AAH/",
    );
    assert_eq!(
        contents(Resource::new(URI, "x", || async { vec![0_u8, 1, 255] })).await,
        blob
    );
    assert_eq!(
        contents(Resource::new(URI, "x", || async {
            Bytes::from_static(&[0, 1, 255])
        }))
        .await,
        blob
    );
    let json_text = told(
        "application/json",
        "notes://today: Some(\"application/json\"): text [1,2]",
    );
    assert_eq!(
        contents(Resource::new(URI, "x", || async { Json([1, 2]) })).await,
        json_text
    );
    assert_eq!(
        contents(Resource::new(URI, "x", || async { json!([1, 2]) })).await,
        json_text
    );
}

#[tokio::test]
async fn a_number_that_is_not_finite_is_an_error() {
    let resource = Resource::new(URI, "x", || async { Json([1.0, f64::NAN]) });
    let error = read(&resource).await.expect_err("JSON has no NaN");
    assert!(
        matches!(&error, CallError::Failed(error) if error.message()
            == "contents[1] is NaN: JSON has no such number."),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_named_media_type_goes_before_and_contents_that_say_their_own_keep_it() {
    assert_eq!(
        contents(Resource::new(URI, "x", || async { "# hi" }).mime_type("text/markdown")).await,
        told(
            "text/markdown",
            "notes://today: Some(\"text/markdown\"): text # hi"
        )
    );
    let parts = || async {
        vec![
            ResourceContents::Text(TextResourceContents {
                text: "a".to_owned(),
                ..TextResourceContents::default()
            }),
            ResourceContents::Text(TextResourceContents {
                uri: "notes://other".to_owned(),
                mime_type: Some("text/html".to_owned()),
                text: "b".to_owned(),
                meta: None,
            }),
        ]
    };
    assert_eq!(
        contents(Resource::new(URI, "x", parts).mime_type("text/markdown")).await,
        told(
            "text/markdown",
            "notes://today: Some(\"text/markdown\"): text a; notes://other: Some(\"text/html\"): text b"
        )
    );
    assert_eq!(
        contents(Resource::new(URI, "x", parts)).await,
        (
            None,
            "notes://today: None: text a; notes://other: Some(\"text/html\"): text b".to_owned()
        )
    );
}

#[test]
fn what_is_wrong_with_a_resource_is_known_before_it_is_read() {
    #[derive(serde::Deserialize, schemars::JsonSchema)]
    struct Which {
        #[expect(dead_code, reason = "only the schema looks at it")]
        id: u64,
    }
    let problems = |uri: &str| {
        Resource::new(uri, "x", || async { "x" })
            .problems()
            .join("; ")
    };
    assert_eq!(
        problems("today"),
        "its URI is no absolute one, as in `notes://today`: relative URL without a base"
    );
    assert_eq!(
        problems("notes://{id}"),
        "its URI has `{` or `}` in it; a pattern of URIs is a `ResourceTemplate`"
    );
    assert_eq!(problems("urn:isbn:0"), "");
    let taking = Resource::new(URI, "x", |Args(_): Args<Which>| async { "x" });
    assert_eq!(
        taking.problems(),
        ["it takes the argument `id`, and its URI has no `{id}` to take it from"]
    );
}

#[tokio::test]
async fn freshness_is_told_unless_the_handler_did() {
    let minute = Duration::from_mins(1);
    let fresh = Resource::new(URI, "x", || async { "hi" }).cache(minute, CacheScope::Public);
    let result = read(&fresh).await.expect("contents");
    assert_eq!(result.ttl_ms, Some(60_000));
    assert_eq!(result.cache_scope, Some(CacheScope::Public));

    let own = || async {
        let mut result = ReadResourceResult::default();
        result.ttl_ms = Some(5);
        result
    };
    let result = read(&Resource::new(URI, "x", own).cache(minute, CacheScope::Public))
        .await
        .expect("contents");
    assert_eq!((result.ttl_ms, result.cache_scope), (Some(5), None));

    let result = read(&Resource::new(URI, "x", || async { "hi" }))
        .await
        .expect("contents");
    assert_eq!(result.ttl_ms, None);
}

#[tokio::test]
async fn a_resource_that_is_not_there_is_the_protocols_own_error() {
    let missing = Resource::new(URI, "x", || async {
        Err::<String, _>(ToolError::not_found())
    });
    let error = read(&missing).await.expect_err("it is not there");
    let error = error.into_error(URI, |uri| {
        ErrorObject::resource_not_found(uri, Era::Handshake)
    });
    assert_eq!(error.code, ErrorCode::RESOURCE_NOT_FOUND);
}
