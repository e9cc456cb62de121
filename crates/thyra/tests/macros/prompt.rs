//! What `#[prompt]` writes: functions that make messages, and that stay functions.

use std::collections::BTreeMap;
use std::error::Error;

use serde_json::value::RawValue;
use serde_json::{Value, json};
use thyra::extend::RequestScope;
use thyra::prelude::*;
use thyra::{IntoPrompt, RequestId, Revision, completion_values};

use crate::Outcome;

/// Asks for a review.
#[prompt(title = "Review", tags = ["code"], version = "1.2", timeout = 5, meta(stage = "beta"))]
pub fn review(
    /// What to review
    code: String,
    /// How strict to be
    #[arg(complete = completion_values(["mild", "strict"]))]
    tone: Option<String>,
    #[arg(name = "lines", default = 10)] most: u32,
) -> String {
    let tone = tone.as_deref().unwrap_or("mild");
    format!("Review at most {most} lines, {tone}: {code}")
}

/// Plans a journey.
#[prompt(inline)]
fn plan(
    #[arg(complete = |partial: String, others: BTreeMap<String, String>| async move {
        vec![format!("{partial}{}", others.len())]
    })]
    city: String,
) -> Vec<String> {
    vec![format!("Go to {city}."), "Be quick.".to_owned()]
}

/// Fails.
#[prompt]
async fn fail() -> Result<String, PromptError> {
    Err(PromptError::new("Not today."))
}

async fn get(prompt: &Prompt, arguments: &Value) -> Result<Value, Box<dyn Error>> {
    let arguments = RawValue::from_string(arguments.to_string())?;
    let scope = RequestScope::new(Revision::LATEST, RequestId::Number(1));
    let result = prompt.get(Some(&arguments), &scope).await;
    Ok(serde_json::to_value(
        result.map_err(|error| format!("{error:?}"))?,
    )?)
}

#[tokio::test]
async fn a_prompt_is_still_a_function() {
    assert_eq!(
        review("let a;".to_owned(), None, 3),
        "Review at most 3 lines, mild: let a;"
    );
    assert_eq!(plan("Bern".to_owned()).len(), 2);
    assert!(fail().await.is_err());
}

#[test]
fn what_the_attribute_says_is_in_the_definition() -> Outcome {
    let prompt = review {}.into_prompt();
    let definition = serde_json::to_value(prompt.definition())?;
    assert_eq!(definition["name"], "review");
    assert_eq!(definition["title"], "Review");
    assert_eq!(definition["description"], "Asks for a review.");
    assert_eq!(definition["_meta"], json!({ "stage": "beta" }));
    let arguments = definition["arguments"].as_array().ok_or("arguments")?;
    let names: Vec<&Value> = arguments.iter().map(|argument| &argument["name"]).collect();
    assert_eq!(names, ["code", "tone", "lines"]);
    assert_eq!(arguments[0]["required"], true);
    assert_eq!(arguments[0]["description"], "What to review");
    assert_ne!(arguments[1]["required"], true);
    assert_ne!(arguments[2]["required"], true);
    assert!(prompt.completer("tone").is_some());
    assert!(prompt.completer("code").is_none());
    assert!(prompt.problems().is_empty(), "{:?}", prompt.problems());
    Ok(())
}

#[tokio::test]
async fn arguments_come_as_text_and_are_decoded() -> Outcome {
    let prompt = review {}.into_prompt();
    let result = get(&prompt, &json!({ "code": "a", "lines": "3" })).await?;
    assert_eq!(
        result["messages"][0]["content"]["text"],
        "Review at most 3 lines, mild: a"
    );
    assert!(get(&prompt, &json!({ "lines": "3" })).await.is_err());
    assert!(
        get(&prompt, &json!({ "code": "a", "other": "b" }))
            .await
            .is_err()
    );
    let result = get(&plan {}.into_prompt(), &json!({ "city": "Bern" })).await?;
    assert_eq!(result["messages"].as_array().map(Vec::len), Some(2));
    Ok(())
}

#[tokio::test]
async fn a_closure_completes_an_argument() -> Outcome {
    let prompt = plan {}.into_prompt();
    let completer = prompt.completer("city").ok_or("completer")?;
    let others = BTreeMap::from([("tone".to_owned(), "mild".to_owned())]);
    let scope = RequestScope::new(Revision::LATEST, RequestId::Number(1));
    let completion = completer.complete("Be", &others, &scope).await;
    assert_eq!(
        completion.map_err(|error| format!("{error:?}"))?.values,
        ["Be1"]
    );
    Ok(())
}
