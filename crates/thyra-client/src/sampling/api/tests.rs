use serde_json::json;
use thyra_protocol::{
    Content, CreateMessageParams, ModelHint, ModelPreferences, SamplingMessage, Tool,
    ToolResultContent, ToolUseContent,
};

use super::*;

fn hints(names: &[&str]) -> ModelPreferences {
    let hints = names.iter().map(|name| ModelHint {
        name: Some((*name).to_owned()),
    });
    ModelPreferences {
        hints: hints.collect(),
        ..ModelPreferences::default()
    }
}

#[test]
fn a_server_chooses_among_the_models_that_it_is_offered() {
    let mut models = Models::new("gpt-5-mini".to_owned());
    models.add("sonnet", "claude-sonnet-5".to_owned());
    models.add("large", "gpt-5".to_owned());
    for (names, chosen) in [
        (&[][..], "gpt-5-mini"),
        (&["gemini"], "gpt-5-mini"),
        (&["claude-3-5-SONNET"], "claude-sonnet-5"),
        (&["claude"], "claude-sonnet-5"),
        (&["gemini", "large", "sonnet"], "gpt-5"),
        // A part of the default's name leads to the default, also where others have it, too.
        (&["gpt-5"], "gpt-5-mini"),
        (&[""], "gpt-5-mini"),
    ] {
        assert_eq!(models.choose(Some(&hints(names))), chosen, "{names:?}");
    }
    assert_eq!(models.choose(None), "gpt-5-mini");
}

fn tool(name: &str) -> Tool {
    Tool::new(name, serde_json::from_str(r#"{"type":"object"}"#).unwrap())
}

#[test]
fn names_that_no_provider_takes_have_others_there_and_come_back() {
    let long = "n".repeat(100);
    let call = ToolUseContent {
        name: "gone?".to_owned(),
        ..ToolUseContent::default()
    };
    let said = SamplingMessage {
        content: vec![SamplingContent::ToolUse(call)],
        ..SamplingMessage::assistant("")
    };
    let names = ["add", "a.b", "a_b", "a/b", "1st", &long, "größe"];
    let question = CreateMessageParams {
        tools: Some(names.iter().map(|name| tool(name)).collect()),
        ..CreateMessageParams::new(vec![said], 1)
    };
    let known = ToolNames::of(&question);
    let mut there: Vec<&str> = names.iter().map(|name| known.there(name)).collect();
    assert_eq!(there[0], "add");
    assert_eq!(there[2], "a_b");
    assert_eq!((there[4], there[5]), ("_1st", &long[..64]));
    assert_eq!(known.there("gone?"), "gone_");
    for (name, there) in names.iter().zip(&there) {
        assert!(there.len() <= 64 && there.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'));
        assert_eq!(known.back((*there).to_owned()), **name);
    }
    there.sort_unstable();
    there.dedup();
    assert_eq!(there.len(), names.len());
    assert_eq!(known.back("made_up".to_owned()), "made_up");
}

#[test]
fn what_a_tool_answers_that_is_no_text_is_named() {
    let result = ToolResultContent {
        content: vec![
            Content::text("one"),
            Content::image("AA==", "image/png"),
            Content::resource_link("file:///a", "A"),
        ],
        ..ToolResultContent::default()
    };
    assert_eq!(
        tool_text::of(&result),
        "one\n[Picture of type image/png, left out: it cannot be shown to this model]\n\
         [A](file:///a)"
    );
    let result = ToolResultContent {
        structured_content: Some(json!({ "sum": 3 })),
        ..ToolResultContent::default()
    };
    assert_eq!(tool_text::of(&result), r#"{"sum":3}"#);
}

#[cfg(feature = "openai")]
#[test]
fn the_key_is_in_no_text() {
    let key = Secret::new("sk-12345".to_owned());
    let model = ModelApi::openai("m").key(key.clone());
    assert!(!format!("{model:?}").contains("12345"), "{model:?}");
    let headers = model.headers().unwrap();
    assert!(!format!("{headers:?}").contains("12345"), "{headers:?}");
    let broken = ModelApi::openai("m").key(Secret::new("sk\n".to_owned()));
    assert!(matches!(broken.headers(), Err(ModelError::KeyUnsendable)));
}

#[cfg(feature = "google")]
#[test]
fn the_name_of_a_model_leads_to_no_other_path() {
    let model = ModelApi::google("../x?y#z");
    let url = model.url("../x?y#z");
    assert_eq!(
        url.as_str(),
        "https://generativelanguage.googleapis.com/v1beta/models/..%2Fx%3Fy%23z:generateContent"
    );
    let model = model.base_url("http://127.0.0.1:1/proxy/").unwrap();
    assert_eq!(
        model.url("m").as_str(),
        "http://127.0.0.1:1/proxy/v1beta/models/m:generateContent"
    );
}

#[cfg(feature = "anthropic")]
#[test]
fn a_base_url_is_one_of_http() {
    for (url, problem) in [
        ("models", "it is not an absolute URL"),
        ("ftp://example.com", "its scheme is neither https nor http"),
    ] {
        let error = ModelApi::anthropic("m").base_url(url).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("`{url}` cannot be the base URL of a model: {problem}")
        );
    }
    let error = ModelApi::anthropic("m").base_url("https://example.com?key=secret");
    assert_eq!(
        error.unwrap_err().to_string(),
        "`https://example.com` cannot be the base URL of a model: it has a query or a fragment"
    );
    let error = ModelApi::anthropic("m").base_url("https://ada:secret@example.com");
    assert_eq!(
        error.unwrap_err().to_string(),
        "`example.com` cannot be the base URL of a model: it holds a user name or a password; give \
         the key with .key(...)"
    );
}
