//! A number whose fraction is zero is an integer (JSON Schema 2020-12 validation, section 6.1.1).

use std::collections::BTreeMap;
use std::num::{NonZeroI64, NonZeroU8};

use insta::assert_snapshot;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::{call_through_server, text};
use crate::tool;

#[derive(Debug, Deserialize, JsonSchema)]
#[expect(dead_code, reason = "only their `Debug` is looked at")]
struct Order {
    id: u64,
    lines: Vec<Line>,
    #[serde(flatten)]
    payment: Payment,
    note: Option<Box<Order>>,
    by_day: BTreeMap<i32, i8>,
    free: Value,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[expect(dead_code, reason = "only their `Debug` is looked at")]
struct Line {
    amount: i128,
    size: (u16, f64),
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "lowercase")]
#[expect(dead_code, reason = "only their `Debug` is looked at")]
enum Payment {
    Card { digits: u64 },
    Cash(Cash),
}

#[derive(Debug, Deserialize, JsonSchema)]
#[expect(dead_code, reason = "only their `Debug` is looked at")]
struct Cash {
    cents: NonZeroI64,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only their `Debug` is looked at")]
enum IdOrName {
    Id(u64),
    Name(String),
    Range { from: i32, to: Option<i32> },
}

#[derive(Debug, Deserialize, JsonSchema)]
#[expect(dead_code, reason = "only their `Debug` is looked at")]
enum Shape {
    Circle(u32),
    Square { side: u32 },
    Line(u8, u8),
    Point,
}

macro_rules! shown {
    ($($name:ident: $kind:ty),* $(,)?) => {$(
        #[tool]
        async fn $name(value: $kind) -> String {
            format!("{value:?}")
        }
    )*};
}

shown! {
    order: Order,
    any_of: Vec<IdOrName>,
    shapes: Vec<Shape>,
    int8: i8, int16: i16, int32: i32, int64: i64, int128: i128, int_size: isize,
    uint8: u8, uint16: u16, uint32: u32, uint64: u64, uint128: u128, uint_size: usize,
    above_zero: NonZeroU8,
    float: f64,
    optional: Option<i64>,
    any: Value,
}

#[derive(Deserialize, JsonSchema)]
struct Raw {
    count: u8,
    #[schemars(with = "Value")]
    free: Box<RawValue>,
}

#[tool]
async fn as_it_came(value: Raw) -> String {
    format!("{} {}", value.count, value.free)
}

async fn value<Marker>(tool: impl crate::IntoTool<Marker>, value: &str) -> String {
    text(tool, &format!(r#"{{"value": {value}}}"#)).await
}

#[tokio::test]
async fn every_integer_type_reads_every_spelling_of_an_integer() {
    macro_rules! read {
        ($($name:ident),*) => {[$(
            value($name, "5.0").await,
            value($name, "1e2").await,
            value($name, "1.2E1").await,
            value($name, "1200e-2").await,
            value($name, "-0.0").await,
            value($name, "-0").await,
            value($name, r#""5.0""#).await,
        )*]};
    }
    let seen = read![
        int8, int16, int32, int64, int128, int_size, uint8, uint16, uint32, uint64, uint128,
        uint_size
    ];
    for seen in seen.chunks(7) {
        assert_eq!(seen, ["5", "100", "12", "12", "0", "0", "5"]);
    }
    assert_eq!(value(above_zero, "7.00").await, "7");
    assert_eq!(value(optional, "-7.0").await, "Some(-7)");
    assert_eq!(value(optional, r#"" -7.0 ""#).await, "Some(-7)");
}

#[tokio::test]
async fn no_integer_is_rounded_on_its_way() {
    assert_eq!(value(int64, "9007199254740993.0").await, "9007199254740993");
    assert_eq!(
        value(int64, "9223372036854775807.0").await,
        i64::MAX.to_string()
    );
    assert_eq!(
        value(int64, "-9223372036854775808.0").await,
        i64::MIN.to_string()
    );
    assert_eq!(
        value(uint64, "1.8446744073709551615e19").await,
        u64::MAX.to_string()
    );
    assert_eq!(
        value(int128, "1e30").await,
        "1000000000000000000000000000000"
    );
    assert_eq!(
        value(uint128, "340282366920938463463374607431768211455.0").await,
        u128::MAX.to_string()
    );
    // A float would round it to 1.
    assert_snapshot!(value(int64, "0.99999999999999999999").await, @r"
    Invalid arguments for tool `int64`:
    - `value`: expected an integer, got the number 0.99999999999999999999
    ");
}

#[tokio::test]
async fn what_is_no_integer_or_out_of_range_is_refused() {
    let mut seen = String::new();
    for number in [
        "5.5",
        "-0.5",
        "5e-1",
        "1e30",
        "1e400",
        "1e99999999999999999999",
        "300.0",
        "-1.0",
        "1e-400",
    ] {
        for text in [
            value(uint8, number).await,
            value(int64, number).await,
            value(uint128, number).await,
        ] {
            seen += &[number, " ", text.lines().last().unwrap_or_default(), "\n"].concat();
        }
    }
    seen += &value(int64, r#""5.5""#).await;
    assert_snapshot!(seen);
}

#[tokio::test]
async fn integers_are_read_at_any_depth() {
    let given = r#"{
        "id": 1e3,
        "kind": "card", "digits": 1234.0,
        "lines": [{"amount": 9007199254740993.0, "size": [2.0, 2.0]}, {"amount": "7.0", "size": ["3", 1]}],
        "note": {
            "id": 2.0, "kind": "cash", "cents": 5.0, "lines": [], "note": null, "by_day": {}, "free": 5.0
        },
        "by_day": {"7": 1.0},
        "free": [5.0, 1e3, {"x": 7.0}]
    }"#;
    assert_snapshot!(value(order, given).await, @r#"Order { id: 1000, lines: [Line { amount: 9007199254740993, size: (2, 2.0) }, Line { amount: 7, size: (3, 1.0) }], payment: Card { digits: 1234 }, note: Some(Order { id: 2, lines: [], payment: Cash(Cash { cents: 5 }), note: None, by_day: {}, free: Number(5.0) }), by_day: {7: 1}, free: Array [Number(5.0), Number(1000.0), Object {"x": Number(7.0)}] }"#);
    let given = r#"[5.0, "5.0", {"from": 1.0}, {"from": 1e1, "to": 2.0}, {"from": 1, "to": null}]"#;
    assert_snapshot!(value(any_of, given).await, @r#"[Id(5), Name("5.0"), Range { from: 1, to: None }, Range { from: 10, to: Some(2) }, Range { from: 1, to: None }]"#);
    let given = r#"[{"Circle": 5.0}, {"Square": {"side": 1e1}}, {"Line": [1.0, 2]}, "Point"]"#;
    assert_snapshot!(value(shapes, given).await, @r"[Circle(5), Square { side: 10 }, Line(1, 2), Point]");
}

#[tokio::test]
async fn a_value_of_any_kind_stays_as_it_came() {
    assert_eq!(value(any, "5.0").await, "Number(5.0)");
    assert_eq!(value(float, "5.0").await, "5.0");
    assert_eq!(value(float, "5").await, "5.0");
    let raw = r#"{"count": 2.0, "free": [5.0, 1e3]}"#;
    assert_eq!(value(as_it_came, raw).await, "2 [5.0, 1e3]");
    #[tool]
    async fn both(count: i64, value: Value) -> String {
        format!("{count} {value}")
    }
    assert_eq!(text(both, r#"{"count": 5.0, "value": 5.0}"#).await, "5 5.0");
}

#[tokio::test]
async fn the_server_reads_them_too() {
    let answer = call_through_server(int64, r#"{"value": 1e3}"#).await;
    assert_eq!(answer, "1000");
}

#[tokio::test]
async fn the_work_is_bounded() {
    #[derive(Debug, Deserialize, JsonSchema)]
    #[serde(untagged)]
    #[expect(dead_code, reason = "nothing ever becomes one")]
    enum Expression {
        Sum {
            left: Box<Expression>,
            right: i64,
        },
        Product {
            left: Box<Expression>,
            right: i64,
            times: i64,
        },
        Number(i64),
    }
    #[tool]
    async fn expression(value: Expression) -> String {
        format!("{value:?}")
    }
    // Both alternatives read the whole rest at each level.
    let depth = 100;
    let deep = [
        r#"{"right":1.5,"left":"#.repeat(depth),
        "true".to_owned(),
        "}".repeat(depth),
    ]
    .concat();
    let error = value(expression, &deep).await;
    assert!(error.starts_with("Invalid arguments"), "{error}");
    assert!(error.len() < 1000, "{error}");

    let long = format!("[{}]", vec![r#""x""#; 100_000].join(","));
    let error = value(any_of, &long.replace(r#""x""#, "true")).await;
    assert_snapshot!(error, @r"
    Invalid arguments for tool `any_of`:
    - `value[0]`: expected an integer of at least 0, a string or an object with `from`, got true
    ");
}
