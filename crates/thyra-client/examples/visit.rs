//! Visits a server as a script says, and reports what it answered, asked and said. The interop
//! tests drive it.
//!
//! ```console
//! cargo run -p thyra-client --example visit -- http://127.0.0.1:8000/mcp < steps.json
//! cargo run -p thyra-client --example visit -- --revision 2025-06-18 -- program argument < steps.json
//! ```
//!
//! The steps are a JSON array of objects such as `{ "do": "read", "uri": "notes://1" }`; [`Step`]
//! has all of them. The report is a JSON array with one object for each step: its `result` or its
//! `error`, and what was `heard` meanwhile.

use std::env;
use std::error::Error;
use std::io::{self, Write as _};
use std::sync::{Arc, Mutex, PoisonError};

use serde::Deserialize;
use serde_json::{Map, Value, json, to_value};
use thyra_client::protocol::{Revision, SamplingContent};
use thyra_client::{
    Change, Client, ClientBuilder, CompletionReference, CreateMessageResult, ElicitFormParams,
    ElicitParams, ElicitResult, LoggingLevel, Root, SubscriptionFilter,
};

/// What to do with the server.
#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "camelCase", deny_unknown_fields)]
enum Step {
    /// Says who the server is, and which revision it speaks.
    Discover,
    /// Lists all of a kind.
    List { what: Kind },
    /// Calls a tool.
    Call {
        name: String,
        #[serde(default)]
        arguments: Map<String, Value>,
    },
    /// Calls a tool, and drops the call at its first report of progress.
    Cancel {
        name: String,
        #[serde(default)]
        arguments: Map<String, Value>,
    },
    /// Subscribes to changes, calls a tool, and waits for the first change.
    Watch {
        wish: SubscriptionFilter,
        name: String,
        #[serde(default)]
        arguments: Map<String, Value>,
    },
    /// Reads a resource.
    Read { uri: String },
    /// Gets a prompt.
    Prompt {
        name: String,
        #[serde(default)]
        arguments: Map<String, Value>,
    },
    /// Completes an argument of a prompt, or a variable of a template.
    Complete {
        reference: Reference,
        argument: String,
        typed: String,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum Kind {
    Prompts,
    Resources,
    Templates,
    Tools,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum Reference {
    Prompt(String),
    Template(String),
}

/// What the server asks and says, in its order.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<Value>>>);

impl Heard {
    fn note(&self, what: Value) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(what);
    }

    /// What was heard since the last time.
    fn take(&self) -> Vec<Value> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let mut revision = None;
    let mut server = arguments.next();
    if server.as_deref() == Some("--revision") {
        let named = arguments.next().unwrap_or_default();
        revision = Some(named.parse::<Revision>()?);
        server = arguments.next();
    }
    let heard = Heard::default();
    let client = match server.as_deref() {
        Some("--") => {
            let program = arguments.next().ok_or("which program?")?;
            let command = Client::command(program).args(arguments);
            answering(command, revision, &heard).build()
        }
        Some(url) => answering(Client::builder(url), revision, &heard).build()?,
        None => return Err("which server? Give a URL, or -- and a command line".into()),
    };
    let steps: Vec<Step> = serde_json::from_reader(io::stdin().lock())?;
    let mut reports = Vec::with_capacity(steps.len());
    for step in steps {
        let mut report = match take(&client, step, &heard).await {
            Ok(result) => json!({ "result": result }),
            Err(error) => json!({ "error": error.to_string() }),
        };
        report["heard"] = heard.take().into();
        reports.push(report);
    }
    client.close().await;
    writeln!(io::stdout().lock(), "{}", Value::Array(reports))?;
    Ok(())
}

/// A client that answers whatever it is asked.
fn answering<T>(
    builder: ClientBuilder<T>,
    revision: Option<Revision>,
    heard: &Heard,
) -> ClientBuilder<T> {
    let (asked, sampled, logged) = (heard.clone(), heard.clone(), heard.clone());
    let builder = builder
        .on_elicit(move |question| {
            asked.note(json!({ "elicitation": to_value(&question).unwrap_or_default() }));
            std::future::ready(match &question {
                ElicitParams::Form(form) => ElicitResult::accept(filled(form)),
                _ => ElicitResult::agree(),
            })
        })
        .on_sampling(move |request| {
            sampled.note(json!({ "sampling": to_value(&request).unwrap_or_default() }));
            let answer = vec![SamplingContent::text("Forty-two")];
            std::future::ready(CreateMessageResult::new("test-model", answer))
        })
        .roots([Root::new("file:///home/ada/notes")])
        .on_log(LoggingLevel::Debug, move |message| {
            logged.note(json!({ "log": to_value(&message).unwrap_or_default() }));
        });
    match revision {
        Some(revision) => builder.revision(revision),
        None => builder,
    }
}

/// Does one step.
async fn take(client: &Client, step: Step, heard: &Heard) -> Result<Value, Box<dyn Error>> {
    Ok(match step {
        Step::Discover => json!({
            "revision": client.revision().await?.as_str(),
            "server": client.discover().await?,
        }),
        Step::List { what } => match what {
            Kind::Prompts => to_value(client.list_prompts().await?)?,
            Kind::Resources => to_value(client.list_resources().await?)?,
            Kind::Templates => to_value(client.list_resource_templates().await?)?,
            Kind::Tools => to_value(client.list_tools().await?)?,
        },
        Step::Call { name, arguments } => {
            let note = |progress: &_| heard.note(json!({ "progress": progress }));
            let call = client.call_tool_with_progress(&name, &arguments, note);
            to_value(call.await?)?
        }
        Step::Cancel { name, arguments } => {
            let (begun, begins) = tokio::sync::oneshot::channel::<()>();
            let mut begun = Some(begun);
            let note = |_: &_| drop(begun.take());
            tokio::select! {
                called = client.call_tool_with_progress(&name, &arguments, note) => to_value(called?)?,
                _ = begins => Value::Null,
            }
        }
        Step::Watch {
            wish,
            name,
            arguments,
        } => {
            let mut changes = client.subscribe(wish).await?;
            client.call_tool(&name, &arguments).await?;
            let change = match changes.next().await.transpose()? {
                Some(Change::Resource(uri)) => uri,
                Some(change) => format!("{change:?}"),
                None => return Err("the subscription has ended".into()),
            };
            json!({ "accepted": changes.accepted(), "change": change })
        }
        Step::Read { uri } => to_value(client.read_resource(&uri).await?)?,
        Step::Prompt { name, arguments } => to_value(client.get_prompt(&name, &arguments).await?)?,
        Step::Complete {
            reference,
            argument,
            typed,
        } => {
            let reference = match reference {
                Reference::Prompt(name) => CompletionReference::Prompt { name: name.into() },
                Reference::Template(uri) => CompletionReference::Resource { uri: uri.into() },
            };
            to_value(client.complete(reference, &argument, &typed, &[]).await?)?
        }
    })
}

/// An answer that fits a form: each field has its default, its first choice, or some value of its
/// type.
fn filled(form: &ElicitFormParams) -> Vec<(String, Value)> {
    #[derive(Deserialize)]
    struct Schema {
        #[serde(default)]
        properties: Map<String, Value>,
    }

    let schema = serde_json::from_str::<Schema>(form.requested_schema.get());
    let fields = schema.map_or_else(|_| Map::new(), |schema| schema.properties);
    fields
        .into_iter()
        .map(|(name, field)| (name, value_of(&field)))
        .collect()
}

fn value_of(field: &Value) -> Value {
    let first = |choices: &Value| match choices.get(0) {
        Some(Value::Object(choice)) => choice.get("const").cloned(),
        other => other.cloned(),
    };
    if let Some(value) = field.get("default") {
        return value.clone();
    }
    if let Some(value) = field.get("enum").and_then(first) {
        return value;
    }
    if let Some(value) = field.get("oneOf").and_then(first) {
        return value;
    }
    match field["type"].as_str() {
        Some("boolean") => true.into(),
        Some("integer" | "number") => field.get("minimum").cloned().unwrap_or(42.into()),
        Some("array") => {
            let items = &field["items"];
            let choices = items.get("enum").or_else(|| items.get("anyOf"));
            json!([choices.and_then(first)])
        }
        _ => match field["format"].as_str() {
            Some("email") => "ada@example.com".into(),
            Some("uri") => "https://example.com/".into(),
            Some("date") => "2026-07-28".into(),
            Some("date-time") => "2026-07-28T12:00:00Z".into(),
            _ => "Ada".into(),
        },
    }
}
