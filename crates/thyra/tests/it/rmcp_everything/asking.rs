//! What the program asks: the user, the client's model, the client for its roots.

use rmcp::ServiceError;
use rmcp::model::{ErrorCode, GetPromptRequestParams};
use serde_json::{Value, json};

use super::host::known;
use super::visitor::{Visitor, able, everyone, written};
use crate::support::soon;

const ELICITATION: &str = "elicitation/create";
const SAMPLING: &str = "sampling/createMessage";
const ROOTS: &str = "roots/list";

#[tokio::test]
async fn asks_the_user() {
    everyone(able(), async |visitor: &mut Visitor| {
        let ask = |message| json!({ "message": message });
        let told = visitor.text("test_elicitation", ask("Who are you?")).await;
        let content = told.strip_prefix("User response: action=accept, content=");
        let content: Value = serde_json::from_str(content.unwrap()).unwrap();
        assert_eq!(
            content,
            json!({ "username": "ada", "email": "ada@example.com" })
        );
        let asked = visitor.was_asked(ELICITATION);
        assert_eq!(asked["message"], "Who are you?");
        let schema = &asked["requestedSchema"];
        assert_eq!(schema["required"], json!(["username", "email"]));
        assert_eq!(schema["properties"]["email"]["type"], "string");

        for (message, action) in [
            ("You will say no", "decline"),
            ("You will look away", "cancel"),
        ] {
            let told = visitor.text("test_elicitation", ask(message)).await;
            assert_eq!(told, format!("User response: action={action}"));
            assert_eq!(visitor.was_asked(ELICITATION)["message"], message);
        }
        visitor.was_asked_all();
    })
    .await;
}

#[tokio::test]
async fn asks_with_defaults_and_with_choices() {
    everyone(able(), async |visitor: &mut Visitor| {
        let known = known();
        let (defaults, asked) = filled(visitor, "test_elicitation_sep1034_defaults").await;
        for (name, default) in [
            ("name", json!("John Doe")),
            ("age", json!(30)),
            ("score", json!(95.5)),
            ("status", json!("active")),
            ("verified", json!(true)),
        ] {
            assert_eq!(asked["properties"][name]["default"], default, "{name}");
            assert_eq!(defaults[name], known[name]);
        }
        let (chosen, asked) = filled(visitor, "test_elicitation_sep1330_enums").await;
        for (name, choices) in [
            ("untitledSingle", "/enum/0"),
            ("titledSingle", "/oneOf/0/const"),
            ("legacyEnum", "/enum/0"),
            ("untitledMulti", "/items/enum/0"),
            ("titledMulti", "/items/anyOf/0/const"),
        ] {
            let first = asked["properties"][name].pointer(choices).unwrap();
            let of_user = match &known[name] {
                Value::Array(several) => &several[0],
                one => one,
            };
            assert_eq!(first, of_user, "{name}");
            assert_eq!(chosen[name], known[name]);
        }
        visitor.was_asked_all();
    })
    .await;
}

/// What became of a form, and its schema.
async fn filled(visitor: &mut Visitor, tool: &'static str) -> (Value, Value) {
    let told = visitor.text(tool, json!({})).await;
    let content = told.strip_prefix("Elicitation completed: action=accept, content=");
    let asked = visitor.was_asked(ELICITATION);
    let content = serde_json::from_str(content.unwrap()).unwrap();
    (content, asked["requestedSchema"].clone())
}

#[tokio::test]
async fn sends_the_user_to_a_page() {
    everyone(able(), async |visitor: &mut Visitor| {
        let told = visitor.text("test_elicitation_url", json!({})).await;
        assert_eq!(told, "On the way");
        let asked = visitor.was_asked(ELICITATION);
        assert_eq!(asked["mode"], "url");
        assert_eq!(asked["message"], "Please have a look");
        assert_eq!(asked["url"], "https://example.com/look");
        visitor.was_asked_all();
    })
    .await;
}

#[tokio::test]
async fn asks_the_model_and_for_roots() {
    everyone(able(), async |visitor: &mut Visitor| {
        let prompt = json!({ "prompt": "Six by seven?" });
        let told = visitor.text("test_sampling", prompt).await;
        assert_eq!(told, "LLM response: Forty-two");
        let asked = visitor.was_asked(SAMPLING);
        assert_eq!(asked["maxTokens"], 100);
        let content = json!({ "type": "text", "text": "Six by seven?" });
        let message = json!({ "role": "user", "content": content });
        assert_eq!(asked["messages"], json!([message]));

        let roots = "test_input_required_result_list_roots";
        let told = visitor.text(roots, json!({})).await;
        assert_eq!(told, "Roots: file:///one, file:///two");
        visitor.was_asked(ROOTS);
        visitor.was_asked_all();
    })
    .await;
}

#[tokio::test]
async fn asks_after_it_has_said_something() {
    everyone(able(), async |visitor: &mut Visitor| {
        let told = visitor.text("test_streaming_elicitation", json!({})).await;
        assert_eq!(told, "Hello, Alice!");
        assert_eq!(visitor.hears("progress").await, json!([1.0, 2.0]));
        visitor.was_asked(ELICITATION);
        visitor.was_asked_all();
    })
    .await;
}

#[tokio::test]
async fn asks_for_several_things_at_a_time_and_for_one_after_the_other() {
    everyone(able(), async |visitor: &mut Visitor| {
        let several = "test_input_required_result_multiple_inputs";
        let told = visitor.text(several, json!({})).await;
        assert_eq!(told, "Alice: Forty-two (2 roots)");
        let mut methods = [(); 3].map(|()| visitor.was_asked_something());
        methods.sort_unstable();
        assert_eq!(methods, [ELICITATION, ROOTS, SAMPLING]);

        let rounds = "test_input_required_result_multi_round";
        assert_eq!(visitor.text(rounds, json!({})).await, "Alice likes blue");
        for question in [
            "Step 1: What is your name?",
            "Step 2: What is your favorite color?",
        ] {
            assert_eq!(visitor.was_asked(ELICITATION)["message"], question);
        }

        let state = "test_input_required_result_request_state";
        let told = visitor.text(state, json!({})).await;
        assert_eq!(told, "state-ok, confirmed: true");
        visitor.was_asked(ELICITATION);

        let prompt = GetPromptRequestParams::new("test_input_required_result_prompt");
        let prompt = soon("the prompt", visitor.client.get_prompt(prompt)).await;
        let prompt = written(&prompt.unwrap());
        let text = &prompt["messages"][0]["content"]["text"];
        assert_eq!(text, "Use this context: of a test");
        visitor.was_asked(ELICITATION);
        visitor.was_asked_all();
    })
    .await;
}

#[tokio::test]
async fn asks_nothing_of_a_client_that_cannot_answer() {
    everyone(json!({}), async |visitor: &mut Visitor| {
        match visitor.call("test_missing_capability", json!({})).await {
            // The error has its code since revision 2026-07-28.
            Err(ServiceError::McpError(error)) if visitor.kind.is_sessionless() => {
                assert_eq!(error.code, ErrorCode::MISSING_REQUIRED_CLIENT_CAPABILITY);
                let missing = &error.data.unwrap()["requiredCapabilities"];
                assert_eq!(missing, &json!({ "sampling": {} }));
            }
            Ok(refused) if !visitor.kind.is_sessionless() => {
                assert_eq!(refused.is_error, Some(true));
            }
            other => panic!("{other:?}"),
        }
        let given = "test_input_required_result_capabilities";
        assert_eq!(visitor.text(given, json!({})).await, "Given: ");
        visitor.was_asked_all();
    })
    .await;
    everyone(json!({ "roots": {} }), async |visitor: &mut Visitor| {
        let given = "test_input_required_result_capabilities";
        assert_eq!(visitor.text(given, json!({})).await, "Given: 2 roots");
        visitor.was_asked(ROOTS);
        visitor.was_asked_all();
    })
    .await;
}
