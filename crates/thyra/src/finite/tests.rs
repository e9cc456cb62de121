use std::collections::BTreeMap;

use serde_json::json;
use serde_json::value::RawValue;

use super::*;

#[derive(Serialize)]
struct Report {
    at: Option<String>,
    readings: Vec<Reading>,
}

#[derive(Serialize)]
struct Reading {
    value: f64,
}

#[derive(Serialize)]
enum Shape {
    Nothing,
    Circle(f32),
    Box { side: f64 },
    Pair(f64, f64),
}

#[derive(Serialize)]
#[serde(tag = "kind")]
enum Tagged {
    Circle { radius: f64 },
}

#[derive(Serialize)]
#[serde(untagged)]
enum Untagged {
    Circle { radius: f64 },
}

#[derive(Serialize)]
struct Flat {
    #[serde(flatten)]
    rest: BTreeMap<String, f64>,
}

#[derive(Serialize)]
struct Metres(f64);

fn written(value: impl Serialize) -> String {
    to_json(&value, "result").unwrap_or_else(|error| error.to_string())
}

fn refused(value: impl Serialize) -> String {
    match to_json(&value, "result") {
        Err(error @ Unwritable::NotFinite { .. }) => error.to_string(),
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
fn a_number_that_is_not_finite_is_refused_with_its_path() {
    let mut readings: Vec<Reading> = (0..4).map(|_| Reading { value: 1.0 }).collect();
    readings[3].value = f64::NAN;
    assert_eq!(
        refused(Report { at: None, readings }),
        "result.readings[3].value is NaN: JSON has no such number"
    );
    let rest = BTreeMap::from([("north".to_owned(), f64::INFINITY)]);
    let table = [
        (refused(f64::NAN), "result is NaN"),
        (refused(f32::NEG_INFINITY), "result is -infinity"),
        (refused(Some(f64::INFINITY)), "result is infinity"),
        (refused([[1.0], [f64::NAN]]), "result[1][0] is NaN"),
        (refused((1, f64::NAN)), "result[1] is NaN"),
        (refused(Metres(f64::NAN)), "result is NaN"),
        (refused(&rest), "result.north is infinity"),
        (refused(Flat { rest }), "result.north is infinity"),
        (refused(Shape::Circle(f32::NAN)), "result.Circle is NaN"),
        (
            refused(Shape::Box { side: f64::NAN }),
            "result.Box.side is NaN",
        ),
        (refused(Shape::Pair(0.0, f64::NAN)), "result.Pair[1] is NaN"),
        (
            refused(Tagged::Circle { radius: f64::NAN }),
            "result.radius is NaN",
        ),
        (
            refused(Untagged::Circle { radius: f64::NAN }),
            "result.radius is NaN",
        ),
        (refused(BTreeMap::from([(5, f64::NAN)])), "result.5 is NaN"),
    ];
    for (said, expected) in table {
        assert_eq!(said, format!("{expected}: JSON has no such number"));
    }
}

#[test]
fn everything_else_is_what_serde_json_writes() {
    let raw = RawValue::from_string("[1e400, null]".to_owned()).unwrap();
    assert_eq!(written(&raw), raw.get());
    let report = || Report {
        at: None,
        readings: vec![Reading { value: f64::MAX }, Reading { value: -0.0 }],
    };
    assert_eq!(written(report()), serde_json::to_string(&report()).unwrap());
    let shapes = || (Shape::Nothing, (), None::<u8>, 'ä', "\u{1}\"", u128::MAX);
    assert_eq!(written(shapes()), serde_json::to_string(&shapes()).unwrap());
    let value = json!({ "a": [null, true, 1.5], "b": { "c": null } });
    assert_eq!(written(&value), value.to_string());
}

#[test]
fn what_serde_json_cannot_write_stays_its_error() {
    let keyed_by_lists = BTreeMap::from([(vec![1], 1)]);
    assert_eq!(written(keyed_by_lists), "key must be a string");
}
