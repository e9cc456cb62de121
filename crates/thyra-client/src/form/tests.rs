use serde_json::value::to_raw_value;
use serde_json::{Number, json};
use thyra_protocol::TextFormat;

use super::*;

fn read(schema: &Value) -> Result<Form, FormError> {
    Form::from_schema(&to_raw_value(schema).unwrap())
}

/// A form with one required field, `f`.
fn asking(field: &Value) -> Form {
    let schema = json!({ "type": "object", "properties": { "f": field }, "required": ["f"] });
    read(&schema).unwrap()
}

fn map(answers: Value) -> Map<String, Value> {
    serde_json::from_value(answers).unwrap()
}

/// The rule that `answer` breaks, if it breaks one.
fn broken(form: &Form, answer: &Value) -> Option<Rule> {
    match form.complete(&map(json!({ "f": answer }))) {
        Ok(complete) => {
            assert_eq!(complete["f"], *answer);
            None
        }
        Err(AnswerError::Broken { field, rule }) => {
            assert_eq!(field, "f");
            Some(rule)
        }
        Err(other) => panic!("{other}"),
    }
}

fn strings(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

#[test]
fn fields_come_in_the_order_of_the_server_with_all_that_it_says_of_them() {
    let schema = r#"{
        "type": "object",
        "properties": {
            "zip": {"type": "string", "title": "Postal code", "description": "Five digits",
                    "default": "12345", "minLength": 5, "pattern": "^[0-9]+$"},
            "age": {"type": "integer", "minimum": 18},
            "by": {"type": "string", "format": "date"}
        },
        "required": ["age"]
    }"#;
    let form = Form::from_schema(serde_json::from_str(schema).unwrap()).unwrap();
    let names: Vec<_> = form.fields().iter().map(Field::name).collect();
    assert_eq!(names, ["zip", "age", "by"]);
    let [zip, age, by] = form.fields() else {
        panic!("{form:?}");
    };
    assert_eq!(
        (zip.label(), zip.description()),
        ("Postal code", Some("Five digits"))
    );
    assert_eq!(zip.default(), Some(&json!("12345")));
    assert_eq!(
        zip.expected(),
        "text, at least 5 characters, text that matches `^[0-9]+$`"
    );
    assert_eq!((age.label(), age.description()), ("age", None));
    assert_eq!(age.expected(), "a whole number, at least 18");
    assert!(age.is_required() && !zip.is_required());
    assert!(
        matches!(by.kind(), FieldKind::Text(rules) if rules.format == Some(TextFormat::Date)),
        "{by:?}"
    );
    assert_eq!(form.defaults(), map(json!({ "zip": "12345" })));
}

#[test]
fn each_way_to_write_choices_is_read() {
    let red = json!({ "const": "r", "title": "Red" });
    let green = json!({ "const": "g", "title": "Green" });
    let titles = [Some("Red"), Some("Green")];
    for (field, titles) in [
        (
            json!({ "type": "string", "enum": ["r", "g"] }),
            [None, None],
        ),
        (json!({ "enum": ["r", "g"] }), [None, None]),
        (
            json!({ "type": "string", "enum": ["r", "g"], "enumNames": ["Red", "Green"] }),
            titles,
        ),
        (json!({ "type": "string", "oneOf": [red, green] }), titles),
        (
            json!({ "type": "array", "items": { "type": "string", "enum": ["r", "g"] } }),
            [None, None],
        ),
        (
            json!({ "type": "array", "items": { "anyOf": [red, green] } }),
            titles,
        ),
    ] {
        let form = asking(&field);
        let (FieldKind::Choice(choices) | FieldKind::Choices { choices, .. }) =
            form.fields()[0].kind()
        else {
            panic!("{form:?}");
        };
        let written: Vec<_> = choices
            .iter()
            .map(|one| (&*one.value, one.title.as_deref()))
            .collect();
        assert_eq!(written, [("r", titles[0]), ("g", titles[1])], "{field}");
    }
}

#[test]
fn what_libraries_write_for_optional_values_and_enums_is_read() {
    let schema = json!({
        "type": "object",
        "properties": {
            "a": { "anyOf": [{ "type": "integer", "minimum": 1 }, { "type": "null" }], "title": "A" },
            "b": { "type": ["null", "string"] },
            "c": { "$ref": "#/$defs/Colour", "title": "Mine" },
            "d": { "$ref": "#/definitions/Size" },
        },
        "required": ["a", "b", "c"],
        "$defs": { "Colour": { "enum": ["r"], "title": "Colour", "description": "A colour" } },
        "definitions": { "Size": { "type": "number" } },
    });
    let form = read(&schema).unwrap();
    let [a, b, c, d] = form.fields() else {
        panic!("{form:?}");
    };
    assert_eq!(
        (a.label(), a.expected().as_str()),
        ("A", "a whole number, at least 1")
    );
    assert!(!a.is_required() && !b.is_required() && c.is_required());
    assert!(matches!(b.kind(), FieldKind::Text(_)));
    assert_eq!((c.label(), c.description()), ("Mine", Some("A colour")));
    assert_eq!(c.expected(), "one of `r`");
    assert!(matches!(d.kind(), FieldKind::Number(_)));
}

#[test]
fn a_schema_that_is_no_form_is_refused_with_its_field() {
    for (schema, problem) in [
        (json!([]), "does not describe an object"),
        (json!({ "type": "string" }), "does not describe an object"),
        (json!({ "properties": [] }), "cannot be read"),
    ] {
        let error = read(&schema).unwrap_err().to_string();
        assert!(error.contains(problem), "{error}");
    }
    let circle = json!({
        "properties": { "f": { "$ref": "#/$defs/A" } },
        "$defs": { "A": { "$ref": "#/$defs/A" } },
    });
    let error = read(&circle).unwrap_err().to_string();
    assert!(
        error.ends_with("its field `f` has a type that leads too far"),
        "{error}"
    );
    for (field, problem) in [
        (
            json!({ "type": "object" }),
            "is an object, and a form is flat",
        ),
        (
            json!({ "type": "array", "items": { "type": "string" } }),
            "a list of something else",
        ),
        (
            json!({ "type": "array", "items": [] }),
            "a list of something else",
        ),
        (
            json!({ "type": ["string", "integer"] }),
            "has several types",
        ),
        (json!({ "type": "null" }), "has a type that no form has"),
        (json!({}), "has no type"),
        (json!(true), "has a schema that is no object"),
        (json!({ "enum": [1] }), "has choices that are no texts"),
        (json!({ "enum": [] }), "has no choices"),
        (json!({ "$ref": "#/$defs/B" }), "is not there"),
    ] {
        let error = read(&json!({ "properties": { "f": field } })).unwrap_err();
        assert!(matches!(&error, FormError::Field { field, .. } if field == "f"));
        assert!(error.to_string().contains(problem), "{error}");
    }
}

#[test]
fn a_form_is_bounded() {
    let of = |count: usize| {
        let fields = (0..count).map(|number| (number.to_string(), json!({ "type": "boolean" })));
        let properties: Map<_, _> = fields.collect();
        read(&json!({ "properties": properties }))
    };
    assert_eq!(
        of(Form::MOST_FIELDS).unwrap().fields().len(),
        Form::MOST_FIELDS
    );
    assert!(matches!(
        of(Form::MOST_FIELDS + 1),
        Err(FormError::TooManyFields)
    ));

    let of = |count: usize| {
        let choices: Vec<_> = (0..count).map(|number| number.to_string()).collect();
        read(&json!({ "properties": { "f": { "enum": choices } } }))
    };
    let form = of(Choice::MOST).unwrap();
    let expected = form.fields()[0].expected();
    assert!(expected.ends_with("`19` and 4076 more"), "{expected}");
    assert!(matches!(of(Choice::MOST + 1), Err(FormError::Field { .. })));
}

#[test]
fn answers_are_held_against_every_rule() {
    let number = |number: i64| Number::from(number);
    let text = Rule::Type("text");
    let whole = Rule::Type("a whole number");
    let colours = Rule::OneOf(strings(&["r", "g"]));
    let list =
        json!({ "type": "array", "items": { "enum": ["r", "g"] }, "minItems": 1, "maxItems": 1 });
    for (field, good, bad, rule) in [
        (
            json!({ "type": "boolean" }),
            json!(false),
            json!("false"),
            Rule::Type("yes or no"),
        ),
        (
            json!({ "type": "integer" }),
            json!(3.0),
            json!(3.5),
            whole.clone(),
        ),
        (json!({ "type": "integer" }), json!(-3), json!("3"), whole),
        (
            json!({ "type": "integer", "minimum": 2 }),
            json!(2),
            json!(1),
            Rule::Minimum(number(2)),
        ),
        (
            json!({ "type": "number", "maximum": 2 }),
            json!(2),
            json!(2.1),
            Rule::Maximum(number(2)),
        ),
        (
            json!({ "type": "string" }),
            json!(""),
            json!(1),
            text.clone(),
        ),
        (json!({ "type": "string" }), json!("x"), json!(["x"]), text),
        // Characters count, not bytes.
        (
            json!({ "type": "string", "maxLength": 2 }),
            json!("éé"),
            json!("abc"),
            Rule::MaxLength(2),
        ),
        (
            json!({ "type": "string", "minLength": 2 }),
            json!("ab"),
            json!("é"),
            Rule::MinLength(2),
        ),
        (
            json!({ "type": "string", "format": "email" }),
            json!("ada@example.com"),
            json!("ada"),
            Rule::Format(TextFormat::Email),
        ),
        (
            json!({ "type": "string", "pattern": "^[a-z]+$" }),
            json!("ada"),
            json!("Ada"),
            Rule::Pattern("^[a-z]+$".to_owned()),
        ),
        (
            json!({ "enum": ["r", "g"] }),
            json!("g"),
            json!("b"),
            colours.clone(),
        ),
        (list.clone(), json!(["g"]), json!(["b"]), colours.clone()),
        (list.clone(), json!(["g"]), json!([7]), colours),
        (list.clone(), json!(["g"]), json!([]), Rule::MinItems(1)),
        (
            list.clone(),
            json!(["g"]),
            json!(["r", "g"]),
            Rule::MaxItems(1),
        ),
        (
            list,
            json!(["g"]),
            json!("g"),
            Rule::Type("a list of choices"),
        ),
    ] {
        let form = asking(&field);
        assert_eq!(broken(&form, &good), None, "{field}");
        assert_eq!(broken(&form, &bad), Some(rule), "{field}");
    }
}

#[test]
fn large_whole_numbers_are_compared_exactly() {
    let form = asking(&json!({ "type": "integer", "maximum": 9_007_199_254_740_992_u64 }));
    assert_eq!(broken(&form, &json!(9_007_199_254_740_992_u64)), None);
    assert!(broken(&form, &json!(9_007_199_254_740_993_u64)).is_some());
    assert!(broken(&form, &json!(u64::MAX)).is_some());
    assert_eq!(broken(&form, &json!(i64::MIN)), None);
}

#[test]
fn rules_that_the_client_does_not_know_are_left_to_the_server() {
    let long = format!("^{}$", "a".repeat(1000));
    for field in [
        json!({ "type": "string", "format": "hostname" }),
        json!({ "type": "string", "pattern": "(?=a)" }),
        json!({ "type": "string", "pattern": "(" }),
        json!({ "type": "string", "pattern": long }),
        json!({ "type": "string", "pattern": "(?:a{1000}){1000}" }),
        json!({ "type": "string", "minLength": "many" }),
    ] {
        assert_eq!(broken(&asking(&field), &json!("b")), None, "{field}");
    }
}

#[test]
fn absent_answers_are_filled_in_and_missing_ones_are_named() {
    let schema = json!({
        "type": "object",
        "properties": {
            "name": { "type": "string", "default": "Ada" },
            "age": { "type": "integer", "minimum": 18 },
            "note": { "type": "string" },
        },
        "required": ["name", "age"],
    });
    let form = read(&schema).unwrap();
    let complete = |answers: Value| form.complete(&map(answers));
    assert_eq!(
        complete(json!({ "age": 36 })),
        Ok(map(json!({ "name": "Ada", "age": 36 })))
    );
    assert_eq!(
        complete(json!({ "age": 36, "name": "Bea", "note": "hm" })),
        Ok(map(json!({ "name": "Bea", "age": 36, "note": "hm" })))
    );
    // Nothing, said on purpose.
    assert_eq!(
        complete(json!({ "age": 36, "name": null })),
        Err(AnswerError::Missing {
            field: "name".to_owned(),
            expected: "text".to_owned()
        })
    );
    let complete = |answers: Value| complete(answers).unwrap_err().to_string();
    assert_eq!(
        complete(json!({})),
        "`age` is missing: it has to be a whole number, at least 18"
    );
    assert_eq!(complete(json!({ "age": 7 })), "`age` has to be at least 18");
    assert_eq!(
        complete(json!({ "age": 36, "nmae": "Bea" })),
        "the form has no field `nmae`; leave it out"
    );
}

#[test]
fn a_default_that_breaks_the_rules_of_its_field_is_none() {
    let form = asking(&json!({ "type": "integer", "minimum": 18, "default": 7 }));
    assert_eq!(form.fields()[0].default(), None);
    assert!(form.defaults().is_empty());
}

#[test]
fn a_form_without_fields_is_a_confirmation() {
    for schema in [json!({}), json!({ "type": "object", "properties": {} })] {
        let form = read(&schema).unwrap();
        assert!(form.fields().is_empty());
        assert_eq!(form.complete(&Map::new()), Ok(Map::new()));
    }
}

#[test]
fn what_a_user_types_becomes_the_value_of_the_field() {
    let colours = json!([
        { "const": "r", "title": "Red" },
        { "const": "g", "title": "Green, or so" },
        { "const": "1", "title": "One" },
    ]);
    let one = json!({ "type": "string", "oneOf": colours });
    let many = json!({ "type": "array", "items": { "anyOf": colours } });
    for (field, typed, value) in [
        (json!({ "type": "boolean" }), " Yes ", json!(true)),
        (json!({ "type": "boolean" }), "off", json!(false)),
        (json!({ "type": "integer" }), " -7 ", json!(-7)),
        (
            json!({ "type": "integer" }),
            "18446744073709551615",
            json!(u64::MAX),
        ),
        (json!({ "type": "number" }), "7", json!(7)),
        (json!({ "type": "number" }), "-1.5e3", json!(-1500.0)),
        (json!({ "type": "string" }), " 7 ", json!(" 7 ")),
        (one.clone(), "r", json!("r")),
        (one.clone(), "RED", json!("r")),
        (one.clone(), "green, or so", json!("g")),
        // A value counts before a number in the list.
        (one.clone(), "1", json!("1")),
        (one, "2", json!("g")),
        (many.clone(), "", json!([])),
        (many.clone(), "red, One,r", json!(["r", "1"])),
        (many, "Green, or so", json!(["g"])),
    ] {
        let form = asking(&field);
        assert_eq!(form.fields()[0].parse(typed), Ok(value), "{field} {typed}");
    }
}

#[test]
fn what_cannot_be_read_is_refused_with_what_it_should_be() {
    for (field, typed, problem) in [
        (
            json!({ "type": "boolean" }),
            "maybe",
            "`f` has to be yes or no",
        ),
        (
            json!({ "type": "integer" }),
            "3.5",
            "`f` has to be a whole number",
        ),
        (
            json!({ "type": "integer" }),
            "",
            "`f` has to be a whole number",
        ),
        (json!({ "type": "number" }), "NaN", "`f` has to be a number"),
        (json!({ "type": "number" }), "inf", "`f` has to be a number"),
        (
            json!({ "type": "integer", "minimum": 18 }),
            "7",
            "`f` has to be at least 18",
        ),
        (
            json!({ "enum": ["r", "g"] }),
            "0",
            "`f` has to be one of `r`, `g`",
        ),
        (
            json!({ "enum": ["r", "R"] }),
            "3",
            "`f` has to be one of `r`, `R`",
        ),
        (
            json!({ "type": "array", "items": { "enum": ["r", "g"] } }),
            "r,,g",
            "`f` has to be one of `r`, `g`",
        ),
    ] {
        let form = asking(&field);
        let error = form.fields()[0].parse(typed).unwrap_err();
        assert_eq!(error.to_string(), problem, "{field} {typed}");
    }
}

#[test]
fn errors_show_text_of_the_server_without_what_a_terminal_obeys() {
    let field = json!({ "enum": ["\u{1b}[31m"] });
    let schema = json!({ "properties": { "\u{7}": field } });
    let form = read(&schema).unwrap();
    let error = form.fields()[0].parse("x").unwrap_err().to_string();
    assert_eq!(error, r"`\u{7}` has to be one of `\u{1b}[31m`");
}
