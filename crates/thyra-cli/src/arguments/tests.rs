//! Words of the command line against the schema of a tool.

use serde_json::json;

use super::*;

fn schema() -> SchemaDocument {
    let schema = json!({
        "type": "object",
        "properties": {
            "path": { "type": "string", "description": "Where the file is.\nMore." },
            "lines": { "type": "integer" },
            "tags": { "type": "array", "items": { "type": "string" } },
            "options": {
                "type": "object",
                "properties": {
                    "deep": { "type": "object", "properties": { "flag": { "type": "boolean" } } },
                    "mode": { "enum": ["read", "write"] },
                },
            },
            "dotted.name": { "type": "integer" },
            "labels": { "type": "object", "additionalProperties": { "type": "integer" } },
        },
        "required": ["path"],
    });
    SchemaDocument::new(&serde_json::value::to_raw_value(&schema).unwrap())
}

fn arguments(words: &[&str]) -> Result<Value, String> {
    let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    let mut files = |name: &str| match name {
        "-" => Ok("{\"path\": \"from stdin\"}".to_owned()),
        "text" => Ok("two\nlines\n".to_owned()),
        "number" => Ok("7".to_owned()),
        "object" => Ok("{\"path\": \"from file\", \"lines\": 1}".to_owned()),
        other => Err(Failure::Usage(format!("`{other}` cannot be read"))),
    };
    read("open", &schema(), &words, &mut files)
        .map(Value::Object)
        .map_err(|failure| failure.told())
}

#[test]
fn words_become_the_values_that_the_schema_wants() {
    for (words, wanted) in [
        (&["path=5"][..], json!({ "path": "5" })),
        (
            &["path=a=b", "lines=5"],
            json!({ "path": "a=b", "lines": 5 }),
        ),
        (&["path="], json!({ "path": "" })),
        (
            &["path=x", "tags=a", "tags=b"],
            json!({ "path": "x", "tags": ["a", "b"] }),
        ),
        (&["path=x", "tags=a"], json!({ "path": "x", "tags": ["a"] })),
        (
            &["path=x", "tags=[\"a\", \"b\"]"],
            json!({ "path": "x", "tags": ["a", "b"] }),
        ),
        (
            &["path=x", "options.mode=read", "options.deep.flag=yes"],
            json!({ "path": "x", "options": { "mode": "read", "deep": { "flag": true } } }),
        ),
        (
            &[
                "path=x",
                "options={\"mode\": \"read\"}",
                "options.deep.flag=no",
            ],
            json!({ "path": "x", "options": { "mode": "read", "deep": { "flag": false } } }),
        ),
        (
            &["path=x", "dotted.name=5"],
            json!({ "path": "x", "dotted.name": 5 }),
        ),
        (
            &["path=x", "labels.red=1", "labels.blue=2"],
            json!({ "path": "x", "labels": { "red": 1, "blue": 2 } }),
        ),
        (
            &["path:=null", "lines:=[1]"],
            json!({ "path": null, "lines": [1] }),
        ),
        (&["path=@text"], json!({ "path": "two\nlines\n" })),
        (
            &["path=x", "lines=@number", "tags:=@number"],
            json!({ "path": "x", "lines": 7, "tags": 7 }),
        ),
        (&["path=@@ada"], json!({ "path": "@ada" })),
        (&["-"], json!({ "path": "from stdin" })),
        (
            &["@object", "lines=2"],
            json!({ "path": "from file", "lines": 2 }),
        ),
        (
            &["{\"path\": \"x\", \"unknown\": 1}"],
            json!({ "path": "x", "unknown": 1 }),
        ),
    ] {
        assert_eq!(arguments(words), Ok(wanted), "{words:?}");
    }
}

#[test]
fn what_does_not_fit_is_an_error_that_says_what_to_write() {
    for (words, wanted) in [
        (
            &["pth=x"][..],
            "`open` has no argument `pth`; did you mean `path`?",
        ),
        (
            &["path=x", "options.mod=read"],
            "`options` has no member `mod`; did you mean `mode`?",
        ),
        (
            &["path=x", "optoins.mode=read"],
            "`open` has no argument `optoins`; did you mean `options`?",
        ),
        (
            &["lines=5"],
            "`open` needs `path` (string): Where the file is.",
        ),
        (
            &["path=x", "lines=five"],
            "`lines` must be integer, not `five`",
        ),
        (
            &["path=x", "options.mode=raed"],
            "`options.mode` must be \"read\" | \"write\", not `raed`",
        ),
        (
            &["path=x", "path=y"],
            "`path` is given more than once, and is no list",
        ),
        (
            &["path=x", "path.inner=y"],
            "`path` has no member `inner`; there are none",
        ),
        (
            &["path=x", "lines:=five"],
            "`lines` is given with `:=`, and is no JSON: expected ident at line 1 column 2",
        ),
        (
            &["x"],
            "`x` is no argument; write `name=value`, or all arguments as one JSON object",
        ),
        (
            &["=x"],
            "`=x` has no name before the `=`; write `name=value`",
        ),
        (
            &["path=@gone"],
            "`gone` cannot be read; if no file is meant, write `path=@@gone`",
        ),
        (
            &["{\"path\": "],
            "the arguments must be JSON: EOF while parsing a value at line 1 column 9",
        ),
        (
            &["@number"],
            "`number` must be one JSON object, as in {\"name\": \"value\"}",
        ),
        (
            &["path=x", "options.deep:=5", "options.deep.flag=yes"],
            "`options.deep.flag` is given as an object and as a value",
        ),
        (
            &["path=x", "options.deep.flag=yes", "options.deep:=5"],
            "`options.deep` is given as an object and as a value",
        ),
    ] {
        assert_eq!(arguments(words), Err(wanted.to_owned()), "{words:?}");
    }
    let deep = format!("labels{}=1", ".a".repeat(20));
    let error = arguments(&["path=x", &deep]).unwrap_err();
    assert!(error.contains("has no member"), "{error}");
}

#[test]
fn everything_that_is_missing_is_said_at_once() {
    let schema = json!({
        "type": "object",
        "properties": { "b": { "type": "number" }, "a": {} },
        "required": ["a", "b"],
    });
    let raw = serde_json::value::to_raw_value(&schema).unwrap();
    let none = &mut |_: &str| Ok(String::new());
    let error = read("add", &SchemaDocument::new(&raw), &[], none).unwrap_err();
    assert_eq!(error.told(), "`add` needs `a` (any), and `b` (number)");
}

#[test]
fn a_tool_without_a_usable_schema_takes_every_name() {
    let raw = serde_json::value::to_raw_value(&json!({ "type": "object" })).unwrap();
    let words = ["n=5".to_owned(), "inner.word=x".to_owned()];
    let none = &mut |_: &str| Ok(String::new());
    let read = read("any", &SchemaDocument::new(&raw), &words, none).unwrap();
    assert_eq!(
        Value::Object(read),
        json!({ "n": 5, "inner": { "word": "x" } })
    );
}
