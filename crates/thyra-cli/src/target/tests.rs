use clap::Parser;

use super::*;

#[derive(Debug, Parser)]
struct Line {
    words: Vec<String>,
    #[command(flatten)]
    server: ServerArguments,
}

fn target(line: &[&str]) -> Result<(Target, Vec<String>), String> {
    let line =
        Line::try_parse_from([&["thyra"], line].concat()).map_err(|error| error.to_string())?;
    let environment = |name: &str| match name {
        "TOKEN" => Some("hush".into()),
        "EMPTY" => Some(OsString::new()),
        _ => None,
    };
    let found = line.server.target(&line.words, &environment);
    found.map_err(|failure| failure.told())
}

fn program(name: &str, arguments: &[&str]) -> Program {
    Program {
        name: name.into(),
        arguments: arguments.iter().map(OsString::from).collect(),
        variables: Vec::new(),
        directory: None,
    }
}

#[test]
fn a_server_is_a_url_or_a_command_line_and_the_other_words_are_about_something_else() {
    let endpoint = |token: Option<&str>| Endpoint {
        url: "http://127.0.0.1:8000/mcp".to_owned(),
        token: token.map(str::to_owned),
        headers: Vec::new(),
    };
    let url = |token| Target::Url(endpoint(token));
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    let at = "http://127.0.0.1:8000/mcp";
    assert_eq!(target(&[at]), Ok((url(None), words(&[]))));
    assert_eq!(
        target(&[at, "add", "a=1", "--bearer-env", "TOKEN"]),
        Ok((url(Some("hush")), words(&["add", "a=1"])))
    );
    let with_header = Endpoint {
        headers: vec![("X-Key".to_owned(), "a hush b".to_owned())],
        ..endpoint(None)
    };
    assert_eq!(
        target(&[at, "-H", "X-Key:  a ${TOKEN} b"]),
        Ok((Target::Url(with_header), words(&[])))
    );
    let named = |files: &[&str], name: Option<&str>| Target::Named {
        files: files.iter().map(PathBuf::from).collect(),
        name: name.map(str::to_owned),
    };
    assert_eq!(
        target(&["--config", "a.json", "notes", "add"]),
        Ok((named(&["a.json"], Some("notes")), words(&["add"])))
    );
    assert_eq!(
        target(&["./a.JSON", "add"]),
        Ok((named(&["./a.JSON"], None), words(&["add"])))
    );
    assert_eq!(
        target(&["notes"]),
        Ok((named(&USUAL_FILES, Some("notes")), words(&[])))
    );
    let npx = || Target::Program(program("npx", &["-y", "server one"]));
    // A name that looks like an option.
    assert_eq!(
        target(&[at, "--", "--json", "-a=1"]),
        Ok((url(None), words(&["--json", "-a=1"])))
    );
    assert_eq!(
        target(&["--config", "a.json", "notes", "--", "-x"]),
        Ok((named(&["a.json"], Some("notes")), words(&["-x"])))
    );
    assert_eq!(
        target(&["--stdio", "notes", "--", "-x"]),
        Ok((Target::Program(program("notes", &[])), words(&["-x"])))
    );
    assert_eq!(
        target(&["--", "-x"]),
        Ok((Target::Program(program("-x", &[])), words(&[])))
    );
    assert_eq!(
        target(&["add", "--", "npx", "-y", "server one"]),
        Ok((npx(), words(&["add"])))
    );
    assert_eq!(
        target(&["--stdio", "npx -y 'server one'"]),
        Ok((npx(), words(&[])))
    );
    let dressed = Program {
        variables: vec![
            ("DEBUG".to_owned(), "a=b".into()),
            ("TOKEN".to_owned(), "hush".into()),
        ],
        directory: Some("/tmp".into()),
        ..program("run", &[])
    };
    assert_eq!(
        target(&[
            "--env",
            "DEBUG=a=b",
            "--env",
            "TOKEN",
            "--cwd",
            "/tmp",
            "--",
            "run"
        ]),
        Ok((Target::Program(dressed), words(&[])))
    );
}

#[test]
fn what_is_no_server_is_an_error_that_says_what_to_write() {
    let at = "https://mcp.example.com/mcp";
    for (line, wanted) in [
        (&[][..], "which server?"),
        (
            &["localhost:8000/mcp"],
            "did you mean `http://localhost:8000/mcp`?",
        ),
        (&["10.0.0.5:80"], "did you mean `http://10.0.0.5:80`?"),
        (&["server.py"], "a command line after `--`"),
        (&["ftp://x"], "give a URL"),
        (&[at, "--", "npx"], "there are two servers"),
        (&["--stdio", "a 'b"], "not closed"),
        (&["--stdio", " "], "names no program"),
        (&["--stdio", "a", "--", "b"], "there are two servers"),
        (
            &["--client-id", "a", "--", "npx"],
            "--client-id is for a server",
        ),
        (
            &[at, "--client-id", "a", "--client-secret-env", "B"],
            "--client-issuer <URL>",
        ),
        (&["--bearer-env", "TOKEN", "--", "npx"], "--env NAME"),
        (&[at, "--bearer-env", "NO"], "NO, which is not set"),
        (&[at, "--bearer-env", "EMPTY"], "EMPTY holds no token"),
        (&["--env", "NO", "--", "npx"], "NO, which is not set"),
        (&["--env", "=x", "--", "npx"], "write a name"),
        (&[at, "--env", "A=1"], "are for a command line"),
        (
            &["https://ada:hush@mcp.example.com"],
            "must not hold a user name",
        ),
        (&[at, "-H", "hush"], "write a name"),
        (&[at, "-H", "A: ${NO}"], "NO, which is not set"),
        (&[at, "-H", "A: ${NO"], "`${` without the name"),
        (&["-H", "A: b", "--", "npx"], "--env NAME"),
        (&["--ca", "a.pem", "--", "npx"], "--ca is for a server"),
        (&["notes", "-H", "A: b"], "the file says"),
        (&["--config", "a", "--", "npx"], "there are two servers"),
        (&[at, "--timeout", "0"], "write seconds"),
        (&[at, "--timeout=-1"], "write seconds"),
        (&[at, "--timeout", "soon"], "write seconds"),
        (&[at, "--timeout", "1e300"], "write seconds"),
        (&[at, "--revision", "2025"], "the revisions are 2024-11-05"),
    ] {
        let error = target(line).unwrap_err();
        assert!(error.contains(wanted), "{line:?}: {error}");
    }
}

#[test]
fn a_time_is_a_number_of_seconds_or_has_a_unit() {
    for (text, wanted) in [
        ("30", Duration::from_secs(30)),
        ("0.5", Duration::from_millis(500)),
        ("500ms", Duration::from_millis(500)),
        ("5m", Duration::from_mins(5)),
    ] {
        assert_eq!(time(text), Ok(wanted), "{text}");
    }
}
