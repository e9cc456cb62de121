use std::collections::BTreeMap;

use insta::assert_snapshot;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::value::RawValue;
use thyra_protocol::{
    Content, ErrorCode, ErrorObject, GetPromptResult, PromptArgument, PromptMessage, RequestId,
    Revision, Role,
};

use super::Prompt;
use crate::component::completion::completion_values;
use crate::context::RequestScope;
use crate::handler::{Args, Call, CallError, Handler, ToolError};

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Tone {
    Dry,
    Warm,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Letter {
    /// Whom to write to
    to: String,
    tone: Option<Tone>,
    /// How many lines
    lines: u8,
    #[serde(default)]
    formal: bool,
    #[serde(default)]
    topics: Vec<String>,
}

fn letter() -> Prompt {
    Prompt::new("letter", |Args(letter): Args<Letter>| async move {
        let tone = match letter.tone {
            None => "any",
            Some(Tone::Dry) => "dry",
            Some(Tone::Warm) => "warm",
        };
        format!(
            "{} {tone} {} {} {}",
            letter.to,
            letter.lines,
            letter.formal,
            letter.topics.join("+")
        )
    })
    .description("Writes a letter.")
}

fn scope() -> RequestScope {
    RequestScope::new(Revision::LATEST, RequestId::Number(1))
}

async fn get(prompt: &Prompt, arguments: &str) -> Result<GetPromptResult, CallError> {
    let arguments = RawValue::from_string(arguments.to_owned()).expect("the test's JSON is JSON");
    prompt.get(Some(&arguments), &scope()).await
}

async fn refusal(prompt: &Prompt, arguments: &str) -> ErrorObject {
    let error = get(prompt, arguments).await.expect_err("a refusal");
    error.into_error(prompt.name(), |name| {
        ErrorObject::invalid_params(format!("no {name}"))
    })
}

fn texts(result: &GetPromptResult) -> Vec<(Role, &str)> {
    let messages = result.messages.iter();
    messages
        .map(|message| (message.role, message.content.as_text().unwrap_or("no text")))
        .collect()
}

#[test]
fn arguments_come_from_the_signature() {
    let prompt = letter();
    assert_eq!(prompt.problems(), [""; 0]);
    let described: Vec<String> = prompt
        .definition()
        .arguments
        .iter()
        .map(|argument| {
            format!(
                "{} {:?}: {}",
                argument.name,
                argument.required,
                argument.description.as_deref().unwrap_or("-")
            )
        })
        .collect();
    assert_snapshot!(described.join("\n"), @r#"
    formal Some(false): Write true or false.
    lines Some(true): How many lines

    Write an integer.
    to Some(true): Whom to write to
    tone Some(false): -
    topics Some(false): Write JSON that fits this schema: {"default":[],"items":{"type":"string"},"type":"array"}
    "#);
}

#[tokio::test]
async fn text_is_decoded_where_something_else_is_wanted() {
    let prompt = letter();
    let result = get(
        &prompt,
        r#"{"to": "5", "tone": "dry", "lines": "12", "formal": "true", "topics": "[\"a\", \"b\"]"}"#,
    )
    .await
    .expect("a letter");
    assert_eq!(texts(&result), [(Role::User, "5 dry 12 true a+b")]);
    assert_eq!(result.description.as_deref(), Some("Writes a letter."));
}

#[tokio::test]
async fn wrong_arguments_are_invalid_params() {
    let error = refusal(&letter(), r#"{"to": "x", "lines": "many"}"#).await;
    assert_eq!(error.code, ErrorCode::INVALID_PARAMS);
    assert_snapshot!(error.message, @r#"
    Invalid arguments for prompt `letter`:
    - `lines`: expected an integer from 0 to 255, got the string "many"
    "#);
    let error = refusal(&letter(), r#"{"to": "x", "lines": "300"}"#).await;
    assert_snapshot!(error.message, @r#"
    Invalid arguments for prompt `letter`:
    - `lines`: expected an integer from 0 to 255, got the string "300"
    "#);
}

#[tokio::test]
async fn whatever_can_be_a_message_is_one() {
    let alone = |prompt: Prompt| async move {
        let result = get(&prompt, "{}").await.expect("messages");
        let texts = texts(&result).into_iter();
        texts
            .map(|(role, text)| format!("{role:?}: {text}"))
            .collect::<Vec<_>>()
            .join(", ")
    };
    assert_eq!(alone(Prompt::new("p", || async { "hi" })).await, "User: hi");
    assert_eq!(
        alone(Prompt::new("p", || async { Content::text("hi") })).await,
        "User: hi"
    );
    assert_eq!(
        alone(Prompt::new("p", || async {
            vec!["a".to_owned(), "b".to_owned()]
        }))
        .await,
        "User: a, User: b"
    );
    let talk = || async { vec![PromptMessage::user("a"), PromptMessage::assistant("b")] };
    assert_eq!(alone(Prompt::new("p", talk)).await, "User: a, Assistant: b");
    let fine = || async { Ok::<_, ToolError>("hi") };
    assert_eq!(alone(Prompt::new("p", fine)).await, "User: hi");
}

#[tokio::test]
async fn what_goes_wrong_is_told_as_far_as_it_may_be() {
    let failing = || async { Err::<String, _>(ToolError::new("There is no paper left.")) };
    let error = refusal(&Prompt::new("p", failing), "{}").await;
    assert_eq!(error.code, ErrorCode::INTERNAL_ERROR);
    assert_eq!(error.message, "There is no paper left.");

    let foreign = || async { "hunter2".parse::<u8>().map(|number| number.to_string()) };
    let error = refusal(&Prompt::new("p", foreign), "{}").await;
    assert_eq!(
        error.message,
        "The request failed. The reason is in the server's log."
    );

    let missing = || async { Err::<String, _>(ToolError::not_found()) };
    let error = refusal(&Prompt::new("p", missing), "{}").await;
    assert_eq!(error.message, "no p");

    let protocol = || async {
        let error = ErrorObject::new(ErrorCode(-32099), "Come back tomorrow");
        Err::<String, _>(ToolError::protocol(error))
    };
    let error = refusal(&Prompt::new("p", protocol), "{}").await;
    assert_eq!(error.code, ErrorCode(-32099));

    let panicking = || async {
        assert_ne!(1, 1, "no luck with hunter2");
        "never"
    };
    let error = refusal(&Prompt::new("p", panicking), "{}").await;
    assert!(!error.message.contains("hunter2"), "{}", error.message);
}

#[tokio::test]
async fn enums_and_flags_complete_themselves_and_others_when_told() {
    let prompt = letter().completion("to", completion_values(["Ann", "Bob"]));
    assert_eq!(prompt.problems(), [""; 0]);
    let values = async |name: &str, partial: &str| {
        let completer = prompt.completer(name)?;
        let others = BTreeMap::new();
        let completion = completer.complete(partial, &others, &scope()).await;
        completion.ok().map(|completion| completion.values)
    };
    assert_eq!(values("tone", "").await.unwrap(), ["dry", "warm"]);
    assert_eq!(values("formal", "t").await.unwrap(), ["true"]);
    assert_eq!(values("to", "b").await.unwrap(), ["Bob"]);
    assert_eq!(values("lines", "").await, None);
    assert!(prompt.has_argument("lines") && !prompt.has_argument("colour"));
    assert_eq!(
        letter()
            .completion("colour", completion_values(["red"]))
            .problems(),
        ["it completes `colour`, and it has no such argument"]
    );
}

#[test]
fn names_keep_to_the_rule() {
    for name in ["", "no spaces", "ünïcode", &"x".repeat(129)] {
        assert_eq!(
            Prompt::new(name, || async { "x" }).problems().len(),
            1,
            "{name}"
        );
    }
    assert_eq!(
        Prompt::new("a.b-c_D9", || async { "x" }).problems(),
        [""; 0]
    );
}

#[tokio::test]
async fn a_handler_need_not_be_a_function() {
    struct Echo;
    impl Handler<GetPromptResult> for Echo {
        fn call<'a>(
            &'a self,
            call: Call<'a>,
        ) -> futures_util::future::BoxFuture<'a, Result<GetPromptResult, CallError>> {
            Box::pin(async move {
                let arguments = call.arguments().map_or("none", RawValue::get);
                Ok(GetPromptResult::new(vec![PromptMessage::user(arguments)]))
            })
        }
    }
    let prompt = Prompt::from_handler("echo", vec![PromptArgument::new("x")], Echo);
    assert!(prompt.has_argument("x"));
    let result = get(&prompt, r#"{"x":"1"}"#).await.expect("messages");
    assert_eq!(texts(&result), [(Role::User, r#"{"x":"1"}"#)]);
}
