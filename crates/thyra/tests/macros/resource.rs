//! What `#[resource]` writes: functions that are read by URI, and that stay functions.

use std::collections::BTreeMap;
use std::error::Error;
use std::time::Duration;

use serde_json::{Value, json};
use thyra::extend::RequestScope;
use thyra::prelude::*;
use thyra::{IntoResource, RequestId, ResourceComponent, Revision, completion_values};

use crate::Outcome;

/// One note.
#[resource(
    "notes://{id}/{name}",
    title = "Note",
    mime_type = "text/markdown",
    tags = ["notes"],
    version = "2",
    scopes = ["notes:read"],
    timeout = "1500ms",
    icon = "https://example.com/note.png",
    meta(owner = "docs", "example.com/rank" = -1),
    audience = ["user", "assistant"],
    priority = 0.5,
    cache = 60,
    cache_scope = "public"
)]
pub async fn note(
    /// Its number
    id: u64,
    #[arg(complete = completion_values(["first", "second"]))] name: String,
    ctx: Context,
) -> Result<String, ResourceError> {
    if id == 0 {
        return Err(ResourceError::not_found());
    }
    Ok(format!("{name} {id} {}", ctx.revision()))
}

/// All notes.
#[resource("notes://all", name = "every note", size = 12)]
fn all() -> Json<Vec<u64>> {
    Json(vec![1, 2])
}

/// What anybody may see, from where it is answered.
#[resource("notes://public/{type}", inline, name = "public")]
fn public(r#type: Option<String>) -> String {
    r#type.unwrap_or_default()
}

async fn sizes(partial: String, _others: BTreeMap<String, String>) -> Vec<String> {
    vec![format!("{partial}0")]
}

/// A picture.
#[resource("pictures://{id}")]
async fn picture(#[arg(name = "id", complete = sizes)] number: u8) -> Vec<u8> {
    vec![number]
}

/// A file, wherever it is.
#[resource("files:///{+path}{?lines}", exempt = ["path"], inline)]
fn file(path: String, #[arg(default = 3)] lines: u8) -> String {
    format!("{lines} of {path}")
}

fn scope() -> RequestScope {
    RequestScope::new(Revision::LATEST, RequestId::Number(1))
}

fn template<Marker>(
    component: impl IntoResource<Marker>,
) -> Result<ResourceTemplate, &'static str> {
    match component.into_resource() {
        ResourceComponent::Template(template) => Ok(template),
        ResourceComponent::Fixed(_) => Err("the URI has variables"),
    }
}

fn fixed<Marker>(component: impl IntoResource<Marker>) -> Result<Resource, &'static str> {
    match component.into_resource() {
        ResourceComponent::Fixed(resource) => Ok(resource),
        ResourceComponent::Template(_) => Err("the URI has no variables"),
    }
}

async fn read(template: &ResourceTemplate, uri: &str) -> Result<Value, Box<dyn Error>> {
    let arguments = template.matches(uri).ok_or("the URI fits")?;
    let scope = scope();
    let result = template.read(uri, &arguments, &scope).await;
    Ok(serde_json::to_value(
        result.map_err(|error| format!("{error:?}"))?,
    )?)
}

#[tokio::test]
async fn a_resource_is_still_a_function() -> Outcome {
    assert_eq!(all().0, [1, 2]);
    assert_eq!(public(Some("a".to_owned())), "a");
    assert_eq!(picture(7).await, [7]);
    assert!(
        note(0, String::new(), scope().context().clone())
            .await
            .is_err()
    );
    Ok(())
}

#[test]
fn what_the_attribute_says_is_in_the_definition() -> Outcome {
    let template = template(note)?;
    let definition = serde_json::to_value(template.definition())?;
    assert_eq!(
        definition,
        json!({
            "name": "note",
            "title": "Note",
            "uriTemplate": "notes://{id}/{name}",
            "description": "One note.",
            "mimeType": "text/markdown",
            "icons": [{ "src": "https://example.com/note.png" }],
            "annotations": { "audience": ["user", "assistant"], "priority": 0.5 },
            "_meta": { "owner": "docs", "example.com/rank": -1 },
        })
    );
    assert_eq!(template.component_version(), Some("2"));
    assert_eq!(template.call_timeout(), Some(Duration::from_millis(1500)));
    assert!(template.component_tags().contains("notes"));
    assert_eq!(template.required_scopes().to_string(), "notes:read");
    assert!(template.completer("name").is_some());
    assert!(template.problems().is_empty(), "{:?}", template.problems());
    let definition = serde_json::to_value(fixed(all {})?.definition())?;
    assert_eq!(
        definition,
        json!({
            "name": "every note",
            "uri": "notes://all",
            "description": "All notes.",
            "mimeType": "application/json",
            "size": 12,
        })
    );
    Ok(())
}

#[tokio::test]
async fn variables_become_arguments_of_their_types() -> Outcome {
    let notes = template(note)?;
    let result = read(&notes, "notes://7/seven").await?;
    assert_eq!(result["contents"][0]["text"], "seven 7 2026-07-28");
    assert_eq!(result["contents"][0]["mimeType"], "text/markdown");
    assert_eq!(result["contents"][0]["uri"], "notes://7/seven");
    assert_eq!(result["ttlMs"], 60_000);
    assert_eq!(result["cacheScope"], "public");
    assert!(read(&notes, "notes://zero/a").await.is_err());
    let result = read(&template(picture)?, "pictures://9").await?;
    assert_eq!(result["contents"][0]["blob"], "CQ==");
    Ok(())
}

#[tokio::test]
async fn a_function_that_may_block_is_read_too() -> Outcome {
    let resource = fixed(all {})?;
    let scope = scope();
    let result = resource.read("notes://all", &scope).await;
    let result = serde_json::to_value(result.map_err(|error| format!("{error:?}"))?)?;
    assert_eq!(result["contents"][0]["text"], "[1,2]");
    Ok(())
}

#[tokio::test]
async fn an_exempt_variable_holds_anything_and_a_query_is_optional() -> Outcome {
    let files = template(file {})?;
    assert!(files.problems().is_empty(), "{:?}", files.problems());
    let result = read(&files, "files:///../a?lines=2").await?;
    assert_eq!(result["contents"][0]["text"], "2 of ../a");
    let result = read(&files, "files:///b").await?;
    assert_eq!(result["contents"][0]["text"], "3 of b");
    Ok(())
}
