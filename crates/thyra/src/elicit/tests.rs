use std::error::Error;

use serde_json::{Map, Value, json};
use thyra_protocol::Revision;

use super::*;

type Outcome = Result<(), Box<dyn Error>>;

/// What `#[derive(Elicit)]` writes for an enum, by hand.
#[derive(Debug, PartialEq)]
enum Unit {
    Celsius,
    Fahrenheit,
}

impl ElicitChoice for Unit {
    const CHOICES: &'static [Choice] = &[
        Choice {
            value: "c",
            title: Some("Celsius"),
        },
        Choice {
            value: "f",
            title: None,
        },
    ];

    fn at(index: usize) -> Option<Self> {
        [Self::Celsius, Self::Fahrenheit].into_iter().nth(index)
    }

    fn chosen(&self) -> Choice {
        match self {
            Self::Celsius => Self::CHOICES[0],
            Self::Fahrenheit => Self::CHOICES[1],
        }
    }
}

impl ElicitField for Unit {
    const KIND: FieldKind = FieldKind::Choice;

    fn keywords() -> Map<String, Value> {
        Choice::keywords(Self::CHOICES)
    }

    fn to_answer(&self) -> Value {
        self.chosen().value.into()
    }

    fn from_answer(answer: Option<&Value>) -> Result<Self, String> {
        Choice::read(answer)
    }
}

fn content(content: Value) -> Result<Map<String, Value>, serde_json::Error> {
    serde_json::from_value(content)
}

fn read<T: Elicit>(value: Value) -> Result<T, String> {
    let content = Map::from_iter([("value".to_owned(), value)]);
    T::from_content(&content).map_err(|error| error.to_string())
}

#[test]
fn one_value_is_a_form_with_one_field() -> Outcome {
    assert_eq!(
        String::elicit_schema(),
        json!({ "type": "object", "properties": { "value": { "type": "string" } }, "required": ["value"] })
    );
    assert_eq!(
        Option::<u8>::elicit_schema(),
        json!({ "type": "object", "properties": { "value": { "type": "integer", "minimum": 0, "maximum": 255 } } })
    );
    assert_eq!(read::<String>(json!("yes"))?, "yes");
    assert_eq!(Option::<u8>::from_content(&Map::new())?, None);
    assert_eq!(
        String::from_content(&Map::new()),
        Err(ElicitError::Missing { field: "value" })
    );
    Ok(())
}

#[test]
fn titled_choices_are_spelled_by_revision() {
    let titled = json!([{ "const": "c", "title": "Celsius" }, { "const": "f", "title": "f" }]);
    assert_eq!(
        Unit::elicit_schema()["properties"]["value"],
        json!({ "type": "string", "oneOf": titled })
    );
    assert_eq!(
        spelled_for(Revision::V2025_06_18, Unit::elicit_schema())["properties"]["value"],
        json!({ "type": "string", "enum": ["c", "f"], "enumNames": ["Celsius", "f"] })
    );
    assert_eq!(
        spelled_for(Revision::V2025_11_25, Unit::elicit_schema()),
        Unit::elicit_schema()
    );
    assert_eq!(
        Vec::<Unit>::elicit_schema()["properties"]["value"],
        json!({ "type": "array", "items": { "anyOf": titled } })
    );
}

#[test]
fn a_choice_is_one_of_the_list() {
    assert_eq!(read(json!("f")), Ok(Unit::Fahrenheit));
    assert_eq!(
        read::<Unit>(json!("k")).as_ref().map_err(String::as_str),
        Err("`value` has to be one of `c`, `f`")
    );
    assert_eq!(
        read(json!(["f", "c"])),
        Ok(vec![Unit::Fahrenheit, Unit::Celsius])
    );
    for wrong in [json!(["c", "c"]), json!(["k"]), json!("c"), json!([1])] {
        assert_eq!(
            read::<Vec<Unit>>(wrong),
            Err("`value` has to be a list of some of `c`, `f`, each once".to_owned())
        );
    }
}

#[test]
fn a_number_is_read_as_a_number_only() {
    assert_eq!(read(json!(5)), Ok(5_u8));
    assert_eq!(read(json!(5.0)), Ok(5_u8));
    assert_eq!(read(json!(18_446_744_073_709_551_615_u64)), Ok(u64::MAX));
    for wrong in [json!(5.5), json!(256), json!(-1), json!("5"), json!(true)] {
        assert_eq!(
            read::<u8>(wrong),
            Err("`value` has to be a whole number from 0 to 255".to_owned())
        );
    }
    assert_eq!(read(json!(5)), Ok(5.0_f64));
    assert!(read::<f32>(json!(1e300)).is_err());
    assert_eq!(read(json!(true)), Ok(true));
    assert!(read::<bool>(json!("true")).is_err());
    assert!(read::<String>(json!(1)).is_err());
}

#[test]
fn bounds_are_in_the_schema_and_are_kept() -> Outcome {
    let rules = Rules {
        title: Some("Age"),
        description: Some("In years"),
        min: Some(Bound::Integer(18)),
        max: Some(Bound::Float(120.5)),
        ..Rules::of("age")
    };
    let mut form = Form::new();
    form.field::<f64>(&rules, Some(&30.0));
    let schema = form.finish();
    assert_eq!(
        schema,
        json!({ "type": "object", "properties": { "age": {
            "type": "number", "title": "Age", "description": "In years", "minimum": 18, "maximum": 120.5, "default": 30.0,
        } } })
    );
    let read = |age: Value| -> Result<f64, Box<dyn Error>> {
        Ok(answer(&content(json!({ "age": age }))?, &rules)?)
    };
    assert_eq!(read(json!(18))?.to_string(), "18");
    let message = |age: Value| read(age).map_err(|error| error.to_string());
    assert_eq!(
        message(json!(17.9)),
        Err("`age` has to be at least 18".to_owned())
    );
    assert_eq!(
        message(json!(121)),
        Err("`age` has to be at most 120.5".to_owned())
    );
    assert_eq!(
        answer_or(&Map::new(), &rules, || 30.0).map(|age| age.to_string()),
        Ok("30".to_owned())
    );
    assert!(answer_or(&content(json!({ "age": 1 }))?, &rules, || 30.0).is_err());
    Ok(())
}

#[test]
fn lengths_count_characters_and_lists_count_choices() -> Outcome {
    let rules = Rules {
        min_length: Some(2),
        max_length: Some(3),
        ..Rules::of("code")
    };
    let read = |code: &str| -> Result<String, Box<dyn Error>> {
        Ok(answer(&content(json!({ "code": code }))?, &rules)?)
    };
    assert_eq!(read("äöü")?, "äöü");
    assert!(read("ä").is_err());
    assert!(read("abcd").is_err());
    let rules = Rules {
        min_items: Some(1),
        max_items: Some(1),
        ..Rules::of("units")
    };
    for (units, good) in [
        (json!([]), false),
        (json!(["c"]), true),
        (json!(["c", "f"]), false),
    ] {
        let read = answer::<Vec<Unit>>(&content(json!({ "units": units }))?, &rules);
        assert_eq!(read.is_ok(), good);
    }
    Ok(())
}

#[test]
fn a_format_is_looked_at() {
    let cases = [
        (
            Format::Email,
            &["a@b", "a@b@c"][..],
            &["", "@b", "a@", "a b@c"][..],
        ),
        (
            Format::Uri,
            &["https://example.com/a", "urn:a:b"],
            &["", "example.com", "/a"],
        ),
        (
            Format::Date,
            &["2026-07-28", "2024-02-29", "2000-02-29"],
            &[
                "2026-02-29",
                "1900-02-29",
                "2026-13-01",
                "2026-00-01",
                "2026-1-1",
                "2026-07-28T",
                "+026-07-28",
            ],
        ),
        (
            Format::DateTime,
            &[
                "2026-07-28T12:00:00Z",
                "2026-07-28T23:59:60.123+02:00",
                "2026-07-28t12:00:00z",
            ],
            &[
                "2026-07-28",
                "2026-07-28T24:00:00Z",
                "2026-07-28T12:00:00",
                "2026-07-28T12:00:00.Z",
                "2026-07-28T12:00Z",
                "2026-07-28T12:00:00+2",
            ],
        ),
    ];
    for (format, good, bad) in cases {
        assert!(good.iter().all(|text| format.accepts(text)), "{format:?}");
        assert!(bad.iter().all(|text| !format.accepts(text)), "{format:?}");
    }
}

#[test]
fn an_error_never_repeats_the_answer() {
    let secret = "hunter2";
    for message in [
        read::<u8>(json!(secret)).map(drop),
        read::<bool>(json!(secret)).map(drop),
        read::<Unit>(json!(secret)).map(drop),
        read::<Vec<Unit>>(json!([secret])).map(drop),
    ] {
        assert!(message.is_err_and(|message| !message.contains(secret)));
    }
}

#[test]
fn options_are_a_form_with_one_field() -> Outcome {
    let plain = Options::of(["a", "b"])?;
    let of = |schema: Value| schema["properties"]["value"].clone();
    assert_eq!(
        plain.one_schema(),
        json!({ "type": "object", "properties": { "value": { "type": "string", "enum": ["a", "b"] } }, "required": ["value"] })
    );
    let items = json!({ "type": "string", "enum": ["a", "b"] });
    assert_eq!(
        of(plain.several_schema()),
        json!({ "type": "array", "items": items })
    );
    let some: [EnumOption; 2] = [("a", "First").into(), "b".to_owned().into()];
    let titled = Options::of(some)?;
    let offered = json!([{ "const": "a", "title": "First" }, { "const": "b", "title": "b" }]);
    assert_eq!(
        of(titled.one_schema()),
        json!({ "type": "string", "oneOf": offered })
    );
    assert_eq!(
        of(spelled_for(Revision::V2025_06_18, titled.one_schema())),
        json!({ "type": "string", "enum": ["a", "b"], "enumNames": ["First", "b"] })
    );
    assert_eq!(
        of(titled.several_schema()),
        json!({ "type": "array", "items": { "anyOf": offered } })
    );
    assert!(has_choices(&titled.several_schema()));
    assert!(!has_choices(&titled.one_schema()));
    Ok(())
}

#[test]
fn options_have_bounds() {
    let numbered = |count: usize| Options::of((0..count).map(|number| number.to_string()));
    assert!(numbered(0).is_err());
    assert!(numbered(1).is_ok());
    assert!(numbered(256).is_ok());
    assert!(numbered(257).is_err());
    // What never ends is not read to its end.
    assert!(Options::of((0..).map(|number: u64| number.to_string())).is_err());
    let (long, longer) = ("x".repeat(1024), "x".repeat(1025));
    assert!(Options::of([(&*long, &*long)]).is_ok());
    for bad in [("", "t"), ("v", ""), (&*longer, "t"), ("v", &*longer)] {
        assert!(Options::of([bad]).is_err(), "{bad:?}");
    }
    assert!(Options::of([("a", "1"), ("b", "1")]).is_ok());
    assert!(Options::of([("a", "1"), ("a", "2")]).is_err());
}

#[test]
fn what_was_chosen_is_among_the_options() -> Outcome {
    let options = Options::of(["a", "b"])?;
    let one = |answer: Value| options.read_one(&Map::from_iter([("value".to_owned(), answer)]));
    let some =
        |answer: Value| options.read_several(&Map::from_iter([("value".to_owned(), answer)]));
    assert_eq!(one(json!("b"))?, "b");
    assert_eq!(some(json!(["b", "a"]))?, ["b", "a"]);
    assert!(some(json!([]))?.is_empty());
    let missing = Err(ElicitError::Missing { field: "value" });
    assert_eq!(one(Value::Null), missing);
    assert_eq!(options.read_one(&Map::new()), missing);
    for bad in [json!("c"), json!(["a"]), json!(1)] {
        assert!(matches!(
            one(bad),
            Err(ElicitError::Wrong { field: "value", .. })
        ));
    }
    for bad in [json!("a"), json!(["c"]), json!(["a", "a"]), json!([1])] {
        assert!(matches!(
            some(bad),
            Err(ElicitError::Wrong { field: "value", .. })
        ));
    }
    Ok(())
}
