//! What the program says about itself, and what it says to mistakes.

use crate::program::{text, thyra};

#[test]
fn help_shows_every_command_and_its_options() {
    for command in [
        "list", "call", "read", "prompt", "complete", "watch", "task", "login", "logout", "whoami",
    ] {
        let help = text(thyra(&[command, "--help"]).stdout);
        insta::assert_snapshot!(format!("help_of_{command}"), help);
    }
    insta::assert_snapshot!("help", text(thyra(&["--help"]).stdout));
}

#[test]
fn a_mistake_is_answered_on_standard_error_with_what_to_write() {
    let mut told = Vec::new();
    for line in [
        &["lst"][..],
        &["list"],
        &["list", "--jsn", "http://127.0.0.1:1/mcp"],
        &["list", "localhost:8000"],
        &["list", "server.py"],
        &["list", "--stdio", "'"],
        &["list", "--timeout", "soon", "http://127.0.0.1:1/mcp"],
        &["list", "--revision", "2025", "http://127.0.0.1:1/mcp"],
        &["list", "ftp://127.0.0.1/mcp"],
        &["list", "http://ada:hush@127.0.0.1/mcp"],
        &["call", "http://127.0.0.1:1/mcp"],
        &["read", "http://127.0.0.1:1/mcp"],
    ] {
        let output = thyra(line);
        assert_eq!(output.status.code(), Some(2), "{line:?}");
        assert_eq!(output.stdout, b"", "{line:?}");
        told.push(format!(
            "$ thyra {}\n{}",
            line.join(" "),
            text(output.stderr)
        ));
    }
    insta::assert_snapshot!(told.join("\n"));
}
