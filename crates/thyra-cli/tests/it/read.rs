//! `thyra read`, and where answers go.

use serde_json::json;

use crate::program::{program, run, run_command};
use crate::server::{calculator, serve};

#[tokio::test]
async fn a_resource_is_printed_as_it_is() {
    let server = serve(calculator()).await;
    let ran = run(&["read", &server.url, "data://rules"]).await;
    assert_eq!(
        (ran.code, &*ran.out, &*ran.errors),
        (Some(0), "Be nice.\n", "")
    );
    let ran = run(&["read", &server.url, "weather://Oslo"]).await;
    assert_eq!(ran.out, "It rains in Oslo.\n");
    let ran = run(&["read", "--json", &server.url, "data://rules"]).await;
    assert_eq!(ran.json()["contents"][0]["text"], "Be nice.\n");
}

#[tokio::test]
async fn bytes_go_into_a_file_or_a_pipe_and_else_into_a_new_file() {
    let server = serve(calculator()).await;
    let dot = b"\x89PNG\r\n\x1a\nnot really";
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("dot.png");
    let ran = run(&[
        "read",
        &server.url,
        "data://dot",
        "-o",
        file.to_str().unwrap(),
    ])
    .await;
    assert_eq!((ran.code, &*ran.out, &*ran.errors), (Some(0), "", ""));
    assert_eq!(std::fs::read(&file).unwrap(), dot);

    let mut command = program();
    command.args(["read", &server.url, "data://dot", "-o", "-"]);
    let output = tokio::process::Command::from(command).output().await;
    assert_eq!(output.unwrap().stdout, dot);

    let mut command = program();
    command
        .args(["read", &server.url, "data://dot"])
        .env("TMPDIR", folder.path());
    let ran = run_command(command).await;
    let told = ran
        .out
        .strip_prefix("(file, image/png, 18 bytes, saved as ");
    let path = told.and_then(|told| told.strip_suffix(")\n")).unwrap();
    assert_eq!(std::fs::read(path).unwrap(), dot);
    assert!(path.starts_with(folder.path().to_str().unwrap()), "{path}");
}

#[tokio::test]
async fn what_a_tool_shows_is_saved_too_and_a_file_holds_one_thing() {
    let server = serve(calculator()).await;
    let folder = tempfile::tempdir().unwrap();
    let mut command = program();
    command
        .args(["call", &server.url, "picture"])
        .env("TMPDIR", folder.path());
    let ran = run_command(command).await;
    let wanted = "A dot:\n(picture, image/png, 3 bytes, saved as ";
    assert!(ran.out.starts_with(wanted), "{ran:?}");

    let ran = run(&["call", &server.url, "picture", "-o", "-"]).await;
    assert_eq!((ran.code, &*ran.out), (Some(1), ""));
    assert!(ran.errors.contains("2 parts"), "{ran:?}");

    let ran = run(&["call", &server.url, "echo", "text=\u{1b}[31m", "-o", "-"]).await;
    assert_eq!(ran.out, "\u{1b}[31m");
    let ran = run(&["call", &server.url, "picture", "--json", "-o", "-"]).await;
    assert_eq!(ran.code, Some(2), "{ran:?}");
}

#[tokio::test]
async fn a_uri_that_is_nearly_right_is_suggested() {
    let server = serve(calculator()).await;
    let ran = run(&["read", &server.url, "data://rule"]).await;
    assert_eq!((ran.code, &*ran.out), (Some(2), ""));
    assert!(
        ran.errors.contains("did you mean `data://rules`?"),
        "{ran:?}"
    );
    let ran = run(&["read", "--json", &server.url, "zzz://x"]).await;
    assert_eq!(
        (ran.code, &ran.json()["error"]["kind"]),
        (Some(1), &json!("failed"))
    );
    let ran = run(&["read", &server.url]).await;
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.errors.contains("which resource?"), "{ran:?}");
}
