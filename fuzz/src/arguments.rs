//! The arguments of a tool, against a type of every shape.

use serde_json::value::RawValue;
use serde_json::{Value, from_slice};

use crate::service::call;
use crate::shown::assert_printable;

pub(crate) fn run(data: &[u8]) {
    // Whatever is no JSON is refused before the arguments are looked at.
    let Ok(arguments) = from_slice::<&RawValue>(data) else {
        return;
    };
    let Some(value) = taken(arguments.get()) else {
        return;
    };
    // What was read is taken as it was written.
    assert_eq!(taken(&value.to_string()), Some(value));
}

/// The value that the tool took. When the arguments are refused, the reply says why.
fn taken(value: &str) -> Option<Value> {
    let reply = call("all", &format!(r#","arguments":{{"value":{value}}}"#));
    let Some(result) = reply.get("result") else {
        let message = reply["error"]["message"].as_str();
        assert_printable(&message.expect("an error has a message"));
        return None;
    };
    if result["isError"] == true {
        let text = result["content"][0]["text"].as_str();
        assert!(!text.expect("a refusal says why").is_empty());
        return None;
    }
    Some(result["structuredContent"].clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_corpus_reaches_the_tool() {
        for fitting in [
            include_str!("../corpus/arguments/fits"),
            include_str!("../corpus/arguments/fits_when_rewritten"),
            include_str!("../corpus/arguments/nested"),
        ] {
            assert!(taken(fitting).is_some(), "{fitting}");
        }
        assert_eq!(taken(include_str!("../corpus/arguments/missing")), None);
    }
}
