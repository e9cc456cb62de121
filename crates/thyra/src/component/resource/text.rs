//! Resources that never change.

use bytes::Bytes;
use futures_util::future::BoxFuture;
use thyra_protocol::ReadResourceResult;

use super::{Resource, name_of};
use crate::handler::{Call, CallError, Handler, IntoContents, contents_of_text};

struct Text(String);

struct Blob(Bytes);

impl Resource {
    /// The resource at `uri` that always holds `text`. Its name is the last part of the URI, its
    /// media type `text/plain` unless [`Resource::mime_type`] says otherwise.
    pub fn text(uri: impl Into<String>, text: impl Into<String>) -> Self {
        let (uri, text) = (uri.into(), text.into());
        let size = text.len() as u64;
        let name = name_of(&uri);
        Self::from_handler(uri, name, Text(text))
            .mime_type("text/plain")
            .size(size)
    }

    /// The resource at `uri` that always holds `bytes`. Its name is the last part of the URI, its
    /// media type `application/octet-stream` unless [`Resource::mime_type`] says otherwise.
    pub fn bytes(uri: impl Into<String>, bytes: impl Into<Bytes>) -> Self {
        let (uri, bytes) = (uri.into(), bytes.into());
        let size = bytes.len() as u64;
        let name = name_of(&uri);
        Self::from_handler(uri, name, Blob(bytes))
            .mime_type("application/octet-stream")
            .size(size)
    }
}

impl Handler<ReadResourceResult> for Text {
    fn call<'a>(&'a self, _: Call<'a>) -> BoxFuture<'a, Result<ReadResourceResult, CallError>> {
        Box::pin(async move { Ok(contents_of_text(self.0.as_str())) })
    }
}

impl Handler<ReadResourceResult> for Blob {
    fn call<'a>(&'a self, _: Call<'a>) -> BoxFuture<'a, Result<ReadResourceResult, CallError>> {
        Box::pin(async move { self.0.clone().into_contents() })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use thyra_protocol::{RequestId, Revision};

    use super::Resource;
    use crate::context::RequestScope;

    #[tokio::test]
    async fn what_was_given_is_what_is_read() {
        let text = Resource::text("notes://all/today.md", "# hi").mime_type("text/markdown");
        let bytes = Resource::bytes("notes://raw", [0_u8, 255].as_slice().to_vec());
        let cases = [
            (
                text,
                "today.md",
                4,
                json!({ "uri": "n://x", "mimeType": "text/markdown", "text": "# hi" }),
            ),
            (
                bytes,
                "raw",
                2,
                json!({ "uri": "n://x", "mimeType": "application/octet-stream", "blob": "AP8=" }),
            ),
        ];
        for (resource, name, size, contents) in cases {
            assert_eq!(resource.problems(), [""; 0]);
            assert_eq!(resource.name(), name);
            assert_eq!(resource.definition().size, Some(size));
            let scope = RequestScope::new(Revision::LATEST, RequestId::Number(1));
            let result = resource.read("n://x", &scope).await.expect("contents");
            let written = serde_json::to_value(result.contents[0].for_revision(Revision::LATEST));
            assert_eq!(written.expect("JSON"), contents);
        }
    }
}
