mod guard;
mod kept;
mod keys;

use std::collections::HashMap;
use std::error::Error as StdError;
use std::sync::Mutex;

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use http::{Response, StatusCode};
use proptest::prelude::*;
use serde_json::{Value, json};
use thyra_oauth::{HttpBody, HttpClient, HttpRequest, ManualClock, ScopeSet, SigningKey};
use thyra_store::Store;

use super::*;
use crate::client::{
    ClientError, ClientKind, ClientRules, Clients, GrantTypes, RedirectPatterns, RedirectRefused,
    RegistrationPolicy,
};
use crate::form::Form;

const URL: &str = "https://app.example/oauth/client.json";
const ISSUER: &str = "https://as.example";

/// The web, as far as there is any. It counts what it is asked for.
#[derive(Clone, Default)]
struct Web(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    answers: HashMap<String, Answer>,
    asked: Vec<String>,
}

#[derive(Clone)]
enum Answer {
    Broken,
    Never,
    Says(StatusCode, Vec<(&'static str, String)>, String),
}

impl Web {
    fn put(&self, url: &str, answer: Answer) {
        self.0
            .lock()
            .unwrap()
            .answers
            .insert(url.to_owned(), answer);
    }

    /// Serves this document at its own place.
    fn serve(&self, document: &Value) {
        self.serve_for(document, "max-age=600");
    }

    fn serve_for(&self, document: &Value, cache_control: &str) {
        let url = document["client_id"].as_str().unwrap();
        let headers = vec![
            ("content-type", "application/json".to_owned()),
            ("cache-control", cache_control.to_owned()),
        ];
        self.put(
            url,
            Answer::Says(StatusCode::OK, headers, document.to_string()),
        );
    }

    fn asked(&self) -> usize {
        self.0.lock().unwrap().asked.len()
    }
}

impl HttpClient for Web {
    fn send(
        &self,
        request: HttpRequest,
    ) -> BoxFuture<'static, Result<Response<HttpBody>, Box<dyn StdError + Send + Sync>>> {
        let mut state = self.0.lock().unwrap();
        let url = request.url.as_str().to_owned();
        let answer = state.answers.get(&url).cloned();
        state.asked.push(url);
        async move {
            // So that others can ask meanwhile.
            tokio::task::yield_now().await;
            let (status, headers, body) = match answer {
                None => (StatusCode::NOT_FOUND, Vec::new(), String::new()),
                Some(Answer::Broken) => return Err("out of order".into()),
                Some(Answer::Never) => std::future::pending().await,
                Some(Answer::Says(status, headers, body)) => (status, headers, body),
            };
            let mut response = Response::builder().status(status);
            for (name, value) in headers {
                response = response.header(name, value);
            }
            let body: HttpBody = futures_util::stream::iter([Ok(Bytes::from(body))]).boxed();
            Ok(response.body(body)?)
        }
        .boxed()
    }
}

struct Rig {
    clients: Arc<Clients>,
    clock: ManualClock,
    web: Web,
}

impl Rig {
    fn new() -> Self {
        let web = Web::default();
        Self::with(Fetcher::over(web.clone()), web, |_| ())
    }

    fn with(fetcher: Fetcher, web: Web, change: impl FnOnce(&mut ClientRules)) -> Self {
        let clock = ManualClock::new(Duration::from_hours(495_000));
        let mut rules = ClientRules {
            configured: Vec::new(),
            redirect_patterns: None,
            registration: RegistrationPolicy::closed(),
            documents: DocumentReach::Public,
            identity_assertion: false,
            valid_scopes: ScopeSet::from(["read", "write"]),
            issuer: ISSUER.to_owned(),
            token_endpoint: format!("{ISSUER}/token"),
        };
        change(&mut rules);
        let shared = Arc::new(clock.clone());
        let clients = Clients::new(rules, Store::memory(), fetcher, shared).unwrap();
        Self {
            clients: Arc::new(clients),
            clock,
            web,
        }
    }

    async fn find(&self, url: &str) -> Result<Client, DocumentError> {
        self.clients.find(url).await.map_err(|error| match error {
            ClientError::Document(error) => error,
            other => panic!("{other:?}"),
        })
    }
}

fn document() -> Value {
    json!({
        "client_id": URL,
        "client_name": "The App",
        "redirect_uris": ["https://app.example/cb", "http://localhost/cb"],
    })
}

/// The document with other members; null removes one.
fn changed(changes: &Value) -> Value {
    let mut document = document();
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => document.as_object_mut().unwrap().remove(name),
            value => document
                .as_object_mut()
                .unwrap()
                .insert(name.clone(), value.clone()),
        };
    }
    document
}

#[tokio::test]
async fn a_document_describes_a_client() {
    let rig = Rig::new();
    rig.web.serve(&changed(&json!({
        "scope": "write admin", "logo_uri": "https://evil.example/logo.svg", "x": [1],
    })));
    let client = rig.find(URL).await.unwrap();
    assert_eq!(client.id, URL);
    assert_eq!(client.name.as_deref(), Some("The App"));
    let host = "app.example".to_owned();
    assert_eq!(client.kind, ClientKind::Document { host });
    assert_eq!(client.grant_types, GrantTypes::LOGINS);
    assert_eq!(client.scopes, Some(ScopeSet::from(["write"])));
    assert!(client.accepts("https://app.example/cb").is_ok());
    assert!(client.accepts("http://localhost:5000/cb").is_ok());
    assert_eq!(
        client.accepts("https://app.example/other"),
        Err(RedirectRefused::NotRegistered)
    );
    // The logo, say, was not asked for.
    assert_eq!(rig.web.asked(), 1);
    let form = Form::of_query(&format!("client_id={URL}")).unwrap();
    let client = rig
        .clients
        .authenticate(&http::HeaderMap::new(), &form)
        .await
        .unwrap();
    assert_eq!(client.id, URL);
    rig.clients.confirm(&client).await;
}

#[tokio::test]
async fn a_document_keeps_to_the_rules_of_redirect_uris() {
    let web = Web::default();
    let patterns = RedirectPatterns::new(["http://localhost"]).unwrap();
    let rig = Rig::with(Fetcher::over(web.clone()), web, |rules| {
        rules.redirect_patterns = Some(patterns);
    });
    rig.web.serve(&document());
    let client = rig.find(URL).await.unwrap();
    assert!(client.accepts("http://localhost:1/cb").is_ok());
    assert_eq!(
        client.accepts("https://app.example/cb"),
        Err(RedirectRefused::NotAllowed)
    );
    assert_eq!(
        client.accepts("http://localhost:1/other"),
        Err(RedirectRefused::NotRegistered)
    );
}

#[tokio::test]
async fn a_document_that_says_too_much_or_too_little_is_refused() {
    for (changes, problem) in [
        (
            json!({ "client_id": "https://app.example/oauth/client.json/" }),
            "another `client_id`",
        ),
        (
            json!({ "client_id": "https://APP.example/oauth/client.json" }),
            "another `client_id`",
        ),
        (
            json!({ "client_id": "https://evil.example/client" }),
            "another `client_id`",
        ),
        (json!({ "client_id": null }), "missing field `client_id`"),
        (json!({ "client_id": 7 }), "RFC 7591"),
        (json!({ "client_name": null }), "`client_name` is missing"),
        (
            json!({ "client_name": "\u{200b}" }),
            "`client_name` is missing",
        ),
        (
            json!({ "redirect_uris": null }),
            "`redirect_uris` must name",
        ),
        (json!({ "redirect_uris": [] }), "`redirect_uris` must name"),
        (
            json!({ "redirect_uris": ["https://app.example/*"] }),
            "wildcards",
        ),
        (
            json!({ "redirect_uris": ["https://*.app.example/"] }),
            "wildcards",
        ),
        (
            json!({ "redirect_uris": ["javascript:alert(1)"] }),
            "number 1 is not accepted",
        ),
        (
            json!({ "redirect_uris": ["http://app.example/cb"] }),
            "number 1 is not accepted",
        ),
        (
            json!({ "application_type": "web" }),
            "number 2 is not accepted",
        ),
        (json!({ "grant_types": ["implicit"] }), "`grant_types`"),
        (json!({ "response_types": ["token"] }), "`response_types`"),
    ] {
        refuses(&changes, problem).await;
    }
}

#[tokio::test]
async fn a_document_proves_itself_with_nothing_or_with_keys() {
    let jwks = json!({ "keys": [SigningKey::generate().unwrap().public_jwk()] });
    let shared = json!({ "keys": [{ "kty": "oct", "k": "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0" }] });
    let signs = "private_key_jwt";
    for (changes, problem) in [
        (
            json!({ "token_endpoint_auth_method": "client_secret_basic" }),
            "`none` or `private_key_jwt`",
        ),
        (
            json!({ "token_endpoint_auth_method": "client_secret_jwt" }),
            "`none` or `private_key_jwt`",
        ),
        (
            json!({ "client_secret": "hush" }),
            "a public document cannot hold",
        ),
        (
            json!({ "client_secret_expires_at": 0 }),
            "a public document cannot hold",
        ),
        (
            json!({ "token_endpoint_auth_method": signs }),
            "neither `jwks` nor `jwks_uri`",
        ),
        (
            json!({ "token_endpoint_auth_method": signs, "jwks": {} }),
            "`jwks` has none",
        ),
        (
            json!({ "token_endpoint_auth_method": signs, "jwks": shared }),
            "`jwks` has none",
        ),
        (
            json!({ "token_endpoint_auth_method": signs, "jwks": jwks, "jwks_uri": "https://app.example/keys" }),
            "both",
        ),
        (
            json!({ "token_endpoint_auth_method": signs, "jwks_uri": "http://app.example/keys" }),
            "`jwks_uri` is not",
        ),
        (
            json!({ "token_endpoint_auth_method": signs, "jwks_uri": "http://localhost/keys" }),
            "`jwks_uri` is not",
        ),
        (
            json!({ "token_endpoint_auth_method": signs, "jwks_uri": "file:///keys" }),
            "`jwks_uri` is not",
        ),
        (
            json!({ "token_endpoint_auth_method": signs, "jwks_uri": "keys" }),
            "`jwks_uri` is not",
        ),
    ] {
        refuses(&changes, problem).await;
    }
}

/// The document with these changes is refused for this.
async fn refuses(changes: &Value, problem: &str) {
    let rig = Rig::new();
    let headers = vec![("content-type", "application/json".to_owned())];
    let body = changed(changes).to_string();
    rig.web
        .put(URL, Answer::Says(StatusCode::OK, headers, body));
    let error = rig.find(URL).await.unwrap_err();
    assert!(error.to_string().contains(problem), "{changes}: {error}");
    assert!(!error.is_temporary(), "{changes}");
    assert!(!error.to_string().contains("hush"), "{error}");
}

#[tokio::test]
async fn an_answer_that_is_no_document_is_refused() {
    let json_type = || vec![("content-type", "application/json".to_owned())];
    let good = document().to_string();
    let padded = |length: usize| format!("{good}{}", " ".repeat(length - good.len()));
    for (answer, is_good) in [
        (
            Answer::Says(StatusCode::OK, json_type(), padded(5 * 1024)),
            true,
        ),
        (
            Answer::Says(StatusCode::OK, json_type(), padded(5 * 1024 + 1)),
            false,
        ),
        (
            Answer::Says(StatusCode::OK, json_type(), "<html>".to_owned()),
            false,
        ),
        (
            Answer::Says(StatusCode::OK, json_type(), format!("[{good}]")),
            false,
        ),
        (
            Answer::Says(StatusCode::OK, json_type(), String::new()),
            false,
        ),
        (
            Answer::Says(StatusCode::OK, json_type(), "\u{feff}{}".to_owned()),
            false,
        ),
        (Answer::Says(StatusCode::OK, vec![], good.clone()), false),
        (
            Answer::Says(
                StatusCode::OK,
                vec![("content-type", "text/html".to_owned())],
                good.clone(),
            ),
            false,
        ),
        (
            Answer::Says(
                StatusCode::OK,
                vec![("content-type", "text/plain".to_owned())],
                good.clone(),
            ),
            false,
        ),
        (
            Answer::Says(
                StatusCode::OK,
                vec![("content-type", "Application/JSON; charset=utf-8".to_owned())],
                good.clone(),
            ),
            true,
        ),
        (
            Answer::Says(
                StatusCode::OK,
                vec![("content-type", "application/cimd+json".to_owned())],
                good.clone(),
            ),
            true,
        ),
        (
            Answer::Says(StatusCode::CREATED, json_type(), good.clone()),
            false,
        ),
        (
            Answer::Says(StatusCode::NOT_FOUND, json_type(), good.clone()),
            false,
        ),
        (
            Answer::Says(
                StatusCode::FOUND,
                vec![("location", "https://evil.example/".to_owned())],
                String::new(),
            ),
            false,
        ),
        (
            Answer::Says(
                StatusCode::PERMANENT_REDIRECT,
                vec![("location", URL.to_owned())],
                String::new(),
            ),
            false,
        ),
        (Answer::Broken, false),
    ] {
        let rig = Rig::new();
        rig.web.put(URL, answer);
        let found = rig.find(URL).await;
        assert_eq!(found.is_ok(), is_good, "{found:?}");
        assert_eq!(
            rig.web.asked(),
            1,
            "nothing else is asked, and nothing twice"
        );
    }
}

proptest! {
    #[test]
    fn whatever_a_document_holds_is_judged(body in "\\PC{0,80}", name in "\\PC{0,20}", uri in "\\PC{0,30}", method in "[a-z_]{0,20}") {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let document = json!({ "client_id": URL, "client_name": name, "redirect_uris": [uri], "token_endpoint_auth_method": method });
        runtime.block_on(async {
            for body in [body, document.to_string()] {
                let rig = Rig::new();
                let headers = vec![("content-type", "application/json".to_owned())];
                rig.web.put(URL, Answer::Says(StatusCode::OK, headers, body));
                if let Ok(client) = rig.find(URL).await {
                    assert_eq!(client.id, URL);
                    assert_eq!(method, "none");
                }
            }
        });
    }
}
