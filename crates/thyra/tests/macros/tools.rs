//! What `#[tools]` writes: methods as components that share one value, and that stay methods.

use std::error::Error;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::value::RawValue;
use serde_json::{Value, json};
use thyra::extend::RequestScope;
use thyra::prelude::*;
use thyra::{Component, RequestId, Revision, Tools};

use crate::Outcome;

/// Counts.
#[derive(Debug, Default)]
pub struct Counter {
    count: AtomicU64,
}

#[tools]
impl Counter {
    /// Where it begins.
    pub const START: u64 = 0;

    /// A counter that is elsewhere.
    #[must_use]
    pub fn at(count: u64) -> Self {
        let count = count.into();
        Self { count }
    }

    /// Counts on.
    #[tool(title = "Count", idempotent = false)]
    pub async fn count(
        &self,
        /// By how much
        #[arg(default = 1)]
        by: u64,
        ctx: Context,
    ) -> u64 {
        ctx.progress(1, 1).await;
        self.add(by)
    }

    /// Counts on, on a thread that may block.
    #[thyra::tool(name = "count-slowly")]
    fn slowly(&self, by: u64) -> Result<u64, ToolError> {
        Ok(self.add(by))
    }

    /// Counts on at once.
    #[tool(inline)]
    fn at_once(&self, by: u64) -> u64 {
        self.add(by)
    }

    /// Exists in no build.
    #[cfg(any())]
    #[tool]
    fn never(&self, missing: DoesNotExist) {}

    /// The count.
    #[resource("counter://now")]
    async fn now(&self) -> String {
        self.count.load(Ordering::Relaxed).to_string()
    }

    /// The count, and more.
    #[resource("counter://in/{steps}")]
    fn later(&self, steps: u64) -> String {
        (self.count.load(Ordering::Relaxed) + steps).to_string()
    }

    /// Asks for a count.
    #[prompt]
    async fn ask(&self, what: String) -> String {
        format!("Count {what}, from {}.", self.add(0))
    }

    fn add(&self, by: u64) -> u64 {
        self.count.fetch_add(by, Ordering::Relaxed) + by
    }
}

/// A value of any kind: the type may be generic.
#[derive(Debug)]
struct Cell<T>(Mutex<T>);

#[tools]
impl<T> Cell<T>
where
    T: Clone + Send + ToString + 'static,
{
    /// What is in it.
    #[tool]
    fn get(&self) -> String {
        let value = self.0.lock().map(|value| value.clone());
        value.map_or_else(|_| String::new(), |value| value.to_string())
    }
}

fn scope() -> RequestScope {
    RequestScope::new(Revision::LATEST, RequestId::Number(1))
}

async fn call(tool: &Tool, arguments: &str) -> Result<Value, Box<dyn Error>> {
    let arguments = RawValue::from_string(arguments.to_owned())?;
    let scope = scope();
    let result = tool.try_call(Some(&arguments), &scope).await;
    let result = result.map_err(|error| format!("{error:?}"))?;
    Ok(serde_json::to_value(result)?)
}

#[tokio::test]
async fn methods_stay_methods() {
    let counter = Counter::at(Counter::START);
    assert_eq!(counter.count(2, scope().context().clone()).await, 2);
    assert_eq!(counter.at_once(2), 4);
    assert_eq!(counter.slowly(1).ok(), Some(5));
    assert_eq!(counter.later(1), "6");
}

#[tokio::test]
async fn components_share_the_value() -> Outcome {
    let components = Counter::at(10).components();
    let names: Vec<String> = components
        .iter()
        .map(|component| match component {
            Component::Tool(tool) => format!("tool {}", tool.name()),
            Component::Resource(resource) => format!("resource {}", resource.uri()),
            Component::Template(template) => format!("template {}", template.uri_template()),
            Component::Prompt(prompt) => format!("prompt {}", prompt.name()),
            other => format!("{other:?}"),
        })
        .collect();
    assert_eq!(
        names,
        [
            "tool count",
            "tool count-slowly",
            "tool at_once",
            "resource counter://now",
            "template counter://in/{steps}",
            "prompt ask",
        ]
    );
    for component in &components {
        match component {
            Component::Tool(tool) if tool.name() == "count" => {
                assert_eq!(tool.definition().description.as_deref(), Some("Counts on."));
                let result = call(tool, "{}").await?;
                assert_eq!(result["structuredContent"], 11);
            }
            Component::Tool(tool) => {
                let before = call(tool, r#"{"by": 0}"#).await?;
                let after = call(tool, r#"{"by": "5"}"#).await?;
                let count = |result: &Value| result["structuredContent"].as_u64();
                assert_eq!(count(&before).map(|count| count + 5), count(&after));
            }
            Component::Resource(resource) => {
                let scope = scope();
                let result = resource.read("counter://now", &scope).await;
                let result = result.map_err(|error| format!("{error:?}"))?;
                let result = serde_json::to_value(result)?;
                assert_eq!(result["contents"][0]["text"], "21");
            }
            Component::Template(template) => {
                let uri = "counter://in/4";
                let arguments = template.matches(uri).ok_or("the URI fits")?;
                let scope = scope();
                let result = template.read(uri, &arguments, &scope).await;
                let result = result.map_err(|error| format!("{error:?}"))?;
                let result = serde_json::to_value(result)?;
                assert_eq!(result["contents"][0]["text"], "25");
            }
            Component::Prompt(prompt) => {
                let arguments = RawValue::from_string(r#"{"what": "sheep"}"#.to_owned())?;
                let scope = scope();
                let result = prompt.get(Some(&arguments), &scope).await;
                let result = result.map_err(|error| format!("{error:?}"))?;
                let result = serde_json::to_value(result)?;
                assert_eq!(
                    result["messages"][0]["content"]["text"],
                    "Count sheep, from 21."
                );
            }
            other => return Err(format!("{other:?}").into()),
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_generic_type_has_tools() -> Outcome {
    let components = Cell(Mutex::new(7)).components();
    let [Component::Tool(get)] = components.as_slice() else {
        return Err("one tool".into());
    };
    let result = call(get, "{}").await?;
    assert_eq!(result["content"][0]["text"], "7");
    Ok(())
}

#[tokio::test]
async fn the_program_keeps_its_own_hold_of_the_value() -> Outcome {
    let counter = Arc::new(Counter::at(10));
    let client = Server::new("Counter")
        .tools(Arc::clone(&counter))
        .connect()?;
    counter.add(5);
    let count: u64 = client.call_tool_as("at_once", &json!({ "by": 1 })).await?;
    assert_eq!(count, 16);
    assert_eq!(counter.add(0), 16);
    Ok(())
}
