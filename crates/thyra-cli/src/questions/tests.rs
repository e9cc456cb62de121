//! Questions, with a person who is a script.

use serde_json::{Value, json};

use super::*;

/// Types its lines, and remembers what it read.
struct Script {
    lines: Vec<&'static str>,
    read: String,
}

impl Person for Script {
    fn say(&mut self, text: &str) -> io::Result<()> {
        self.read.push_str(text);
        Ok(())
    }

    fn ask(&mut self, prompt: &str) -> io::Result<Option<String>> {
        self.read.push_str(prompt);
        if self.lines.is_empty() {
            self.read.push_str("<end>\n");
            return Ok(None);
        }
        let line = self.lines.remove(0);
        self.read.extend(["<", line, ">\n"]);
        Ok(Some(line.to_owned()))
    }
}

fn form(schema: &Value) -> ElicitParams {
    ElicitParams::Form(ElicitFormParams {
        message: "Who are\nyou?\u{1b}[2J".to_owned(),
        requested_schema: serde_json::value::to_raw_value(schema).unwrap(),
    })
}

fn page() -> ElicitParams {
    ElicitParams::Url(ElicitUrlParams {
        message: "Pay\u{1b}[2J here".to_owned(),
        url: "https://pay.example.com/x?y=z".to_owned(),
        elicitation_id: Some("1".to_owned()),
    })
}

/// What is answered, and what the person read.
fn asked(question: &ElicitParams, lines: &[&'static str]) -> (ElicitResult, String) {
    let mut person = Script {
        lines: lines.to_vec(),
        read: String::new(),
    };
    let result = ask(&mut person, question, Pages::Shown).unwrap();
    assert!(
        person.read.chars().all(|c| matches!(c, ' '..='~' | '\n')),
        "{:?}",
        person.read
    );
    (result, person.read)
}

fn person() -> ElicitParams {
    // As text, for the order of the fields.
    let schema = r#"{
        "type": "object",
        "properties": {
            "name": {
                "type": "string",
                "title": "Name\u001b[31m",
                "description": "Your first name"
            },
            "age": { "type": "integer", "minimum": 18 },
            "colour": { "type": "string", "enum": ["red", "blue"], "default": "red" }
        },
        "required": ["name", "colour"]
    }"#;
    ElicitParams::Form(ElicitFormParams {
        message: "Who are\nyou?\u{1b}[2J".to_owned(),
        requested_schema: serde_json::from_str(schema).unwrap(),
    })
}

#[test]
fn a_form_is_filled_in_field_by_field_and_sent_only_when_the_person_agrees() {
    let (result, read) = asked(&person(), &["Ada", "seven", "7", "36", "", "what?", "y"]);
    let answers = [
        ("name", json!("Ada")),
        ("age", json!(36)),
        ("colour", json!("red")),
    ];
    assert_eq!(result, ElicitResult::accept(answers));
    insta::assert_snapshot!(read);

    let (result, _) = asked(&person(), &["Ada", "", "blue", "no"]);
    assert_eq!(result, ElicitResult::decline());
}

#[test]
fn the_end_of_the_input_cancels_wherever_it_comes() {
    let lines = ["Ada", "36", "blue"];
    for end in 0..=lines.len() {
        let (result, _) = asked(&person(), &lines[..end]);
        assert_eq!(result, ElicitResult::cancel(), "{end}");
    }
}

#[test]
fn what_is_required_is_asked_until_it_is_there() {
    let (result, read) = asked(
        &form(&json!({
            "type": "object",
            "properties": { "n": { "type": "integer" } },
            "required": ["n"],
        })),
        &["", "", "5", "yes"],
    );
    assert_eq!(result, ElicitResult::accept([("n", 5)]));
    assert_eq!(read.matches("n (").count(), 3, "{read}");
}

#[test]
fn a_form_without_fields_asks_for_a_yes_and_what_is_no_form_is_cancelled() {
    let empty = form(&json!({ "type": "object", "properties": {} }));
    assert_eq!(asked(&empty, &["yes"]).0.action, ElicitAction::Accept);
    assert_eq!(asked(&empty, &["no"]).0, ElicitResult::decline());
    let (result, read) = asked(&form(&json!({ "type": "string" })), &["yes"]);
    assert_eq!(result, ElicitResult::cancel());
    assert!(read.contains("cannot be filled in"), "{read}");
}

#[test]
fn a_page_is_shown_whole_and_visited_only_when_the_person_agrees() {
    let (result, read) = asked(&page(), &["y"]);
    assert_eq!(result, ElicitResult::agree());
    assert!(
        read.contains("\n  https://pay.example.com/x?y=z\n"),
        "{read}"
    );
    assert!(read.contains(r"Pay\u{1b}[2J here"), "{read}");
    assert_eq!(asked(&page(), &["n"]).0, ElicitResult::decline());
    assert_eq!(asked(&page(), &[]).0, ElicitResult::cancel());
}

#[test]
fn whoever_is_not_at_a_terminal_declines_and_reads_why() {
    assert_eq!(
        declined(&page()),
        "the server asks, and is told that you decline, since nobody is at a terminal: \
         Pay\\u{1b}[2J here"
    );
}
