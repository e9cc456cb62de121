//! `thyra login`, `logout` and `whoami`, and commands that need a login.

use std::path::Path;
use std::process::{Command, Stdio};

use idp_emulator::{Client, Emulator, Resource};
use serde_json::json;
use thyra::prelude::*;
use thyra_client::{Browser as _, FollowRedirects};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::net::TcpListener;

use crate::program::{Ran, program, run_command};
use crate::server::{Running, serve, serve_on};

/// A protected server, and its authorization server, which asks nothing.
struct Protected {
    server: Running,
    emulator: Emulator,
    home: tempfile::TempDir,
}

/// Who is calling.
#[tool]
async fn whoami(caller: Principal) -> String {
    caller.subject().to_owned()
}

impl Protected {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/mcp", listener.local_addr().unwrap());
        let emulator = Emulator::builder()
            .address(([127, 0, 0, 1], 0))
            .resource(Resource::new("res_1").uri(&url).scopes(["notes:read"]))
            .auto_consent(true)
            .client(
                Client::new("cli_1")
                    .secret("hush-hush")
                    .redirect_uris(["http://127.0.0.1/callback"])
                    .resource("res_1"),
            )
            .start()
            .await
            .unwrap();
        let provider = ScalekitProvider::builder()
            .environment_url(emulator.url())
            .resource_id("res_1")
            .base_url(&url)
            .build()
            .unwrap();
        let server = Server::new("protected").tool(whoami).auth(provider);
        Self {
            server: serve_on(listener, server),
            emulator,
            home: tempfile::tempdir().unwrap(),
        }
    }

    /// The program, with the home of this test.
    fn program(&self, arguments: &[&str]) -> Command {
        let mut command = program();
        command.args(arguments).env("HOME", self.home.path());
        command
    }

    async fn run(&self, arguments: &[&str]) -> Ran {
        run_command(self.program(arguments)).await
    }

    /// Runs the program, and logs in where it says.
    async fn run_and_log_in(&self, arguments: &[&str]) -> Ran {
        log_in(self.program(arguments)).await
    }
}

/// Runs the program, and logs in where it says.
async fn log_in(mut command: Command) -> Ran {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = tokio::process::Command::from(command).spawn().unwrap();
    let mut errors = BufReader::new(child.stderr.take().unwrap());
    let mut told = String::new();
    let page = loop {
        let mut line = String::new();
        assert_ne!(errors.read_line(&mut line).await.unwrap(), 0, "{told}");
        told.push_str(&line);
        if line.trim().starts_with("http") {
            break line.trim().to_owned();
        }
    };
    FollowRedirects::new().open(&page).await.unwrap();
    errors.read_to_string(&mut told).await.unwrap();
    let output = child.wait_with_output().await.unwrap();
    Ran {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        errors: told,
    }
}

#[tokio::test]
async fn a_login_is_kept_for_the_other_commands_until_the_logout() {
    let protected = Protected::start().await;
    let url = &*protected.server.url;

    let before = protected.run(&["whoami", "--json", url]).await;
    assert_eq!(
        (before.code, &before.json()["error"]["kind"]),
        (Some(3), &json!("login"))
    );
    assert!(before.errors.contains("use `thyra login`"), "{before:?}");

    let login = protected
        .run_and_log_in(&["login", "--no-browser", url])
        .await;
    assert_eq!(login.code, Some(0), "{login:?}");
    assert!(
        login
            .out
            .starts_with(&format!("resource  {url}\nissuer    ")),
        "{login:?}"
    );

    let who = protected.run(&["whoami", "--json", url]).await;
    assert_eq!((who.code, &*who.errors), (Some(0), ""));
    let known = who.json();
    assert_eq!(known["resource"], url);
    assert!(
        known["issuer"]
            .as_str()
            .unwrap()
            .starts_with(&protected.emulator.url().to_string())
    );
    assert_eq!(known["scopes"], json!(["notes:read"]));
    assert_eq!(known["isExpired"], false);
    assert!(
        known["expiresAt"].as_str().unwrap().ends_with('Z'),
        "{known}"
    );
    let subject = known["unverifiedClaims"]["sub"].as_str().unwrap();

    // The other commands use it, also where nobody may log in.
    let called = protected.run(&["call", "--no-login", url, "whoami"]).await;
    assert_eq!(
        (called.code, &*called.out),
        (Some(0), &*format!("{subject}\n"))
    );

    // No token is ever shown.
    for ran in [&login, &who, &called] {
        assert!(
            !ran.out.contains("eyJ") && !ran.errors.contains("eyJ"),
            "{ran:?}"
        );
    }

    let out = protected.run(&["logout", url]).await;
    assert_eq!(
        (out.code, out.out),
        (Some(0), format!("logged out at {url}\n"))
    );
    let again = protected.run(&["logout", "--json", url]).await;
    assert_eq!(
        again.json(),
        json!({ "resource": url, "wasLoggedIn": false })
    );
    assert_eq!(protected.run(&["whoami", url]).await.code, Some(3));
}

#[tokio::test]
async fn a_command_logs_in_when_the_server_wants_it_and_fails_where_it_must_not() {
    let protected = Protected::start().await;
    let url = &*protected.server.url;
    let refused = protected.run(&["list", "--no-login", "--json", url]).await;
    assert_eq!(
        (refused.code, &refused.json()["error"]["kind"]),
        (Some(3), &json!("login"))
    );
    assert!(refused.errors.contains("use `thyra login`"), "{refused:?}");

    let called = protected
        .run_and_log_in(&["call", "--no-browser", url, "whoami"])
        .await;
    assert_eq!(
        (called.code, &*called.out),
        (Some(0), "usr_1\n"),
        "{called:?}"
    );
    let again = protected
        .run(&["call", "--no-browser", url, "whoami"])
        .await;
    assert_eq!((again.code, &*again.errors), (Some(0), ""));
}

#[tokio::test]
async fn a_wrong_token_is_refused_and_not_shown() {
    let protected = Protected::start().await;
    let mut command = protected.program(&["list", "--bearer-env", "TOKEN", &protected.server.url]);
    command.env("TOKEN", "hush-hush");
    let ran = run_command(command).await;
    assert_eq!((ran.code, &*ran.out), (Some(3), ""));
    assert!(
        ran.errors.contains("401") && !ran.errors.contains("hush"),
        "{ran:?}"
    );
}

#[tokio::test]
async fn a_server_that_wants_no_login_says_so() {
    let server = serve(Server::new("open")).await;
    let home = tempfile::tempdir().unwrap();
    let mut command = program();
    command
        .args(["login", "--no-browser", &server.url])
        .env("HOME", home.path());
    let ran = run_command(command).await;
    assert_eq!((ran.code, &*ran.out), (Some(3), ""), "{ran:?}");
    assert!(ran.errors.contains("metadata"), "{ran:?}");
}

#[tokio::test]
async fn a_password_in_the_url_is_refused_and_not_repeated() {
    for command in ["login", "logout", "whoami"] {
        let ran = run_command({
            let mut program = program();
            program.args([command, "https://ada:hush@mcp.example.com/mcp"]);
            program
        })
        .await;
        assert_eq!((ran.code, &*ran.out), (Some(2), ""), "{ran:?}");
        assert!(ran.errors.contains("must not hold a user name"), "{ran:?}");
        assert!(!ran.errors.contains("hush"), "{ran:?}");
    }
}

/// The logout needs nothing but what is kept.
#[tokio::test]
async fn somebody_logs_out_at_a_server_that_is_gone() {
    let protected = Protected::start().await;
    let url = protected.server.url.clone();
    let login = ["login", "--no-browser", &url];
    assert_eq!(protected.run_and_log_in(&login).await.code, Some(0));
    let Protected {
        server,
        emulator,
        home,
    } = protected;
    drop((server, emulator));
    let run = async |arguments: &[&str]| {
        let mut command = program();
        command.args(arguments).env("HOME", home.path());
        run_command(command).await
    };
    let out = run(&["logout", &url]).await;
    assert_eq!(
        (out.code, out.out),
        (Some(0), format!("logged out at {url}\n"))
    );
    let again = run(&["logout", "--json", &url]).await;
    assert_eq!(
        again.json(),
        json!({ "resource": url, "wasLoggedIn": false })
    );
}

#[tokio::test]
async fn a_server_of_a_file_is_logged_in_at_by_its_name() {
    let protected = Protected::start().await;
    let url = &*protected.server.url;
    let path = protected.home.path().join("servers.json");
    let file = json!({ "mcpServers": { "notes": { "url": url }, "time": { "command": "time" } } });
    std::fs::write(&path, file.to_string()).unwrap();
    let path = path.to_str().unwrap();
    let login = ["login", "--no-browser", "--config", path, "notes"];
    let login = protected.run_and_log_in(&login).await;
    assert_eq!(login.code, Some(0), "{login:?}");
    let who = ["whoami", "--json", "--config", path, "notes"];
    let who = protected.run(&who).await.json();
    assert_eq!(who["resource"], url);
    let call = ["call", "--no-login", "--config", path, "notes", "whoami"];
    assert_eq!(protected.run(&call).await.out, "usr_1\n");
    for (arguments, wanted) in [
        (
            &["logout", "--config", path, "time"][..],
            "`time` is a program",
        ),
        (
            &["whoami", "--config", path, "note"],
            "did you mean `notes`?",
        ),
        (&["whoami", path], "several servers"),
        (&["whoami", "nobody"], "`nobody` is no server"),
    ] {
        let ran = protected.run(arguments).await;
        assert_eq!((ran.code, &*ran.out), (Some(2), ""), "{ran:?}");
        assert!(ran.errors.contains(wanted), "{ran:?}");
    }
    let out = protected.run(&["logout", "--config", path, "notes"]).await;
    assert_eq!(out.out, format!("logged out at {url}\n"));
    assert_eq!(protected.run(&["whoami", url]).await.code, Some(3));
}

#[tokio::test]
async fn a_registered_client_logs_in_with_its_secret() {
    let protected = Protected::start().await;
    let url = &*protected.server.url;
    let issuer = protected.emulator.resource_issuer("res_1");
    let client = [
        "--client-id",
        "cli_1",
        "--client-issuer",
        &issuer,
        "--client-secret-env",
        "CLIENT_SECRET",
    ];
    let with = |arguments: &[&'static str]| {
        let mut command = protected.program(&[arguments, &client, &[url]].concat());
        command.env("CLIENT_SECRET", "hush-hush");
        command
    };
    let login = log_in(with(&["login", "--no-browser"])).await;
    assert_eq!(login.code, Some(0), "{login:?}");
    assert_eq!(protected.emulator.requests("/register"), 0);
    let who = run_command(with(&["whoami"])).await;
    assert_eq!(who.code, Some(0), "{who:?}");
    // Without its secret, the program is not this client.
    let mut command = with(&["whoami"]);
    command.env_remove("CLIENT_SECRET");
    let ran = run_command(command).await;
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(
        ran.errors.contains("CLIENT_SECRET, which holds no secret"),
        "{ran:?}"
    );
    let out = run_command(with(&["logout"])).await;
    assert_eq!((out.code, &*out.errors), (Some(0), ""), "{out:?}");
    for ran in [login, who, out] {
        assert!(
            !ran.out.contains("hush") && !ran.errors.contains("hush"),
            "{ran:?}"
        );
    }
}

/// Where logins are kept, only their owner can read them.
#[cfg(unix)]
#[tokio::test]
async fn logins_are_private() {
    use std::os::unix::fs::PermissionsExt as _;

    let protected = Protected::start().await;
    let login = ["login", "--no-browser", &protected.server.url];
    protected.run_and_log_in(&login).await;
    let folder = protected.home.path().join(".local/share/thyra/login");
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let mut folders = vec![folder];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        assert_eq!(mode(&folder), 0o700, "{}", folder.display());
        for entry in std::fs::read_dir(&folder).unwrap() {
            let place = entry.unwrap().path();
            if place.is_dir() {
                folders.push(place);
                continue;
            }
            assert_eq!(mode(&place), 0o600, "{}", place.display());
            let kept = std::fs::read(&place).unwrap();
            assert!(!kept.windows(12).any(|part| part == b"access_token"));
            files += 1;
        }
    }
    // The tokens, the client, and the key.
    assert!(files >= 3, "{files}");
}
