//! What `#[tool]` writes compiles in a crate that is strict with itself, and leaves the function
//! usable.

use std::thread;
use std::time::Duration;

use serde_json::value::RawValue;
use thyra::extend::RequestScope;
use thyra::prelude::*;
use thyra::{IntoTool, RequestId, Revision, TaskMode};

use crate::Outcome;

/// Add two numbers.
#[tool]
pub async fn add(a: i64, b: i64) -> i64 {
    a + b
}

/// Says something again.
#[tool]
pub(crate) fn echo(
    /// What to say
    echo: String,
) -> String {
    echo
}

/// Counts down, by calling itself.
#[tool]
fn count_down(from: u32) -> u32 {
    if from == 0 { 0 } else { count_down(from - 1) }
}

#[tool(name = "type", description = "Its name is a word of the language.")]
pub fn r#type(r#mod: Option<bool>) -> bool {
    r#mod.unwrap_or_default()
}

/// Exists in no build.
#[cfg(any())]
#[tool]
fn never(missing: DoesNotExist) {}

/// Exists in no build, said below the attribute.
#[tool]
#[cfg(any())]
fn never_either(missing: DoesNotExist) {}

/// Was better once.
#[tool]
#[deprecated = "use `add`"]
pub fn plus(a: i64, #[arg(default = -1)] b: i64) -> i64 {
    a + b
}

/// A tool of a tool's own names: whatever the user calls things, the macro's code does not meet
/// them.
mod names {
    use thyra::prelude::*;

    type Result<T> = std::result::Result<T, ToolError>;

    #[allow(dead_code)]
    pub(crate) struct Option;

    fn reader() -> i64 {
        1
    }

    #[tool]
    pub(crate) fn clash(
        #[arg(default = reader())] call: i64,
        #[arg(default = reader())] shape: i64,
    ) -> Result<i64> {
        call.checked_add(shape)
            .ok_or_else(|| ToolError::new("Too large."))
    }
}

/// How long a call may take.
const LONG: Duration = Duration::from_hours(1);

/// Has all that a tool can have.
#[tool(
    title = "Everything",
    tags = ["a", "b"],
    version = "1.0",
    timeout = LONG,
    icon = ["https://example.com/a.png", "data:image/png;base64,AA=="],
    meta(author = "Ada", "example.com/stage" = 2, r#type = true),
    task = "required",
    read_only
)]
async fn everything(
    /// Where
    #[arg(header = "Region")]
    region: String,
    #[arg(header = "Zone", default = 1)] zone: u32,
) -> String {
    format!("{region} {zone}")
}

/// Runs where it may block.
#[tool(task)]
fn elsewhere() -> String {
    format!("{:?}", thread::current().id())
}

/// Runs where the call is answered.
#[tool(inline, timeout = "2m")]
fn here() -> String {
    format!("{:?}", thread::current().id())
}

/// Panics, on another thread.
#[tool]
#[expect(clippy::panic, reason = "what becomes of a panic is tested")]
fn panics() {
    panic!("on purpose");
}

#[tokio::test]
async fn a_tool_is_still_a_function() {
    assert_eq!(add(1, 2).await, 3);
    assert_eq!(echo("hi".to_owned()), "hi");
    assert_eq!(count_down(3), 0);
    assert!(r#type(Some(true)));
    let spawned = tokio::spawn(add(3, 4));
    assert_eq!(spawned.await.ok(), Some(7));
}

#[tokio::test]
async fn a_tool_inside_of_a_function_is_a_tool() -> Outcome {
    /// Doubles.
    #[tool]
    async fn double(number: i64) -> i64 {
        number * 2
    }
    let tool = double.into_tool();
    let arguments = RawValue::from_string(r#"{"number": 4}"#.to_owned())?;
    let scope = RequestScope::new(Revision::LATEST, RequestId::Number(1));
    let result = tool.call(Some(&arguments), &scope).await;
    let structured = result.structured_content.as_deref().map(RawValue::get);
    assert_eq!(structured, Some("8"));
    assert_eq!(
        names::clash(1, 2).map_err(|error| error.message().to_owned()),
        Ok(3)
    );
    Ok(())
}

#[test]
fn tools_have_the_names_of_their_functions() {
    #[allow(deprecated)]
    let tools = [
        add.into_tool(),
        echo {}.into_tool(),
        count_down {}.into_tool(),
        r#type {}.into_tool(),
        plus {}.into_tool(),
        names::clash {}.into_tool(),
    ];
    let names: Vec<&str> = tools.iter().map(Tool::name).collect();
    assert_eq!(
        names,
        ["add", "echo", "count_down", "type", "plus", "clash"]
    );
    assert!(tools.iter().all(|tool| tool.problems().is_empty()));
}

#[test]
fn what_the_attribute_says_is_in_the_tool() -> Outcome {
    let tool = everything.into_tool();
    let definition = serde_json::to_value(tool.definition())?;
    assert_eq!(definition["title"], "Everything");
    assert_eq!(definition["icons"][1]["src"], "data:image/png;base64,AA==");
    assert_eq!(
        definition["_meta"],
        serde_json::json!({ "author": "Ada", "example.com/stage": 2, "type": true })
    );
    assert_eq!(definition["annotations"]["readOnlyHint"], true);
    let properties = &definition["inputSchema"]["properties"];
    assert_eq!(properties["region"]["x-mcp-header"], "Region");
    assert_eq!(properties["region"]["description"], "Where");
    assert_eq!(properties["zone"]["x-mcp-header"], "Zone");
    assert_eq!(tool.header_parameters().len(), 2);
    assert_eq!(tool.component_version(), Some("1.0"));
    assert_eq!(tool.call_timeout(), Some(LONG));
    assert_eq!(tool.component_tags().len(), 2);
    assert_eq!(tool.task_mode(), TaskMode::Required);
    assert_eq!(elsewhere {}.into_tool().task_mode(), TaskMode::Optional);
    assert_eq!(add.into_tool().task_mode(), TaskMode::Forbidden);
    assert_eq!(
        here {}.into_tool().call_timeout(),
        Some(Duration::from_mins(2))
    );
    assert!(tool.problems().is_empty(), "{:?}", tool.problems());
    Ok(())
}

#[tokio::test]
async fn a_function_that_is_not_async_runs_where_it_may_block() -> Outcome {
    let scope = RequestScope::new(Revision::LATEST, RequestId::Number(1));
    let answer = async |tool: Tool| {
        let result = tool.call(None, &scope).await;
        serde_json::to_value(&result.content).map(|content| content[0]["text"].clone())
    };
    let own = format!("{:?}", thread::current().id());
    assert_eq!(answer(here {}.into_tool()).await?, own.as_str());
    assert_ne!(answer(elsewhere {}.into_tool()).await?, own.as_str());
    let panicked = panics {}.into_tool().try_call(None, &scope).await;
    assert!(panicked.is_err());
    Ok(())
}
