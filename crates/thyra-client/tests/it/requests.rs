//! What requests look like.

use serde_json::json;
use thyra_client::CompletionReference;

use crate::mock::Mock;

#[tokio::test]
async fn the_name_of_a_request_is_in_its_head() {
    let mock =
        Mock::always(json!({ "contents": [], "messages": [], "completion": { "values": [] } }));
    let mock = mock.await;
    let client = mock.client();
    client.read_resource("book://one").await.unwrap();
    client.read_resource("book://grün").await.unwrap();
    client.get_prompt("essay", &()).await.unwrap();
    let essay = CompletionReference::Prompt {
        name: "essay".into(),
    };
    client
        .complete(essay, "id", "", &[("a", "b")])
        .await
        .unwrap();
    let asked = mock.asked();
    let name = |number: usize| {
        let (head, _) = &asked[number];
        let mut lines = head.lines();
        lines.find_map(|line| line.strip_prefix("mcp-name: "))
    };
    assert_eq!(name(0), Some("book://one"));
    // The Base64 is in lower case, as is all of the head.
    assert_eq!(name(1), Some("=?base64?ym9vazovl2dyw7xu?="));
    assert_eq!(name(2), Some("essay"));
    assert_eq!(name(3), None);
    assert_eq!(asked[0].1["params"]["uri"], "book://one");
    assert_eq!(asked[2].1["params"].get("arguments"), None);
    let complete = &asked[3].1["params"];
    assert_eq!(
        complete["ref"],
        json!({ "type": "ref/prompt", "name": "essay" })
    );
    assert_eq!(complete["context"], json!({ "arguments": { "a": "b" } }));
}
