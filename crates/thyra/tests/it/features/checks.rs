//! Checks decide who uses what.

mod answers;
mod changes;
mod own_calls;
mod tasks;

use serde_json::{Map, Value, json};
use thyra::auth::{Principal as Caller, StaticAuth};
use thyra::prelude::*;
use thyra::{Check, Selector, schemars, serde};

use super::{LISTS, Talk, fails};
use crate::support::{Answer, Running};

/// Ada is an editor and may read notes. Bob is a guest and may not. Both have their names as
/// tokens.
fn ada_and_bob() -> StaticAuth {
    let somebody = |subject: &str, role: &str| {
        let mut claims = Map::new();
        claims.insert("roles".to_owned(), json!([role]));
        Caller::builder("https://issuer.example", subject).claims(claims)
    };
    StaticAuth::new("http://localhost:8000")
        .token(
            "ada",
            somebody("ada", "editor").scopes(["notes:read"]).build(),
        )
        .token("bob", somebody("bob", "guest").build())
}

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Which {
    id: String,
}

fn prompt() -> Prompt {
    Prompt::new(
        "checked",
        |Args(which): Args<Which>| async move { which.id },
    )
    .completion("id", thyra::completion_values(["one", "two"]))
}

fn template() -> ResourceTemplate {
    let read = |Args(which): Args<Which>| async move { which.id };
    ResourceTemplate::new("checked://{id}", "checked", read)
        .completion("id", thyra::completion_values(["one", "two"]))
}

/// One component of each kind with this check, and one without.
fn each_with(check: &Check) -> Server {
    Server::new("Office")
        .tool(Tool::new("open", || async { "open" }))
        .tool(Tool::new("checked", || async { "in" }).check(check.clone()))
        .prompt(Prompt::new("open", || async { "open" }))
        .prompt(prompt().check(check.clone()))
        .resource(Resource::text("note://open", "open"))
        .resource(Resource::text("note://checked", "in").check(check.clone()))
        .resource(ResourceTemplate::new(
            "open://{id}",
            "open",
            |Args(which): Args<Which>| async move { which.id },
        ))
        .resource(template().check(check.clone()))
        .auth(ada_and_bob())
}

/// The same, with the check on the server, for what has a tag.
fn all_with(check: &Check) -> Server {
    Server::new("Office")
        .tool(Tool::new("open", || async { "open" }))
        .tool(Tool::new("checked", || async { "in" }).tag("staff"))
        .prompt(Prompt::new("open", || async { "open" }))
        .prompt(prompt().tag("staff"))
        .resource(Resource::text("note://open", "open"))
        .resource(Resource::text("note://checked", "in").tag("staff"))
        .resource(ResourceTemplate::new(
            "open://{id}",
            "open",
            |Args(which): Args<Which>| async move { which.id },
        ))
        .resource(template().tag("staff"))
        .check(Check::tag("staff", check.clone()))
        .auth(ada_and_bob())
}

async fn bug() -> bool {
    std::future::ready(()).await;
    panic!("a bug")
}

/// Every way to use what is checked, in this era.
fn uses(talk: &Talk<'_>) -> Vec<(&'static str, Value)> {
    let id = json!({ "name": "id", "value": "" });
    let mut uses = vec![
        ("tools/call", json!({ "name": "checked", "arguments": {} })),
        (
            "prompts/get",
            json!({ "name": "checked", "arguments": { "id": "1" } }),
        ),
        ("resources/read", json!({ "uri": "note://checked" })),
        ("resources/read", json!({ "uri": "checked://1" })),
        (
            "completion/complete",
            json!({ "ref": { "type": "ref/prompt", "name": "checked" }, "argument": id }),
        ),
        (
            "completion/complete",
            json!({ "ref": { "type": "ref/resource", "uri": "checked://{id}" }, "argument": id }),
        ),
    ];
    if !talk.is_alone() {
        uses.push(("resources/subscribe", json!({ "uri": "note://checked" })));
        uses.push(("resources/subscribe", json!({ "uri": "checked://1" })));
    }
    uses
}

/// The same of what is not there.
fn absent(params: &Value) -> Value {
    let text = params.to_string();
    let text = text
        .replace("checked://", "nothing://")
        .replace("checked", "nothing");
    serde_json::from_str(&text).unwrap()
}

const OPEN: [&str; 4] = ["open", "open", "note://open", "open://{id}"];
const CHECKED: [&str; 4] = ["checked", "checked", "note://checked", "checked://{id}"];

#[track_caller]
fn challenged(answer: &Answer, scopes: &str) {
    assert_eq!(answer.status, 403, "{answer:?}");
    let challenge = answer.header("www-authenticate");
    assert!(
        challenge.contains("error=\"insufficient_scope\""),
        "{challenge}"
    );
    let scope = format!("scope=\"{scopes}\"");
    assert!(challenge.contains(&scope), "{challenge}");
}

#[tokio::test]
async fn what_a_check_allows_is_there() {
    for check in [
        Check::role("editor"),
        Check::scopes_all(["notes:read"]),
        Check::scopes_any(["notes:admin", "notes:read"]),
        Check::signed_in(),
        !Check::role("guest"),
        Check::role("admin").or(Check::claim("roles", "editor")),
    ] {
        for server in [each_with(&check), all_with(&check)] {
            let server = Running::start(server).await;
            for talk in Talk::each_as(&server, Some("ada")).await {
                for (list, n) in LISTS.into_iter().zip(0..) {
                    assert_eq!(talk.listed(list).await, [OPEN[n], CHECKED[n]], "{check:?}");
                }
                for (method, params) in uses(&talk) {
                    talk.ask(method, params).await.result();
                }
            }
        }
    }
}

#[tokio::test]
async fn what_a_check_refuses_is_like_what_is_not_there() {
    for check in [
        Check::role("editor"),
        !Check::signed_in(),
        Check::claim("department", "finance"),
        !Check::claim("department", "finance"),
        Check::scopes_all(["notes:read"]).and(Check::role("editor")),
        Check::role("editor").and(Check::scopes_all(["notes:read"])),
        Check::new("never", |_| async { false }),
        Check::new("fails", |_| async { Err::<bool, _>("no database") }),
        Check::new("panics", |_| bug()),
        !Check::new("panics", |_| bug()),
        Check::caller("nobody", |_| async { None::<bool> }),
        Check::scopes_any([""; 0]),
        Check::scopes_all([""; 0]),
        !Check::roles_any(|_| None, ["guest"]),
    ] {
        for server in [each_with(&check), all_with(&check)] {
            let server = Running::start(server).await;
            for talk in Talk::each_as(&server, Some("bob")).await {
                for (list, open) in LISTS.into_iter().zip(OPEN) {
                    assert_eq!(talk.listed(list).await, [open], "{check:?}");
                }
                for (method, params) in uses(&talk) {
                    let absent = talk.ask(method, absent(&params)).await;
                    let refused = talk.ask(method, params.clone()).await;
                    assert_eq!(refused.status, absent.status, "{check:?} {params}");
                    let code = absent.json()["error"]["code"].as_i64().unwrap();
                    let message = fails(&refused, code);
                    let alike = message
                        .replace("checked://", "nothing://")
                        .replace("checked", "nothing");
                    assert_eq!(fails(&absent, code), alike);
                }
            }
        }
    }
}

#[tokio::test]
async fn what_lacks_scopes_only_is_listed_and_says_which() {
    for (check, scopes) in [
        (Check::scopes_all(["notes:read"]), "notes:read"),
        (
            Check::scopes_all(["notes:read", "notes:write"]),
            "notes:read notes:write",
        ),
        (
            Check::scopes_any(["notes:read", "notes:admin"]),
            "notes:read",
        ),
        (
            Check::scopes_all(["a"]).and(Check::scopes_any(["b", "c"])),
            "a b",
        ),
        (
            Check::role("editor").or(Check::scopes_all(["notes:read"])),
            "notes:read",
        ),
        (
            Check::role("guest").and(Check::scopes_all(["notes:read"])),
            "notes:read",
        ),
        (
            Check::new("asks for more", |_| async {
                thyra::Decision::needs_scopes(["vault"])
            }),
            "vault",
        ),
    ] {
        for server in [each_with(&check), all_with(&check)] {
            let server = Running::start(server).await;
            for talk in Talk::each_as(&server, Some("bob")).await {
                for (list, n) in LISTS.into_iter().zip(0..) {
                    assert_eq!(talk.listed(list).await, [OPEN[n], CHECKED[n]], "{check:?}");
                }
                for (method, params) in uses(&talk) {
                    challenged(&talk.ask(method, params).await, scopes);
                }
            }
        }
    }
}

#[tokio::test]
async fn the_challenge_names_the_scopes_of_the_server_and_of_the_component_too() {
    let auth = ada_and_bob().required_scopes(["notes:read"]);
    let tool = Tool::new("checked", || async { "in" })
        .scopes(["write"])
        .check(Check::scopes_all(["more"]));
    let server = Server::new("Office")
        .tool(tool)
        .check(Check::scopes_all(["all"]))
        .auth(auth);
    let server = Running::start(server).await;
    for talk in Talk::each_as(&server, Some("ada")).await {
        let answer = talk.call("checked", json!({})).await;
        challenged(&answer, "notes:read write all more");
    }
}

#[tokio::test]
async fn nobody_is_sent_to_sign_in_where_that_helps() {
    for (check, scope) in [
        (Check::role("editor"), None),
        (Check::claim("department", "finance"), None),
        (Check::signed_in(), None),
        (!Check::role("guest"), None),
        (
            Check::scopes_all(["notes:read"]),
            Some("scope=\"notes:read\""),
        ),
    ] {
        for server in [each_with(&check), all_with(&check)] {
            let server = Running::start(server.optional_auth(ada_and_bob())).await;
            for talk in Talk::each(&server).await {
                for (list, n) in LISTS.into_iter().zip(0..) {
                    assert_eq!(talk.listed(list).await, [OPEN[n], CHECKED[n]], "{check:?}");
                }
                for (method, params) in uses(&talk) {
                    let answer = talk.ask(method, params).await;
                    assert_eq!(answer.status, 401, "{check:?} {answer:?}");
                    let challenge = answer.header("www-authenticate");
                    assert!(challenge.contains("resource_metadata="), "{challenge}");
                    let has = challenge.contains("scope=");
                    assert!(scope.map_or(!has, |scope| challenge.contains(scope)));
                }
            }
        }
    }
}

#[tokio::test]
async fn whoever_started_the_process_is_not_checked() {
    let never = Check::new("never", |_| async { false });
    for server in [each_with(&never), all_with(&never)] {
        let client = server.connect().unwrap();
        assert_eq!(client.list_tools().await.unwrap().len(), 2);
        let said: String = client.call_tool_as("checked", &json!({})).await.unwrap();
        assert_eq!(said, "in");
        client.read_resource("note://checked").await.unwrap();
        client.read_resource("checked://1").await.unwrap();
    }
}

#[tokio::test]
async fn somebody_within_the_process_is_checked_as_over_http() {
    use thyra::client::Client;

    let somebody = |role: &str| {
        let mut claims = Map::new();
        claims.insert("roles".to_owned(), json!(role));
        Caller::builder("https://issuer.example", "ada")
            .claims(claims)
            .build()
    };
    let tools = async |role: &str| {
        let server = each_with(&Check::role("editor"));
        let client = Client::over(server.in_process_as(somebody(role)).unwrap()).build();
        let called = client.call_tool("checked", &json!({})).await;
        (client.list_tools().await.unwrap().len(), called.is_ok())
    };
    assert_eq!(tools("editor").await, (2, true));
    assert_eq!(tools("guest").await, (1, false));
}

#[tokio::test]
async fn of_several_versions_the_highest_that_is_allowed_counts() {
    let version = |version: &'static str| {
        Tool::new("report", move || async move { version }).version(version)
    };
    let server = Server::new("Office")
        .tool(version("1"))
        .tool(version("2").check(Check::role("guest")))
        .tool(version("3").check(Check::role("editor")))
        .auth(ada_and_bob());
    let server = Running::start(server).await;
    for (token, sees) in [("ada", "3"), ("bob", "2")] {
        for talk in Talk::each_as(&server, Some(token)).await {
            assert_eq!(talk.call("report", json!({})).await.tool_text(), sees);
            let listed = talk.ask("tools/list", json!({})).await.result();
            assert_eq!(
                listed["tools"][0]["_meta"]["thyra/versions"],
                json!([sees, "1"])
            );
        }
    }
    let bob = Talk::alone(&server).with_token("bob");
    let ask = bob.request("tools/call", json!({ "name": "report", "arguments": {} }));
    let answer = server.ask(&ask.meta("thyra/version", json!("3"))).await;
    fails(&answer, -32602);
}

/// Shows its caller everything.
#[tool]
async fn show_all(ctx: Context) -> Result<(), ToolError> {
    ctx.enable(Selector::all()).await?;
    Ok(())
}

#[tokio::test]
async fn no_view_of_a_caller_overrules_a_check() {
    let server = each_with(&Check::role("editor")).tool(show_all);
    let server = Running::start(server).await;
    for talk in Talk::each_as(&server, Some("bob")).await {
        talk.call("show_all", json!({})).await.result();
        let tools = talk.listed(LISTS[0]).await;
        assert_eq!(tools, ["open", "show_all"]);
        fails(&talk.call("checked", json!({})).await, -32602);
    }
}

/// Only editors use what is in here.
struct Desk;

#[thyra::tools]
impl Desk {
    /// A tool.
    #[tool(check = Check::role("editor"))]
    async fn edit(&self) -> &'static str {
        "edited"
    }

    /// A resource.
    #[resource("desk://paper", check = Check::role("editor"))]
    async fn paper(&self) -> &'static str {
        "paper"
    }

    /// A template.
    #[resource("desk://{id}", check = Check::role("editor"))]
    async fn sheet(&self, id: u8) -> String {
        id.to_string()
    }

    /// A prompt.
    #[prompt(check = Check::role("editor"))]
    async fn proofread(&self) -> &'static str {
        "Please."
    }
}

#[tokio::test]
async fn an_attribute_says_which_check() {
    let server = Running::start(Server::new("Office").tools(Desk).auth(ada_and_bob())).await;
    for (token, seen) in [("ada", 1), ("bob", 0)] {
        for talk in Talk::each_as(&server, Some(token)).await {
            for list in LISTS {
                assert_eq!(talk.listed(list).await.len(), seen, "{token} {list:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_check_that_nobody_can_pass_is_a_mistake() {
    let open = || Server::new("Open").tool(Tool::new("checked", || async { "in" }).tag("staff"));
    for check in [
        Check::role("editor"),
        Check::tag("staff", Check::signed_in()),
        Check::new("always", |_| async { true }).and(!Check::scopes_all(["a"])),
    ] {
        let error = open().check(check).into_service().unwrap_err();
        assert!(error.to_string().contains(".auth(...)"), "{error}");
    }
    for check in [
        Check::tag("other", Check::signed_in()),
        Check::new("always", |_| async { true }).or(Check::role("editor")),
    ] {
        open().check(check).into_service().unwrap();
    }
}
