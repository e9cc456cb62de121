//! A model that uses tools, and one that makes a value: 2026-07-28, where each round runs the
//! handler again.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use thyra::auth::{Principal as Caller, StaticAuth};
use thyra::client::{Client, CreateMessageResult};
use thyra::prelude::*;
use thyra::protocol::{ToolChoiceMode, ToolUseContent};
use thyra::{AskError, CreateMessageParams, InProcess, SamplingContent};

/// How often `search` ran.
struct Searches(Arc<AtomicUsize>);

/// Finds notes.
#[tool]
async fn search(
    word: String,
    searches: State<Searches>,
    ctx: Context,
) -> Result<String, ToolError> {
    let run = async { searches.0.0.fetch_add(1, Ordering::SeqCst) + 1 };
    let run = ctx.once("run", run).await?;
    if word == "nothing" {
        return Err(ToolError::new("There is no such note."));
    }
    Ok(format!("note {run} on {word}"))
}

/// Asks the client, which a tool of a model cannot.
#[tool]
async fn nosy(ctx: Context) -> Result<String, ToolError> {
    Ok(ctx.sample("more", question()).await?.text())
}

fn question() -> CreateMessageParams {
    CreateMessageParams::text("What is in my notes?", 100)
}

/// Lets the model use tools.
#[tool]
async fn research(ctx: Context) -> Result<String, ToolError> {
    let asked = ctx.sampling("notes", question());
    let message = asked.tool(search).tool(nosy).rounds(4).message().await?;
    Ok(message.text())
}

#[derive(serde::Deserialize, serde::Serialize, schemars::JsonSchema)]
struct Report {
    title: String,
    points: Vec<u8>,
}

/// Lets the model make a value.
#[tool]
async fn report(rounds: u8, ctx: Context) -> Result<Json<Report>, ToolError> {
    let asked = ctx
        .sampling("report", question())
        .tool(search)
        .rounds(rounds);
    Ok(Json(asked.value().await?))
}

/// Lets a model without tools make a list.
#[tool]
async fn numbers(ctx: Context) -> Result<Vec<u8>, ToolError> {
    Ok(ctx.sampling("numbers", question()).value().await?)
}

/// Gives the model two tools of one name.
#[tool]
async fn twins(ctx: Context) -> String {
    let asked = ctx.sampling("twins", question()).tool(search).tool(search);
    match asked.message().await {
        Err(AskError::Refused { reason, .. }) => reason.to_owned(),
        other => format!("{other:?}"),
    }
}

/// Erases a note.
#[tool(scopes = ["notes:write"])]
async fn erase() -> &'static str {
    "erased"
}

/// Lets the model tidy up.
#[tool]
async fn tidy(ctx: Context) -> Result<String, ToolError> {
    let hang = Tool::new("hang", std::future::pending::<&'static str>);
    let hang = hang.timeout(Duration::from_millis(1));
    let asked = ctx.sampling("tidy", question()).tool(erase).tool(hang);
    Ok(asked.message().await?.text())
}

/// What the model was asked, and what it says next.
#[derive(Clone, Default)]
struct Model {
    asked: Arc<Mutex<Vec<CreateMessageParams>>>,
    says: Arc<Mutex<VecDeque<Vec<SamplingContent>>>>,
    searches: Arc<AtomicUsize>,
}

impl Model {
    fn saying(answers: impl IntoIterator<Item = Vec<SamplingContent>>) -> Self {
        let model = Self::default();
        model.says.lock().unwrap().extend(answers);
        model
    }

    fn answer(&self, params: CreateMessageParams) -> CreateMessageResult {
        self.asked.lock().unwrap().push(params);
        let says = self.says.lock().unwrap().pop_front();
        CreateMessageResult::new("test", says.unwrap())
    }

    fn client(&self, has_tools: bool) -> Client {
        let server = Server::new("Sampling")
            .tool(research)
            .tool(report)
            .tool(numbers)
            .tool(twins)
            .state(Searches(Arc::clone(&self.searches)));
        self.of(server.in_process().unwrap(), has_tools)
    }

    /// The client of a server where a caller has these scopes.
    fn client_with(&self, scopes: &[&str]) -> Client {
        let server = Server::new("Tidy")
            .tool(tidy)
            .auth(StaticAuth::new("http://localhost:8000"));
        let caller = Caller::builder("https://issuer.example", "ada").scopes(scopes.to_vec());
        self.of(server.in_process_as(caller.build()).unwrap(), true)
    }

    fn of(&self, server: InProcess, has_tools: bool) -> Client {
        let model = self.clone();
        let builder = Client::over(server);
        let answer = move |params| std::future::ready(model.answer(params));
        if has_tools {
            builder.on_sampling_with_tools(answer).build()
        } else {
            builder.on_sampling(answer).build()
        }
    }

    /// What the model was asked in this round, with the names of the tools that it had.
    fn round(&self, round: usize) -> (Value, Vec<String>, Option<ToolChoiceMode>) {
        let asked = &self.asked.lock().unwrap()[round - 1];
        let tools = asked.tools.iter().flatten();
        (
            serde_json::to_value(&asked.messages).unwrap(),
            tools.map(|tool| tool.name.clone()).collect(),
            asked.tool_choice.and_then(|choice| choice.mode),
        )
    }
}

fn wants(id: &str, name: &str, input: Value) -> SamplingContent {
    let Value::Object(input) = input else {
        panic!("an input is an object")
    };
    SamplingContent::ToolUse(ToolUseContent {
        id: id.to_owned(),
        name: name.to_owned(),
        input,
        meta: None,
    })
}

fn says(text: &str) -> Vec<SamplingContent> {
    vec![SamplingContent::text(text)]
}

async fn text(client: &Client, tool: &str, arguments: &Value) -> String {
    let result = client.call_tool(tool, arguments).await.unwrap();
    result.content[0].as_text().unwrap().to_owned()
}

#[tokio::test]
async fn the_model_uses_tools_until_it_has_an_answer_and_each_runs_once() {
    let model = Model::saying([
        vec![
            wants("a", "search", json!({ "word": "tea" })),
            wants("b", "search", json!({ "word": "nothing" })),
            wants("c", "steal", json!({})),
        ],
        vec![
            wants("d", "search", json!({ "wort": "tea" })),
            wants("e", "nosy", json!({})),
            wants("f", "search", json!({ "word": "tea" })),
        ],
        says("There is tea."),
    ]);
    let client = model.client(true);
    assert_eq!(text(&client, "research", &json!({})).await, "There is tea.");
    let (messages, tools, choice) = model.round(3);
    assert_eq!((tools.join(" "), choice), ("search nosy".to_owned(), None));
    let result = |message: usize, block: usize| {
        let result = &messages[message]["content"][block];
        assert_eq!(result["type"], "tool_result", "{messages}");
        let text = result["content"][0]["text"].as_str().unwrap().to_owned();
        let id = result["toolUseId"].as_str().unwrap().to_owned();
        (id, result["isError"] == true, text)
    };
    let told = |id: &str, is_error, text: &str| (id.to_owned(), is_error, text.to_owned());
    // The third round is the third run of the handler, and the tool has still run once for each.
    assert_eq!(result(2, 0), told("a", false, "note 1 on tea"));
    assert_eq!(result(2, 1), told("b", true, "There is no such note."));
    assert_eq!(
        result(2, 2),
        told(
            "c",
            true,
            "There is no such tool. There are: `search`, `nosy`."
        )
    );
    assert!(result(4, 0).2.contains("`wort`"));
    let (_, is_error, refused) = result(4, 1);
    assert!(
        is_error && refused.contains("within the work of `once`"),
        "{refused}"
    );
    // What the tool does once is done once for each of its runs.
    assert_eq!(result(4, 2), told("f", false, "note 3 on tea"));
}

#[tokio::test]
async fn in_the_last_round_the_model_may_call_nothing() {
    let search = || vec![wants("a", "search", json!({ "word": "tea" }))];
    let model = Model::saying([search(), search(), search(), says("Enough.")]);
    assert_eq!(
        text(&model.client(true), "research", &json!({})).await,
        "Enough."
    );
    assert_eq!(model.round(4).2, Some(ToolChoiceMode::None));

    let model = Model::saying([search(), search(), search(), search()]);
    assert_eq!(
        text(&model.client(true), "research", &json!({})).await,
        "The model came to no answer to `notes` in 4 rounds."
    );
    // What it wanted in the last one was not done.
    assert_eq!(model.searches.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn a_value_is_the_argument_of_one_more_tool_and_may_be_tried_again() {
    let fits = json!({ "result": { "title": "Tea", "points": [1, 2] } });
    let model = Model::saying([
        vec![wants("a", "search", json!({ "word": "tea" }))],
        vec![wants(
            "b",
            "final_response",
            json!({ "result": { "title": "Tea", "points": [999] } }),
        )],
        says("I have said it all."),
        vec![wants("c", "final_response", fits)],
    ]);
    let report = text(&model.client(true), "report", &json!({ "rounds": 9 })).await;
    let report: Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report, json!({ "title": "Tea", "points": [1, 2] }));
    let (messages, tools, choice) = model.round(4);
    assert_eq!(tools, ["search", "final_response"]);
    assert_eq!(choice, Some(ToolChoiceMode::Required));
    let misfit = &messages[4]["content"]["content"][0]["text"];
    let misfit = misfit.as_str().unwrap();
    assert!(misfit.contains("result.points[0]"), "{misfit}");
    assert_eq!(messages[4]["content"]["isError"], true);
    let reminder = messages[6]["content"]["text"].as_str().unwrap();
    assert!(reminder.contains("final_response"), "{reminder}");
}

#[tokio::test]
async fn the_last_round_has_only_the_tool_for_the_answer_and_tries_are_counted() {
    let misfit = || vec![wants("a", "final_response", json!({}))];
    let model = Model::saying([
        vec![wants("a", "search", json!({ "word": "tea" }))],
        misfit(),
    ]);
    let said = text(&model.client(true), "report", &json!({ "rounds": 2 })).await;
    assert!(
        said.starts_with("The model's answer to `report` is not usable: "),
        "{said}"
    );
    assert_eq!(model.round(2).1, ["final_response"]);

    let model = Model::saying([misfit(), misfit(), misfit()]);
    let said = text(&model.client(true), "report", &json!({ "rounds": 9 })).await;
    assert!(said.contains("`result`"), "{said}");
    assert_eq!(model.asked.lock().unwrap().len(), 3);
}

#[tokio::test]
async fn a_model_without_tools_answers_in_json() {
    let model = Model::saying([
        says("Sure! What do you mean?"),
        says("```json\n{\"result\": [1, 2]}\n```"),
    ]);
    let client = model.client(false);
    let list: Vec<u8> = client.call_tool_as("numbers", &()).await.unwrap();
    assert_eq!(list, [1, 2]);
    let prompt = model.asked.lock().unwrap()[1].system_prompt.clone();
    assert!(prompt.is_some_and(|prompt| prompt.contains(r#""result""#)));
    assert_eq!(model.round(2).1, [""; 0]);
}

#[tokio::test]
async fn what_cannot_be_asked_is_said_before_anybody_is_asked() {
    let model = Model::default();
    let error = model.client(false).call_tool("research", &()).await;
    assert!(error.unwrap_err().to_string().contains("sampling.tools"));
    assert_eq!(
        text(&model.client(true), "twins", &json!({})).await,
        "two of its tools have the same name"
    );
}

#[tokio::test]
async fn a_tool_of_the_model_keeps_to_the_callers_scopes_its_time_and_a_number() {
    let results = async |scopes: &[&str]| {
        let mut wants_all = vec![
            wants("a", "erase", json!({})),
            wants("b", "hang", json!({})),
        ];
        wants_all.extend((2..33).map(|_| wants("c", "erase", json!({}))));
        let model = Model::saying([wants_all, says("Done.")]);
        let client = model.client_with(scopes);
        assert_eq!(text(&client, "tidy", &json!({})).await, "Done.");
        let results = model.round(2).0[2]["content"].clone();
        [0, 1, 31, 32].map(|index: usize| {
            let result = &results[index];
            let text = result["content"][0]["text"].as_str().unwrap().to_owned();
            (result["isError"] == true, text)
        })
    };
    let told = |is_error, text: &str| (is_error, text.to_owned());
    let slow = told(true, "The tool took too long.");
    let too_many = told(true, "One message calls at most 32 tools.");
    let erased = told(false, "erased");
    let allowed = [erased.clone(), slow.clone(), erased, too_many.clone()];
    assert_eq!(results(&["notes:write"]).await, allowed);
    let refused = "The caller may not use this tool: it needs the scopes `notes:write`.";
    let refused = told(true, refused);
    assert_eq!(
        results(&[]).await,
        [refused.clone(), slow, refused, too_many]
    );
}
