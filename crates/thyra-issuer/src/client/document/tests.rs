use std::collections::HashMap;
use std::error::Error as StdError;
use std::sync::Mutex;

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use http::{Response, StatusCode};
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use thyra_oauth::{
    Clock as _, HttpBody, HttpClient, HttpRequest, ManualClock, ScopeSet, SigningKey,
};
use thyra_store::Store;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

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
async fn only_some_urls_are_those_of_documents() {
    let rig = Rig::new();
    let long = format!("https://app.example/{}", "x".repeat(2000));
    for (url, problem) in [
        ("http://app.example/client", "it is not https"),
        ("http://localhost/client", "it is not https"),
        ("https://app.example", "it has no path"),
        ("https://app.example/", "it has no path"),
        ("https://app.example?x", "it has no path"),
        ("https://app.example/client#x", "it has a fragment"),
        (
            "https://app.example/a/../client",
            "its path has a dot segment",
        ),
        (
            "https://app.example/a/%2e%2e/client",
            "its path has a dot segment",
        ),
        ("https://app.example/./client", "its path has a dot segment"),
        ("https://user@app.example/client", "user name"),
        ("https://app.example@evil.example/client", "user name"),
        ("https://evil.example\\@app.example/client", "character"),
        ("https://app.example/cl ient", "character"),
        ("https://127.1/client", "does not begin with the host"),
        (
            "https:///app.example/client",
            "does not begin with the host",
        ),
        ("ftp://app.example/client", "scheme"),
        ("javascript://app.example/client", "scheme"),
        ("file:///etc/passwd", "scheme"),
        (&long, "longer than 2000 bytes"),
    ] {
        let error = rig.find(url).await.unwrap_err();
        assert!(matches!(error, DocumentError::Url(_)), "{url}: {error:?}");
        assert!(error.to_string().contains(problem), "{url}: {error}");
        assert!(!error.is_temporary());
    }
    assert_eq!(rig.web.asked(), 0);
    let web = Web::default();
    let off = Rig::with(Fetcher::over(web.clone()), web, |rules| {
        rules.documents = DocumentReach::None;
    });
    off.web.serve(&document());
    let error = off.clients.find(URL).await.unwrap_err();
    assert!(matches!(error, ClientError::Unknown), "{error:?}");
    assert!(!off.clients.have_documents() && rig.clients.have_documents());
    assert_eq!(off.web.asked(), 0);
}

#[tokio::test]
async fn a_document_that_says_too_much_or_too_little_is_refused() {
    let jwks = json!({ "keys": [SigningKey::generate().unwrap().public_jwk()] });
    let shared = json!({ "keys": [{ "kty": "oct", "k": "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0" }] });
    let signs = "private_key_jwt";
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
        let rig = Rig::new();
        let headers = vec![("content-type", "application/json".to_owned())];
        let body = changed(&changes).to_string();
        rig.web
            .put(URL, Answer::Says(StatusCode::OK, headers, body));
        let error = rig.find(URL).await.unwrap_err();
        assert!(error.to_string().contains(problem), "{changes}: {error}");
        assert!(!error.is_temporary(), "{changes}");
        assert!(!error.to_string().contains("hush"), "{error}");
    }
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

/// Every address that is not one of the public web, in all ways of writing it that a URL has.
#[tokio::test]
async fn no_document_is_fetched_from_an_inner_address() {
    let rig = Rig::with(Fetcher::new(), Web::default(), |_| ());
    for host in [
        "127.0.0.1",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "192.0.2.1",
        "198.18.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "[::1]",
        "[::]",
        "[fe80::1]",
        "[fc00::1]",
        "[fd00:ec2::254]",
        "[ff02::1]",
        "[::ffff:7f00:1]",
        "[::ffff:a9fe:a9fe]",
        "[64:ff9b::a00:1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[2001:db8::1]",
        "localhost",
    ] {
        let error = rig
            .find(&format!("https://{host}/client"))
            .await
            .unwrap_err();
        let DocumentError::Fetch { source, .. } = &error else {
            panic!("{host}: {error:?}")
        };
        assert!(
            matches!(**source, FetchError::AddressRefused { .. }),
            "{host}: {source:?}"
        );
        assert!(!error.is_temporary());
        // Whoever asks does not hear what the name stands for.
        assert!(!error.to_string().contains("address"), "{error}");
    }
}

#[tokio::test]
async fn the_keys_of_a_document_are_as_guarded_as_itself() {
    let web = Web::default();
    let rig = Rig::with(Fetcher::over(web.clone()), web, |_| ());
    let hosts = [
        "127.0.0.1",
        "169.254.169.254",
        "[::ffff:7f00:1]",
        "10.1.2.3",
    ];
    for (at, host) in hosts.into_iter().enumerate() {
        let url = format!("https://app.example/{at}");
        let mut document = document();
        document["client_id"] = url.as_str().into();
        document["token_endpoint_auth_method"] = "private_key_jwt".into();
        document["jwks_uri"] = format!("https://{host}/keys").into();
        rig.web.serve(&document);
        let before = rig.web.asked();
        let status = assert(&rig, &url, &SigningKey::generate().unwrap()).await;
        assert_eq!(status, Err(503), "{host}");
        assert_eq!(rig.web.asked(), before + 1, "only the document");
    }
}

/// The client, or the status of the refusal.
async fn assert(rig: &Rig, client_id: &str, key: &SigningKey) -> Result<String, u16> {
    let now = rig.clock.unix().as_secs();
    let id = thyra_oauth::unguessable::<8>().unwrap();
    let claims = json!({
        "iss": client_id, "sub": client_id, "aud": ISSUER, "jti": id.expose(), "exp": now + 60,
    });
    let assertion = key.sign(Map::new(), &claims).unwrap();
    let kind = "urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer";
    let query = format!(
        "client_assertion_type={kind}&client_assertion={}",
        assertion.expose()
    );
    let form = Form::of_query(&query).unwrap();
    let outcome = rig
        .clients
        .authenticate(&http::HeaderMap::new(), &form)
        .await;
    outcome
        .map(|client| client.id)
        .map_err(|error| error.answer().status().as_u16())
}

#[tokio::test]
async fn a_client_signs_with_the_keys_that_its_document_holds_or_names() {
    let rig = Rig::new();
    let [one, other] = [1, 2].map(|_| SigningKey::generate().unwrap());
    let jwks = |key: &SigningKey| json!({ "keys": [key.public_jwk()] });
    let inline = json!({ "token_endpoint_auth_method": "private_key_jwt", "jwks": jwks(&one) });
    rig.web.serve(&changed(&inline));
    assert_eq!(assert(&rig, URL, &one).await.as_deref(), Ok(URL));
    assert_eq!(assert(&rig, URL, &other).await, Err(401));
    // Without an assertion it is nobody.
    let form = Form::of_query(&format!("client_id={URL}")).unwrap();
    assert!(
        rig.clients
            .authenticate(&http::HeaderMap::new(), &form)
            .await
            .is_err()
    );

    let url = "https://app.example/remote";
    let keys = "https://keys.example/of/app";
    rig.web.serve(&changed(&json!({
        "client_id": url, "token_endpoint_auth_method": "private_key_jwt", "jwks_uri": keys,
    })));
    rig.web.put(
        keys,
        Answer::Says(StatusCode::OK, Vec::new(), jwks(&other).to_string()),
    );
    assert_eq!(assert(&rig, url, &other).await.as_deref(), Ok(url));
    assert_eq!(assert(&rig, url, &one).await, Err(401));
    // Of another client, although the key is good.
    assert_eq!(assert(&rig, URL, &other).await, Err(401));
    // The keys outlive the document that names them.
    let asked = rig.web.asked();
    rig.clock.advance(Duration::from_mins(11));
    assert_eq!(assert(&rig, url, &other).await.as_deref(), Ok(url));
    assert!(
        rig.web.asked() <= asked + 2,
        "the document, and perhaps keys past their time"
    );
}

#[tokio::test]
async fn a_document_is_kept_as_long_as_its_answer_says_within_bounds() {
    for (cache_control, fresh_for) in [
        ("max-age=600", Duration::from_mins(10)),
        ("max-age=1", Duration::from_mins(1)),
        ("no-store", Duration::from_mins(1)),
        ("no-cache", Duration::from_mins(1)),
        ("private", Duration::from_mins(5)),
        ("max-age=31536000", Duration::from_hours(24)),
    ] {
        let rig = Rig::new();
        rig.web.serve_for(&document(), cache_control);
        for _ in 0..3 {
            rig.find(URL).await.unwrap();
        }
        rig.clock.advance(fresh_for - Duration::from_secs(1));
        rig.find(URL).await.unwrap();
        assert_eq!(rig.web.asked(), 1, "{cache_control}");
        rig.clock.advance(Duration::from_secs(1));
        let mut other = document();
        other["client_name"] = "Another".into();
        rig.web.serve(&other);
        let client = rig.find(URL).await.unwrap();
        assert_eq!(client.name.as_deref(), Some("Another"));
        assert_eq!(rig.web.asked(), 2, "{cache_control}");
    }
}

#[tokio::test]
async fn a_document_serves_for_an_hour_while_its_host_is_out_of_order() {
    let rig = Rig::new();
    rig.web.serve(&document());
    rig.find(URL).await.unwrap();
    rig.clock.advance(Duration::from_mins(10));
    for broken in [
        Answer::Broken,
        Answer::Says(StatusCode::BAD_GATEWAY, Vec::new(), String::new()),
        Answer::Says(StatusCode::TOO_MANY_REQUESTS, Vec::new(), String::new()),
    ] {
        rig.web.put(URL, broken);
        rig.clock.advance(Duration::from_mins(15));
        let asked = rig.web.asked();
        for _ in 0..5 {
            rig.find(URL).await.unwrap();
        }
        assert_eq!(rig.web.asked(), asked + 1, "a failure is remembered");
    }
    rig.clock.advance(Duration::from_mins(15));
    let error = rig.find(URL).await.unwrap_err();
    assert!(error.is_temporary(), "{error:?}");
    // It is back.
    rig.web.serve(&document());
    assert!(rig.find(URL).await.is_err());
    rig.clock.advance(Duration::from_secs(10));
    rig.find(URL).await.unwrap();
    // It is gone, which counts at once.
    rig.clock.advance(Duration::from_mins(10));
    rig.web.put(
        URL,
        Answer::Says(StatusCode::NOT_FOUND, Vec::new(), String::new()),
    );
    let error = rig.find(URL).await.unwrap_err();
    assert!(
        matches!(error, DocumentError::Status { status: 404 }),
        "{error:?}"
    );
    rig.web.put(URL, Answer::Broken);
    rig.clock.advance(Duration::from_secs(10));
    assert!(rig.find(URL).await.is_err());
}

#[tokio::test]
async fn all_who_ask_at_once_wait_for_one_fetch() {
    let rig = Arc::new(Rig::new());
    rig.web.serve(&document());
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let rig = Arc::clone(&rig);
        tasks.spawn(async move { rig.find(URL).await.is_ok() });
    }
    assert!(tasks.join_all().await.into_iter().all(|found| found));
    assert_eq!(rig.web.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn slow_hosts_hold_up_nobody_but_their_own() {
    let rig = Arc::new(Rig::new());
    rig.web.serve(&document());
    let mut tasks = tokio::task::JoinSet::new();
    let ask = |tasks: &mut tokio::task::JoinSet<_>, url: String| {
        rig.web.put(&url, Answer::Never);
        let rig = Arc::clone(&rig);
        tasks.spawn(async move { rig.find(&url).await.unwrap_err() });
    };
    for at in 0..6 {
        ask(&mut tasks, format!("https://slow.example/{at}"));
    }
    let started = tokio::time::Instant::now();
    let busy = [tasks.join_next().await, tasks.join_next().await];
    assert!(
        busy.iter()
            .flatten()
            .all(|error| matches!(error, Ok(DocumentError::Busy))),
        "{busy:?}"
    );
    rig.find(URL).await.unwrap();
    assert_eq!(started.elapsed(), Duration::ZERO);
    for at in 0..MAX_FLIGHTS {
        ask(&mut tasks, format!("https://slow{at}.example/client"));
    }
    while let Some(error) = tasks.join_next().await {
        let error = error.unwrap();
        assert!(error.is_temporary(), "{error:?}");
    }
    assert_eq!(started.elapsed(), Duration::from_secs(5));
    assert!(rig.web.asked() <= 1 + MAX_FLIGHTS);
}

#[tokio::test]
async fn a_thousand_documents_are_kept_and_no_more() {
    let rig = Rig::new();
    for at in 0..3000 {
        let _ = rig.find(&format!("https://host{at}.example/client")).await;
    }
    let documents = &rig.clients.documents;
    documents.inner.kept.run_pending_tasks();
    assert!(documents.inner.kept.entry_count() <= MAX_KEPT);
    assert!(documents.flights.is_empty());
}

/// Answers each connection with the next answer, and says what it was asked.
async fn server(answers: Vec<String>) -> (String, tokio::task::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let task = tokio::spawn(async move {
        let mut asked = Vec::new();
        for answer in answers {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                request.push(stream.read_u8().await.unwrap());
            }
            stream.write_all(answer.as_bytes()).await.unwrap();
            asked.push(String::from_utf8(request).unwrap());
        }
        asked
    });
    (origin, task)
}

#[tokio::test]
async fn over_the_wire_redirects_are_not_followed_and_loopback_needs_its_own_setting() {
    let redirect =
        "HTTP/1.1 302 Found\r\nlocation: /other\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
    let large = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n{}",
        " ".repeat(6000)
    );
    let (origin, server) = server(vec![redirect.to_owned(), large]).await;
    let insecure = Rig::with(Fetcher::new(), Web::default(), |rules| {
        rules.documents = DocumentReach::PublicAndLoopback;
    });
    let error = insecure.find(&format!("{origin}/one")).await.unwrap_err();
    assert!(
        matches!(error, DocumentError::Status { status: 302 }),
        "{error:?}"
    );
    let error = insecure.find(&format!("{origin}/two")).await.unwrap_err();
    let DocumentError::Fetch { source, .. } = &error else {
        panic!("{error:?}")
    };
    assert!(
        matches!(**source, FetchError::TooLarge { .. }),
        "{source:?}"
    );
    let asked = server.await.unwrap();
    assert!(
        asked[0].starts_with("GET /one ") && asked[1].starts_with("GET /two "),
        "{asked:?}"
    );
    // Other machines still need https, and public addresses.
    for (url, is_url) in [
        ("http://10.0.0.1/client", false),
        ("https://10.0.0.1/client", true),
    ] {
        let error = insecure.find(url).await.unwrap_err();
        assert_eq!(
            matches!(error, DocumentError::Fetch { .. }),
            is_url,
            "{error:?}"
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
