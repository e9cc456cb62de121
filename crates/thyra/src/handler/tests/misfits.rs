//! Where in a value a mistake is, and what was expected there.

use std::collections::BTreeMap;
use std::net::IpAddr;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use insta::assert_snapshot;
use schemars::JsonSchema;
use serde::Deserialize;
use url::Url;
use uuid::Uuid;

use super::text;
use crate::handler::Args;
use crate::{Tool, tool};

#[derive(Debug, Deserialize, JsonSchema)]
#[expect(dead_code, reason = "nothing is read but the errors")]
struct Order {
    customer: IdOrName,
    #[serde(default)]
    lines: Vec<Line>,
    #[serde(flatten)]
    payment: Option<Payment>,
    #[serde(flatten)]
    sender: Sender,
    /// Either.
    when: Option<Moment>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "nothing is read but the errors")]
struct Line {
    amount: u8,
    unit: Unit,
    on: Option<NaiveDate>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[expect(dead_code, reason = "nothing is read but the errors")]
struct Sender {
    sender_id: Uuid,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Unit {
    /// One at a time.
    Piece,
    Kilogram,
    Litre,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "nothing is read but the errors")]
enum IdOrName {
    Id(u64),
    Name(String),
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "nothing is read but the errors")]
enum Moment {
    Day(NaiveDate),
    Instant(DateTime<Utc>),
    Span { from: NaiveDate, to: NaiveDate },
    Weeks { first: u8, count: u8 },
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(tag = "pay_by", rename_all = "lowercase")]
#[expect(dead_code, reason = "nothing is read but the errors")]
enum Payment {
    Card { digits: Vec<u16>, until: NaiveDate },
    Cash { cents: u32 },
}

#[derive(Debug, Deserialize, JsonSchema)]
#[expect(dead_code, reason = "nothing is read but the errors")]
enum Shape {
    Circle { radius: u32 },
    Square(u32),
    Point,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(tag = "type", content = "body")]
#[expect(dead_code, reason = "nothing is read but the errors")]
enum Event {
    Made(Line),
    Gone,
}

macro_rules! taking {
    ($($name:ident: $kind:ty),* $(,)?) => {$(
        #[tool]
        async fn $name(value: $kind) -> String {
            format!("{value:?}")
        }
    )*};
}

taking! {
    order: Order,
    payment: Payment,
    shape: Shape,
    event: Event,
    unit: Unit,
    moment: Moment,
    id_or_name: IdOrName,
    id: Uuid,
    link: Url,
    day: NaiveDate,
    clock: NaiveTime,
    local: NaiveDateTime,
    instant: DateTime<Utc>,
    address: IpAddr,
    pair: (u8, Unit),
    by_unit: BTreeMap<String, Vec<Unit>>,
}

/// What is said of each value, one line each.
macro_rules! said {
    ($tool:ident: $($value:expr),* $(,)?) => {{
        let mut seen = String::new();
        $(
            let said = text($tool, &format!(r#"{{"value": {}}}"#, $value)).await;
            seen += said.split_once('\n').map_or(&*said, |(_, said)| said);
            seen += "\n";
        )*
        seen
    }};
}

#[tokio::test]
async fn the_path_is_whole_where_serde_loses_it() {
    const SENDER: &str = r#""sender_id": "67e55044-10b1-426f-9247-bb680e5fe0c8""#;
    let with = |members: &str| format!(r#"{{"customer": 1, {SENDER}, {members}}}"#);
    assert_snapshot!(said!(order:
        with(r#""lines": [{"amount": 1, "unit": "piece"}, {"amount": 300, "unit": "piece"}]"#),
        with(r#""lines": [{"amount": 1, "unit": "pieces"}]"#),
        with(r#""lines": [{"amount": 1, "unit": "piece", "on": "tomorrow"}]"#),
        with(r#""lines": [{"unit": "piece"}]"#),
        with(r#""lines": [{"amount": 1, "unit": "piece", "amonut": 2}]"#),
        with(r#""when": {"from": "2026-01-31", "to": "later"}"#),
        with(r#""when": {"from": "2026-01-31", "to": "2026-02-31"}"#),
        with(r#""when": "soon""#),
        with(r#""when": {"first": 1}"#),
        with(r#""when": {"other": 1}"#),
        r#"{"customer": true, "sender_id": "67e55044-10b1-426f-9247-bb680e5fe0c8"}"#,
        r#"{"customer": 1, "sender_id": "me"}"#,
        r#"{"customer": 1}"#,
    ));
}

#[tokio::test]
async fn enums_list_their_variants_and_the_nearest() {
    assert_snapshot!(said!(unit: r#""kilo""#, r#""Litre""#, "5", "null"));
    assert_snapshot!(said!(by_unit: r#"{"a": ["piece"], "b": ["piece", "peice"]}"#));
    assert_snapshot!(said!(shape:
        r#""Pont""#,
        r#""Circle""#,
        r#"{"Circel": {"radius": 1}}"#,
        r#"{"Circle": {"radius": -1}}"#,
        r#"{"Square": "x"}"#,
        r#"{"Circle": {"radius": 1}, "Square": 1}"#,
        "{}",
        "5",
    ));
    assert_snapshot!(said!(payment:
        r#"{"pay_by": "cart", "digits": []}"#,
        r#"{"digits": []}"#,
        r#"{"pay_by": "card", "digits": [1, 70000], "until": "2026-01-31"}"#,
        r#"{"pay_by": "card", "digits": [1], "until": "31.01.2026"}"#,
        r#"{"pay_by": "cash"}"#,
        r#""cash""#,
    ));
    assert_snapshot!(said!(event:
        r#"{"type": "Made", "body": {"amount": 1, "unit": "lite"}}"#,
        r#"{"type": "Mad", "body": {}}"#,
        r#"{"type": "Made"}"#,
    ));
}

#[tokio::test]
async fn unions_name_their_alternatives() {
    assert_snapshot!(said!(id_or_name: "true", "-1", "1.5", "[]", "null"));
    assert_snapshot!(said!(moment: "5", r#""2026-13-01""#, r#"{"from": 1, "to": 2}"#, "[]"));
}

#[tokio::test]
async fn texts_with_a_form_are_told_by_example() {
    assert_snapshot!(said!(id: r#""me""#, "5", r#""67e55044-10b1-426f-9247-bb680e5fe0cz""#));
    assert_snapshot!(said!(link: r#""example.com""#, r#""""#, "5"));
    assert_snapshot!(said!(day: r#""31.01.2026""#, r#""2026-02-31""#, "5"));
    assert_snapshot!(said!(clock: r#""noon""#, r#""23:61:00""#));
    assert_snapshot!(said!(local: r#""2026-01-31""#));
    assert_snapshot!(said!(instant: r#""2026-01-31T13:05:00""#, r#""now""#));
    assert_snapshot!(said!(address: r#""localhost""#));
}

#[tokio::test]
async fn tuples_have_a_length() {
    assert_snapshot!(said!(pair: "[1]", r#"[1, "piece", 3]"#, r#"[256, "piece"]"#, r#"[1, "x"]"#));
}

#[tokio::test]
async fn a_long_value_is_not_repeated() {
    let long = "secret ".repeat(10_000);
    for seen in [
        said!(unit: format!("{long:?}")),
        said!(id: format!("{long:?}")),
        said!(moment: format!(r#"{{"from": {long:?}, "to": {long:?}}}"#)),
        said!(shape: format!("{{{long:?}: 1}}")),
        said!(payment: format!(r#"{{"pay_by": {long:?}}}"#)),
        said!(by_unit: format!("{{{long:?}: [1]}}")),
    ] {
        assert!(seen.len() < 400, "{seen}");
    }
}

#[tokio::test]
async fn an_alias_is_not_blamed() {
    #[derive(Deserialize, JsonSchema)]
    struct Paint {
        #[serde(alias = "colour")]
        color: String,
        coats: u8,
    }
    let paint = || {
        Tool::new("paint", |Args(paint): Args<Paint>| async move {
            format!("{} {}", paint.color, paint.coats)
        })
    };
    assert_eq!(
        text(paint(), r#"{"colour": "red", "coats": 2.0}"#).await,
        "red 2"
    );
    assert_snapshot!(text(paint(), r#"{"colour": "red", "coats": "many"}"#).await, @r#"
    Invalid arguments for tool `paint`:
    - `coats`: expected an integer from 0 to 255, got the string "many"
    "#);
}
