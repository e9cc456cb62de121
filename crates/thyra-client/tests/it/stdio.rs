//! Servers that are programs: good ones, and those that die, hang, flood and print junk.

mod hostile;

use std::path::Path;
use std::time::Duration;

use serde_json::json;
use thyra_client::protocol::Revision;
use thyra_client::{
    Client, ClientBuilder, ClientError, ErrorOutput, Root, ServerCommand, TransportError,
};

/// A server in shell. `$id` is the id of the request in `$line`; `answer`, `refuse` and `say` write
/// messages. A script says what happens with the methods that it handles itself.
fn server(script: &str) -> ClientBuilder<ServerCommand> {
    let program = format!(
        r#"
say() {{ printf '%s\n' "$1"; }}
answer() {{ say '{{"jsonrpc":"2.0","id":'"$id"',"result":'"$1"'}}'; }}
refuse() {{ say '{{"jsonrpc":"2.0","id":'"$id"',"error":{{"code":-32601,"message":"no"}}}}'; }}
text() {{ answer '{{"content":[{{"type":"text","text":"'"$1"'"}}]}}'; }}
while read -r line; do
    id=$(printf '%s' "$line" | sed -n 's/.*"id":\([0-9]*\).*/\1/p')
    case "$line" in
    {script}
    *server/discover*) refuse ;;
    *'"initialize"'*) answer '{{"protocolVersion":"2025-06-18","capabilities":{{}},"serverInfo":{{"name":"sh","version":"1"}}}}' ;;
    *tools/list*) answer '{{"tools":[]}}' ;;
    esac
done
"#
    );
    Client::command("sh").arg("-c").arg(program)
}

/// What a call of a tool says.
async fn said(client: &Client) -> Result<String, ClientError> {
    client.call_tool_as("act", &()).await
}

fn transport(error: ClientError) -> TransportError {
    let source = match error {
        ClientError::Transport { source, .. } => Ok(source),
        other => Err(other),
    };
    source.unwrap()
}

#[tokio::test]
async fn a_program_is_a_server_like_any_other() {
    let client = server("*tools/call*) text hello ;;").build();
    assert!(client.list_tools().await.unwrap().is_empty());
    assert_eq!(said(&client).await.unwrap(), "hello");
    assert_eq!(client.revision().await.unwrap(), Revision::V2025_06_18);
    client.close().await;
    // It is started again when it is needed again.
    assert_eq!(said(&client).await.unwrap(), "hello");
}

#[tokio::test]
async fn a_program_may_answer_with_a_batch_where_its_revision_has_them() {
    let script = r#"*'"initialize"'*) answer '{"protocolVersion":"2025-03-26","capabilities":{},"serverInfo":{"name":"sh","version":"1"}}' ;;
    *tools/call*) say '[{"jsonrpc":"2.0","method":"notifications/other"},{"jsonrpc":"2.0","id":'"$id"',"result":{"content":[{"type":"text","text":"hello"}]}}]' ;;"#;
    assert_eq!(said(&server(script).build()).await.unwrap(), "hello");
}

#[tokio::test]
async fn a_sessionless_program_needs_no_handshake() {
    let script = r#"*server/discover*) answer '{"supportedVersions":["2026-07-28"],"capabilities":{},"ttlMs":0,"cacheScope":"private"}' ;;
    *initialize*) exit 9 ;;"#;
    let client = server(script).build();
    client.list_tools().await.unwrap();
    assert_eq!(client.revision().await.unwrap(), Revision::V2026_07_28);
}

#[tokio::test]
async fn a_program_that_ends_at_discover_is_started_again_with_a_handshake() {
    let script = "*server/discover*) exit 1 ;;\n    *tools/call*) text hello ;;";
    let client = server(script).build();
    assert_eq!(said(&client).await.unwrap(), "hello");
}

#[tokio::test]
async fn junk_and_a_flood_of_errors_do_no_harm() {
    let flood = r#"*tools/call*)
        i=0; while [ $i -lt 3000 ]; do echo "$i: this program says far too much about far too little" >&2; i=$((i+1)); done
        say 'Listening on stdio...'; say; say '{"a":'; say '[]'; say '{"jsonrpc":"2.0","id":99999,"result":{}}'
        say '{"jsonrpc":"2.0","method":"notifications/unheard-of"}'
        text hello ;;"#;
    for output in [ErrorOutput::Log, ErrorOutput::Discard] {
        let client = server(flood).error_output(output).build();
        assert_eq!(said(&client).await.unwrap(), "hello");
    }
}

#[tokio::test]
async fn error_output_goes_to_the_end_of_a_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log");
    std::fs::write(&path, "before\n").unwrap();
    let output = ErrorOutput::File(path.clone());
    let client = server("*tools/call*) echo oops >&2; text hello ;;").error_output(output);
    said(&client.build()).await.unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "before\noops\n");
}

/// What a program says on its error output may be secret.
#[tokio::test]
async fn a_file_for_error_output_is_made_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;

    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log");
    let output = ErrorOutput::File(path.clone());
    let client = server("*tools/call*) echo oops >&2; text hello ;;").error_output(output);
    said(&client.build()).await.unwrap();
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test]
async fn a_program_that_dies_fails_the_call_and_the_next_one_starts_it_again() {
    let directory = tempfile::tempdir().unwrap();
    let script = "*tools/call*) if [ -e died ]; then text alive; else touch died; exit 3; fi ;;";
    let client = server(script).current_dir(directory.path()).build();
    client.list_tools().await.unwrap();
    let error = said(&client).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "tools/call failed: the server's program ended (exit status: 3); the call may or may not \
         have been carried out; its error output says more"
    );
    assert_eq!(said(&client).await.unwrap(), "alive");
}

#[tokio::test]
async fn a_program_that_has_ended_is_heard_to_its_last_lines() {
    let script = "*tools/call*) for i in $(seq 30); do echo \"line $i\" >&2; echo >&2; done; \
                  printf '\\033[31mno such folder\\n' >&2; exit 3 ;;";
    let TransportError::Ended { last_lines, .. } =
        transport(said(&server(script).build()).await.unwrap_err())
    else {
        panic!("the program has ended");
    };
    assert_eq!(last_lines.len(), 20);
    assert_eq!(last_lines[0], "line 12");
    assert_eq!(last_lines[19], "\\u{1b}[31mno such folder");
}

/// Whether it ends before or after it is asked is chance, and the error is the same.
#[tokio::test]
async fn a_program_that_ends_at_once_is_told_as_ended() {
    for _ in 0..10 {
        let error = transport(said(&Client::command("true").build()).await.unwrap_err());
        assert!(matches!(error, TransportError::Ended { .. }), "{error}");
    }
}

/// A program is upgraded, or rolled back, between two starts.
#[tokio::test]
async fn a_program_that_is_another_one_now_is_spoken_with_in_its_revision() {
    let old = Revision::V2025_06_18;
    let new = Revision::V2026_07_28;
    for (first, then) in [(old, new), (new, old), (new, new), (old, old)] {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("sessionless");
        let speak = |revision| {
            if revision == new {
                std::fs::write(&path, "").unwrap();
            } else {
                let _ = std::fs::remove_file(&path);
            }
        };
        let script = r#"*tools/call*)
            case "$line" in *2026-07-28*) is=new ;; *) is=old ;; esac
            if [ -e sessionless ]; then wants=new; else wants=old; fi
            if [ $is = $wants ]; then text hello; else refuse; fi ;;
        *prompts/list*) exit ;;
        *'"initialize"'*[a-z]*) if [ -e sessionless ]; then refuse; else answer '{"protocolVersion":"2025-06-18","capabilities":{},"serverInfo":{"name":"sh","version":"1"}}'; fi ;;
        *server/discover*) if [ -e sessionless ]; then answer '{"supportedVersions":["2026-07-28"],"capabilities":{},"ttlMs":0,"cacheScope":"private"}'; else refuse; fi ;;"#;
        speak(first);
        let client = server(script).current_dir(directory.path()).build();
        assert_eq!(said(&client).await.unwrap(), "hello");
        let ended = transport(client.list_prompts().await.map(drop).unwrap_err());
        assert!(matches!(ended, TransportError::Ended { .. }), "{ended}");
        speak(then);
        assert_eq!(said(&client).await.unwrap(), "hello", "{first:?}, {then:?}");
        assert_eq!(client.revision().await.unwrap(), then);
    }
}

#[tokio::test]
async fn a_program_that_hangs_is_given_up_and_told() {
    let directory = tempfile::tempdir().unwrap();
    let script = "*tools/call*) ;;\n    *cancelled*) printf '%s' \"$line\" > cancelled ;;";
    let client = server(script)
        .current_dir(directory.path())
        .revision(Revision::V2025_06_18)
        .call_time(Duration::from_secs(4))
        .build();
    client.list_tools().await.unwrap();
    let error = transport(said(&client).await.unwrap_err());
    assert!(matches!(error, TransportError::Timeout(_)), "{error}");
    // The program works on, and has read the notification before this.
    client.list_tools().await.unwrap();
    let cancelled = std::fs::read_to_string(directory.path().join("cancelled")).unwrap();
    assert!(cancelled.contains("\"requestId\":3"), "{cancelled}");
}

#[tokio::test]
async fn a_line_has_a_bound() {
    let script = r#"*tools/call*) printf '{"jsonrpc":"2.0","id":%s,"result":{"a":"' "$id"; head -c 5000 /dev/zero | tr '\0' x; say '"}}' ;;"#;
    let client = server(script).max_bytes(2000).build();
    let error = transport(said(&client).await.unwrap_err());
    assert!(
        matches!(error, TransportError::EventTooLarge { max_bytes: 2000 }),
        "{error}"
    );
    client.list_tools().await.unwrap();
}

#[tokio::test]
async fn a_program_that_is_not_there_is_named() {
    let client = Client::command("no-such-program-of-thyra")
        .arg("hush")
        .build();
    let error = client.list_tools().await.unwrap_err().to_string();
    assert!(
        error.contains("`no-such-program-of-thyra` cannot be started"),
        "{error}"
    );
    assert!(error.contains("PATH"), "{error}");
    assert!(!format!("{client:?}").contains("hush"));
}

#[tokio::test]
async fn nothing_is_inherited_but_what_a_program_needs() {
    let script = "*tools/call*) text \"${CARGO_MANIFEST_DIR:-none} ${KEY:-none} ${PATH:+path}\" ;;";
    let plain = server(script).env("KEY", "given").build();
    assert_eq!(said(&plain).await.unwrap(), "none given path");
    let all = server(script).inherit_env().build();
    let manifest = env!("CARGO_MANIFEST_DIR");
    assert_eq!(said(&all).await.unwrap(), format!("{manifest} none path"));
}

#[tokio::test]
async fn a_program_asks_and_reports_while_it_works() {
    let script = r#"*tools/call*)
        call=$id
        token=$(printf '%s' "$line" | sed 's/.*"progressToken":\([0-9]*\).*/\1/')
        say '{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":'"$token"',"progress":1}}'
        say '{"jsonrpc":"2.0","id":"q","method":"roots/list"}' ;;
    *'"id":"q"'*)
        id=$call
        case "$line" in *file:///notes*) text answered ;; *) text "not answered" ;; esac ;;"#;
    let client = server(script).roots([Root::new("file:///notes")]).build();
    let mut reports = 0;
    let result = client
        .call_tool_with_progress("act", &json!({}), |_| reports += 1)
        .await
        .unwrap();
    assert_eq!(result.content[0].as_text(), Some("answered"));
    assert_eq!(reports, 1);
}

/// Whether a process of the machine runs: there is such a process, and it is no zombie.
fn runs(pid: &str) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim()));
    status.is_ok_and(|status| !status.contains(") Z "))
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_dropped_client_kills_all_that_was_started() {
    let directory = tempfile::tempdir().unwrap();
    // The program does not end with its input, and neither does what it starts.
    let script = "*tools/call*) (trap '' TERM; sleep 1000) & echo $! > child; echo $$ > parent; text up; trap '' TERM; sleep 1000 ;;";
    let client = server(script).current_dir(directory.path()).build();
    said(&client).await.unwrap();
    let pid = |name: &str| std::fs::read_to_string(Path::new(directory.path()).join(name)).unwrap();
    let pids = [pid("parent"), pid("child")];
    assert!(pids.iter().all(|pid| runs(pid)));
    drop(client);
    let ended = async {
        while pids.iter().any(|pid| runs(pid)) {
            tokio::task::yield_now().await;
        }
    };
    let minute = Duration::from_mins(1);
    tokio::time::timeout(minute, ended).await.unwrap();
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn closing_asks_a_program_to_end_that_goes_on_without_input() {
    let directory = tempfile::tempdir().unwrap();
    let script = "*tools/call*) echo $$ > pid; text up; trap 'echo asked > asked; exit 0' TERM; while :; do sleep 0.05; done ;;";
    let client = server(script).current_dir(directory.path()).build();
    said(&client).await.unwrap();
    client.close().await;
    let read = |name: &str| std::fs::read_to_string(directory.path().join(name));
    assert_eq!(read("asked").unwrap(), "asked\n");
    assert!(!runs(&read("pid").unwrap()));
}
