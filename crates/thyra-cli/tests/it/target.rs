//! Which server is meant, and what is sent to it.

use crate::program::{program, run, run_command};
use crate::server::{calculator, serve, shell};

#[tokio::test]
async fn a_server_is_found_by_its_name_in_a_file() {
    let server = serve(calculator()).await;
    let folder = tempfile::tempdir().unwrap();
    let line = shell("[]", "{}");
    let file = serde_json::json!({
        "mcpServers": {
            "calculator": { "url": server.url },
            "shell": { "command": line[1], "args": line[2..] },
        },
    });
    let path = folder.path().join("mcp.json");
    std::fs::write(&path, file.to_string()).unwrap();
    let path = path.to_str().unwrap();

    let ran = run(&["call", "--config", path, "calculator", "add", "a=2", "b=3"]).await;
    assert_eq!((ran.code, &*ran.out, &*ran.errors), (Some(0), "5\n", ""));
    let ran = run(&["list", "--json", "--config", path, "shell"]).await;
    assert_eq!(
        (ran.code, &ran.json()["tools"]),
        (Some(0), &serde_json::json!([]))
    );
    let ran = run(&["list", "--config", path, "calculate"]).await;
    assert_eq!(ran.code, Some(2));
    assert!(ran.errors.contains("did you mean `calculator`?"), "{ran:?}");
    // Where projects keep it.
    let mut command = program();
    command
        .args(["call", "calculator", "echo", "text=x"])
        .current_dir(folder.path());
    assert_eq!(run_command(command).await.out, "x\n");
    let mut command = program();
    command.args(["list", "nobody"]).current_dir(folder.path());
    let ran = run_command(command).await;
    assert_eq!(ran.code, Some(2));
    assert!(ran.errors.contains("names no server `nobody`"), "{ran:?}");
}

#[tokio::test]
async fn a_header_is_sent_and_a_variable_keeps_its_value_from_the_command_line() {
    let server = serve(calculator()).await;
    let mut command = program();
    command
        .args(["call", &server.url, "header", "-H", "X-Key: key ${MY_KEY}"])
        .env("MY_KEY", "hush");
    assert_eq!(run_command(command).await.out, "key hush\n");
    let ran = run(&["call", &server.url, "header", "-H", "Host: evil"]).await;
    assert_eq!((ran.code, &*ran.out), (Some(2), ""));
    assert!(ran.errors.contains("`Host` cannot be sent"), "{ran:?}");
}

#[tokio::test]
async fn a_program_gets_the_variables_and_the_directory_that_it_is_given() {
    let folder = tempfile::tempdir().unwrap();
    let tools = r#"[{"name":"'"$GIVEN-$PASSED-$KEPT-$(basename "$PWD")"'","inputSchema":{"type":"object"}}]"#;
    let line = shell(tools, "{}");
    let mut command = program();
    command
        .args(["list", "--env", "GIVEN=a", "--env", "PASSED", "--cwd"])
        .arg(folder.path())
        .args(&line)
        .env("PASSED", "b")
        .env("KEPT", "c");
    let ran = run_command(command).await;
    let name = folder.path().file_name().unwrap().to_str().unwrap();
    assert!(ran.out.contains(&format!("  a-b--{name}\n")), "{ran:?}");
}

#[tokio::test]
async fn a_program_that_ends_is_an_error_that_tells_what_it_said() {
    let script = r#"read -r line
id=$(printf '%s' "$line" | sed -n 's/.*"id":\([0-9]*\).*/\1/p')
printf '%s\n' '{"jsonrpc":"2.0","id":'"$id"',"result":{"supportedVersions":["2026-07-28"],"capabilities":{"tools":{}},"ttlMs":0,"cacheScope":"private"}}'
read -r line; echo no such database >&2; exit 3"#;
    let line = ["--", "sh", "-c", script];
    let ran = run(&[&["list"], &line[..]].concat()).await;
    assert_eq!((ran.code, &*ran.out), (Some(4), ""), "{ran:?}");
    assert!(ran.errors.contains("exit status: 3"), "{ran:?}");
    assert!(ran.errors.contains("it said: no such database"), "{ran:?}");
    let ran = run(&[&["list", "--log-level", "info"], &line[..]].concat()).await;
    assert!(ran.errors.contains("no such database"), "{ran:?}");
}

#[tokio::test]
async fn a_program_that_ends_at_once_is_an_error_that_says_so() {
    let ran = run(&["list", "--", "sh", "-c", "exit 3"]).await;
    assert_eq!((ran.code, &*ran.out), (Some(4), ""), "{ran:?}");
    assert!(ran.errors.contains("program ended"), "{ran:?}");
}

/// One repeats what it hears, and one says nothing.
#[tokio::test]
async fn a_program_that_is_no_server_is_found_out() {
    let ran = run(&["list", "--", "cat"]).await;
    assert_ne!(ran.code, Some(0), "{ran:?}");
    let ran = run(&["list", "--connect-timeout", "50ms", "--", "sleep", "600"]).await;
    assert_eq!((ran.code, &*ran.out), (Some(4), ""), "{ran:?}");
    assert!(ran.errors.contains("no answer came within 50ms"), "{ran:?}");
    assert!(ran.errors.contains("is it an MCP server?"), "{ran:?}");
}

#[tokio::test]
async fn a_proxy_of_the_environment_is_used_except_for_this_machine() {
    let server = serve(calculator()).await;
    let mut command = program();
    command
        .args(["call", &server.url, "echo", "text=x"])
        .env("HTTP_PROXY", "http://127.0.0.1:1")
        .env("HTTPS_PROXY", "http://127.0.0.1:1");
    assert_eq!(run_command(command).await.out, "x\n");

    let mut command = program();
    command
        .args(["list", "--no-login", "https://mcp.example.com/mcp"])
        .env("HTTPS_PROXY", "http://127.0.0.1:1");
    let ran = run_command(command).await;
    assert_eq!((ran.code, &*ran.out), (Some(4), ""), "{ran:?}");

    let mut command = program();
    command
        .args(["list", "https://mcp.example.com/mcp"])
        .env("HTTPS_PROXY", "no proxy");
    let ran = run_command(command).await;
    assert_eq!((ran.code, &*ran.out), (Some(2), ""), "{ran:?}");
}

#[tokio::test]
async fn a_file_of_certificate_authorities_must_hold_some() {
    let folder = tempfile::tempdir().unwrap();
    let bad = folder.path().join("bad.pem");
    let broken = "-----BEGIN CERTIFICATE-----\n????\n-----END CERTIFICATE-----\n";
    std::fs::write(&bad, broken).unwrap();
    let gone = folder.path().join("gone.pem");
    let url = "https://mcp.example.com/mcp";
    for command in ["list", "login", "whoami"] {
        for (file, wanted) in [(&bad, "certificate"), (&gone, "gone.pem` cannot be read")] {
            let file = file.to_str().unwrap();
            let ran = run(&[command, "--ca", file, url]).await;
            assert_eq!((ran.code, &*ran.out), (Some(2), ""), "{ran:?}");
            assert!(ran.errors.contains(wanted), "{ran:?}");
        }
    }
}
