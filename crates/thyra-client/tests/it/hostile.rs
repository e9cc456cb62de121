//! Rounds of questions as servers send them that nobody should trust.

use std::future::ready;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use thyra_client::{
    AnswerError, Client, ClientBuilder, ClientError, ElicitParams, ElicitResult, Hop, OAuth,
    PrintUrl, Secret, login,
};

use crate::mock::Mock;

/// An accepted form with one value.
fn accept(value: &str) -> ElicitResult {
    ElicitResult::accept([("value", value)])
}

fn form(message: &str) -> Value {
    let schema = json!({
        "type": "object",
        "properties": { "value": { "type": "string", "minLength": 2 } },
        "required": ["value"],
    });
    asking_for(message, &schema)
}

fn asking_for(message: &str, schema: &Value) -> Value {
    json!({
        "method": "elicitation/create",
        "params": { "mode": "form", "message": message, "requestedSchema": schema },
    })
}

fn asks(requests: Value, state: Option<&str>) -> Value {
    let mut result = json!({ "resultType": "input_required" });
    result["inputRequests"] = requests;
    if let Some(state) = state {
        result["requestState"] = state.into();
    }
    result
}

fn answering(mock: &Mock) -> ClientBuilder {
    mock.builder().on_elicit(async |_| accept("yes"))
}

/// What a call of a tool fails with when the server always answers `result`, and how many requests
/// it took.
async fn failure(result: Value) -> (ClientError, usize) {
    let mock = Mock::always(result).await;
    let client = answering(&mock).build().unwrap();
    let error = client
        .call_tool("act", &json!({ "a": 1 }))
        .await
        .unwrap_err();
    (error, mock.count())
}

#[tokio::test]
async fn each_retry_is_the_same_request_with_a_new_id_the_answers_and_the_state() {
    let state = "\u{1F6AA} {\"sealed\":\"==\"}\n";
    let mock = Mock::start(move |number| match number {
        0 => asks(
            json!({ "first": form("1"), "second": form("2") }),
            Some(state),
        ),
        1 => json!({ "resultType": "input_required", "requestState": "wait" }),
        2 => asks(json!({ "third": form("3") }), None),
        _ => json!({ "resultType": "complete", "content": [], "contents": [], "messages": [] }),
    })
    .await;
    let client = answering(&mock).build().unwrap();
    client.call_tool("act", &json!({ "a": 1 })).await.unwrap();
    let asked = mock.asked();
    let params: Vec<&Value> = asked.iter().map(|(_, body)| &body["params"]).collect();
    let answer = json!({ "action": "accept", "content": { "value": "yes" } });
    let both = json!({ "first": answer, "second": answer });
    for (number, responses, state) in [
        (0, None, None),
        (1, Some(both), Some(state)),
        (2, None, Some("wait")),
        (3, Some(json!({ "third": answer })), None),
    ] {
        let sent = params[number];
        assert_eq!(sent.get("inputResponses"), responses.as_ref(), "{number}");
        let state = state.map(Value::from);
        assert_eq!(sent.get("requestState"), state.as_ref(), "{number}");
        assert_eq!(sent["name"], "act");
        assert_eq!(sent["arguments"], json!({ "a": 1 }));
        assert!(asked[number].0.contains("mcp-name: act"));
    }
    let mut ids: Vec<i64> = asked
        .iter()
        .map(|(_, body)| body["id"].as_i64().unwrap())
        .collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 4);
}

#[tokio::test]
async fn only_what_the_builder_was_given_is_declared() {
    let mock = Mock::always(json!({ "tools": [] })).await;
    let declared = |builder: ClientBuilder| async {
        let client = builder.without_tasks().build().unwrap();
        client.list_tools().await.unwrap();
        let (_, body) = mock.asked().pop().unwrap();
        let meta = body["params"]["_meta"].clone();
        let capabilities = meta["io.modelcontextprotocol/clientCapabilities"].clone();
        let level = meta.get("io.modelcontextprotocol/logLevel").cloned();
        (capabilities, level)
    };
    assert_eq!(declared(mock.builder()).await, (json!({}), None));
    let elicitation = json!({ "elicitation": { "form": {}, "url": {} } });
    assert_eq!(declared(answering(&mock)).await, (elicitation, None));
    let roots = mock.builder().roots([]);
    assert_eq!(declared(roots).await, (json!({ "roots": {} }), None));
    let sampling = mock
        .builder()
        .on_sampling(async |_| Err::<thyra_client::CreateMessageResult, _>("no model"));
    assert_eq!(declared(sampling).await, (json!({ "sampling": {} }), None));
    let log = mock
        .builder()
        .on_log(thyra_client::LoggingLevel::Notice, |_| {});
    assert_eq!(declared(log).await, (json!({}), Some(json!("notice"))));
    let itself = login::Client::new("https://login.example.org", "m2m_1");
    let itself = mock.builder().oauth(OAuth::client_credentials(itself));
    let extension = "io.modelcontextprotocol/oauth-client-credentials";
    let wanted = json!({ "extensions": { extension: {} } });
    assert_eq!(declared(itself).await, (wanted, None));
    let there = login::Client::new("https://login.example.org", "m2m_1");
    let token = Secret::new("id-token".to_owned());
    let token_endpoint = "https://idp.example.org/token";
    let provider = login::IdentityProvider::new(token_endpoint, there.clone(), token).unwrap();
    let company = mock.builder().oauth(OAuth::enterprise(there, provider));
    let extension = "io.modelcontextprotocol/enterprise-managed-authorization";
    let wanted = json!({ "extensions": { extension: {} } });
    assert_eq!(declared(company).await, (wanted, None));
    let person = mock.builder().oauth(OAuth::new(PrintUrl));
    assert_eq!(declared(person).await, (json!({}), None));
}

#[tokio::test]
async fn rounds_without_end_are_given_up() {
    for endless in [
        asks(json!({ "again": form("?") }), Some("s")),
        asks(json!({ "again": form("?") }), None),
        json!({ "resultType": "input_required", "requestState": "s" }),
    ] {
        let (error, requests) = failure(endless).await;
        assert_eq!(
            error.to_string(),
            "tools/call has no answer after 16 rounds of questions; it was given up"
        );
        assert_eq!(requests, 17);
    }
}

#[tokio::test]
async fn what_was_not_declared_is_not_answered() {
    let model = json!({
        "method": "sampling/createMessage",
        "params": { "messages": [], "maxTokens": 1 },
    });
    for (question, advice) in [
        (json!({ "method": "roots/list" }), ".roots(...)"),
        (model, ".on_sampling(...)"),
        (
            json!({ "method": "tools/call" }),
            "none of those that MCP knows",
        ),
        (
            json!({ "method": "\u{1b}[31m" }),
            r"question \u{1b}[31m, which is none",
        ),
    ] {
        // Nobody is asked the good question beside it, and nothing is sent.
        let (error, requests) = failure(asks(json!({ "a": form("?"), "b": question }), None)).await;
        assert!(matches!(error, ClientError::Asked { .. }), "{error}");
        assert!(error.to_string().contains(advice), "{error}");
        assert_eq!(requests, 1);
    }
    let mock = Mock::always(asks(json!({ "a": form("?") }), None)).await;
    let client = mock.client();
    for error in [
        client.call_tool("act", &()).await.map(drop).unwrap_err(),
        client.get_prompt("act", &()).await.map(drop).unwrap_err(),
        client.read_resource("act:").await.map(drop).unwrap_err(),
    ] {
        assert!(error.to_string().contains(".on_elicit(...)"), "{error}");
    }
}

#[tokio::test]
async fn a_model_gets_no_tools_that_were_not_declared() {
    let question = json!({
        "method": "sampling/createMessage",
        "params": { "messages": [], "maxTokens": 1, "tools": [] },
    });
    let mock = Mock::always(asks(json!({ "a": question }), None)).await;
    let client = mock
        .builder()
        .on_sampling(async |_| Err::<thyra_client::CreateMessageResult, _>("was asked"))
        .build()
        .unwrap();
    let error = client.call_tool("act", &()).await.unwrap_err();
    assert!(matches!(error, ClientError::Asked { .. }), "{error}");
}

#[tokio::test]
async fn rounds_that_make_no_sense_are_errors_that_say_so() {
    let many: serde_json::Map<String, Value> = (0..65)
        .map(|number| (number.to_string(), form("?")))
        .collect();
    let long = json!({ "k".repeat(257): form("?") });
    let cases = [
        (
            asks(json!({}), None),
            "the server wants an answer, and asks nothing",
        ),
        (
            asks(many.into(), None),
            "the server asks more than can be answered in one round",
        ),
        (
            asks(long, None),
            "the server asks more than can be answered in one round",
        ),
        (asks(json!([1]), None), "invalid type"),
        (asks(json!({ "a": 1 }), None), "its question `a` is broken"),
        (asks(json!({ "a": {} }), None), "its question `a` is broken"),
        (
            asks(
                json!({ "a": { "method": "elicitation/create", "params": { "mode": "x" } } }),
                None,
            ),
            "its question `a` is broken",
        ),
        (
            json!({ "resultType": "input_required", "requestState": 7 }),
            "invalid type",
        ),
        (json!({ "resultType": "task" }), "missing field `taskId`"),
        (json!({ "resultType": "other" }), "unknown variant `other`"),
        (json!({ "content": 1 }), "invalid type"),
    ];
    for (result, wanted) in cases {
        let shown = result.to_string();
        let (error, requests) = failure(result).await;
        let ClientError::Result { method, problem } = error else {
            panic!("{shown}: {error}");
        };
        assert_eq!(method, "tools/call");
        assert!(problem.starts_with(wanted), "{shown}: {problem}");
        assert_eq!(requests, 1, "{shown}");
    }
}

/// A client that counts whom it asked.
fn counting(mock: &Mock) -> (ClientBuilder, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let builder = mock.builder().on_elicit(move |_| {
        count.fetch_add(1, Ordering::SeqCst);
        ready(accept("yes"))
    });
    (builder, asked)
}

#[tokio::test]
async fn a_call_has_at_most_64_questions() {
    let done = json!({ "content": [] });
    let many = |number: usize| -> Value {
        let forms: serde_json::Map<String, Value> = (0..number)
            .map(|number| (number.to_string(), form("?")))
            .collect();
        asks(forms.into(), Some("s"))
    };
    for (rounds, fits, answered) in [
        (&[64][..], true, 64),
        (&[32, 32], true, 64),
        (&[32, 33], false, 32),
        (&[64, 1], false, 64),
    ] {
        let questions: Vec<Value> = rounds.iter().map(|number| many(*number)).collect();
        let done = done.clone();
        let mock = Mock::start(move |number| questions.get(number).unwrap_or(&done).clone()).await;
        let (builder, asked) = counting(&mock);
        let result = builder.build().unwrap().call_tool("act", &()).await;
        assert_eq!(asked.load(Ordering::SeqCst), answered, "{rounds:?}");
        match result {
            Ok(_) => assert!(fits, "{rounds:?}"),
            Err(error) => {
                assert!(!fits, "{rounds:?}: {error}");
                assert!(matches!(error, ClientError::Questions { most: 64, .. }));
                assert_eq!(
                    error.to_string(),
                    "tools/call asks more than 64 questions in all; it was given up"
                );
            }
        }
    }
}

/// The user closed a dialog of a round: no more of them come up, and what is no dialog is answered
/// as ever.
#[tokio::test]
async fn who_cancels_one_question_is_not_asked_the_others_of_the_round() {
    let mock = Mock::start(|number| match number {
        0 => asks(
            json!({
                "a": form("1"), "b": form("2"), "c": form("3"),
                "d": { "method": "roots/list" },
            }),
            None,
        ),
        1 => asks(json!({ "e": form("4") }), None),
        _ => json!({ "content": [] }),
    })
    .await;
    let asked = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&asked);
    let client = mock
        .builder()
        .roots([])
        .on_elicit(move |question| {
            let ElicitParams::Form(form) = question else {
                panic!("{question:?}");
            };
            log.lock().unwrap().push(form.message.clone());
            ready(match form.message.as_str() {
                "1" => ElicitResult::decline(),
                "2" => ElicitResult::cancel(),
                _ => accept("yes"),
            })
        })
        .build()
        .unwrap();
    client.call_tool("act", &()).await.unwrap();
    assert_eq!(*asked.lock().unwrap(), ["1", "2", "4"]);
    let sent = mock.asked();
    assert_eq!(
        sent[1].1["params"]["inputResponses"],
        json!({
            "a": { "action": "decline" },
            "b": { "action": "cancel" },
            "c": { "action": "cancel" },
            "d": { "roots": [] },
        })
    );
}

#[tokio::test]
async fn an_answer_that_does_not_fit_its_form_is_not_sent() {
    for (answer, problem) in [
        (accept("y"), "`value` has to be at least 2 characters"),
        (
            ElicitResult::accept([("value", 7)]),
            "`value` has to be text",
        ),
        (
            ElicitResult::accept([("name", "Ada")]),
            "the form has no field `name`; leave it out",
        ),
        (
            ElicitResult::agree(),
            "`value` is missing: it has to be text, at least 2 characters",
        ),
    ] {
        let mock = Mock::always(asks(json!({ "a": form("?") }), None)).await;
        let client = mock.builder().on_elicit(move |_| ready(answer.clone()));
        let call = client.build().unwrap().call_tool("act", &()).await;
        let error = call.unwrap_err();
        let shown =
            format!("tools/call needs an answer to elicitation/create, which failed: {problem}");
        assert_eq!(error.to_string(), shown);
        let ClientError::Answer { source, .. } = error else {
            panic!("{error}");
        };
        assert!(source.is::<AnswerError>());
        assert_eq!(mock.count(), 1);
    }
}

#[tokio::test]
async fn what_a_form_proposes_is_sent_where_the_user_says_nothing() {
    let schema = json!({
        "type": "object",
        "properties": {
            "name": { "type": "string", "default": "Ada" },
            "size": { "type": "string", "enum": ["s", "m"], "default": "m" },
            "note": { "type": "string" },
        },
        "required": ["name"],
    });
    for (answer, sent) in [
        (
            ElicitResult::agree(),
            json!({ "action": "accept", "content": { "name": "Ada", "size": "m" } }),
        ),
        (
            ElicitResult::accept([("name", "Bea")]),
            json!({ "action": "accept", "content": { "name": "Bea", "size": "m" } }),
        ),
        (ElicitResult::decline(), json!({ "action": "decline" })),
    ] {
        let question = asking_for("?", &schema);
        let mock = Mock::start(move |number| match number {
            0 => asks(json!({ "a": question }), None),
            _ => json!({ "content": [] }),
        })
        .await;
        let client = mock.builder().on_elicit(move |_| ready(answer.clone()));
        client.build().unwrap().call_tool("act", &()).await.unwrap();
        assert_eq!(mock.asked()[1].1["params"]["inputResponses"]["a"], sent);
    }
}

#[tokio::test]
async fn nobody_is_asked_for_a_form_that_nobody_can_fill_in() {
    let schema = json!({ "type": "object", "properties": { "a": { "type": "object" } } });
    let questions = json!({ "a": form("?"), "b": asking_for("?", &schema) });
    let mock = Mock::always(asks(questions, None)).await;
    let (builder, asked) = counting(&mock);
    let call = builder.build().unwrap().call_tool("act", &()).await;
    let error = call.unwrap_err();
    assert!(matches!(error, ClientError::Form { .. }));
    assert_eq!(
        error.to_string(),
        "tools/call cannot go on: the form cannot be filled in: its field `a` is an object, and a \
         form is flat"
    );
    assert_eq!((asked.load(Ordering::SeqCst), mock.count()), (0, 1));
}

#[tokio::test]
async fn nobody_is_sent_to_a_page_that_is_not_what_it_looks_like() {
    for (url, problem) in [
        (
            "javascript:alert(1)",
            "its scheme is neither https nor http",
        ),
        ("/pay", "it is not an absolute URL"),
        (
            "http://pay.example/",
            "it must be https, except on this machine",
        ),
        (
            "https://bank.example@pay.example/",
            "it holds a user name or a password",
        ),
        (
            "https://ev%69l.example/",
            "it does not begin with the host that it leads to, as https://pay.example does",
        ),
    ] {
        let visit = json!({
            "method": "elicitation/create",
            "params": { "mode": "url", "message": "Pay.", "url": url },
        });
        // The good question before it is not asked either.
        let mock = Mock::always(asks(json!({ "a": form("?"), "b": visit }), None)).await;
        let (builder, asked) = counting(&mock);
        let error = builder.build().unwrap().call_tool("act", &()).await;
        let error = error.unwrap_err();
        assert!(matches!(error, ClientError::Page { .. }), "{error:?}");
        assert_eq!(
            error.to_string(),
            format!(
                "tools/call sends the user to a page; nobody was asked, for the URL `{url}` is not followed: {problem}"
            )
        );
        assert_eq!((asked.load(Ordering::SeqCst), mock.count()), (0, 1));
    }
}

#[tokio::test]
async fn only_three_methods_may_ask() {
    let mock = Mock::always(asks(json!({ "a": form("?") }), Some("s"))).await;
    let client = answering(&mock).build().unwrap();
    let error = client.list_tools().await.unwrap_err();
    assert!(matches!(error, ClientError::Result { .. }), "{error}");
    let error = client.discover().await.unwrap_err();
    assert!(matches!(error, ClientError::Result { .. }), "{error}");
    assert_eq!(mock.count(), 2);
}

#[tokio::test]
async fn what_a_server_says_is_printable_in_every_error_and_hop() {
    const ODD: &str = "\u{1b}]0;x\u{7}\r\n\u{9b}2J\u{202e}\u{2028}\u{200b}";
    let page = json!({
        "method": "elicitation/create",
        "params": { "mode": "url", "message": ODD, "url": format!("https://a.example/{ODD}") },
    });
    for (result, wanted) in [
        (
            json!({ "isError": true, "content": [{ "type": "text", "text": ODD }] }),
            r"failed: \u{1b}]0;x\u{7}\r\n\u{9b}2J\u{202e}\u{2028}\u{200b}",
        ),
        (
            asks(json!({ "a": { "method": ODD, "params": {} } }), None),
            "with the question",
        ),
        (asks(json!({ ODD: { "method": 1 } }), None), "is broken"),
        (asks(json!({ "a": page }), None), "nobody was asked"),
        (json!({ "resultType": ODD }), "cannot be used"),
        (json!({ "content": ODD }), "cannot be used"),
        (json!({ "content": [{ "type": ODD }] }), "cannot be used"),
    ] {
        let said = result.to_string();
        let mock = Mock::always(result).await;
        let lines = Arc::new(Mutex::new(Vec::new()));
        let hops = Arc::clone(&lines);
        let client = answering(&mock)
            .observer(move |hop: &Hop<'_>| hops.lock().unwrap().push(hop.to_string()))
            .build()
            .unwrap();
        // A name such as this comes from the server's own list.
        let name = format!("act{ODD}");
        let called = client.call_tool_as::<Value>(&name, &json!({})).await;
        let error = called.unwrap_err().to_string();
        assert!(error.contains(wanted), "{said}: {error}");
        let mut lines = lines.lock().unwrap();
        lines.push(error);
        for line in &*lines {
            assert!(
                line.chars().all(|shown| matches!(shown, ' '..='~')),
                "{said}: {line:?}"
            );
        }
    }
}

#[test]
fn a_hosted_client_stays_out_of_private_networks() {
    let hosted = |url| Client::builder(url).hosted().build();
    let by_login = |url| {
        Client::builder(url)
            .oauth(OAuth::new(PrintUrl).hosted())
            .build()
    };
    for url in [
        "http://mcp.example.com/mcp",
        "http://127.0.0.1:8000/mcp",
        "https://localhost/mcp",
        "https://10.1.2.3/mcp",
        "https://169.254.169.254/latest",
        "https://[::ffff:192.168.0.1]/mcp",
    ] {
        for outcome in [hosted(url), by_login(url)] {
            assert!(matches!(outcome, Err(ClientError::Url { .. })), "{url}");
        }
    }
    for outcome in [
        hosted("https://mcp.example.com/mcp"),
        by_login("https://1.1.1.1/mcp"),
    ] {
        outcome.unwrap();
    }
}
