//! What one answer of the user is good for: how often, and for which component.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::{BoxFuture, join_all};
use serde_json::{Value, json};
use thyra::auth::{Principal as Caller, StaticAuth};
use thyra::prelude::*;
use thyra::{
    MemoryUsedStates, RequestState, RequestStateKeys, Selector, TaskMode, UsedState,
    UsedStateError, UsedStateStore,
};

use super::rounds::{accept, asked, client, retry};
use super::tasks::{EXTENSION, begun, looked_for};
use super::{Talk, ada_and_bob, fails};
use crate::support::Running;

/// What was paid so far.
#[derive(Clone, Default)]
struct Paid(Arc<AtomicUsize>);

impl Paid {
    fn times(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

async fn confirmed_pay(State(paid): State<Paid>, ctx: Context) -> Result<String, ToolError> {
    let sure: bool = ctx.ask("sure", "Pay 100 euros?").await?;
    if sure {
        paid.0.fetch_add(1, Ordering::SeqCst);
    }
    Ok(format!("paid: {sure}"))
}

/// Pays when the user agrees.
#[tool]
async fn pay(paid: State<Paid>, ctx: Context) -> Result<String, ToolError> {
    confirmed_pay(paid, ctx).await
}

/// Says that it only reads.
#[tool(read_only)]
async fn reads(paid: State<Paid>, ctx: Context) -> Result<String, ToolError> {
    confirmed_pay(paid, ctx).await
}

/// Says that a second call changes nothing.
#[tool(idempotent)]
async fn idempotent(paid: State<Paid>, ctx: Context) -> Result<String, ToolError> {
    confirmed_pay(paid, ctx).await
}

/// May be repeated, says its author.
#[tool(repeatable)]
async fn repeatable(paid: State<Paid>, ctx: Context) -> Result<String, ToolError> {
    confirmed_pay(paid, ctx).await
}

/// Only reads, and still continues once from each answer.
#[tool(read_only, repeatable = false)]
async fn once(paid: State<Paid>, ctx: Context) -> Result<String, ToolError> {
    confirmed_pay(paid, ctx).await
}

/// Asks, then wants more scopes than the caller may have.
#[tool]
async fn step_up(paid: State<Paid>, ctx: Context) -> Result<String, ToolError> {
    let _sure: bool = ctx.ask("sure", "Sure?").await?;
    ctx.require_scopes(["notes:admin"])?;
    confirmed_pay(paid, ctx).await
}

/// A letter to somebody whom the user names.
#[prompt]
async fn letter(ctx: Context) -> Result<String, PromptError> {
    let name: String = ctx.ask("name", "To whom?").await?;
    Ok(format!("Write to {name}."))
}

/// A page of somebody whom the user names.
#[resource("notes://mine")]
async fn mine(ctx: Context) -> Result<String, ResourceError> {
    let name: String = ctx.ask("name", "Whose?").await?;
    Ok(format!("The notes of {name}"))
}

/// Hides a tool from its caller.
#[tool]
async fn hide(tool: String, ctx: Context) -> Result<(), ToolError> {
    ctx.disable(Selector::tool(tool)).await?;
    Ok(())
}

fn server() -> (Server, Paid) {
    let paid = Paid::default();
    let server = Server::new("Payments")
        .tool(pay)
        .tool(reads)
        .tool(idempotent)
        .tool(repeatable)
        .tool(once)
        .tool(step_up)
        .tool(hide)
        .prompt(letter)
        .resource(mine)
        .state(paid.clone());
    (server, paid)
}

fn call(tool: &str) -> Value {
    json!({ "name": tool, "arguments": {} })
}

fn yes() -> Value {
    json!({ "sure": accept(true) })
}

/// The state that comes with the question of `tool`.
async fn question(talk: &Talk<'_>, tool: &str) -> Value {
    asked(&talk.ask("tools/call", call(tool)).await).1
}

/// Checks that the state is refused because it was used, and that the client learns what to do.
#[track_caller]
fn used_already(answer: &crate::support::Answer) {
    let said = fails(answer, -32602);
    assert!(said.contains("used already"), "{said}");
    assert!(said.contains("begin again without it"), "{said}");
}

#[tokio::test]
async fn one_approval_pays_once_however_often_it_is_sent() {
    let (server, paid) = server();
    let server = Running::start(server).await;
    let talk = client(&server);
    let state = question(&talk, "pay").await;
    let answer = retry(&talk, call("pay"), yes(), &state).await;
    assert_eq!(answer.tool_text(), "paid: true");
    for _ in 0..3 {
        used_already(&retry(&talk, call("pay"), yes(), &state).await);
    }
    assert_eq!(paid.times(), 1);
    // Whoever begins again is asked again.
    let state = question(&talk, "pay").await;
    retry(&talk, call("pay"), yes(), &state).await.result();
    assert_eq!(paid.times(), 2);
}

#[tokio::test]
async fn of_approvals_sent_at_the_same_time_one_pays() {
    let (server, paid) = server();
    let server = Running::start(server).await;
    let talk = client(&server);
    let state = question(&talk, "pay").await;
    let answers = join_all((0..16).map(|_| retry(&talk, call("pay"), yes(), &state))).await;
    let (paying, refused): (Vec<_>, Vec<_>) = answers
        .iter()
        .partition(|answer| answer.json()["error"].is_null());
    assert_eq!((paying.len(), paid.times()), (1, 1));
    refused.into_iter().for_each(used_already);
}

#[tokio::test]
async fn hints_say_which_tools_may_repeat_and_their_author_says_it_better() {
    let (server, _) = server();
    let server = Running::start(server).await;
    let talk = client(&server);
    for (tool, may_repeat) in [
        ("reads", true),
        ("idempotent", true),
        ("repeatable", true),
        ("once", false),
        ("pay", false),
    ] {
        let state = question(&talk, tool).await;
        retry(&talk, call(tool), yes(), &state).await.result();
        let again = retry(&talk, call(tool), yes(), &state).await;
        let mut without_state = call(tool);
        without_state["inputResponses"] = yes();
        let without_state = talk.ask("tools/call", without_state).await;
        if may_repeat {
            assert_eq!(again.tool_text(), "paid: true", "{tool}");
            assert_eq!(without_state.tool_text(), "paid: true", "{tool}");
        } else {
            used_already(&again);
            // Answers without a state would be a way around it.
            fails(&without_state, -32602);
        }
    }
}

#[tokio::test]
async fn prompts_and_resources_may_repeat_unless_the_server_says_single_use() {
    for single_use in [false, true] {
        let (mut server, _) = server();
        if single_use {
            server = server.request_state(RequestState::default().single_use());
        }
        let server = Running::start(server).await;
        let talk = client(&server);
        for (method, mut params) in [
            ("prompts/get", json!({ "name": "letter" })),
            ("resources/read", json!({ "uri": "notes://mine" })),
        ] {
            let (_, state) = asked(&talk.ask(method, params.clone()).await);
            params["requestState"] = state;
            params["inputResponses"] = json!({ "name": accept("Ada") });
            talk.ask(method, params.clone()).await.result();
            let again = talk.ask(method, params).await;
            if single_use {
                used_already(&again);
            } else {
                again.result();
            }
        }
    }
}

#[tokio::test]
async fn replicas_with_one_store_pay_once_and_those_without_once_each() {
    for shares_store in [true, false] {
        let store = Arc::new(MemoryUsedStates::new());
        let replica = || {
            let state = RequestState::new(RequestStateKeys::new([7; 32]));
            let (server, paid) = server();
            let state = if shares_store {
                state.used_states(Shared(Arc::clone(&store)))
            } else {
                state
            };
            (server.request_state(state), paid)
        };
        let ((one, paid), (other, paid_too)) = (replica(), replica());
        let (one, other) = (Running::start(one).await, Running::start(other).await);
        let state = question(&client(&one), "pay").await;
        retry(&client(&one), call("pay"), yes(), &state)
            .await
            .result();
        let again = retry(&client(&other), call("pay"), yes(), &state).await;
        if shares_store {
            used_already(&again);
        }
        let expected = if shares_store { 1 } else { 2 };
        assert_eq!(paid.times() + paid_too.times(), expected);
    }
}

/// One store for several servers.
#[derive(Debug)]
struct Shared(Arc<MemoryUsedStates>);

impl UsedStateStore for Shared {
    fn mark<'a>(&'a self, state: &'a UsedState) -> BoxFuture<'a, Result<bool, UsedStateError>> {
        self.0.mark(state)
    }

    fn forget<'a>(&'a self, state: &'a UsedState) -> BoxFuture<'a, Result<(), UsedStateError>> {
        self.0.forget(state)
    }
}

/// A store that cannot be reached.
#[derive(Debug)]
struct Away;

impl UsedStateStore for Away {
    fn mark<'a>(&'a self, _: &'a UsedState) -> BoxFuture<'a, Result<bool, UsedStateError>> {
        Box::pin(async { Err(UsedStateError::Unavailable("swordfish".into())) })
    }

    fn forget<'a>(&'a self, _: &'a UsedState) -> BoxFuture<'a, Result<(), UsedStateError>> {
        Box::pin(async { Err(UsedStateError::Unavailable("swordfish".into())) })
    }
}

#[tokio::test]
async fn nothing_is_paid_while_the_store_cannot_be_reached() {
    let (server, paid) = server();
    let server = server.request_state(RequestState::default().used_states(Away));
    let server = Running::start(server).await;
    let talk = client(&server);
    let state = question(&talk, "pay").await;
    let answer = retry(&talk, call("pay"), yes(), &state).await;
    let said = fails(&answer, -32602);
    assert!(said.contains("try again later"), "{said}");
    assert!(!said.contains("swordfish"), "{said}");
    assert_eq!(paid.times(), 0);
}

#[tokio::test]
async fn answers_that_cannot_be_read_use_no_state_up() {
    let (server, paid) = server();
    let server = Running::start(server).await;
    let talk = client(&server);
    let state = question(&talk, "pay").await;
    fails(&retry(&talk, call("pay"), json!(7), &state).await, -32602);
    retry(&talk, call("pay"), yes(), &state).await.result();
    assert_eq!(paid.times(), 1);
}

#[tokio::test]
async fn a_client_that_gets_the_scopes_it_lacked_repeats_its_request() {
    let (server, paid) = server();
    let somebody = |scopes: &[&str]| {
        let ada = Caller::builder("https://issuer.example", "ada");
        ada.scopes(scopes.to_vec()).build()
    };
    let auth = StaticAuth::new("http://localhost:8000")
        .token("before", somebody(&[]))
        .token("after", somebody(&["notes:admin"]));
    let server = Running::start(server.auth(auth)).await;
    let (before, after) = (
        client(&server).with_token("before"),
        client(&server).with_token("after"),
    );
    let state = question(&before, "step_up").await;
    for _ in 0..2 {
        let refused = retry(&before, call("step_up"), yes(), &state).await;
        assert_eq!(refused.status, 403, "{refused:?}");
    }
    let answer = retry(&after, call("step_up"), yes(), &state).await;
    assert_eq!(answer.tool_text(), "paid: true");
    used_already(&retry(&after, call("step_up"), yes(), &state).await);
    assert_eq!(paid.times(), 1);
}

#[tokio::test]
async fn what_was_hidden_from_all_meanwhile_does_not_run() {
    let (server, paid) = server();
    let handle = server.handle();
    let server = Running::start(server).await;
    let talk = client(&server);
    let state = question(&talk, "pay").await;
    let read = [
        ("prompts/get", json!({ "name": "letter" })),
        ("resources/read", json!({ "uri": "notes://mine" })),
    ];
    let mut retries = Vec::new();
    for (method, mut params) in read {
        let (_, state) = asked(&talk.ask(method, params.clone()).await);
        params["requestState"] = state;
        params["inputResponses"] = json!({ "name": accept("Ada") });
        retries.push((method, params));
    }
    handle.disable(Selector::all());
    fails(&retry(&talk, call("pay"), yes(), &state).await, -32602);
    for (method, params) in &retries {
        assert!(!talk.ask(method, params.clone()).await.json()["error"].is_null());
    }
    assert_eq!(paid.times(), 0);
    // The answers are good again when the components are there again.
    handle.enable(Selector::all());
    retry(&talk, call("pay"), yes(), &state).await.result();
    for (method, params) in retries {
        talk.ask(method, params).await.result();
    }
    assert_eq!(paid.times(), 1);
}

#[tokio::test]
async fn what_was_hidden_from_one_caller_meanwhile_does_not_run() {
    let (server, paid) = server();
    let server = Running::start(server.auth(ada_and_bob())).await;
    let ada = client(&server).with_token("ada");
    let state = question(&ada, "pay").await;
    ada.call("hide", json!({ "tool": "pay" })).await.result();
    let answer = retry(&ada, call("pay"), yes(), &state).await;
    assert_eq!(fails(&answer, -32602), "Unknown tool: pay");
    assert_eq!(paid.times(), 0);
    // It is hidden from Ada alone.
    let bob = client(&server).with_token("bob");
    let state = question(&bob, "pay").await;
    retry(&bob, call("pay"), yes(), &state).await.result();
    assert_eq!(paid.times(), 1);
}

#[tokio::test]
async fn what_says_something_else_of_itself_meanwhile_does_not_run() {
    let (server, paid) = server();
    let handle = server.handle();
    let server = Running::start(server).await;
    let talk = client(&server);
    let state = question(&talk, "pay").await;
    let other = Tool::new("pay", confirmed_pay).description("Pays ten times as much.");
    handle.replace_tool(other).unwrap();
    let said = fails(&retry(&talk, call("pay"), yes(), &state).await, -32602);
    assert!(said.contains("has changed"), "{said}");
    assert_eq!(paid.times(), 0);
    let state = question(&talk, "pay").await;
    retry(&talk, call("pay"), yes(), &state).await.result();
    assert_eq!(paid.times(), 1);
}

/// A task is a call that runs; what is hidden is not begun, and what runs goes on.
#[tokio::test]
async fn a_task_goes_on_though_its_tool_was_hidden_meanwhile() {
    let paid = Paid::default();
    let server = Server::new("Payments")
        .tool(Tool::new("pay", confirmed_pay).task(TaskMode::Required))
        .state(paid.clone());
    let handle = server.handle();
    let server = Running::start(server).await;
    let talk = Talk::alone(&server)
        .with_capabilities(json!({ "elicitation": {}, "extensions": { EXTENSION: {} } }));
    let id = begun(&talk.call("pay", json!({})).await.result());
    let asking = looked_for(&talk, &id).await;
    assert_eq!(asking["status"], "input_required", "{asking}");
    handle.disable(Selector::tool("pay"));
    fails(&talk.call("pay", json!({})).await, -32602);
    let answers = json!({ "taskId": id, "inputResponses": yes() });
    talk.ask("tasks/update", answers.clone()).await.result();
    let done = looked_for(&talk, &id).await;
    assert_eq!(done["result"]["content"][0]["text"], "paid: true", "{done}");
    // A question of a task is answered once.
    talk.ask("tasks/update", answers).await;
    assert_eq!(paid.times(), 1);
}
