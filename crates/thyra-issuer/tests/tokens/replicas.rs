//! What replicas must agree about.

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use http::{HeaderMap, HeaderValue, Method, Request};
use http_body_util::{BodyExt, Full};
use serde_json::Value;
use thyra_auth::{Cors, Fetched, Protection};
use thyra_oauth::CodeVerifier;
use thyra_store::{RedisServer, StoreKey};
use tokio::task::JoinSet;
use url::{Url, form_urlencoded};

use crate::replica::{CALLBACK, Replica, protection};

/// Two replicas on one Redis, and a third one in this process, at which people log in.
struct Rig {
    replicas: [Arc<Replica>; 2],
    here: Protection,
    _redis: RedisServer,
}

/// A code, and what it is redeemed with.
struct Begun {
    code: String,
    verifier: CodeVerifier,
}

impl Rig {
    fn start() -> Self {
        let redis = RedisServer::start(&[]).unwrap();
        let key = StoreKey::generate().unwrap();
        let url = redis.url();
        Self {
            replicas: [(); 2].map(|()| Arc::new(Replica::start(&url, &key))),
            here: protection(&url, key),
            _redis: redis,
        }
    }

    /// Ada logs in.
    async fn login(&self) -> Begun {
        let verifier = CodeVerifier::random().unwrap();
        let query = form(&[
            ("response_type", "code"),
            ("client_id", "client"),
            ("redirect_uri", CALLBACK),
            ("code_challenge", &verifier.challenge()),
            ("code_challenge_method", "S256"),
        ]);
        let (headers, _) = self
            .send(Method::GET, &format!("/authorize?{query}"), None, "")
            .await;
        let cookie = headers[SET_COOKIE].to_str().unwrap();
        let cookie = cookie.split(';').next().unwrap();
        let page = headers[LOCATION].to_str().unwrap();
        let (_, text) = self.send(Method::GET, page, Some(cookie), "").await;
        let body = form(&[
            ("transaction", hidden(&text, "transaction")),
            ("csrf", hidden(&text, "csrf")),
            ("username", "ada"),
            ("action", "approve"),
        ]);
        let (headers, _) = self
            .send(Method::POST, "/consent", Some(cookie), &body)
            .await;
        let callback = Url::parse(headers[LOCATION].to_str().unwrap()).unwrap();
        let code = callback.query_pairs().find(|(name, _)| name == "code");
        Begun {
            code: code.unwrap().1.into_owned(),
            verifier,
        }
    }

    async fn send(
        &self,
        method: Method,
        uri: &str,
        cookie: Option<&str>,
        body: &str,
    ) -> (HeaderMap, String) {
        let mut request = Request::new(Full::new(Bytes::from(body.to_owned())));
        *request.method_mut() = method;
        *request.uri_mut() = uri.parse().unwrap();
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        request.headers_mut().insert(CONTENT_TYPE, form);
        if let Some(cookie) = cookie {
            let cookie = HeaderValue::from_str(cookie).unwrap();
            request.headers_mut().insert(COOKIE, cookie);
        }
        let routes = self.here.public_routes();
        let response = routes.respond(request, &Cors::default()).await;
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        (parts.headers, String::from_utf8(body.to_vec()).unwrap())
    }
}

fn form(pairs: &[(&str, &str)]) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(pairs).finish()
}

/// The value of a hidden field.
fn hidden<'p>(page: &'p str, name: &str) -> &'p str {
    let begin = format!(r#"name="{name}" value=""#);
    let (_, rest) = page.split_once(&begin).unwrap();
    rest.split('"').next().unwrap()
}

impl Begun {
    async fn redeem(&self, replica: &Replica) -> Fetched {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", &*self.code),
            ("code_verifier", self.verifier.expose()),
            ("redirect_uri", CALLBACK),
            ("client_id", "client"),
        ];
        replica.post("/token", &form).await
    }
}

async fn refresh(replica: &Replica, token: &str) -> Fetched {
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", token),
        ("client_id", "client"),
    ];
    replica.post("/token", &form).await
}

fn member(answer: &Fetched, name: &str) -> String {
    let body: Value = serde_json::from_slice(&answer.body).unwrap();
    let text = body[name].as_str();
    text.unwrap_or_else(|| panic!("no {name}: {body}"))
        .to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_hundred_redemptions_over_two_processes_exactly_one_wins() {
    let rig = Rig::start();
    let begun = Arc::new(rig.login().await);
    let mut tries = JoinSet::new();
    for n in 0..100 {
        let (begun, replica) = (Arc::clone(&begun), Arc::clone(&rig.replicas[n % 2]));
        tries.spawn(async move { begun.redeem(&replica).await });
    }
    let answers = tries.join_all().await;
    let (won, lost): (Vec<_>, Vec<_>) = answers.iter().partition(|one| one.status == 200);
    assert_eq!((won.len(), lost.len()), (1, 99));
    for answer in lost {
        assert_eq!(
            (answer.status.as_u16(), &*member(answer, "error")),
            (400, "invalid_grant")
        );
    }
    // Whoever comes after it is a thief, or comes after one: nobody goes on.
    let late = begun.redeem(&rig.replicas[0]).await;
    assert_eq!(member(&late, "error"), "invalid_grant");
    let won = won[0];
    assert_eq!(
        rig.replicas[0].call(&member(won, "access_token")).await,
        401
    );
    let refreshed = refresh(&rig.replicas[1], &member(won, "refresh_token")).await;
    assert_eq!(member(&refreshed, "error"), "invalid_grant");
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_refreshes_over_two_processes_give_all_the_same_successor() {
    let rig = Rig::start();
    let [one, other] = &rig.replicas;
    let first = rig.login().await.redeem(one).await;
    let token = member(&first, "refresh_token");
    let mut tries = JoinSet::new();
    for n in 0..50 {
        let (token, replica) = (token.clone(), Arc::clone(&rig.replicas[n % 2]));
        tries.spawn(async move { refresh(&replica, &token).await });
    }
    let answers = tries.join_all().await;
    let successors: BTreeSet<_> = answers
        .iter()
        .map(|answer| member(answer, "refresh_token"))
        .collect();
    assert_eq!(successors.len(), 1);
    for (n, answer) in answers.iter().enumerate() {
        let replica = [other, one][n % 2];
        assert_eq!(replica.call(&member(answer, "access_token")).await, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_dies_leaves_its_logins_to_the_other() {
    let rig = Rig::start();
    let begun = rig.login().await;
    let first = begun.redeem(&rig.replicas[0]).await;
    let other_code = rig.login().await;
    let Rig {
        replicas: [one, other],
        here: _here,
        _redis,
    } = rig;
    Arc::into_inner(one).unwrap().kill();
    assert_eq!(other.call(&member(&first, "access_token")).await, 200);
    let next = refresh(&other, &member(&first, "refresh_token")).await;
    assert_eq!(other.call(&member(&next, "access_token")).await, 200);
    let second = other_code.redeem(&other).await;
    assert_eq!(other.call(&member(&second, "access_token")).await, 200);
}
