use std::sync::Arc;

use futures_util::FutureExt;
use http::HeaderMap;
use insta::assert_snapshot;
use serde_json::Value;
use thyra_auth::Principal;
use tokio::sync::Notify;

use super::{builder, call, call_in, input_schema, text, text_of};
use crate::component::tool::IntoTool;
use crate::context::RequestScope;
use crate::handler::{
    Call, CallError, Claims, FromCall, Headers, Json, Parameters, Rejection, Requirement, State,
};
use crate::state::StateMap;
use crate::{Context, Tool, ToolError, tool};

struct Db(&'static str);

#[tool]
fn look_up(id: u32, State(db): State<Db>) -> String {
    format!("{}: {id}", db.0)
}

#[tool]
async fn describe(ctx: Context, headers: Option<Headers>) -> String {
    format!("{} {}", ctx.revision(), headers.is_some())
}

fn with_db() -> RequestScope {
    let mut state = StateMap::default();
    state.insert(Db("first"));
    state.insert(Db("notes"));
    builder().state(state).build()
}

#[tokio::test]
async fn state_reaches_the_tool() {
    let result = call_in(&with_db(), look_up {}, r#"{"id": 7}"#)
        .await
        .expect("an answer");
    assert_eq!(text_of(&result), "notes: 7");
    assert_eq!(look_up(7, State(Arc::new(Db("test")))), "test: 7");
}

#[tokio::test]
async fn missing_state_is_known_before_and_at_the_call() {
    let tool = look_up {}.into_tool();
    let missing = tool
        .missing_state(&StateMap::default())
        .expect("there is no state");
    assert!(missing.ends_with("inject::Db"), "{missing}");
    assert_eq!(tool.missing_state(with_db().state()), None);

    let rejected = call(look_up {}, r#"{"id": 7}"#).await;
    assert!(matches!(
        rejected,
        Err(CallError::Rejected(Rejection::NoState { .. }))
    ));
    assert_snapshot!(
        text(look_up {}, r#"{"id": 7}"#).await,
        @"The call was rejected: it needs `State<thyra::handler::tests::inject::Db>`, and the server has none: add `.state(..)` to it."
    );
}

#[tokio::test]
async fn injected_arguments_are_hidden_and_cannot_be_sent() {
    assert!(!input_schema(describe).contains("ctx"));
    assert_eq!(text(describe, "{}").await, "2025-11-25 false");
    assert_snapshot!(text(describe, r#"{"ctx": {}}"#).await, @r"
    Invalid arguments for tool `describe`:
    - `ctx`: no such argument
    This tool takes no arguments.
    ");
}

#[tokio::test]
async fn headers_come_from_http_only() {
    #[tool]
    fn agent(headers: Headers) -> String {
        headers
            .0
            .get("user-agent")
            .and_then(|value| value.to_str().ok())
            .unwrap_or("none")
            .to_owned()
    }
    let mut headers = HeaderMap::new();
    headers.insert("user-agent", http::HeaderValue::from_static("test/1"));
    let result = call_in(&builder().headers(headers).build(), agent {}, "{}")
        .await
        .expect("an answer");
    assert_eq!(text_of(&result), "test/1");
    assert!(matches!(
        call(agent {}, "{}").await,
        Err(CallError::Rejected(Rejection::NoHeaders))
    ));
}

#[tokio::test]
async fn anybody_may_write_an_extractor() {
    struct Name(String);
    impl FromCall for Name {
        async fn from_call(call: &Call<'_>) -> Result<Self, Rejection> {
            match call.name() {
                "refused" => Err(Rejection::Other("not today".to_owned())),
                name => Ok(Self(name.to_owned())),
            }
        }
    }
    let named = |name: &str| Tool::new(name, |Name(name): Name| async move { name });
    assert_eq!(text(named("itself"), "{}").await, "itself");
    assert_eq!(
        text(named("refused"), "{}").await,
        "The call was rejected: not today."
    );
}

#[tokio::test]
async fn an_extractor_may_wait() {
    struct Gate(Arc<Notify>);
    struct Passed(&'static str);
    impl FromCall for Passed {
        async fn from_call(call: &Call<'_>) -> Result<Self, Rejection> {
            let gate = State::<Gate>::from_call(call).await?;
            gate.0.0.notified().await;
            Ok(Self("passed"))
        }

        fn describe(parameters: &mut Parameters) {
            State::<Gate>::describe(parameters);
        }
    }
    #[tool]
    async fn by_attribute(word: String, Passed(passed): Passed) -> String {
        format!("{word} {passed}")
    }
    let by_closure = Tool::new("by_closure", |Passed(passed): Passed| async move { passed });

    let gate = Arc::new(Notify::new());
    let mut state = StateMap::default();
    state.insert(Gate(Arc::clone(&gate)));
    let scope = builder().state(state).build();
    for (tool, arguments, text) in [
        (by_attribute.into_tool(), r#"{"word": "it"}"#, "it passed"),
        (by_closure, "{}", "passed"),
    ] {
        assert!(tool.missing_state(&StateMap::default()).is_some());
        let mut answer = Box::pin(call_in(&scope, tool, arguments));
        assert!((&mut answer).now_or_never().is_none());
        gate.notify_one();
        assert_eq!(text_of(&answer.await.expect("an answer")), text);
    }
}

#[tokio::test]
async fn why_an_extractor_failed_is_for_the_log() {
    struct Never;
    impl FromCall for Never {
        async fn from_call(_: &Call<'_>) -> Result<Self, Rejection> {
            Err(Rejection::Failed("the database is down".into()))
        }
    }
    let tool = Tool::new("never", |_: Never| async { "reached" });
    assert_eq!(
        text(tool, "{}").await,
        "The call was rejected: the server could not get what it needs."
    );
}

#[tokio::test]
async fn a_panic_is_an_error_without_its_text() {
    #[tool]
    async fn broken(secret: String) -> String {
        panic!("no luck with {secret}")
    }
    let error = call(broken, r#"{"secret": "hunter2"}"#).await;
    assert!(matches!(&error, Err(CallError::Panicked(text)) if text.contains("no luck")));
    assert_snapshot!(text(broken, r#"{"secret": "hunter2"}"#).await, @"The tool failed. The reason is in the server's log.");
}

#[tokio::test]
async fn foreign_errors_are_masked_and_own_ones_are_not() {
    #[tool]
    async fn read(path: String) -> Result<String, ToolError> {
        if path.is_empty() {
            return Err(ToolError::new("Name a path."));
        }
        Ok(std::fs::read_to_string(path)?)
    }
    #[tool]
    fn parse(number: String) -> Result<i64, std::num::ParseIntError> {
        number.parse()
    }
    assert_eq!(text(read, r#"{"path": ""}"#).await, "Name a path.");
    let masked = "The tool failed. The reason is in the server's log.";
    assert_eq!(text(read, r#"{"path": "/no/such/file"}"#).await, masked);
    assert_eq!(text(parse {}, r#"{"number": "x"}"#).await, masked);
    assert_eq!(text(parse {}, r#"{"number": "5"}"#).await, "5");
    let Err(CallError::Failed(error)) = call(read, r#"{"path": "/no/such/file"}"#).await else {
        panic!("there is no such file");
    };
    let source = error.source().expect("the error has a source");
    assert!(source.is::<std::io::Error>());
}

fn signed_in() -> RequestScope {
    let claims: serde_json::Map<_, _> = [("team".to_owned(), "blue".into())].into_iter().collect();
    let principal = Principal::builder("https://issuer.example", "ada")
        .claims(claims)
        .build();
    builder().principal(Some(Arc::new(principal))).build()
}

#[tokio::test]
async fn the_caller_reaches_the_tool_in_every_form() {
    #[tool]
    async fn who(owned: Principal, shared: Arc<Principal>, ctx: Context) -> bool {
        owned.subject() == shared.subject()
            && ctx
                .principal()
                .is_some_and(|caller| caller.subject() == "ada")
    }
    #[tool]
    fn maybe(caller: Option<Principal>, shared: Option<Arc<Principal>>) -> String {
        assert_eq!(caller.is_some(), shared.is_some());
        caller.map_or_else(|| "nobody".to_owned(), |caller| caller.subject().to_owned())
    }
    let result = call_in(&signed_in(), who, "{}").await.expect("an answer");
    assert_eq!(text_of(&result), "true");
    let result = call_in(&signed_in(), maybe {}, "{}")
        .await
        .expect("an answer");
    assert_eq!(text_of(&result), "ada");
    assert_eq!(text(maybe {}, "{}").await, "nobody");
    assert_eq!(who.into_tool().requirements(), [Requirement::Principal]);
    assert_eq!(maybe {}.into_tool().requirements(), []);
    assert_snapshot!(
        text(who, "{}").await,
        @"The call was rejected: it needs to know who is calling, and nobody is signed in."
    );
}

#[derive(serde::Deserialize)]
struct Membership {
    team: String,
}

#[derive(Debug, serde::Deserialize)]
struct Rank {
    #[expect(dead_code, reason = "no token carries it")]
    team: u8,
}

#[tokio::test]
async fn claims_are_decoded_and_their_values_stay_out_of_errors() {
    #[tool]
    fn team(Claims(membership): Claims<Membership>) -> String {
        membership.team
    }
    #[tool]
    fn rank(claims: Claims<Rank>) -> String {
        format!("{:?}", claims.0)
    }
    let result = call_in(&signed_in(), team {}, "{}")
        .await
        .expect("an answer");
    assert_eq!(text_of(&result), "blue");
    let result = rank {}.into_tool().call(None, &signed_in()).await;
    assert!(result.is_error);
    assert_eq!(
        text_of(&result),
        "The call was rejected: it needs claims that the caller's token does not carry as it should."
    );
    let nobody = call(team {}, "{}").await;
    assert!(matches!(
        nobody,
        Err(CallError::Rejected(Rejection::NoPrincipal))
    ));
}

#[tokio::test]
async fn the_caller_may_be_returned() {
    #[tool]
    async fn whoami(caller: Principal) -> Json<Principal> {
        Json(caller)
    }
    let result = call_in(&signed_in(), whoami, "{}")
        .await
        .expect("an answer");
    let structured = result.structured_content.expect("it is structured");
    let written: serde_json::Map<String, Value> =
        serde_json::from_str(structured.get()).expect("it is an object");
    assert_eq!(written["subject"], "ada");
    assert!(written["scopes"].is_array());

    let schema = whoami
        .into_tool()
        .definition()
        .output_schema
        .clone()
        .expect("it has a schema");
    let schema: Value = serde_json::from_str(schema.get()).expect("a schema is JSON");
    let promised = schema["properties"]
        .as_object()
        .expect("the schema has properties");
    assert!(
        promised.keys().eq(written.keys()),
        "{promised:?} {written:?}"
    );
}
