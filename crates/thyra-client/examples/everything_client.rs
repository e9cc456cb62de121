//! Does with a server all that a client can do. The official conformance suite runs it: with the
//! URL of its server as the last argument, and the scenario in the environment.
//!
//! ```console
//! cargo run -p thyra-client --example everything_client -- http://127.0.0.1:8000/mcp
//! ```
//!
//! | variable | says |
//! |---|---|
//! | `MCP_CONFORMANCE_SCENARIO` | the scenario, such as `sse-retry` |
//! | `MCP_CONFORMANCE_PROTOCOL_VERSION` | the revision to speak, if it has a handshake |
//! | `MCP_CONFORMANCE_CONTEXT` | JSON; the calls to make are in `toolCalls`, the rest is for the login |

use std::env;
use std::error::Error;

use serde::Deserialize;
use serde_json::{Map, Value, json};
use thyra_client::protocol::{Era, Revision};
use thyra_client::{
    Client, ClientError, ElicitFormParams, ElicitParams, ElicitResult, FieldKind, FollowRedirects,
    Form, FormError, LoggingLevel, OAuth, Root, Secret, TextFormat, login,
};

/// Where the suite has the metadata document of its client.
const DOCUMENT: &str = "https://conformance-test.local/client-metadata.json";

/// What the suite says about a scenario beside its name.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Context {
    tool_calls: Vec<Call>,
    /// What the client is given to log in with.
    #[serde(flatten)]
    credentials: Map<String, Value>,
}

impl Context {
    fn text(&self, name: &str) -> String {
        let text = self.credentials.get(name).and_then(Value::as_str);
        text.unwrap_or_default().to_owned()
    }

    fn secret(&self, name: &str) -> Secret {
        Secret::new(self.text(name))
    }
}

#[derive(Deserialize)]
struct Call {
    name: String,
    #[serde(default)]
    arguments: Map<String, Value>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = env::args()
        .next_back()
        .filter(|last| last.starts_with("http"))
        .ok_or("which server? Give the URL of its MCP endpoint")?;
    let context = match env::var("MCP_CONFORMANCE_CONTEXT") {
        Ok(context) => serde_json::from_str(&context)?,
        Err(_) => Context::default(),
    };
    let scenario = env::var("MCP_CONFORMANCE_SCENARIO").unwrap_or_default();
    let mut builder = Client::builder(url)
        .oauth(oauth(&scenario, &context)?)
        .roots([Root::new("file:///home/ada/notes")])
        .on_elicit(async |question| match question {
            ElicitParams::Form(form) => fill_in(&form),
            _ => Ok(ElicitResult::agree()),
        })
        .on_log(LoggingLevel::Debug, |message| {
            eprintln!("the server logs {:?}", message.data.get());
        });
    let revision = env::var("MCP_CONFORMANCE_PROTOCOL_VERSION").unwrap_or_default();
    if let Ok(revision) = revision.parse::<Revision>()
        && revision.era() == Era::Handshake
    {
        builder = builder.revision(revision);
    }
    let client = builder.build()?;
    let done = run(&client, &scenario, context).await;
    client.close().await;
    done
}

/// How the client logs in: as one that registers itself, unless the scenario gives it more.
fn oauth(scenario: &str, context: &Context) -> Result<OAuth, Box<dyn Error>> {
    // Most scenarios do not say which authorization server the client is one of.
    let client = login::Client::at_any_issuer(context.text("client_id"));
    Ok(match scenario {
        "auth/client-credentials-basic" => {
            OAuth::client_credentials(client.secret(context.secret("client_secret")))
        }
        "auth/client-credentials-jwt" => {
            let key = login::SigningKey::from_pem(&context.secret("private_key_pem"))?;
            OAuth::client_credentials(client.key(key))
        }
        "auth/enterprise-managed-authorization" => {
            let there = context.text("idp_client_id");
            let provider = login::IdentityProvider::new(
                &context.text("idp_token_endpoint"),
                login::Client::new(context.text("idp_issuer"), there),
                context.secret("idp_id_token"),
            )?;
            OAuth::enterprise(client.secret(context.secret("client_secret")), provider)
        }
        "auth/wif-jwt-bearer" => OAuth::jwt_bearer(client, context.secret("valid_jwt")),
        "auth/pre-registration" => {
            let client = login::Client::new(context.text("issuer"), context.text("client_id"));
            let client = client.secret(context.secret("client_secret"));
            OAuth::new(FollowRedirects::new()).client(client)
        }
        _ => OAuth::new(FollowRedirects::new()).client_metadata_url(DOCUMENT),
    })
}

/// Lists everything, and uses what the scenario is about.
async fn run(client: &Client, scenario: &str, context: Context) -> Result<(), Box<dyn Error>> {
    let about = client.discover().await?;
    eprintln!("{} speaks {}", scenario, client.revision().await?);
    let tools = client.list_tools().await?;
    if about.capabilities.resources.is_some() {
        for resource in client.list_resources().await? {
            client.read_resource(&resource.uri).await?;
        }
    }
    if about.capabilities.prompts.is_some() {
        for prompt in client.list_prompts().await? {
            client.get_prompt(&prompt.name, &()).await?;
        }
    }
    for skill in client.list_skills().await? {
        eprintln!("a skill: {:?}", skill.name());
        // What is only listed is not read.
        if scenario == "sep-2640-client-no-prefetch" {
            continue;
        }
        match client.read_skill(&skill).await {
            Ok(files) => eprintln!("it has {} files", files.iter().count()),
            Err(error @ ClientError::Skill { .. }) => eprintln!("{error}"),
            Err(error) => return Err(error.into()),
        }
    }
    if !context.tool_calls.is_empty() {
        for Call { name, arguments } in context.tool_calls {
            client.call_tool(&name, &arguments).await?;
        }
        return Ok(());
    }
    for tool in &tools {
        let arguments = match tool.name.as_str() {
            "add_numbers" => json!({ "a": 5, "b": 3 }),
            // It looks at what has become of the schema of another tool.
            "json_schema_echo" => {
                let mut named = tools.iter();
                let other = named.find(|tool| tool.name == "json_schema_2020_12_tool");
                json!({ "schema": other.map(|tool| &tool.input_schema) })
            }
            _ => json!({}),
        };
        let result = client.call_tool(&tool.name, &arguments).await?;
        eprintln!("{:?} says {:?}", tool.name, result.content);
    }
    Ok(())
}

/// Leaves what a form proposes as it is, and fills in what else it requires.
fn fill_in(form: &ElicitFormParams) -> Result<ElicitResult, FormError> {
    let form = Form::of(form)?;
    let fields = form.fields().iter();
    let empty = fields.filter(|field| field.is_required() && field.default().is_none());
    Ok(ElicitResult::accept(
        empty.map(|field| (field.name(), made_up(field.kind()))),
    ))
}

/// A value that a field of this kind takes.
fn made_up(kind: &FieldKind) -> Value {
    match kind {
        FieldKind::Boolean => true.into(),
        FieldKind::Choice(choices) => choices[0].value.as_str().into(),
        FieldKind::Choices { choices, .. } => vec![choices[0].value.as_str()].into(),
        FieldKind::Integer(rules) | FieldKind::Number(rules) => {
            let bound = rules.min.as_ref().or(rules.max.as_ref());
            bound.map_or(json!(1), |bound| json!(bound))
        }
        FieldKind::Text(rules) => match rules.format {
            Some(TextFormat::Date) => "2026-07-28".into(),
            Some(TextFormat::DateTime) => "2026-07-28T12:00:00Z".into(),
            Some(TextFormat::Email) => "ada@example.com".into(),
            Some(TextFormat::Uri) => "https://example.com".into(),
            None => "Ada Lovelace".into(),
        },
        _ => Value::Null,
    }
}
