//! The server as its clients see it.

use notes::{Note, Priority, Store};
use serde_json::{Value, json};
use thyra::client::{Client, CompletionReference, ElicitResult};

type Outcome = Result<(), Box<dyn std::error::Error>>;

/// A server with three notes, and its store.
fn store(folder: &tempfile::TempDir) -> Result<Store, Box<dyn std::error::Error>> {
    let store = Store::open(folder.path().join("notes.db"))?;
    let now = "2026-11-26T09:00:00Z".parse()?;
    store.add("Plants", "Water them on Monday.", Priority::High, now)?;
    store.add("Milk", "Two bottles.", Priority::Normal, now)?;
    store.add("Holiday", "Somewhere with water.", Priority::Low, now)?;
    store.put_picture(1, b"\x89PNG\r\n\x1a\n")?;
    Ok(store)
}

async fn text(
    client: &Client,
    tool: &str,
    arguments: Value,
) -> Result<(String, bool), Box<dyn std::error::Error>> {
    let result = client.call_tool(tool, &arguments).await?;
    let texts = result
        .content
        .iter()
        .filter_map(|content| content.as_text());
    Ok((texts.collect::<Vec<_>>().join("\n"), result.is_error))
}

#[tokio::test]
async fn notes_are_written_found_and_read() -> Outcome {
    let folder = tempfile::tempdir()?;
    let client = notes::server(store(&folder)?).connect()?;
    let note: Note = client
        .call_tool_as(
            "write_note",
            &json!({ "title": "Bread", "text": "Rye.", "priority": "high" }),
        )
        .await?;
    assert_eq!((note.id, note.priority), (4, Priority::High));
    // Left out, or null: the default.
    for arguments in [
        json!({ "title": "a", "text": "b" }),
        json!({ "title": "a", "text": "b", "priority": null }),
    ] {
        let note: Note = client.call_tool_as("write_note", &arguments).await?;
        assert_eq!(note.priority, Priority::Normal);
    }
    // An integer may be written as 2.0.
    let found: Vec<Note> = client
        .call_tool_as("search_notes", &json!({ "words": "WATER", "at_most": 2.0 }))
        .await?;
    let titles: Vec<&str> = found.iter().map(|note| note.title.as_str()).collect();
    assert_eq!(titles, ["Holiday", "Plants"]);
    let page = client.read_resource("note:///4").await?;
    let texts: Vec<&str> = page
        .contents
        .iter()
        .filter_map(|part| part.as_text())
        .collect();
    assert_eq!(texts, ["# Bread\n\nRye.\n"]);
    Ok(())
}

#[tokio::test]
async fn callers_are_told_what_is_meant_for_them() -> Outcome {
    let folder = tempfile::tempdir()?;
    let store = store(&folder)?;
    let database = rusqlite::Connection::open(folder.path().join("notes.db"))?;
    let client = notes::server(store).connect()?;
    let (said, failed) = text(&client, "picture", json!({ "id": 9 })).await?;
    assert_eq!((said.as_str(), failed), ("note 9 has no picture", true));
    let long = "a".repeat(10_001);
    let (said, failed) = text(&client, "write_note", json!({ "title": "a", "text": long })).await?;
    assert!(
        failed && said.starts_with("a note has at most 10,000 characters"),
        "{said}"
    );
    let missing = client.read_resource("note:///9").await.unwrap_err();
    assert!(
        missing.to_string().contains("there is no note 9"),
        "{missing}"
    );
    // Of a failing database they learn nothing.
    database.execute_batch("DROP TABLE pictures; DROP TABLE notes")?;
    let (said, failed) = text(&client, "search_notes", json!({})).await?;
    assert!(
        failed && !said.contains("database") && !said.contains("table"),
        "{said}"
    );
    Ok(())
}

#[tokio::test]
async fn a_wrong_argument_is_named() -> Outcome {
    let folder = tempfile::tempdir()?;
    let client = notes::server(store(&folder)?).connect()?;
    let (said, failed) = text(
        &client,
        "write_note",
        json!({ "title": "a", "text": "b", "priority": "hihg" }),
    )
    .await?;
    assert!(
        failed && said.contains("priority") && said.contains("high"),
        "{said}"
    );
    let (said, _) = text(&client, "search_notes", json!({ "word": "a" })).await?;
    assert!(said.contains("words"), "{said}");
    Ok(())
}

#[tokio::test]
async fn deleting_asks_the_user() -> Outcome {
    for (answer, is_deleted) in [
        (ElicitResult::decline(), false),
        (ElicitResult::accept([("", true); 0]), true),
    ] {
        let folder = tempfile::tempdir()?;
        let server = notes::server(store(&folder)?);
        let client = Client::over(server.in_process()?)
            .on_elicit(move |_question| {
                let answer = answer.clone();
                async move { answer }
            })
            .build();
        let (said, failed) = text(&client, "delete_note", json!({ "id": 2 })).await?;
        assert_eq!(failed, !is_deleted, "{said}");
        let left: Vec<Note> = client.call_tool_as("search_notes", &json!({})).await?;
        assert_eq!(left.iter().any(|note| note.id == 2), !is_deleted);
    }
    Ok(())
}

#[tokio::test]
async fn pictures_and_prompts_and_completions() -> Outcome {
    let folder = tempfile::tempdir()?;
    let client = notes::server(store(&folder)?).connect()?;
    let result = client.call_tool("picture", &json!({ "id": 1 })).await?;
    assert!(format!("{:?}", result.content).contains("image/png"));
    let prompt = client
        .get_prompt(
            "summarize",
            &json!({ "words": "water", "style": "detailed" }),
        )
        .await?;
    assert_eq!(prompt.messages.len(), 3);
    let note = CompletionReference::Resource {
        uri: "note:///{id}".into(),
    };
    let completed = client.complete(note, "id", "2", &[]).await?;
    assert_eq!(completed.values, ["2"]);
    Ok(())
}

/// What strict clients refuse: no boolean schema, no type that may be null.
#[tokio::test]
async fn every_client_can_read_the_schemas() -> Outcome {
    fn check(schema: &Value, path: &str) {
        match schema {
            Value::Object(members) => {
                for (key, value) in members {
                    if key == "properties" {
                        for (name, property) in value.as_object().into_iter().flatten() {
                            assert!(property.is_object(), "{path}.{name} is {property}");
                        }
                    }
                    check(value, &format!("{path}.{key}"));
                }
            }
            Value::Array(items) => items.iter().for_each(|item| check(item, path)),
            Value::String(text) => assert_ne!(text, "null", "{path}"),
            _ => {}
        }
    }
    let folder = tempfile::tempdir()?;
    let client = notes::server(store(&folder)?).connect()?;
    let tools = client.list_tools().await?;
    assert_eq!(tools.len(), 4);
    for tool in tools {
        let schema: Value = serde_json::from_str(tool.input_schema.get())?;
        check(&schema, &tool.name);
        assert!(tool.description.is_some_and(|text| !text.is_empty()));
    }
    Ok(())
}
