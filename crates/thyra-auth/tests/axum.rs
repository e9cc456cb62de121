//! `thyra-auth` in an application of axum: the caller as an extractor, scopes on a route, and the
//! documents as a router.

#![expect(
    clippy::unwrap_used,
    reason = "a helper that fails is a test that fails"
)]

use axum::Router;
use axum::body::Body;
use axum::routing::{get, post};
use http::{Method, Request, StatusCode, header};
use http_body_util::BodyExt;
use thyra_auth::{
    AuthProvider, Confirmation, DpopPolicy, Principal, Protection, Secret, StaticAuth, SystemClock,
};
use thyra_oauth::{DpopProof, SigningKey};
use tower_service::Service;
use url::Url;

fn protection() -> Protection {
    let caller = |name: &str, scopes: &[&str]| {
        Principal::builder("https://issuer.example", name)
            .scopes(scopes.to_vec())
            .build()
    };
    StaticAuth::new("https://api.example.com")
        .required_scopes(["notes:read"])
        .token("ada-token", caller("ada", &["notes:read", "notes:write"]))
        .token("bob-token", caller("bob", &["notes:read"]))
        .protection("/api")
        .unwrap()
}

async fn whoami(caller: Principal) -> String {
    caller.subject().to_owned()
}

async fn greet(caller: Option<Principal>) -> String {
    caller.map_or_else(|| "nobody".to_owned(), |caller| caller.subject().to_owned())
}

/// An API under `/api`, with pages beside it that look at the caller in every possible way.
fn app() -> Router {
    let protection = protection();
    let api = Router::new()
        .route("/me", get(whoami))
        .route(
            "/notes",
            get(async || "[]")
                .merge(post(whoami).layer(protection.require_scopes(["notes:write"]))),
        )
        .layer(protection.layer());
    let optional = Router::new()
        .route("/greet", get(greet))
        .route("/account", get(whoami))
        .layer(protection.optional_layer());
    Router::new()
        .nest("/api", api)
        .merge(optional)
        .route("/open", get(greet))
        .route("/forgotten", get(whoami))
        .merge(protection.public_routes().router())
}

struct Answer {
    status: StatusCode,
    challenge: String,
    body: String,
}

async fn ask(method: &str, path: &str, token: Option<&str>) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    if let Some(token) = token {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    let request = request.body(Body::empty()).unwrap();
    let Ok(response) = app().call(request).await;
    let (parts, body) = response.into_parts();
    let challenge = parts.headers.get(header::WWW_AUTHENTICATE);
    let body = body.collect().await.unwrap().to_bytes();
    Answer {
        status: parts.status,
        challenge: challenge.map_or_else(String::new, |it| it.to_str().unwrap().to_owned()),
        body: String::from_utf8(body.to_vec()).unwrap(),
    }
}

#[tokio::test]
async fn a_handler_takes_the_caller() {
    let answer = ask("GET", "/api/me", Some("bob-token")).await;
    assert_eq!(
        (answer.status, answer.body.as_str()),
        (StatusCode::OK, "bob")
    );
    let answer = ask("GET", "/api/me", None).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    let document = "https://api.example.com/.well-known/oauth-protected-resource/api";
    assert!(answer.challenge.contains(document), "{}", answer.challenge);
}

#[tokio::test]
async fn a_method_of_a_route_needs_a_scope() {
    let answer = ask("POST", "/api/notes", Some("ada-token")).await;
    assert_eq!(
        (answer.status, answer.body.as_str()),
        (StatusCode::OK, "ada")
    );
    let answer = ask("POST", "/api/notes", Some("bob-token")).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(answer.challenge.contains(r#"error="insufficient_scope""#));
    assert!(
        answer
            .challenge
            .contains(r#"scope="notes:read notes:write""#)
    );
    let answer = ask("GET", "/api/notes", Some("bob-token")).await;
    assert_eq!(answer.status, StatusCode::OK);
}

#[tokio::test]
async fn an_optional_caller_may_be_nobody() {
    for path in ["/greet", "/open"] {
        let answer = ask("GET", path, None).await;
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (StatusCode::OK, "nobody")
        );
    }
    let answer = ask("GET", "/greet", Some("ada-token")).await;
    assert_eq!(answer.body, "ada");
    let answer = ask("GET", "/greet", Some("wrong")).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_handler_that_needs_a_caller_says_what_is_missing() {
    // Behind the optional layer, the caller can bring a token.
    let answer = ask("GET", "/account", None).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert!(answer.challenge.contains("resource_metadata="));
    // Without a layer, the program is wrong. The caller learns nothing of it, and gets nothing.
    let answer = ask("GET", "/forgotten", Some("ada-token")).await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(
        answer.body,
        r#"{"error":"server_error","error_description":"This operation cannot be used: the server does not check who calls it."}"#
    );
}

#[tokio::test]
async fn the_documents_are_a_router() {
    for path in [
        "/.well-known/oauth-protected-resource/api",
        "/.well-known/oauth-protected-resource",
    ] {
        let answer = ask("GET", path, None).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert!(
            answer
                .body
                .contains(r#""resource":"https://api.example.com/api""#)
        );
        assert_eq!(
            ask("OPTIONS", path, None).await.status,
            StatusCode::NO_CONTENT
        );
        let answer = ask("DELETE", path, None).await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
    }
}

#[tokio::test]
async fn a_proof_is_for_the_path_before_a_router_took_a_prefix_away() {
    let key = SigningKey::generate().unwrap();
    let bound = Confirmation::key(key.thumbprint().parse().unwrap());
    let ada = Principal::builder("https://issuer.example", "ada").confirmation(bound);
    let protection = StaticAuth::new("https://mcp.example.com")
        .token("bound", ada.build())
        .dpop(DpopPolicy::required())
        .protection("/api")
        .unwrap();
    let notes = Router::new()
        .route("/notes", get(async || "[]"))
        .layer(protection.layer());
    let app = Router::new().nest("/api", notes);
    for (path, status) in [("/api/notes", 200), ("/notes", 401)] {
        let url = format!("https://mcp.example.com{path}");
        let proof = DpopProof {
            method: &Method::GET,
            url: &Url::parse(&url).unwrap(),
            token: Some(&Secret::new("bound".to_owned())),
            nonce: None,
        };
        let request = Request::get("/api/notes")
            .header("authorization", "DPoP bound")
            .header("dpop", proof.sign(&key, &SystemClock).unwrap());
        let request = request.body(Body::empty()).unwrap();
        let answer = app.clone().call(request).await.unwrap();
        assert_eq!(answer.status(), status, "{path}");
    }
}
