//! Several servers as one client.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use thyra_client::protocol::{Content, ResourceContents};
use thyra_client::{
    Client, ClientError, ClientGroup, CompletionReference, GroupError, McpServers, Outcome,
    Outgoing, Reports, SubscriptionFilter, Transport, TransportError,
};

use crate::answered::answered;

/// A server that says what it was asked, and that can be away.
#[derive(Clone, Debug, Default)]
struct Server {
    tools: Vec<&'static str>,
    resources: Vec<&'static str>,
    is_away: Arc<AtomicBool>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn with_tools(tools: &[&'static str]) -> Self {
        Self {
            tools: tools.to_vec(),
            ..Self::default()
        }
    }

    fn client(&self) -> Client {
        Client::over(self.clone()).build()
    }

    fn is_away(&self, is_away: bool) {
        self.is_away.store(is_away, Ordering::Relaxed);
    }

    /// What it was asked since the last time.
    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }

    fn answer(&self, method: &str, params: &Value) -> Value {
        let text = |key: &str| params[key].as_str().unwrap_or_default().to_owned();
        let embedded =
            json!({ "type": "resource", "resource": { "uri": "data://info", "text": "" } });
        let result = match method {
            "tools/list" => {
                let tool = |name| json!({ "name": name, "inputSchema": { "type": "object" } });
                json!({ "tools": self.tools.iter().map(tool).collect::<Vec<_>>() })
            }
            "resources/list" => {
                let resource = |uri| json!({ "name": "r", "uri": uri });
                json!({ "resources": self.resources.iter().map(resource).collect::<Vec<_>>() })
            }
            "resources/templates/list" => json!({ "resourceTemplates": [
                { "name": "t", "uriTemplate": "data://{id}" },
                { "name": "bare", "uriTemplate": "urn:{id}" },
            ] }),
            "tools/call" if text("name") == "long" => {
                json!({ "resultType": "task", "taskId": "7", "status": "working" })
            }
            "tasks/get" if text("taskId") != "7" => {
                return json!({ "error": { "code": -32602, "message": "no such task" } });
            }
            "tasks/get" => json!({ "status": "completed", "result": { "content": [embedded] } }),
            "tasks/cancel" => json!({}),
            "tools/call" => json!({ "content": [
                { "type": "text", "text": text("name") },
                { "type": "resource_link", "uri": "data://info", "name": "r" },
                { "type": "resource_link", "uri": "urn:info", "name": "r" },
                embedded,
            ] }),
            "prompts/get" => json!({ "messages": [{ "role": "user", "content": embedded }] }),
            "resources/read" => json!({ "contents": [{ "uri": text("uri"), "text": "" }] }),
            "completion/complete" => json!({ "completion": { "values": ["x"] } }),
            _ => return json!({ "error": { "code": -32601, "message": "no" } }),
        };
        json!({ "result": result })
    }
}

impl Transport for Server {
    fn exchange<'a>(
        &'a self,
        outgoing: Outgoing<'a>,
        mut reports: Reports<'a>,
    ) -> BoxFuture<'a, Result<Outcome, TransportError>> {
        Box::pin(async move {
            answered(&outgoing, &mut reports, |request| {
                let params = &request["params"];
                let target = params["name"].as_str().or(params["uri"].as_str());
                let target = target.or(params["ref"]["name"].as_str());
                let target = target.or(params["taskId"].as_str());
                let target = target.or(params["ref"]["uri"].as_str()).unwrap_or_default();
                let asked = format!("{} {target}", outgoing.method);
                self.asked.lock().unwrap().push(asked.trim_end().to_owned());
                if self.is_away.load(Ordering::Relaxed) {
                    return Vec::new();
                }
                let mut answer = self.answer(outgoing.method, params);
                answer["jsonrpc"] = "2.0".into();
                answer["id"] = request["id"].clone();
                vec![answer]
            })
        })
    }
}

fn group<const N: usize>(servers: [(&str, &Server); N]) -> ClientGroup {
    ClientGroup::new(servers.map(|(name, server)| (name, server.client()))).unwrap()
}

async fn tools(group: &ClientGroup) -> Vec<String> {
    let tools = group.list_tools().await.unwrap();
    tools.into_iter().map(|tool| tool.name).collect()
}

/// The server that gets a call of `tool`, with the name there.
async fn goes_to(group: &ClientGroup, tool: &str) -> Result<(String, String), GroupError> {
    let owner = group.owner_of_tool(tool).await?;
    Ok((owner.server.to_owned(), owner.name))
}

#[tokio::test]
async fn a_call_goes_only_to_the_server_that_owns_it() {
    let (math, text) = (
        Server::with_tools(&["add"]),
        Server::with_tools(&["add", "cut"]),
    );
    let group = group([("math", &math), ("text", &text)]);
    assert_eq!(tools(&group).await, ["math_add", "text_add", "text_cut"]);
    assert_eq!(math.asked(), ["tools/list"]);
    assert_eq!(text.asked(), ["tools/list"]);
    // From another thread, as any future of a client.
    let elsewhere = group.clone();
    let call = tokio::spawn(async move { elsewhere.call_tool("text_add", &()).await });
    let result = call.await.unwrap().unwrap();
    assert_eq!(result.content[0].as_text(), Some("add"));
    assert!(math.asked().is_empty());
    assert_eq!(text.asked(), ["tools/call add"]);
    for unknown in ["add", "maths_add", "math_", "math", ""] {
        let error = group.call_tool(unknown, &()).await.unwrap_err();
        assert!(matches!(error, GroupError::Unknown { .. }), "{error:?}");
        assert_eq!(
            error.to_string(),
            format!("no server has the tool `{unknown}`; the servers are math, text")
        );
    }
    assert!(math.asked().is_empty() && text.asked().is_empty());
}

#[tokio::test]
async fn one_server_alone_keeps_its_names() {
    let server = Server {
        resources: vec!["data://info", "urn:7"],
        ..Server::with_tools(&["add"])
    };
    let group = group([("math", &server)]);
    assert_eq!(tools(&group).await, ["add"]);
    let resources = group.list_resources().await.unwrap();
    let uris: Vec<_> = resources
        .iter()
        .map(|resource| resource.uri.as_str())
        .collect();
    assert_eq!(uris, ["data://info", "urn:7"]);
    server.asked();
    group.call_tool("math_add", &()).await.unwrap();
    group.read_resource("urn:8").await.unwrap();
    assert_eq!(
        server.asked(),
        ["tools/call math_add", "resources/read urn:8"]
    );
}

#[tokio::test]
async fn a_name_that_two_servers_could_own_is_the_first_ones_that_has_it() {
    let (git, hub) = (
        Server::with_tools(&["log", "hub_log"]),
        Server::with_tools(&["log", "pull"]),
    );
    let group = group([("git", &git), ("git_hub", &hub)]);
    // `git_hub_log` is a name of both, and the first one's.
    assert_eq!(
        tools(&group).await,
        ["git_log", "git_hub_log", "git_hub_pull"]
    );
    let at = |server: &str, name: &str| (server.to_owned(), name.to_owned());
    assert_eq!(goes_to(&group, "git_log").await.unwrap(), at("git", "log"));
    assert_eq!(
        goes_to(&group, "git_hub_log").await.unwrap(),
        at("git", "hub_log")
    );
    assert_eq!(
        goes_to(&group, "git_hub_pull").await.unwrap(),
        at("git_hub", "pull")
    );
    let error = goes_to(&group, "git_hub_push").await.unwrap_err();
    assert!(matches!(error, GroupError::Unknown { .. }), "{error:?}");
    // One that cannot be asked might own it.
    git.is_away(true);
    let error = goes_to(&group, "git_hub_pull").await.unwrap_err();
    assert!(
        matches!(&error, GroupError::Client { server, .. } if server == "git"),
        "{error:?}"
    );
    // Nobody else can own this one.
    assert_eq!(goes_to(&group, "git_log").await.unwrap(), at("git", "log"));
    git.is_away(false);
    hub.is_away(true);
    assert_eq!(
        goes_to(&group, "git_hub_log").await.unwrap(),
        at("git", "hub_log")
    );
}

#[tokio::test]
async fn a_server_that_fails_is_left_out_and_asked_again() {
    let (math, text) = (Server::with_tools(&["add"]), Server::with_tools(&["cut"]));
    let group = group([("math", &math), ("text", &text)]);
    text.is_away(true);
    assert_eq!(tools(&group).await, ["math_add"]);
    text.is_away(false);
    assert_eq!(tools(&group).await, ["math_add", "text_cut"]);
    // Without prompts, a server has answered all the same.
    math.is_away(true);
    assert!(group.list_prompts().await.unwrap().is_empty());
    text.is_away(true);
    let error = group.list_tools().await.unwrap_err().to_string();
    for named in [
        "none of the servers",
        "the server `math` failed",
        "the server `text` failed",
    ] {
        assert!(error.contains(named), "{error}");
    }
    let answers = group.discover().await;
    let servers: Vec<_> = answers.iter().map(|(server, _)| *server).collect();
    assert_eq!(servers, ["math", "text"]);
    assert!(answers.iter().all(|(_, answer)| answer.is_err()));
}

#[tokio::test]
async fn uris_lead_back_to_their_server() {
    let server = |resources: &[&'static str]| Server {
        resources: resources.to_vec(),
        ..Server::default()
    };
    let (a, b) = (
        server(&["data://info", "urn:7"]),
        server(&["file:///x", "urn:7", "urn:8"]),
    );
    let group = group([("a", &a), ("b c", &b)]);
    let resources = group.list_resources().await.unwrap();
    let uris: Vec<_> = resources
        .iter()
        .map(|resource| resource.uri.as_str())
        .collect();
    assert_eq!(uris, ["data://a/info", "urn:7", "file://b%20c//x", "urn:8"]);
    let templates = group.list_resource_templates().await.unwrap();
    let uris: Vec<_> = templates
        .iter()
        .map(|one| one.uri_template.as_str())
        .collect();
    assert_eq!(uris, ["data://a/{id}", "data://b%20c/{id}"]);
    a.asked();
    b.asked();

    let read = group.read_resource("data://b%20c/1").await.unwrap();
    assert!(
        matches!(&read.contents[0], ResourceContents::Text(text) if text.uri == "data://b%20c/1")
    );
    assert_eq!(b.asked(), ["resources/read data://1"]);
    let template = CompletionReference::Resource {
        uri: "data://b%20c/{id}".into(),
    };
    group.complete(template, "id", "", &[]).await.unwrap();
    let prompt = CompletionReference::Prompt {
        name: "b c_ask".into(),
    };
    group.complete(prompt, "id", "", &[]).await.unwrap();
    assert_eq!(
        b.asked(),
        ["completion/complete data://{id}", "completion/complete ask"]
    );
    assert!(a.asked().is_empty());

    // A bare URI belongs to the first server that lists it.
    group.read_resource("urn:7").await.unwrap();
    assert_eq!(a.asked(), ["resources/list", "resources/read urn:7"]);
    group.read_resource("urn:8").await.unwrap();
    assert_eq!(
        b.asked(),
        ["resources/list", "resources/list", "resources/read urn:8"]
    );
    for unknown in ["urn:9", "data://info", "data://c/info"] {
        let error = group.read_resource(unknown).await.unwrap_err();
        assert!(
            matches!(error, GroupError::Unknown { .. }),
            "{unknown}: {error:?}"
        );
    }
}

#[tokio::test]
async fn uris_in_answers_can_be_read_in_the_group() {
    let (a, b) = (Server::with_tools(&["show"]), Server::default());
    let group = group([("a", &a), ("b", &b)]);
    let uris = |content: &[Content]| {
        let uri = |block: &Content| match block {
            Content::ResourceLink(link) => Some(link.uri.clone()),
            Content::Resource(embedded) => match &embedded.resource {
                ResourceContents::Text(text) => Some(text.uri.clone()),
                ResourceContents::Blob(_) => None,
            },
            _ => None,
        };
        content.iter().filter_map(uri).collect::<Vec<_>>()
    };
    let shown = group.call_tool("a_show", &()).await.unwrap();
    assert_eq!(
        uris(&shown.content),
        ["data://a/info", "urn:info", "data://a/info"]
    );
    let prompt = group.get_prompt("b_ask", &()).await.unwrap();
    let content = [prompt.messages[0].content.clone()];
    assert_eq!(uris(&content), ["data://b/info"]);
}

#[tokio::test]
async fn a_call_can_be_told_all_that_a_clients_call_can() {
    let (a, b) = (Server::with_tools(&["show"]), Server::default());
    let group = group([("a", &a), ("b", &b)]);
    let call = group.call("a_show").await.unwrap();
    let call = call.arguments(&json!({ "n": 1 })).version("2");
    let shown = call
        .meta([("com.example/x".to_owned(), json!(1))])
        .send()
        .await
        .unwrap();
    assert!(
        matches!(&shown.content[1], Content::ResourceLink(link) if link.uri == "data://a/info")
    );
    let prompt = group.prompt("b_ask").await.unwrap();
    let prompt = prompt
        .arguments(&json!({ "who": "Ada" }))
        .send()
        .await
        .unwrap();
    assert!(matches!(&prompt.messages[0].content, Content::Resource(_)));
    let read = group
        .read("data://b/1")
        .await
        .unwrap()
        .send()
        .await
        .unwrap();
    assert!(matches!(&read.contents[0], ResourceContents::Text(text) if text.uri == "data://b/1"));
    let refused = group.call("a_show").await.unwrap().version("2");
    let twice = [("fastmcp".to_owned(), json!({}))];
    let error = refused.meta(twice).send().await.unwrap_err();
    assert!(matches!(error, ClientError::Meta { .. }), "{error:?}");
    let error = group.call("nobody_show").await.unwrap_err();
    assert!(matches!(error, GroupError::Unknown { .. }), "{error:?}");
}

#[tokio::test]
async fn a_task_has_the_name_of_its_server_and_is_found_by_it() {
    let (git, hub) = (Server::with_tools(&["long"]), Server::default());
    let group = group([("git", &git), ("git_hub", &hub)]);
    let task = group.call_task("git_long", &()).await.unwrap();
    assert_eq!(task.id(), Some("git_7"));
    git.asked();
    let found = group.task("git_7").await.unwrap();
    assert!(git.asked().is_empty());
    for task in [&task, &found] {
        let result = task.result().await.unwrap();
        assert!(matches!(
            &result.content[0],
            Content::Resource(embedded)
                if matches!(&embedded.resource, ResourceContents::Text(text) if text.uri == "data://git/info")
        ));
        assert_eq!(git.asked(), ["tasks/get 7"]);
    }
    found.cancel().await.unwrap();
    assert_eq!(git.asked(), ["tasks/cancel 7"]);
    // It could be the task `hub_7` of the one server, and `7` of the other.
    let task = group.task("git_hub_7").await.unwrap();
    assert_eq!(
        (git.asked(), hub.asked()),
        (vec!["tasks/get hub_7".into()], vec!["tasks/get 7".into()])
    );
    task.cancel().await.unwrap();
    assert_eq!(hub.asked(), ["tasks/cancel 7"]);
    for unknown in ["7", "git_hub_8", "git_"] {
        let error = group.task(unknown).await.unwrap_err();
        assert!(
            matches!(error, GroupError::Unknown { kind: "task", .. }),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn a_subscription_tells_at_which_server_something_changed() {
    let (math, notes) = (Server::default(), Server::default());
    let group = group([("math", &math), ("notes", &notes)]);
    let error = group
        .subscribe(SubscriptionFilter::default())
        .await
        .unwrap_err();
    assert!(matches!(error, GroupError::AllFailed { .. }), "{error:?}");
    let bare = SubscriptionFilter::default().resource("urn:9");
    let error = group.subscribe(bare).await.unwrap_err();
    assert!(matches!(error, GroupError::Unknown { .. }), "{error:?}");
    // Neither of them has subscriptions.
    math.asked();
    notes.asked();
    let one = SubscriptionFilter::default().resource("data://notes/today");
    let error = group.subscribe(one).await.unwrap_err();
    assert!(
        error.to_string().contains("the server `notes` failed"),
        "{error}"
    );
    assert!(math.asked().is_empty());
}

#[tokio::test]
async fn a_file_becomes_a_group_without_its_bad_entries() {
    let json = r#"{ "mcpServers": {
        "gone": { "command": "/nowhere/thyra-no-such-program" },
        "bad": { "url": 7 },
        "off": { "command": "x", "disabled": true }
    } }"#;
    let servers = McpServers::from_json(json).unwrap();
    let group = ClientGroup::from_servers(&servers, |_, client| client).unwrap();
    let names: Vec<_> = group.clients().map(|(name, _)| name.to_owned()).collect();
    assert_eq!(names, ["gone"]);
    assert!(group.client("gone").is_some() && group.client("bad").is_none());
    let left_out: Vec<_> = group.left_out().map(ToString::to_string).collect();
    assert_eq!(
        left_out,
        ["the server `bad` cannot be used: `url` must be a text"]
    );
    let error = group.list_tools().await.unwrap_err().to_string();
    for named in [
        "`gone` failed",
        "`/nowhere/thyra-no-such-program` cannot be started",
        "`bad` cannot",
    ] {
        assert!(error.contains(named), "{error}");
    }
    // What is left out counts, so that names stay when it comes back.
    assert_eq!(goes_to(&group, "gone_x").await.unwrap().1, "x");

    // What cannot be connected is left out, too.
    let json = r#"{ "mcpServers": { "a": { "command": "x" }, "b": { "command": "x" } } }"#;
    let servers = McpServers::from_json(json).unwrap();
    let group = ClientGroup::try_from_servers(&servers, |server| match server.name() {
        "a" => Client::builder("no URL").build(),
        _ => server.client().build(),
    });
    let group = group.unwrap();
    let left_out: Vec<_> = group.left_out().map(ToString::to_string).collect();
    assert!(
        left_out[0].starts_with("the server `a` failed"),
        "{left_out:?}"
    );
    assert_eq!(goes_to(&group, "b_x").await.unwrap().1, "x");
    assert_eq!(group.outward_name("b", "x").as_deref(), Some("b_x"));
    assert_eq!(
        group.outward_uri("b", "data://x").as_deref(),
        Some("data://b/x")
    );
    assert_eq!(group.outward_name("a", "x"), None);

    let group = |json| ClientGroup::from_servers(&McpServers::from_json(json).unwrap(), |_, c| c);
    let error = group(r#"{ "mcpServers": { "bad": {} } }"#).unwrap_err();
    assert!(matches!(error, GroupError::AllFailed { .. }), "{error:?}");
    let error = group(r#"{ "mcpServers": {} }"#).unwrap_err();
    assert!(matches!(error, GroupError::NoServers), "{error:?}");
}

#[test]
fn a_name_is_given_once() {
    let server = Server::default();
    for names in [["a", "a"], ["a", ""]] {
        let clients = names.map(|name| (name, server.client()));
        let error = ClientGroup::new(clients).unwrap_err();
        assert!(matches!(error, GroupError::Name { .. }), "{error:?}");
    }
    let none: [(String, Client); 0] = [];
    assert!(matches!(ClientGroup::new(none), Err(GroupError::NoServers)));
}
