//! Several servers of one file, used as one.

use std::path::Path;
use std::process::Stdio;

use serde_json::{Value, json};
use tempfile::TempDir;
use thyra::Kind;
use tokio::io::{AsyncBufReadExt as _, BufReader};

use crate::program::{program, run};
use crate::server::{calculator, serve, shell, versions};

/// A file of these servers.
fn file(servers: &Value) -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("servers.json");
    std::fs::write(&path, json!({ "mcpServers": servers }).to_string()).unwrap();
    let path = path.to_str().unwrap().to_owned();
    (folder, path)
}

/// A server that leaves a file behind when it is started.
fn marked(mark: &Path) -> Value {
    let line = shell("[]", "{}");
    let script = format!("touch '{}'; {}", mark.display(), line[3]);
    json!({ "command": line[1], "args": ["-c", script] })
}

#[tokio::test]
async fn the_lists_of_all_servers_are_one_and_a_server_that_fails_is_told_once() {
    let (math, other) = (serve(calculator()).await, serve(versions()).await);
    let (_folder, path) = file(&json!({
        "math": { "url": math.url },
        "other": { "url": other.url },
        "gone": { "command": "/nowhere/thyra-no-such-program" },
        "bad": { "url": 7 },
    }));
    let ran = run(&["list", &path]).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    insta::assert_snapshot!(ran.out);
    assert_eq!(
        ran.errors.matches("`gone` is left out").count(),
        1,
        "{ran:?}"
    );
    assert_eq!(
        ran.errors.matches("`bad` cannot be used").count(),
        1,
        "{ran:?}"
    );

    let listed = run(&["list", "--json", &path]).await.json();
    assert_eq!(
        listed["servers"]["math"]["serverInfo"]["name"],
        "calculator"
    );
    assert_eq!(listed["servers"]["gone"]["error"]["kind"], "unreachable");
    assert_eq!(listed["tools"][0]["name"], "math_add");
    assert_eq!(
        listed["resourceTemplates"][0]["uriTemplate"],
        "weather://math/{city}"
    );

    let (_folder, path) = file(&json!({
        "a": { "command": "/nowhere/thyra-no-such-program" },
        "b": { "command": "/nowhere/thyra-no-such-program" },
    }));
    let ran = run(&["list", &path]).await;
    assert_eq!((ran.code, &*ran.out), (Some(4), ""), "{ran:?}");
    assert!(
        ran.errors.contains("error: no server answers\n  `a`: "),
        "{ran:?}"
    );
}

#[tokio::test]
async fn a_call_goes_to_the_server_whose_name_it_has() {
    let (math, other) = (serve(calculator()).await, serve(versions()).await);
    let folder = tempfile::tempdir().unwrap();
    let mark = folder.path().join("started");
    let (_folder, path) = file(&json!({
        "math": { "url": math.url },
        "other": { "url": other.url },
        "third": marked(&mark),
    }));
    let path = path.as_str();
    for (arguments, out) in [
        (&["call", path, "math_add", "a=2", "b=3"][..], "5\n"),
        (&["call", path, "other_answer"], "new\n"),
        (
            &["call", path, "other_answer", "--tool-version", "1"],
            "old\n",
        ),
        (&["read", path, "data://math/rules"], "Be nice.\n"),
        (
            &["prompt", path, "math_greet", "who=Ada"],
            "user:\nSay hello to Ada.\n",
        ),
        (&["complete", path, "math_greet", "how=h"], "hello\nhi\n"),
        // One alone has its own names.
        (
            &["call", "--config", path, "math", "add", "a=2", "b=3"],
            "5\n",
        ),
    ] {
        let ran = run(arguments).await;
        assert_eq!((ran.code, &*ran.out), (Some(0), out), "{ran:?}");
    }
    assert!(!mark.exists(), "a server was started that nobody asked");
    for (arguments, wanted) in [
        (&["call", path, "math_ad"][..], "did you mean `math_add`?"),
        (&["call", path, "mth_add"], "did you mean `math_add`?"),
        (
            &["prompt", path, "greet", "who=Ada"],
            "there is `math_greet`",
        ),
        (
            &["read", path, "data://math/rule"],
            "did you mean `data://math/rules`?",
        ),
        (&["task", "status", path, "7"], "no server has the task `7`"),
        (
            &["complete", path, "greet", "how=h"],
            "no server has the prompt `greet`",
        ),
    ] {
        let ran = run(arguments).await;
        assert_eq!((ran.code, &*ran.out), (Some(2), ""), "{ran:?}");
        assert!(ran.errors.contains(wanted), "{ran:?}");
    }
}

#[tokio::test]
async fn changes_are_told_with_their_server() {
    let server = calculator();
    let handle = server.handle();
    let (math, other) = (serve(server).await, serve(versions()).await);
    let (_folder, path) = file(&json!({
        "math": { "url": math.url },
        "other": { "url": other.url },
    }));
    for (more, wanted) in [
        (&[][..], "math: tools"),
        (&["--json"], r#"{"change":"tools","server":"math"}"#),
    ] {
        let mut command = program();
        command
            .args(["watch", "-n", "1", &path])
            .args(more)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = tokio::process::Command::from(command)
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut errors = BufReader::new(child.stderr.take().unwrap()).lines();
        let begun = errors.next_line().await.unwrap();
        assert_eq!(begun.as_deref(), Some("watching; Ctrl-C ends it"));
        handle.list_changed(Kind::Tool);
        let mut changes = BufReader::new(child.stdout.take().unwrap()).lines();
        assert_eq!(changes.next_line().await.unwrap().as_deref(), Some(wanted));
    }
}
