use insta::assert_snapshot;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{input_schema, output_schema, problems};
use crate::component::tool::IntoTool;
use crate::handler::{Args, Json};
use crate::{Context, Tool, tool};

/// A place on the map.
#[derive(Deserialize, Serialize, JsonSchema)]
struct Place {
    /// In English
    city: String,
    zip: Option<u32>,
}

#[derive(Deserialize, Serialize, JsonSchema)]
struct Tree {
    label: String,
    children: Vec<Tree>,
}

/// The weather in a city.
///
/// Second paragraph.
#[tool(
    name = "weather.now",
    title = "Weather",
    scopes = ["weather:read", "weather:read", "city:read"],
    read_only,
    destructive = false,
)]
async fn weather(
    /// Where, more or less.
    /// A city will do.
    place: Place,
    ctx: Context,
    #[arg(default = 3)] days: u8,
    #[arg(default = "metric", name = "unit system")] units: String,
    /// Free text
    note: Option<String>,
    anything: serde_json::Value,
) -> Json<Place> {
    let _ = (ctx, days, units, note, anything);
    Json(place)
}

#[tool(description = "Grows a tree.")]
/// Not this.
fn grow(tree: Tree, more: Vec<Tree>) -> Json<Tree> {
    let _ = more;
    Json(tree)
}

#[tool]
fn forest(label: String) -> Vec<Tree> {
    let _ = label;
    Vec::new()
}

#[tool]
fn count() -> Result<u8, std::num::ParseIntError> {
    "1".parse()
}

#[test]
fn the_definition_says_what_the_attribute_says() {
    let tool = weather.into_tool();
    let definition = tool.definition();
    assert_eq!(tool.name(), "weather.now");
    assert_eq!(definition.title.as_deref(), Some("Weather"));
    assert_eq!(
        definition.description.as_deref(),
        Some("The weather in a city.\n\nSecond paragraph.")
    );
    assert_eq!(
        grow {}.into_tool().definition().description.as_deref(),
        Some("Grows a tree.")
    );
    assert_eq!(count {}.into_tool().definition().description, None);
    let annotations = definition.annotations.as_ref().expect("there are hints");
    assert_eq!(annotations.read_only_hint, Some(true));
    assert_eq!(annotations.destructive_hint, Some(false));
    assert_eq!(annotations.idempotent_hint, None);
    assert_eq!(
        tool.required_scopes(),
        &["weather:read", "city:read"].into_iter().collect()
    );
    assert_eq!(problems(&tool), "");
}

#[test]
fn input_schemas() {
    assert_snapshot!("weather", input_schema(weather));
    assert_snapshot!("recursive", input_schema(grow {}));
    assert_eq!(
        count {}.into_tool().definition().input_schema.get(),
        r#"{"type":"object","properties":{},"additionalProperties":false}"#
    );
}

#[test]
fn properties_keep_the_order_of_the_arguments() {
    #[tool]
    fn ordered(z: bool, a: bool, m: bool) {
        let _ = (z, a, m);
    }
    assert_eq!(
        ordered {}.into_tool().definition().input_schema.get(),
        concat!(
            r#"{"type":"object","properties":{"z":{"type":"boolean"},"a":{"type":"boolean"},"m":{"type":"boolean"}},"#,
            r#""required":["z","a","m"],"additionalProperties":false}"#
        )
    );
}

#[test]
fn output_schemas() {
    assert_snapshot!("object", output_schema(weather).expect("it is structured"));
    assert_snapshot!(
        "recursive_object",
        output_schema(grow {}).expect("it is structured")
    );
    assert_snapshot!(
        "recursive_list",
        output_schema(forest {}).expect("it is structured")
    );
    assert_snapshot!("scalar", output_schema(count {}).expect("it is structured"));
}

#[test]
fn args_gives_its_members() {
    let tool = Tool::new("grow", |Args(place): Args<Place>| async move { place.city });
    assert_snapshot!("args", input_schema(tool));
    let tree = Tool::new("tree", |Args(tree): Args<Tree>| async move { tree.label });
    assert_snapshot!("recursive_args", input_schema(tree));
}

#[test]
fn what_is_wrong_with_a_tool_is_known_before_it_is_called() {
    let tool = Tool::new("no spaces", |Args(number): Args<i64>| async move { number });
    let bad_name = "its name is not 1 to 128 of the characters `A-Z a-z 0-9 _ - .`";
    assert_eq!(
        tool.problems(),
        [
            "`Args<i64>` wants a struct with named fields: arguments are the members of a JSON object",
            bad_name,
        ]
    );
    assert_eq!(problems(&Tool::new("", || async { "x" })), bad_name);
    assert_eq!(
        problems(&Tool::new("x".repeat(129), || async { "x" })),
        bad_name
    );
    assert_eq!(problems(&Tool::new("x".repeat(128), || async { "x" })), "");
}
