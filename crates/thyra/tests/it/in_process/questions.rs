//! What servers ask, answered: every kind of question, through every operation that may ask.

use std::future::ready;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::json;
use thyra::InProcess;
use thyra::client::{
    Client, ClientBuilder, ClientError, CreateMessageParams, CreateMessageResult, ElicitParams,
    ElicitResult, Hop, Root,
};
use thyra::prelude::*;
use thyra::{AskError, SamplingContent};

use super::{accept, read, said};
use crate::support::{Running, soon};

/// Asks two things, one after the other.
#[tool]
async fn order(dish: String, ctx: Context) -> Result<String, ToolError> {
    let name: String = ctx.ask("name", "What is your name?").await?;
    let count: i64 = ctx.ask("count", format!("How many, {name}?")).await?;
    Ok(format!("{count} {dish} for {name}"))
}

/// Asks two things at once.
#[tool]
async fn both(ctx: Context) -> Result<String, ToolError> {
    let (left, right) = tokio::join!(
        ctx.ask::<String>("left", "Left?"),
        ctx.ask::<String>("right", "Right?"),
    );
    Ok(format!("{} {}", left?, right?))
}

/// Tells what became of its question.
#[tool]
async fn tell(ctx: Context) -> String {
    match ctx.ask::<String>("name", "What is your name?").await {
        Ok(name) => name,
        Err(AskError::Declined) => "declined".to_owned(),
        Err(AskError::Cancelled) => "cancelled".to_owned(),
        Err(other) => format!("failed: {other}"),
    }
}

/// Sends the user to a page.
#[tool]
async fn pay(ctx: Context) -> Result<&'static str, ToolError> {
    ctx.ask_url("pay", "Please pay.", "https://pay.example")
        .await?;
    Ok("paid")
}

/// Asks the model.
#[tool]
async fn think(ctx: Context) -> Result<String, ToolError> {
    let thought = ctx.sample("thought", CreateMessageParams::text("Why?", 10));
    Ok(thought.await?.text())
}

/// Asks for the roots.
#[tool]
async fn look(ctx: Context) -> Result<String, ToolError> {
    let roots = ctx.roots("roots").await?;
    let uris: Vec<_> = roots.into_iter().map(|root| root.uri).collect();
    Ok(uris.join(" "))
}

/// Asks for ever.
#[tool]
async fn nag(ctx: Context) -> Result<&'static str, ToolError> {
    for number in 0.. {
        let _: String = ctx.ask(number.to_string(), "And then?").await?;
    }
    Ok("never")
}

#[prompt]
async fn letter(ctx: Context) -> Result<String, ToolError> {
    let name: String = ctx.ask("name", "To whom?").await?;
    let roots = ctx.roots("roots").await?;
    Ok(format!("Write to {name} about {}.", roots[0].uri))
}

#[resource("notes://{of}")]
async fn notes(of: String, ctx: Context) -> Result<String, ToolError> {
    let name: String = ctx.ask("name", "Who are you?").await?;
    let thought = ctx.sample("thought", CreateMessageParams::text("Why?", 10));
    Ok(format!("{of} of {name}: {}", thought.await?.text()))
}

fn server() -> Server {
    Server::new("Questions")
        .tool(order)
        .tool(both)
        .tool(tell)
        .tool(pay)
        .tool(think)
        .tool(look)
        .tool(nag)
        .prompt(letter)
        .resource(notes)
}

fn builder() -> ClientBuilder<InProcess> {
    Client::over(server().in_process().unwrap())
}

async fn because(question: CreateMessageParams) -> CreateMessageResult {
    assert_eq!(question.max_tokens, 10);
    CreateMessageResult::new("test", vec![SamplingContent::text("Because.")])
}

#[tokio::test]
async fn rounds_go_on_until_there_is_a_result() {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let (questions, hops) = (Arc::clone(&asked), Arc::new(Mutex::new(Vec::new())));
    let seen = Arc::clone(&hops);
    let client = builder()
        .observer(move |hop: &Hop<'_>| seen.lock().unwrap().push(hop.to_string()))
        .on_elicit(move |question| {
            questions
                .lock()
                .unwrap()
                .push(question.message().to_owned());
            async move {
                match question.message() {
                    "What is your name?" => accept("Ada"),
                    _ => accept(3),
                }
            }
        })
        .build();
    let reply: String = client
        .call_tool_as("order", &json!({ "dish": "soup" }))
        .await
        .unwrap();
    assert_eq!(reply, "3 soup for Ada");
    assert_eq!(
        *asked.lock().unwrap(),
        ["What is your name?", "How many, Ada?"]
    );
    let asks = "tools/call order -> asks elicitation/create";
    assert_eq!(
        *hops.lock().unwrap(),
        [asks, asks, "tools/call order -> 200"]
    );
}

#[tokio::test]
async fn questions_of_one_round_come_one_after_the_other() {
    let open = Arc::new(AtomicUsize::new(0));
    let client = builder()
        .on_elicit(move |question| {
            let open = Arc::clone(&open);
            async move {
                assert_eq!(open.fetch_add(1, Ordering::SeqCst), 0);
                tokio::task::yield_now().await;
                open.fetch_sub(1, Ordering::SeqCst);
                accept(question.message())
            }
        })
        .build();
    let reply: String = client.call_tool_as("both", &()).await.unwrap();
    assert_eq!(reply, "Left? Right?");
}

#[tokio::test]
async fn a_no_is_an_answer() {
    for (answer, wanted) in [
        (ElicitResult::decline(), "declined"),
        (ElicitResult::cancel(), "cancelled"),
    ] {
        let client = builder().on_elicit(move |_| ready(answer.clone())).build();
        let told: String = client.call_tool_as("tell", &()).await.unwrap();
        assert_eq!(told, wanted);
    }
}

#[tokio::test]
async fn pages_models_and_roots_are_asked_for_too() {
    let client = builder()
        .on_elicit(async |question| match question {
            ElicitParams::Url(page) if page.url == "https://pay.example" => ElicitResult::agree(),
            other => panic!("{other:?}"),
        })
        .on_sampling(because)
        .roots([Root::new("file:///home/ada"), Root::new("file:///srv")])
        .build();
    for (tool, wanted) in [
        ("pay", "paid"),
        ("think", "Because."),
        ("look", "file:///home/ada file:///srv"),
    ] {
        let told: String = client.call_tool_as(tool, &()).await.unwrap();
        assert_eq!(told, wanted);
    }
}

#[tokio::test]
async fn prompts_and_resources_may_ask() {
    let client = builder()
        .on_elicit(async |_| accept("Ada"))
        .on_sampling(because)
        .roots([Root::new("file:///home/ada")])
        .build();
    let prompt = client.get_prompt("letter", &()).await.unwrap();
    assert_eq!(said(&prompt), "Write to Ada about file:///home/ada.");
    let contents = client.read_resource("notes://doors").await.unwrap();
    assert_eq!(read(&contents), "doors of Ada: Because.");
}

#[tokio::test]
async fn http_makes_no_difference() {
    let server = Running::start(server()).await;
    let client = Client::builder(server.url())
        .on_elicit(async |question| match question.message() {
            "How many, Ada?" => accept(3),
            _ => accept("Ada"),
        })
        .on_sampling(because)
        .roots([Root::new("file:///home/ada")])
        .build()
        .unwrap();
    let arguments = json!({ "dish": "soup" });
    let reply: String = client.call_tool_as("order", &arguments).await.unwrap();
    assert_eq!(reply, "3 soup for Ada");
    let prompt = client.get_prompt("letter", &()).await.unwrap();
    assert_eq!(said(&prompt), "Write to Ada about file:///home/ada.");
    let contents = client.read_resource("notes://t%C3%BCren").await.unwrap();
    assert_eq!(read(&contents), "t\u{fc}ren of Ada: Because.");
}

/// A server that keeps to what is declared does not ask.
#[tokio::test]
async fn what_is_not_set_is_not_declared() {
    let rejected = |result: Result<_, ClientError>| match result.map(drop).unwrap_err() {
        ClientError::Rpc { error, .. } => assert_eq!(error.code.0, -32021, "{error:?}"),
        other => panic!("{other:?}"),
    };
    let nothing = builder().build();
    for tool in ["both", "pay", "think", "look"] {
        rejected(nothing.call_tool(tool, &()).await.map(drop));
    }
    rejected(nothing.get_prompt("letter", &()).await.map(drop));
    rejected(nothing.read_resource("notes://x").await.map(drop));
    let only_roots = builder().roots([]).build();
    let roots: String = only_roots.call_tool_as("look", &()).await.unwrap();
    assert_eq!(roots, "");
    rejected(only_roots.call_tool("think", &()).await.map(drop));
    let only_sampling = builder().on_sampling(because).build();
    rejected(only_sampling.call_tool("look", &()).await.map(drop));
    rejected(only_sampling.call_tool("pay", &()).await.map(drop));
}

#[tokio::test]
async fn an_answer_that_fails_ends_the_call() {
    let client = builder()
        .on_elicit(async |_| Err::<ElicitResult, _>("nobody is at the keyboard"))
        .on_sampling(async |_| Err::<CreateMessageResult, _>(std::io::Error::other("no model")))
        .build();
    let error = client.call_tool("tell", &()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "tools/call needs an answer to elicitation/create, which failed: nobody is at the keyboard"
    );
    let error = client.call_tool("think", &()).await.unwrap_err();
    match error {
        ClientError::Answer { source, .. } => assert!(source.is::<std::io::Error>()),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_server_that_asks_for_ever_is_given_up() {
    let answered = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&answered);
    let client = builder()
        .on_elicit(move |_| {
            count.fetch_add(1, Ordering::SeqCst);
            async { accept("more") }
        })
        .build();
    let error = client.call_tool("nag", &()).await.unwrap_err();
    assert!(
        matches!(error, ClientError::Rounds { rounds: 16, .. }),
        "{error}"
    );
    assert_eq!(answered.load(Ordering::SeqCst), 16);
}

#[tokio::test]
async fn dropping_the_call_drops_the_question() {
    let (asked, mut question) = tokio::sync::mpsc::channel::<tokio::sync::oneshot::Sender<()>>(1);
    let client = builder()
        .on_elicit(move |_| {
            let asked = asked.clone();
            async move {
                let (alive, gone) = tokio::sync::oneshot::channel();
                asked.send(alive).await.unwrap();
                // `alive` says that this is gone once it was dropped.
                let _ = gone.await;
                accept("too late")
            }
        })
        .build();
    let mut alive = tokio::select! {
        result = client.call_tool("tell", &()) => panic!("{result:?}"),
        alive = question.recv() => alive.unwrap(),
    };
    soon("the question to be dropped", alive.closed()).await;
}
