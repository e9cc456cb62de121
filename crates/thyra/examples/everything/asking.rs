//! Tools that ask the user, ask the client's model, or ask the client for its roots. The same code
//! serves clients of every revision.

use thyra::prelude::*;
use thyra::{AskError, ClientCapability, CreateMessageParams, Elicit, ElicitError};

pub(crate) fn add_to(server: Server) -> Server {
    server
        .tool(test_sampling)
        .tool(test_elicitation)
        .tool(test_elicitation_sep1034_defaults)
        .tool(test_elicitation_sep1330_enums)
        .tool(test_elicitation_url)
        .tool(test_streaming_elicitation)
        .tool(test_input_required_result_elicitation)
        .tool(test_input_required_result_sampling)
        .tool(test_input_required_result_list_roots)
        .tool(test_input_required_result_request_state)
        .tool(test_input_required_result_multiple_inputs)
        .tool(test_input_required_result_multi_round)
        .tool(test_input_required_result_tampered_state)
        .tool(test_input_required_result_capabilities)
}

/// Asks the client's model.
#[tool]
async fn test_sampling(
    /// The prompt to send to the model
    prompt: String,
    ctx: Context,
) -> Result<String, ToolError> {
    let answer = ctx
        .sample("answer", CreateMessageParams::text(prompt, 100))
        .await?;
    Ok(format!("LLM response: {}", answer.text()))
}

/// Who a user is.
#[derive(Debug, Elicit, serde::Serialize)]
struct Account {
    /// User's response
    username: String,
    /// User's email address
    email: String,
}

/// Asks the user for a name and an address.
#[tool]
async fn test_elicitation(
    /// The message to show the user
    message: String,
    ctx: Context,
) -> Result<String, ToolError> {
    let answer = ctx.ask::<Account>("account", message).await;
    told("User response: ", answer)
}

/// A form that is filled in already.
#[derive(Debug, Elicit, serde::Serialize)]
struct Defaults {
    #[elicit(default = "John Doe")]
    name: String,
    #[elicit(default = 30)]
    age: i64,
    #[elicit(default = 95.5)]
    score: f64,
    #[elicit(default = Status::Active)]
    status: Status,
    #[elicit(default = true)]
    verified: bool,
}

#[derive(Debug, Elicit, serde::Serialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    #[elicit(rename = "active")]
    Active,
    #[elicit(rename = "inactive")]
    Inactive,
    #[elicit(rename = "pending")]
    Pending,
}

/// Asks with a form that is filled in already.
#[tool]
async fn test_elicitation_sep1034_defaults(ctx: Context) -> Result<String, ToolError> {
    let answer = ctx.ask::<Defaults>("defaults", "Please check this").await;
    told("Elicitation completed: ", answer)
}

/// All the ways to choose. The derive writes four of them; a schema written by hand can say
/// anything.
#[derive(Debug, serde::Serialize)]
struct Choices(serde_json::Map<String, serde_json::Value>);

impl Elicit for Choices {
    fn elicit_schema() -> serde_json::Value {
        let options = ["option1", "option2", "option3"];
        let titled = |word: &str| {
            serde_json::json!([
                { "const": "value1", "title": format!("First {word}") },
                { "const": "value2", "title": format!("Second {word}") },
                { "const": "value3", "title": format!("Third {word}") },
            ])
        };
        serde_json::json!({
            "type": "object",
            "properties": {
                "untitledSingle": { "type": "string", "enum": options },
                "titledSingle": { "type": "string", "oneOf": titled("Option") },
                "legacyEnum": {
                    "type": "string",
                    "enum": ["opt1", "opt2", "opt3"],
                    "enumNames": ["Option One", "Option Two", "Option Three"],
                },
                "untitledMulti": { "type": "array", "items": { "type": "string", "enum": options } },
                "titledMulti": { "type": "array", "items": { "anyOf": titled("Choice") } },
            },
        })
    }

    fn from_content(
        content: &serde_json::Map<String, serde_json::Value>,
    ) -> Result<Self, ElicitError> {
        Ok(Self(content.clone()))
    }
}

/// Asks for choices of every kind.
#[tool]
async fn test_elicitation_sep1330_enums(ctx: Context) -> Result<String, ToolError> {
    let answer = ctx.ask::<Choices>("choices", "Please choose").await;
    told("Elicitation completed: ", answer)
}

/// Sends the user to a page.
#[tool]
async fn test_elicitation_url(ctx: Context) -> Result<&'static str, ToolError> {
    ctx.ask_url("visit", "Please have a look", "https://example.com/look")
        .await?;
    Ok("On the way")
}

/// Asks after it has said something, which opens a stream.
#[tool]
async fn test_streaming_elicitation(ctx: Context) -> Result<String, ToolError> {
    ctx.progress(1, 2).await;
    let name = ctx.ask::<Name>("user_name", "What is your name?").await?;
    Ok(format!("Hello, {}!", name.name))
}

#[derive(Elicit)]
struct Name {
    name: String,
}

#[derive(Elicit)]
struct Color {
    color: String,
}

#[derive(Elicit)]
struct Confirmation {
    ok: bool,
}

/// Asks the user for a name.
#[tool(repeatable)]
async fn test_input_required_result_elicitation(ctx: Context) -> Result<String, ToolError> {
    let Name { name } = ctx.ask("user_name", "What is your name?").await?;
    Ok(format!("Hello, {name}!"))
}

/// Asks the client's model for a capital.
#[tool(repeatable)]
async fn test_input_required_result_sampling(ctx: Context) -> Result<String, ToolError> {
    let question = CreateMessageParams::text("What is the capital of France?", 100);
    Ok(ctx.sample("capital_question", question).await?.text())
}

/// Asks the client for its roots.
#[tool(repeatable)]
async fn test_input_required_result_list_roots(ctx: Context) -> Result<String, ToolError> {
    let roots = ctx.roots("client_roots").await?;
    let uris: Vec<_> = roots.iter().map(|root| root.uri.as_str()).collect();
    Ok(format!("Roots: {}", uris.join(", ")))
}

/// Does something once, then asks. What was done is remembered while the user thinks.
#[tool(repeatable)]
async fn test_input_required_result_request_state(ctx: Context) -> Result<String, ToolError> {
    let ticket = ctx.once("ticket", async { "state-ok".to_owned() }).await?;
    let Confirmation { ok } = ctx.ask("confirm", "Please confirm").await?;
    Ok(format!("{ticket}, confirmed: {ok}"))
}

/// Asks for three things at a time.
#[tool(repeatable)]
async fn test_input_required_result_multiple_inputs(ctx: Context) -> Result<String, ToolError> {
    let (name, greeting, roots) = tokio::join!(
        ctx.ask::<Name>("user_name", "What is your name?"),
        ctx.sample(
            "greeting",
            CreateMessageParams::text("Generate a greeting", 50)
        ),
        ctx.roots("client_roots"),
    );
    Ok(format!(
        "{}: {} ({} roots)",
        name?.name,
        greeting?.text(),
        roots?.len()
    ))
}

/// Asks for one thing after the other.
#[tool(repeatable)]
async fn test_input_required_result_multi_round(ctx: Context) -> Result<String, ToolError> {
    let Name { name } = ctx.ask("step1", "Step 1: What is your name?").await?;
    let Color { color } = ctx
        .ask("step2", "Step 2: What is your favorite color?")
        .await?;
    Ok(format!("{name} likes {color}"))
}

/// Asks, and takes the answer only with the state that went with the question.
#[tool(repeatable)]
async fn test_input_required_result_tampered_state(ctx: Context) -> Result<String, ToolError> {
    let Confirmation { ok } = ctx.ask("confirm", "Please confirm").await?;
    Ok(format!("Confirmed: {ok}"))
}

/// Asks for what this client can give, and for nothing else.
#[tool(repeatable)]
async fn test_input_required_result_capabilities(ctx: Context) -> Result<String, ToolError> {
    let can = |capability: ClientCapability| capability.is_in(ctx.client_capabilities());
    let mut given = Vec::new();
    if can(ClientCapability::Elicitation) {
        given.push(
            ctx.ask::<Name>("user_name", "What is your name?")
                .await?
                .name,
        );
    }
    if can(ClientCapability::Sampling) {
        let question = CreateMessageParams::text("Say something", 50);
        given.push(ctx.sample("saying", question).await?.text());
    }
    if can(ClientCapability::Roots) {
        given.push(format!("{} roots", ctx.roots("client_roots").await?.len()));
    }
    Ok(format!("Given: {}", given.join(", ")))
}

/// Describes the answer to a question, for people who test a client.
fn told<T: serde::Serialize>(lead: &str, answer: Result<T, AskError>) -> Result<String, ToolError> {
    Ok(match answer {
        Ok(content) => {
            let content = serde_json::to_string(&content)?;
            format!("{lead}action=accept, content={content}")
        }
        Err(AskError::Declined) => format!("{lead}action=decline"),
        Err(AskError::Cancelled) => format!("{lead}action=cancel"),
        Err(other) => return Err(other.into()),
    })
}
