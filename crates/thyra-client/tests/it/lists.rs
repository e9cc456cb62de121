//! The bounds of lists.

use serde_json::{Value, json};

use crate::mock::Mock;

/// Checks that each list of `mock` is given up after `requests` requests.
async fn endless(mock: Mock, requests: usize) {
    let client = mock.client();
    let errors = [
        client.list_tools().await.map(drop).unwrap_err(),
        client.list_prompts().await.map(drop).unwrap_err(),
        client.list_resources().await.map(drop).unwrap_err(),
        client
            .list_resource_templates()
            .await
            .map(drop)
            .unwrap_err(),
    ];
    for error in &errors {
        let error = error.to_string();
        assert!(
            error.ends_with("cannot be used: the list does not end"),
            "{error}"
        );
    }
    assert_eq!(mock.count(), errors.len() * requests);
}

#[tokio::test]
async fn a_list_has_at_most_64_mebibytes() {
    let entry = json!({ "name": "x".repeat(8 * 1024 * 1024) });
    let mock = Mock::start(move |number| {
        let mut page = json!({ "prompts": [entry] });
        if number != 6 {
            page["nextCursor"] = number.to_string().into();
        }
        page
    })
    .await;
    let client = mock.client();
    // Seven pages fit, and eight, which are a little more than 64 MiB, do not.
    assert_eq!(client.list_prompts().await.unwrap().len(), 7);
    let error = client.list_prompts().await.unwrap_err().to_string();
    assert_eq!(
        error,
        "the result of prompts/list cannot be used: the list is larger than 64 MiB"
    );
    assert_eq!(mock.count(), 15);
}

fn page(next: impl Into<Value>) -> Value {
    let mut page = json!({ "tools": [], "prompts": [], "resources": [], "resourceTemplates": [] });
    page["nextCursor"] = next.into();
    page
}

#[tokio::test]
async fn a_list_has_at_most_a_thousand_pages() {
    endless(Mock::start(|number| page(number.to_string())).await, 1000).await;
}

#[tokio::test]
async fn a_page_that_leads_to_itself_ends_the_list() {
    endless(Mock::always(page("again")).await, 2).await;
}

#[tokio::test]
async fn a_page_that_leads_back_ends_the_list() {
    let circle = Mock::start(|number| page(["a", "b", "c"][number % 3])).await;
    endless(circle, 4).await;
}

#[tokio::test]
async fn a_cursor_has_at_most_64_kibibytes() {
    let longest = 64 * 1024;
    for (length, fits) in [(longest, true), (longest + 1, false), (10_000_000, false)] {
        let mock = Mock::start(move |number| match number {
            0 => page("x".repeat(length)),
            _ => json!({ "tools": [] }),
        })
        .await;
        let listed = mock.client().list_tools().await;
        assert_eq!(mock.count(), 1 + usize::from(fits), "{length}");
        if fits {
            listed.unwrap();
            continue;
        }
        assert_eq!(
            listed.unwrap_err().to_string(),
            "the result of tools/list cannot be used: a cursor has more than 64 KiB"
        );
    }
}

#[tokio::test]
async fn a_list_has_at_most_a_hundred_thousand_entries() {
    for (number, fits) in [(100_000, true), (100_001, false)] {
        let prompts = vec![json!({ "name": "p" }); number];
        let mock = Mock::always(json!({ "prompts": prompts })).await;
        assert_eq!(mock.client().list_prompts().await.is_ok(), fits);
    }
}

#[tokio::test]
async fn one_bad_entry_does_not_take_the_list_down() {
    let good = json!({ "name": "good", "inputSchema": { "type": "object" } });
    let bad = json!({ "name": "bad", "annotations": null });
    let tools = json!({ "tools": [good, 7, bad, { "title": "no name" }] });
    let listed = Mock::always(tools)
        .await
        .client()
        .list_tools()
        .await
        .unwrap();
    let names: Vec<_> = listed.iter().map(|tool| tool.name.as_str()).collect();
    assert_eq!(names, ["good", "bad"]);
    assert_eq!(listed[1].input_schema.get(), r#"{"type":"object"}"#);
}
