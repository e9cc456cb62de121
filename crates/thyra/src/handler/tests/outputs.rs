use std::collections::HashMap;

use bytes::Bytes;
use schemars::JsonSchema;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};
use thyra_protocol::{CallToolResult, Content, ResourceContents};

use super::{call, input_schema, output_schema, text, text_of};
use crate::component::tool::IntoTool;
use crate::handler::{Audio, CallError, File, Image, Json, WithContent};
use crate::tool;

#[derive(Serialize, JsonSchema)]
struct Forecast {
    degrees: f64,
}

#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
enum Either {
    Object { x: i64 },
    Text(String),
}

/// The text, the structured content, and whether there is an output schema.
async fn output<Marker>(tool: impl IntoTool<Marker>) -> (String, Option<Value>, bool) {
    let tool = tool.into_tool();
    let has_schema = tool.definition().output_schema.is_some();
    let result = call(tool, "{}").await.expect("an answer");
    let structured = result
        .structured_content
        .as_ref()
        .map(|raw| serde_json::from_str(raw.get()).expect("structured content is JSON"));
    (text_of(&result), structured, has_schema)
}

macro_rules! returns {
    ($kind:ty, $value:expr) => {{
        #[tool]
        #[allow(clippy::unnecessary_wraps, reason = "some kinds are results")]
        fn value() -> $kind {
            $value
        }
        output(value {}).await
    }};
}

fn plain(text: &str) -> (String, Option<Value>, bool) {
    (text.to_owned(), None, false)
}

fn wrapped(text: &str, value: &Value) -> (String, Option<Value>, bool) {
    (text.to_owned(), Some(json!({ "result": value })), true)
}

#[tokio::test]
async fn text_is_text() {
    assert_eq!(returns!(String, "hi".to_owned()), plain("hi"));
    assert_eq!(returns!(&'static str, "hi"), plain("hi"));
    assert_eq!(returns!((), ()), plain(""));
    assert_eq!(returns!(Content, Content::text("hi")), plain("hi"));
    assert_eq!(
        returns!(Vec<Content>, vec![Content::text("a"), Content::text("b")]),
        plain("a\n---\nb")
    );
    assert_eq!(
        returns!(CallToolResult, CallToolResult::text("hi")),
        plain("hi")
    );
}

#[tokio::test]
async fn values_are_wrapped_unless_they_are_objects() {
    assert_eq!(returns!(i64, 3), wrapped("3", &json!(3)));
    assert_eq!(returns!(f64, 0.5), wrapped("0.5", &json!(0.5)));
    assert_eq!(returns!(bool, true), wrapped("true", &json!(true)));
    assert_eq!(returns!(Option<i64>, None), wrapped("null", &json!(null)));
    assert_eq!(returns!(Vec<Forecast>, vec![]), wrapped("[]", &json!([])));
    assert_eq!(
        returns!([bool; 2], [true, false]),
        wrapped("[true,false]", &json!([true, false]))
    );
    assert_eq!(
        returns!(Json<Vec<i64>>, Json(vec![1])),
        wrapped("[1]", &json!([1]))
    );
    assert_eq!(
        returns!(Json<&'static str>, Json("x")),
        wrapped("\"x\"", &json!("x"))
    );
    // Its schema is no object, so it is wrapped even where the value happens to be one.
    assert_eq!(
        returns!(Json<Either>, Json(Either::Object { x: 1 })),
        wrapped(r#"{"x":1}"#, &json!({"x": 1}))
    );
    assert_eq!(
        returns!(Json<Either>, Json(Either::Text("y".into()))),
        wrapped("\"y\"", &json!("y"))
    );
    let object = (
        r#"{"degrees":1.5}"#.to_owned(),
        Some(json!({"degrees": 1.5})),
        true,
    );
    assert_eq!(
        returns!(Json<Forecast>, Json(Forecast { degrees: 1.5 })),
        object
    );
    assert_eq!(
        returns!(
            Result<Json<Forecast>, std::fmt::Error>,
            Ok(Json(Forecast { degrees: 1.5 }))
        ),
        object
    );
    let map = (r#"{"a":1}"#.to_owned(), Some(json!({"a": 1})), true);
    assert_eq!(
        returns!(HashMap<String, i64>, HashMap::from([("a".to_owned(), 1)])),
        map
    );
}

#[tokio::test]
async fn json_without_a_type_promises_nothing() {
    assert_eq!(
        returns!(Value, json!({"a": 1})),
        (r#"{"a":1}"#.to_owned(), Some(json!({"a": 1})), false)
    );
    assert_eq!(returns!(Value, json!([1])), plain("[1]"));
    assert_eq!(returns!(Json<Value>, Json(json!(5))), plain("5"));
}

#[tokio::test]
async fn a_value_that_breaks_its_schema_is_an_error() {
    #[derive(JsonSchema)]
    struct Liar {
        #[expect(dead_code, reason = "only the schema looks at it")]
        x: i64,
    }
    impl Serialize for Liar {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_i64(1)
        }
    }
    #[tool]
    fn lie() -> Json<Liar> {
        Json(Liar { x: 1 })
    }
    assert!(matches!(
        call(lie {}, "{}").await,
        Err(CallError::Failed(_))
    ));
}

#[tokio::test]
async fn content_of_every_kind_may_be_mixed() {
    #[tool]
    fn mixed() -> (&'static str, Image, Audio, File, Content) {
        (
            "Look:",
            Image::new([0], "image/png"),
            Audio::new([0], "audio/wav"),
            File::new("a.txt", "hi"),
            Content::resource_link("notes://x", "x"),
        )
    }
    #[tool]
    fn images() -> Vec<Image> {
        vec![Image::new([0], "image/png"), Image::new([1], "image/png")]
    }
    let result = call(mixed {}, "{}").await.expect("an answer");
    let kinds: Vec<&str> = result
        .content
        .iter()
        .map(|content| match content {
            Content::Audio(_) => "audio",
            Content::Image(_) => "image",
            Content::Resource(_) => "resource",
            Content::ResourceLink(_) => "link",
            Content::Text(_) => "text",
            _ => "another",
        })
        .collect();
    assert_eq!(kinds, ["text", "image", "audio", "resource", "link"]);
    assert!(mixed {}.into_tool().definition().output_schema.is_none());

    assert_eq!(
        call(images {}, "{}")
            .await
            .expect("an answer")
            .content
            .len(),
        2
    );
}

#[tokio::test]
async fn bytes_are_a_file_of_unknown_kind() {
    #[tool]
    fn bytes() -> Bytes {
        Bytes::from_static(&[0, 255])
    }
    let result = call(bytes {}, "{}").await.expect("an answer");
    let [Content::Resource(embedded)] = result.content.as_slice() else {
        panic!("not a resource: {result:?}");
    };
    let ResourceContents::Blob(blob) = &embedded.resource else {
        panic!("not bytes: {embedded:?}");
    };
    assert_eq!(blob.blob, "AP8=");
    assert_eq!(blob.mime_type.as_deref(), Some("application/octet-stream"));
}

#[tokio::test]
async fn a_number_that_is_not_finite_is_an_error_that_names_its_place() {
    #[derive(Serialize, JsonSchema)]
    struct Reading {
        value: f64,
    }
    #[derive(Serialize, JsonSchema)]
    struct Report {
        readings: Vec<Reading>,
    }
    #[tool]
    fn report(last: Option<f64>) -> Json<Report> {
        let value = last.unwrap_or(f64::NAN);
        let readings = vec![Reading { value: 1.0 }, Reading { value }];
        Json(Report { readings })
    }
    #[tool]
    fn ratio(a: f64, b: f64) -> f64 {
        a / b
    }
    assert_eq!(
        text(report {}, "{}").await,
        "result.readings[1].value is NaN: JSON has no such number."
    );
    assert_eq!(
        text(report {}, r#"{"last":2}"#).await,
        r#"{"readings":[{"value":1.0},{"value":2.0}]}"#
    );
    assert_eq!(
        text(ratio {}, r#"{"a":1,"b":0}"#).await,
        "result is infinity: JSON has no such number."
    );
}

#[test]
fn a_default_that_is_not_finite_is_not_shown() {
    #[tool]
    fn wait(#[arg(default = f64::INFINITY)] at_most: f64, #[arg(default = 0.5)] step: f64) {
        let _ = (at_most, step);
    }
    let schema = input_schema(wait {});
    assert!(!schema.contains("null"), "{schema}");
    assert!(schema.contains(r#""default": 0.5"#), "{schema}");
}

#[tokio::test]
async fn models_read_other_content_than_programs() {
    #[tool]
    fn weather() -> WithContent<Forecast> {
        let forecast = Forecast { degrees: 24.5 };
        Json(forecast)
            .with("Warm.")
            .with(Image::new([0], "image/png"))
            .meta("com.example/source", "station 7")
    }
    #[tool]
    fn days() -> Result<WithContent<Vec<i64>>, std::fmt::Error> {
        Ok(Json(vec![1, 2]).with("Two days."))
    }
    #[tool]
    fn broken() -> WithContent<f64> {
        Json(f64::NAN).with("Not a number.")
    }
    let tool = weather {}.into_tool();
    let schema = tool.definition().output_schema.as_ref().expect("a schema");
    assert!(schema.get().contains("degrees"), "{schema}");
    let result = call(tool, "{}").await.expect("an answer");
    let written = serde_json::to_value(&result).expect("JSON");
    assert_eq!(
        written,
        json!({
            "content": [
                { "type": "text", "text": "Warm." },
                { "type": "image", "data": "AA==", "mimeType": "image/png" },
            ],
            "structuredContent": { "degrees": 24.5 },
            "_meta": { "com.example/source": "station 7" },
        })
    );
    assert_eq!(
        output(days {}).await,
        (
            "Two days.".to_owned(),
            Some(json!({ "result": [1, 2] })),
            true
        )
    );
    assert_eq!(
        text(broken {}, "{}").await,
        "result is NaN: JSON has no such number."
    );
}

#[tokio::test]
async fn the_attribute_names_the_output_schema_or_that_there_is_none() {
    #[tool(output_schema = none)]
    fn silent() -> Json<Forecast> {
        Json(Forecast { degrees: 1.5 })
    }
    #[tool(output_schema = json!({ "type": "object", "title": "Weather" }))]
    fn named() -> Json<Forecast> {
        Json(Forecast { degrees: 1.5 })
    }
    let (text, value) = (r#"{"degrees":1.5}"#, json!({ "degrees": 1.5 }));
    assert_eq!(
        output(silent {}).await,
        (text.to_owned(), Some(value.clone()), false)
    );
    assert_eq!(output(named {}).await, (text.to_owned(), Some(value), true));
    assert_eq!(
        output_schema(named {})
            .expect("a schema")
            .replace(char::is_whitespace, ""),
        r#"{"title":"Weather","type":"object"}"#
    );
}
