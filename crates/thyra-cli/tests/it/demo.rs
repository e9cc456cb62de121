//! The demonstration as a person runs it.

use crate::program::{text, thyra};

#[test]
fn the_demo_shows_every_hop_in_order_and_no_secret() {
    let output = thyra(&["demo", "--once"]);
    let printed = text(output.stdout);
    let errors = text(output.stderr);
    assert!(output.status.success(), "{printed}{errors}");

    let wanted = [
        (" 1  401 challenge ", "tools/list without a token -> 401"),
        (
            " 2  protected-resource metadata ",
            "/.well-known/oauth-protected-resource/mcp -> resource http://127.0.0.1:",
        ),
        (
            " 3  authorization server metadata ",
            "-> issuer http://127.0.0.1:",
        ),
        (
            " 4  client registration ",
            "clients:register for http://127.0.0.1:",
        ),
        (
            " 5  authorization ",
            ", scopes notes:read, PKCE S256 -> a code; state and issuer match",
        ),
        (
            " 6  token ",
            "-> a token, scopes notes:read, expires in 300 s",
        ),
        (" 7  tools/list ", "-> whoami, add, write_note"),
        (" 8  tools/call whoami ", "usr_1"),
        (" 9  tools/call add ", "-> 5"),
        (
            "10  403 challenge ",
            "tools/call write_note -> 403 insufficient_scope, needs notes:read notes:write",
        ),
        (
            "11  authorization ",
            ", scopes notes:read notes:write, PKCE S256",
        ),
        ("12  token ", "-> a token, scopes notes:read notes:write"),
        ("13  tools/call write_note ", "-> Noted; notes so far: 1"),
    ];
    let lines: Vec<&str> = printed.lines().collect();
    assert_eq!(lines.len(), wanted.len(), "{printed}");
    for (line, (start, part)) in lines.iter().zip(wanted) {
        assert!(
            line.starts_with(start) && line.contains(part),
            "{line}\nshould begin with {start} and hold {part}"
        );
    }

    // A JWT begins with an object in base64url; codes and verifiers are long and have no other
    // shape.
    for word in format!("{printed} {errors}")
        .split(|c: char| !c.is_ascii_alphanumeric() && !"-_".contains(c))
    {
        assert!(!word.starts_with("eyJ"), "a token: {word}");
        assert!(word.len() < 32, "a secret? {word}");
    }
    for name in [
        "code=",
        "state=",
        "code_verifier",
        "code_challenge=",
        "access_token",
    ] {
        assert!(!printed.contains(name) && !errors.contains(name), "{name}");
    }
}

#[test]
fn an_address_that_cannot_be_served_is_an_error_that_says_what_to_do() {
    let output = thyra(&["demo", "--once", "--addr", "192.0.2.1:8000"]);
    assert!(!output.status.success());
    assert!(text(output.stderr).contains("use 127.0.0.1"));
}

#[test]
fn help_and_version_tell_what_the_program_is() {
    let help = text(thyra(&["--help"]).stdout);
    assert!(help.contains("demo") && help.contains("scalekit"), "{help}");
    assert!(text(thyra(&["demo", "--help"]).stdout).contains("--once"));
    assert!(text(thyra(&["scalekit", "--help"]).stdout).contains("--auto-consent"));
    assert_eq!(
        text(thyra(&["--version"]).stdout),
        format!("thyra {}\n", env!("CARGO_PKG_VERSION"))
    );
    assert_eq!(thyra(&["nonsense"]).status.code(), Some(2));
}
