use serde_json::json;

use super::*;

fn variable(name: &str) -> Option<String> {
    match name {
        "KEY" => Some("hush".to_owned()),
        "HOST" => Some("notes.example.com".to_owned()),
        _ => None,
    }
}

fn read(json: &str) -> McpServers {
    McpServers::from_json_with(json, variable).unwrap()
}

/// The one error of the one entry `entry`.
fn problem(entry: &str) -> String {
    let servers = read(&format!(r#"{{"mcpServers":{{"a":{entry}}}}}"#));
    let [error] = servers.errors() else {
        return format!("{} errors", servers.errors().len());
    };
    let error = error.to_string();
    let problem = error.strip_prefix("the server `a` cannot be used: ");
    problem.unwrap().to_owned()
}

fn names(servers: &McpServers) -> Vec<&str> {
    servers.servers().iter().map(McpServer::name).collect()
}

#[test]
fn the_files_of_the_usual_programs_are_read() {
    let entries = r#"{ "b": { "command": "x" }, "a": { "url": "https://example.com/mcp" } }"#;
    for json in [
        format!(r#"{{ "mcpServers": {entries}, "globalShortcut": "" }}"#),
        format!(r#"{{ "inputs": [], "servers": {entries} }}"#),
        format!("\u{feff}{entries}"),
    ] {
        assert_eq!(names(&read(&json)), ["b", "a"], "{json}");
    }
    assert!(names(&read(r#"{ "mcpServers": {} }"#)).is_empty());
}

#[test]
fn each_kind_of_entry_becomes_a_client() {
    let servers = read(
        r#"{ "mcpServers": {
            "program": {
                "type": "stdio", "command": "npx", "args": ["-y", 7, "${KEY}"], "cwd": "/tmp",
                "env": { "KEY": "${KEY}", "PORT": 80, "NONE": null }, "timeout": 1500, "icon": {}
            },
            "http": {
                "type": "http", "url": "https://${HOST}/mcp",
                "headers": { "X-Key": "${KEY}", "X-Debug": true }, "autoApprove": []
            },
            "streamable": { "transport": "streamable-http", "url": "https://${HOST}/mcp", "auth": "${KEY}" },
            "login": { "url": "https://${HOST}/mcp", "auth": "oauth" },
            "old": { "type": "sse", "url": "https://${HOST}/sse" },
            "windsurf": { "serverUrl": "https://${HOST}/mcp" }
        } }"#,
    );
    let found = names(&servers);
    assert_eq!(
        found,
        ["program", "http", "streamable", "login", "old", "windsurf"]
    );
    for server in servers.servers() {
        let client = server.client().build().unwrap();
        let shown = format!("{server:?} {client:?} {servers:?}");
        assert!(!shown.contains("hush"), "{shown}");
    }
    let timeout = servers.get("program").unwrap().client().build().unwrap();
    assert_eq!(timeout.0.call_time.as_millis(), 1500);
}

#[test]
fn a_server_that_is_turned_off_is_not_looked_at() {
    let servers = read(
        r#"{ "mcpServers": {
            "a": { "disabled": true, "url": "${UNSET}" },
            "b": { "enabled": false, "command": "x" },
            "c": { "disabled": false, "enabled": true, "command": "x" }
        } }"#,
    );
    assert_eq!(servers.disabled(), ["a", "b"]);
    assert_eq!(names(&servers), ["c"]);
}

#[test]
fn a_bad_entry_is_reported_and_takes_no_other_with_it() {
    let cases = [
        ("7", "it must be an object with a `command` or a `url`"),
        ("{}", "it needs a `command` or a `url`"),
        (
            r#"{ "command": "x", "url": "https://a/" }"#,
            "it has a `command` and a `url`; leave one of them out",
        ),
        (r#"{ "command": 7 }"#, "`command` must be a text"),
        (
            r#"{ "command": "x", "args": "y" }"#,
            "`args` must be a list of texts",
        ),
        (
            r#"{ "command": "x", "args": [[]] }"#,
            "`args` must be a list of texts",
        ),
        (
            r#"{ "command": "x", "env": ["hush"] }"#,
            "`env` must be an object of texts",
        ),
        (
            r#"{ "url": "https://a/", "headers": { "X": {} } }"#,
            "`headers.X` must be a text",
        ),
        (
            r#"{ "url": "https://a/", "auth": {} }"#,
            "`auth` must be a text",
        ),
        (
            r#"{ "url": "ftp://a/?key=${KEY}" }"#,
            "`url` cannot be used: its scheme is neither https nor http",
        ),
        (
            r#"{ "url": "http://a.example/mcp", "auth": "${KEY}" }"#,
            "`url` cannot be used: tokens and headers are sent with https only, except on this \
             machine",
        ),
        (
            r#"{ "url": "https://a/", "headers": { "Host": "${KEY}" } }"#,
            "`headers.Host` cannot be used: the client sets it itself",
        ),
        (
            r#"{ "command": "x", "timeout": -1 }"#,
            "`timeout` must be a whole number of milliseconds above 0",
        ),
        (
            r#"{ "command": "x", "disabled": "no" }"#,
            "`disabled` must be true or false",
        ),
        (
            r#"{ "command": "x", "type": "http" }"#,
            "its transport is `http`, which does not fit a `command`; it is stdio",
        ),
        (
            r#"{ "url": "https://a/", "type": "ws" }"#,
            "its transport is `ws`, which this client does not reach a `url` with; it is http or sse",
        ),
        (
            r#"{ "url": "https://a/", "headers": { "X": "${UNSET}" } }"#,
            "`headers.X` names the variable `UNSET`, which is not set; set it, or write \
             ${UNSET:-a default}",
        ),
        (
            r#"{ "command": "x", "args": ["${command:key}"] }"#,
            "`args` holds ${command:key}, which only some editors fill in; write the value, or the \
             name of a variable",
        ),
        (
            r#"{ "command": "x", "args": ["${input:key}"] }"#,
            "`args` needs the input `key`, and has none: the file must describe it under `inputs`, \
             and somebody must be there to answer",
        ),
        (
            r#"{ "command": "${workspaceFolder}/x" }"#,
            "`command` cannot be used: it names ${workspaceFolder}, and the text comes from no file",
        ),
    ];
    for (entry, wanted) in cases {
        assert_eq!(problem(entry), wanted, "{entry}");
    }
    let servers = read(
        r#"{ "mcpServers": { "a": 7, "b": { "command": "x" }, "b": { "command": "y" }, "": {} } }"#,
    );
    assert_eq!(names(&servers), ["b"]);
    let errors: Vec<_> = servers.errors().iter().map(ToString::to_string).collect();
    assert_eq!(
        errors,
        [
            "the server `a` cannot be used: it must be an object with a `command` or a `url`",
            "the server `b` cannot be used: the file names it twice; only the first one counts",
            "the server `` cannot be used: a name must not be empty, and must not hold control \
             characters",
        ]
    );
}

#[test]
fn a_file_that_names_no_servers_says_so() {
    let error = |json: &str| McpServers::from_json_with(json, variable).unwrap_err();
    for json in ["{}", "[]", "7", r#"{ "mcpServers": [] }"#, r#"{ "a": {} }"#] {
        assert!(matches!(error(json), McpServersError::NoServers), "{json}");
    }
    for json in ["", "{", "{ /* comment }", "{ \"a\": 1,, }"] {
        assert!(
            matches!(error(json), McpServersError::NotJson { .. }),
            "{json}"
        );
    }
    assert!(matches!(
        error(&" ".repeat(MAX_BYTES + 1)),
        McpServersError::TooLarge { .. }
    ));
    let server = |number| format!(r#""{number}":{{"command":"x"}}"#);
    let many = |count| (0..count).map(server).collect::<Vec<_>>().join(",");
    assert_eq!(
        names(&read(&format!("{{{}}}", many(MAX_SERVERS)))).len(),
        MAX_SERVERS
    );
    let more = error(&format!("{{{}}}", many(MAX_SERVERS + 1)));
    assert!(matches!(more, McpServersError::TooMany { .. }));
}

#[test]
fn a_file_is_read_up_to_a_bound() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mcp.json");
    std::fs::write(&path, r#"{ "mcpServers": { "a": { "command": "x" } } }"#).unwrap();
    assert_eq!(names(&McpServers::from_file(&path).unwrap()), ["a"]);
    std::fs::write(&path, " ".repeat(MAX_BYTES + 100)).unwrap();
    let error = McpServers::from_file(&path).unwrap_err();
    assert!(matches!(error, McpServersError::TooLarge { .. }));
    let missing = McpServers::from_file(folder.path().join("none.json")).unwrap_err();
    assert!(
        missing.to_string().contains("none.json cannot be read"),
        "{missing}"
    );
}

#[test]
fn comments_and_commas_at_the_end_are_no_mistakes() {
    let servers = read(
        r#"{
            // The servers of this project.
            "servers": {
                "a": { "command": "x", "args": ["// no comment", "/* none */",], }, /* b */
            },
        } // the end"#,
    );
    assert_eq!(names(&servers), ["a"]);
    let error = McpServers::from_json("{\n// one\n\"servers\": }").unwrap_err();
    assert!(error.to_string().contains("line 3"), "{error}");
}

#[test]
fn what_the_file_leaves_to_the_user_is_asked_for() {
    let json = r#"{
        "inputs": [
            { "id": "key", "type": "promptString", "description": "The key", "password": true },
            { "id": "team", "type": "pickString", "options": ["red", "green"], "default": "red" },
            { "id": "odd", "type": "command", "command": "x" },
            7
        ],
        "servers": {
            "a": { "url": "https://a.example/mcp", "headers": { "X-Key": "${input:key}" } },
            "b": { "command": "${input:team}" },
            "c": { "command": "${input:odd}" },
            "off": { "disabled": true, "command": "${input:key}" }
        }
    }"#;
    let asked = std::cell::RefCell::new(Vec::new());
    let answers = |team: Option<&'static str>| {
        asked.borrow_mut().clear();
        let servers = McpServers::reader().inputs(|server, input| {
            asked.borrow_mut().push(format!("{server} {}", input.id));
            match &*input.id {
                "key" => Some("hush".to_owned()),
                _ => team.map(str::to_owned),
            }
        });
        servers.json(json).unwrap()
    };
    let servers = answers(Some("green"));
    assert_eq!(names(&servers), ["a", "b"]);
    assert_eq!(*asked.borrow(), ["a key", "b team"]);
    assert!(format!("{:?}", servers.get("b").unwrap()).contains("green"));
    assert!(!format!("{servers:?}").contains("hush"));
    let [key, team] = servers.inputs() else {
        panic!("{:?}", servers.inputs());
    };
    assert!(key.is_secret && !team.is_secret);
    // Nobody answers, or with what it cannot be.
    assert!(format!("{:?}", answers(None).get("b").unwrap()).contains("red"));
    assert_eq!(names(&answers(Some("blue"))), ["a"]);
    let error = McpServers::from_json(json).unwrap();
    assert_eq!(names(&error), ["b"]);
    assert!(
        error.errors()[0]
            .to_string()
            .contains("needs the input `key`")
    );

    let many = vec!["7"; 257].join(",");
    let many = format!(r#"{{ "inputs": [{many}], "servers": {{}} }}"#);
    let error = McpServers::from_json(&many).unwrap_err();
    assert!(matches!(error, McpServersError::TooManyInputs { .. }));
}

#[test]
fn variables_of_a_program_may_be_in_a_file_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join(".vscode")).unwrap();
    let path = folder.path().join(".vscode/mcp.json");
    std::fs::write(
        folder.path().join(".env"),
        "KEY=hush\nexport B='two'\n# none\n",
    )
    .unwrap();
    let read = |env_file: &str| {
        let entry = json!({ "command": "x", "envFile": env_file, "env": { "B": "three" } });
        let json = json!({ "servers": { "a": entry } });
        std::fs::write(&path, json.to_string()).unwrap();
        McpServers::from_file(&path).unwrap()
    };
    for file in [".env", "${workspaceFolder}/.env"] {
        let servers = read(file);
        let [server] = servers.servers() else {
            panic!("{:?}", servers.errors());
        };
        let entry::Reached::Command { env, .. } = server.reached() else {
            panic!("{server:?}");
        };
        let env: Vec<_> = env
            .iter()
            .map(|(name, value)| (name.as_str(), value.expose().as_str()))
            .collect();
        assert_eq!(env, [("KEY", "hush"), ("B", "two"), ("B", "three")]);
    }
    std::fs::write(folder.path().join("bad.env"), "KEY=hush\nhush hush\n").unwrap();
    let long = "#".repeat(1024 * 1024 + 1);
    std::fs::write(folder.path().join("long.env"), long).unwrap();
    for (file, wanted) in [
        ("none.env", "none.env cannot be used: "),
        ("bad.env", "a line of it is no `NAME=value`"),
        ("long.env", "it has more than 1048576 bytes"),
        (".vscode", "it is not a file"),
    ] {
        let error = read(file).errors()[0].to_string();
        assert!(error.contains(wanted) && !error.contains("hush"), "{error}");
    }
}
