//! `thyra call`.

use std::io::Write as _;
use std::process::Stdio;

use serde_json::json;

use crate::program::{program, run};
use crate::server::{calculator, serve, shell, versions};

#[tokio::test]
async fn words_become_what_the_schema_wants_and_the_answer_is_all_that_is_printed() {
    let server = serve(calculator()).await;
    let call = async |words: &[&str]| run(&[&["call", &server.url], words].concat()).await;
    for (words, wanted) in [
        (&["add", "a=2", "b=3"][..], "5\n"),
        (&["add", "a=2", "{\"b\": 3}"], "5\n"),
        (&["echo", "text=5"], "5\n"),
        (&["echo", "text=a\u{1b}[31mb\tc"], "a\\u{1b}[31mb\tc\n"),
        (
            &["tell", "tags=one", "tags=two", "options.loud=yes"],
            "[\"one\", \"two\"] Some(Options { loud: true })\n",
        ),
        (&["tell", "tags:=[]", "options:=null"], "[] None\n"),
    ] {
        let ran = call(words).await;
        assert_eq!((ran.code, &*ran.out, &*ran.errors), (Some(0), wanted, ""));
    }
}

#[tokio::test]
async fn a_mistake_is_found_before_the_tool_is_called() {
    let server = serve(calculator()).await;
    let call = async |words: &[&str]| run(&[&["call", &server.url], words].concat()).await;
    for (words, wanted) in [
        (&[][..], "which tool?"),
        (
            &["ad", "a=2"],
            "the server has no tool `ad`; did you mean `add`?",
        ),
        (&["add", "a=2"], "`add` needs `b` (integer)"),
        (&["add", "b=2"], "`add` needs `a` (integer): The first one"),
        (
            &["add", "a=2", "b=three"],
            "`b` must be integer, not `three`",
        ),
        (&["add", "a=2", "bb=3"], "`add` has no argument `bb`"),
        (&["add", "2", "3"], "write `name=value`"),
        (
            &["echo", "text=@/no/such/file"],
            "write `text=@@/no/such/file`",
        ),
    ] {
        let ran = call(words).await;
        assert_eq!((ran.code, &*ran.out), (Some(2), ""), "{words:?}: {ran:?}");
        assert!(ran.errors.contains(wanted), "{words:?}: {ran:?}");
    }
}

#[tokio::test]
async fn a_tool_that_fails_says_so_on_standard_output_and_with_the_code() {
    let server = serve(calculator()).await;
    let ran = run(&["call", &server.url, "fail"]).await;
    assert_eq!((ran.code, &*ran.out), (Some(5), "the disk is full\n"));
    assert_eq!(ran.errors, "error: `fail` says that it failed\n");

    let ran = run(&["call", "--json", &server.url, "fail"]).await;
    assert_eq!((ran.code, &ran.json()["isError"]), (Some(5), &json!(true)));
    assert_eq!(ran.json()["content"][0]["text"], "the disk is full");
}

#[tokio::test]
async fn one_document_tells_programs_the_whole_result() {
    let server = serve(calculator()).await;
    let ran = run(&["call", "--json", &server.url, "add", "a=2", "b=3"]).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(ran.json()["structuredContent"], 5);
    let ran = run(&["call", "--json", &server.url, "ad"]).await;
    assert_eq!(ran.json()["error"]["kind"], "usage");
    assert!(
        ran.json()["error"]["message"]
            .as_str()
            .unwrap()
            .contains("did you mean")
    );
}

#[tokio::test]
async fn arguments_come_from_standard_input_too() {
    let server = serve(calculator()).await;
    let mut command = program();
    command
        .args(["call", &server.url, "echo", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(b"{\"text\": \"from a pipe\"}").unwrap();
    drop(stdin);
    let output = tokio::task::spawn_blocking(move || child.wait_with_output());
    assert_eq!(output.await.unwrap().unwrap().stdout, b"from a pipe\n");
}

#[tokio::test]
async fn a_program_is_called_with_the_same_words() {
    let tools = r#"[{"name":"act","inputSchema":{"type":"object"}}]"#;
    let called = r#"{"content":[{"type":"text","text":"\u001b[31mdone"}]}"#;
    let line = shell(tools, called);
    let ran = run(&[&["call", "act", "a=1"].map(str::to_owned), &line[..]].concat()).await;
    assert_eq!(
        (ran.code, &*ran.out, &*ran.errors),
        (Some(0), "\\u{1b}[31mdone\n", "")
    );
}

#[tokio::test]
async fn a_version_of_a_tool_can_be_asked_for() {
    let server = serve(versions()).await;
    let ran = run(&["call", &server.url, "answer"]).await;
    assert_eq!((ran.code, &*ran.out), (Some(0), "new\n"), "{ran:?}");
    let ran = run(&["call", "--tool-version", "1", &server.url, "answer"]).await;
    assert_eq!((ran.code, &*ran.out), (Some(0), "old\n"), "{ran:?}");
    let ran = run(&["call", "--tool-version", "7", &server.url, "answer"]).await;
    assert_eq!((ran.code, &*ran.out), (Some(1), ""), "{ran:?}");
}
