//! `thyra list`.

use serde_json::json;
use thyra::Server;

use crate::program::{run, run_command};
use crate::server::{calculator, serve, shell};

#[tokio::test]
async fn what_a_server_offers_is_listed_for_people() {
    let server = serve(calculator()).await;
    let ran = run(&["list", &server.url]).await;
    assert_eq!((ran.code, &*ran.errors), (Some(0), ""));
    insta::assert_snapshot!(ran.out);
}

#[tokio::test]
async fn one_document_tells_programs_everything() {
    let server = serve(calculator()).await;
    let ran = run(&["list", "--json", &server.url]).await;
    assert_eq!((ran.code, &*ran.errors), (Some(0), ""));
    let listed = ran.json();
    assert_eq!(listed["serverInfo"]["name"], "calculator");
    assert_eq!(listed["protocolVersion"], "2026-07-28");
    assert_eq!(listed["instructions"], "Count on me.");
    assert_eq!(listed["tools"][0]["name"], "add");
    assert_eq!(
        listed["tools"][0]["inputSchema"]["required"],
        json!(["a", "b"])
    );
    assert_eq!(listed["resources"][0]["uri"], "data://rules");
    assert_eq!(
        listed["resourceTemplates"][0]["uriTemplate"],
        "weather://{city}"
    );
    assert_eq!(listed["prompts"][0]["arguments"][0]["name"], "who");

    let only = run(&["list", "--json", "--only", "prompts", &server.url])
        .await
        .json();
    let members: Vec<&String> = only.as_object().unwrap().keys().collect();
    assert_eq!(
        members,
        ["instructions", "prompts", "protocolVersion", "serverInfo"]
    );
}

#[tokio::test]
async fn an_old_revision_can_be_asked_for() {
    let server = serve(calculator()).await;
    for revision in ["2024-11-05", "2025-11-25", "2026-07-28"] {
        let ran = run(&["list", "--json", "--revision", revision, &server.url]).await;
        assert_eq!(ran.json()["protocolVersion"], revision);
    }
}

#[tokio::test]
async fn a_server_without_anything_is_no_error() {
    let server = serve(Server::new("empty")).await;
    let ran = run(&["list", &server.url]).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.out.starts_with("empty "), "{ran:?}");
}

#[tokio::test]
async fn a_server_that_is_a_program_is_started_and_obeyed_by_no_terminal() {
    let tools =
        r#"[{"name":"\u001b[31mred","description":"\u009b2J","inputSchema":{"type":"object"}}]"#;
    let line = shell(tools, "{}");
    let ran = run(&[&["list".to_owned()], &line[..]].concat()).await;
    assert_eq!((ran.code, &*ran.errors), (Some(0), ""));
    assert!(ran.out.contains(r"\u{1b}[31mred"), "{ran:?}");
    assert!(
        ran.out.chars().all(|c| matches!(c, ' '..='~' | '\n')),
        "{ran:?}"
    );

    let ran = run(&[&["list".to_owned(), "--json".to_owned()], &line[..]].concat()).await;
    assert!(
        ran.out.chars().all(|c| matches!(c, ' '..='~' | '\n')),
        "{ran:?}"
    );
    assert_eq!(ran.json()["tools"][0]["name"], "\u{1b}[31mred");
}

#[tokio::test]
async fn whoever_fails_says_why_and_the_code_says_what_kind_it_is() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = nobody.local_addr().unwrap();
    drop(nobody);
    let url = format!("http://{address}/mcp");

    let ran = run(&["list", "--json", &url]).await;
    assert_eq!(ran.code, Some(4), "{ran:?}");
    assert!(ran.errors.contains("could not be reached"), "{ran:?}");
    assert!(ran.errors.contains("because: "), "{ran:?}");
    assert_eq!(ran.json()["error"]["kind"], "unreachable");

    let ran = run(&["list", "--", "no-such-program-at-all"]).await;
    assert_eq!((ran.code, &*ran.out), (Some(4), ""));
    assert!(ran.errors.contains("is it installed"), "{ran:?}");

    let ran = run(&["list", &url, "add"]).await;
    assert_eq!((ran.code, &*ran.out), (Some(2), ""));
    assert!(ran.errors.contains("thyra call"), "{ran:?}");
}

/// Nobody reads the whole list, as with `thyra list ... | head -1`.
#[tokio::test]
async fn a_reader_who_goes_is_no_error() {
    let server = serve(calculator()).await;
    let mut command = std::process::Command::new("sh");
    command
        .args(["-c", r#""$0" list "$1" | true; echo "done""#])
        .args([env!("CARGO_BIN_EXE_thyra"), &server.url]);
    let ran = run_command(command).await;
    assert_eq!((&*ran.out, &*ran.errors), ("done\n", ""));
}

#[tokio::test]
async fn skills_are_listed_where_the_server_has_them() {
    let script = r#"while read -r line; do
    id=$(printf '%s' "$line" | sed -n 's/.*"id":\([0-9]*\).*/\1/p')
    answer() { printf '%s\n' '{"jsonrpc":"2.0","id":'"$id"',"result":'"$1"'}'; }
    case "$line" in
    *server/discover*) answer '{"supportedVersions":["2026-07-28"],"capabilities":{"extensions":{"io.modelcontextprotocol/skills":{}}},"ttlMs":0,"cacheScope":"private"}' ;;
    *skills/list*) answer '{"skills":[{"uri":"skill://forms/SKILL.md","frontmatter":{"name":"forms","description":"Fills in forms."},"resources":"dynamic"}]}' ;;
    esac
done"#;
    let line = ["--only", "skills", "--", "sh", "-c", script];
    let ran = run(&[&["list"], &line[..]].concat()).await;
    assert_eq!((ran.code, &*ran.errors), (Some(0), ""));
    assert!(
        ran.out
            .contains("Skills (1)\n\n  skill://forms/SKILL.md  forms\n    Fills in forms.\n"),
        "{ran:?}"
    );
    let ran = run(&[&["list", "--json"], &line[..]].concat()).await;
    assert_eq!(ran.json()["skills"][0]["frontmatter"]["name"], "forms");
}
