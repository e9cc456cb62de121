use std::time::Duration;

use super::*;
use crate::scripted::Answer;

/// What a model fails with whose provider answers so.
async fn failure(answer: impl Fn() -> Answer + Send + Sync + 'static) -> ModelError {
    let server = Scripted::start(move |_| answer()).await;
    let model = server.model(ModelApi::openai("m"), "/v1");
    let error = ask(&model, CreateMessageParams::text("Why?", 10))
        .await
        .unwrap_err();
    assert_eq!(server.asked().len(), 1);
    assert!(!format!("{error:?} {error}").contains("a-key"), "{error:?}");
    error
}

fn says(message: &str) -> Value {
    json!({ "error": { "message": message, "type": "t", "code": null } })
}

#[tokio::test]
async fn each_refusal_says_what_to_do_and_never_the_key() {
    for (status, problem) in [
        (
            "401 Unauthorized",
            "the model's provider refuses with status 401; give the model another key with .key(...)",
        ),
        (
            "403 Forbidden",
            "the model's provider refuses with status 403; give the model another key with .key(...)",
        ),
        (
            "400 Bad Request",
            "the model's provider refuses with status 400: no *** for this",
        ),
        (
            "302 Found",
            "the model's provider refuses with status 302: no *** for this",
        ),
        (
            "529 Overloaded",
            "the model's provider fails with status 529: no *** for this",
        ),
    ] {
        let error = failure(move || Answer::json(status, &says("no a-key for this"))).await;
        assert_eq!(error.to_string(), problem);
    }
}

#[tokio::test]
async fn a_provider_may_say_when_to_come_back() {
    for (after, told) in [("7", Some(7)), ("soon", None)] {
        let error = failure(move || {
            let answer = Answer::json("429 Too Many Requests", &says("slow down"));
            answer.header("Retry-After", after)
        })
        .await;
        let ModelError::Limited { retry_after, .. } = &error else {
            panic!("{error}");
        };
        assert_eq!(*retry_after, told.map(Duration::from_secs));
    }
    let error = failure(|| {
        Answer::json("503 Service Unavailable", &says("busy")).header("Retry-After", "3")
    });
    assert_eq!(
        error.await.to_string(),
        "the model's provider fails with status 503; try again in 3 seconds: busy"
    );
}

#[tokio::test]
async fn errors_of_every_shape_are_read() {
    let filtered = json!({ "error": { "message": "m", "code": "content_filter" } });
    for (body, problem) in [
        (
            json!({ "error": "plain" }),
            "refuses with status 400: plain",
        ),
        (
            json!({ "message": "flat" }),
            "refuses with status 400: flat",
        ),
        (
            json!([{ "error": { "message": "listed" } }]),
            "refuses with status 400: listed",
        ),
        (json!("\u{1b}[31m"), r"refuses with status 400: \u{1b}[31m"),
        (json!(7), "refuses with status 400: it does not say why"),
        (filtered, "filters it out: content_filter"),
    ] {
        let error = failure(move || Answer::json("400 Bad Request", &body)).await;
        assert_eq!(error.to_string(), format!("the model's provider {problem}"));
    }
}

#[tokio::test]
async fn an_answer_that_is_none_is_an_error() {
    let call = json!({ "function": { "name": "f", "arguments": "[1]" } });
    for (answer, problem) in [
        (json!({ "choices": [] }), "it has no choices"),
        (json!({}), "missing field `choices`"),
        (
            json!({ "choices": [{ "message": { "tool_calls": [call] } }] }),
            "the arguments of a tool are no JSON object",
        ),
    ] {
        let error = failure(move || Answer::json("200 OK", &answer)).await;
        let shown = error.to_string();
        let wanted = format!("the model's answer cannot be used: {problem}");
        assert!(shown.starts_with(&wanted), "{shown}");
    }
    let cut = json!({ "choices": [{ "message": {}, "finish_reason": "content_filter" }] });
    let error = failure(move || Answer::json("200 OK", &cut)).await;
    assert!(matches!(error, ModelError::Filtered { .. }), "{error}");
}

#[tokio::test]
async fn an_answer_has_a_bound_of_size_and_time() {
    let error = failure(|| {
        Answer::json("200 OK", &json!(1)).header("Content-Length", &(17 << 20).to_string())
    });
    let error = error.await;
    assert!(
        error.to_string().contains("more than 16777216 bytes"),
        "{error}"
    );

    let server = Scripted::start(|_| Answer::empty("200 OK").open()).await;
    let model = server
        .model(ModelApi::openai("m"), "/v1")
        .time_limit(Duration::from_millis(50));
    let error = ask(&model, CreateMessageParams::text("Why?", 10))
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("did not answer within 50ms"),
        "{error}"
    );
}

#[tokio::test]
async fn a_key_goes_to_other_machines_over_https_only() {
    let key = thyra_client::Secret::new("a-key".to_owned());
    let model = ModelApi::openai("m")
        .base_url("http://192.0.2.1/v1")
        .unwrap()
        .key(key);
    let error = ask(&model, CreateMessageParams::text("Why?", 10))
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("must be reached with https"),
        "{error}"
    );
}
