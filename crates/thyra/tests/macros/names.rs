//! Components take no name away from their module: whatever they are called, derives, other
//! components and local variables beside them compile, and the functions stay functions.

use clap::Parser;
use serde_json::json;
use thyra::prelude::*;
use thyra::schemars::JsonSchema;
use thyra::serde::{Deserialize, Serialize};

use crate::Outcome;

/// Somewhere on the globe.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema, PartialEq)]
#[serde(crate = "thyra::serde", rename_all = "camelCase")]
#[schemars(crate = "thyra::schemars")]
pub struct Place {
    /// North of the equator.
    pub latitude: i32,
    /// How high above the sea.
    #[serde(default)]
    pub height: i32,
}

/// What somebody looks for.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(crate = "thyra::serde", tag = "kind")]
#[schemars(crate = "thyra::schemars")]
pub enum Query {
    /// By a name.
    Name {
        /// The name.
        name: String,
    },
    /// By a place.
    At(Place),
}

/// What may go wrong.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// There is none.
    #[error("there is no {name}")]
    Missing {
        /// Of this name.
        name: String,
    },
    /// The value is too large.
    #[error("{0} is too large")]
    Large(i64, #[source] std::num::TryFromIntError),
}

/// What the program is started with.
#[derive(Debug, Parser)]
pub struct Options {
    /// The name.
    #[arg(long)]
    name: Option<String>,
    /// The value.
    #[arg(long, default_value_t = 1)]
    value: i64,
}

/// How sure somebody is.
#[derive(Debug, Elicit)]
pub struct Sure {
    /// Whether at all.
    #[elicit(default = true)]
    pub value: bool,
}

macro_rules! components {
    ($($name:ident)*) => {
        $(
            #[doc = concat!("Repeats a number, as ", stringify!($name), ".")]
            #[tool]
            pub async fn $name(value: i64, #[arg(default = 1)] name: i64) -> i64 {
                value * name
            }
        )*

        fn with_all(server: Server) -> Server {
            server$(.tool($name))*
        }

        async fn all(start: i64) -> i64 {
            let mut sum = 0;
            $(sum += $name(start, 1).await;)*
            sum
        }

        const NAMES: &[&str] = &[$(stringify!($name)),*];
    };
}

components! {
    map schema value f name result next state error source fmt de serializer deserializer visitor key seq field
    call shape reader signature parameters components this annotations argument_0 work content index form answer chosen
    generator string matches cmd args display_args
}

/// One that is not async.
#[tool(inline)]
pub fn search(value: i64) -> i64 {
    value + 1
}

/// One that is not async, among the names that derives use.
#[tool]
pub fn variant(search: i64) -> Option<i64> {
    Some(search)
}

/// A resource whose argument has the function's name.
#[resource("notes://{note}")]
pub async fn note(note: u64) -> String {
    note.to_string()
}

/// A prompt.
#[prompt]
pub async fn ask(text: String) -> String {
    text
}

/// A file of its own, which has the component's name: importing the one does not meet the other.
pub mod status {
    use thyra::prelude::*;

    /// Says how it is.
    #[tool]
    pub async fn status() -> &'static str {
        "fine"
    }
}

use status::status;

/// A module that has values by all the names that the code of the attributes binds.
pub mod occupied {
    #![allow(non_camel_case_types, missing_docs, dead_code)]

    use thyra::prelude::*;

    macro_rules! occupy {
        ($($name:ident)*) => { $(#[derive(Clone, Copy, Debug)] pub struct $name;)* };
    }

    occupy! {
        annotations answer argument_0 argument_1 call chosen components content default error form index kind parameters
        reader shape signature this value work
    }

    #[tool(meta(a = 1))]
    pub async fn add(a: i64, #[arg(default = 2)] b: i64) -> i64 {
        a + b
    }

    #[tool]
    pub fn subtract(a: i64, b: i64) -> i64 {
        a - b
    }

    #[resource("notes://{id}", audience = "user", priority = 0.5, cache = "1m")]
    pub async fn note(id: u64) -> String {
        id.to_string()
    }

    #[prompt]
    pub fn greet(name: String) -> String {
        name
    }

    #[derive(Debug, Elicit)]
    pub enum Size {
        Large,
        Small,
    }

    #[derive(Debug, Elicit)]
    pub struct Order {
        #[elicit(min = 1, default = 2)]
        pub pieces: u8,
        pub size: Size,
    }

    #[derive(Debug)]
    pub struct Counter;

    #[tools]
    impl Counter {
        #[tool]
        pub async fn following(&self, a: i64) -> i64 {
            a + 1
        }

        #[tool]
        pub fn previous(&self, a: i64) -> i64 {
            a - 1
        }
    }
}

#[tokio::test]
#[allow(clippy::many_single_char_names, clippy::similar_names)]
async fn they_are_bound_called_and_shadowed_like_functions() {
    let map = map(2, 3).await;
    let Some(schema) = Some(schema(map, 1).await) else {
        return;
    };
    let double = |value: i64| value * 2;
    let value = double(schema);
    let (f, name) = (f(value, 1).await, name(1, 1).await);
    let result = match next(f, name).await {
        next if next > 10 => next,
        result => -result,
    };
    let search = search(result);
    assert_eq!((map, value, result, search), (6, 12, 12, 13));
    assert_eq!(variant(search), Some(13));
    assert_eq!(status().await, "fine");
    assert_eq!(note(7).await, "7");
    assert_eq!(ask("Hm?".to_owned()).await, "Hm?");
    let calls: fn(i64) -> i64 = self::search;
    assert_eq!([1, 2].map(calls), [2, 3]);
    assert_eq!(all(2).await, 2 * i64::try_from(NAMES.len()).unwrap_or(-1));
    let spawned = tokio::spawn(self::map(2, 2)).await;
    assert_eq!(spawned.ok(), Some(4));
}

#[tokio::test]
async fn derives_beside_them_do_their_work() -> Outcome {
    let query: Query = serde_json::from_value(json!({"kind": "At", "latitude": 3}))?;
    assert_eq!(
        serde_json::to_value(&query)?,
        json!({"kind": "At", "latitude": 3, "height": 0})
    );
    let schema = serde_json::to_value(schemars::schema_for!(Query))?;
    assert_eq!(schema["oneOf"].as_array().map(Vec::len), Some(2));
    let name = Failure::Missing {
        name: "note".to_owned(),
    };
    assert_eq!(name.to_string(), "there is no note");
    let options = Options::try_parse_from(["program", "--name", "a"])?;
    assert_eq!((options.name.as_deref(), options.value), (Some("a"), 1));
    let answered = Sure::from_content(&serde_json::Map::new())?;
    assert!(answered.value);
    Ok(())
}

#[tokio::test]
async fn a_server_offers_them() -> Outcome {
    let server = with_all(Server::new("Names"))
        .tool(search {})
        .tool(variant {})
        .tool(status)
        .prompt(ask)
        .tool(occupied::add)
        .tool(occupied::subtract {})
        .resource(occupied::note)
        .prompt(occupied::greet {})
        .tools(occupied::Counter);
    let client = server.connect()?;
    let listed: Vec<String> = client
        .list_tools()
        .await?
        .into_iter()
        .map(|tool| tool.name)
        .collect();
    for name in NAMES.iter().chain(&["search", "variant", "status"]) {
        assert!(listed.iter().any(|listed| listed == name), "{name}");
    }
    for name in NAMES {
        let product: i64 = client
            .call_tool_as(name, &json!({"value": 4, "name": 2}))
            .await?;
        assert_eq!(product, 8, "{name}");
    }
    let sum: i64 = client.call_tool_as("add", &json!({"a": 4})).await?;
    let next: i64 = client.call_tool_as("previous", &json!({"a": sum})).await?;
    assert_eq!((sum, next), (6, 5));
    let found: i64 = client.call_tool_as("search", &json!({"value": 4})).await?;
    assert_eq!(found, 5);
    Ok(())
}
