//! `InMemoryAuth` as a browser and a client meet it: from the request to the token.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "helpers of tests fail as tests do"
)]

mod visit;

use http::StatusCode;
use serde_json::json;
use thyra_issuer::{InMemoryAuth, InMemoryUser};

use crate::visit::{BASE_URL, Visit};

fn auth() -> InMemoryAuth {
    InMemoryAuth::new(BASE_URL)
        .required_scopes(["notes:read"])
        .valid_scopes(["notes:write"])
}

fn with_passwords() -> InMemoryAuth {
    let ada = InMemoryUser::new("ada")
        .name("Ada Lovelace")
        .password("engine");
    let eve = InMemoryUser::new("eve")
        .password("apple")
        .scopes(["notes:read"])
        .claim("groups", json!(["guests"]));
    auth().user(ada).user(eve)
}

#[tokio::test]
async fn whoever_opens_the_page_chooses_one_of_two() {
    let mut visit = Visit::of(&auth());
    visit.begin("notes:read").await;
    let page = visit.page().await;
    for part in ["Ada Lovelace", "grace@example.com", "notes:read", "A test"] {
        assert!(page.contains(part), "{part} in {page}");
    }
    let answer = visit
        .decide(&[("action", "approve"), ("username", "grace")])
        .await;
    let caller = visit.caller(&answer).await;
    assert_eq!(caller.subject(), "grace");
    assert_eq!(caller.claim("name"), Some(&json!("Grace Hopper")));
    assert_eq!(caller.issuer(), BASE_URL);
    assert!(caller.has_scope("notes:read"));
}

#[tokio::test]
async fn somebody_who_is_not_on_the_list_does_not_sign_in() {
    let mut visit = Visit::of(&auth());
    visit.begin("").await;
    visit.page().await;
    for username in ["mallory", "", "ADA", "ada "] {
        let answer = visit
            .decide(&[("action", "approve"), ("username", username)])
            .await;
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{username}");
    }
    let answer = visit
        .decide(&[("action", "approve"), ("username", "ada")])
        .await;
    assert_eq!(visit.caller(&answer).await.subject(), "ada");
}

#[tokio::test]
async fn a_wrong_password_is_told_and_the_right_one_is_taken() {
    let mut visit = Visit::of(&with_passwords());
    visit.begin("").await;
    let page = visit.page().await;
    assert!(
        !page.contains("Ada Lovelace"),
        "the page names nobody who has a password"
    );
    let mut said = Vec::new();
    for (username, password) in [("ada", "apple"), ("ada", ""), ("mallory", "engine")] {
        let answer = visit
            .decide(&[
                ("action", "approve"),
                ("username", username),
                ("password", password),
            ])
            .await;
        assert_eq!(answer.status(), StatusCode::FORBIDDEN);
        let page = String::from_utf8(answer.into_body().to_vec()).unwrap();
        assert!(!page.contains("engine"), "a password is never repeated");
        let alert = page.split("role=\"alert\"").nth(1).unwrap();
        said.push(alert.split("</p>").next().unwrap().to_owned());
    }
    assert!(
        said.iter().all(|one| *one == said[0]),
        "nobody learns which was wrong: {said:?}"
    );
    let answer = visit
        .decide(&[
            ("action", "approve"),
            ("username", "ada"),
            ("password", "engine"),
        ])
        .await;
    assert_eq!(visit.caller(&answer).await.subject(), "ada");
}

#[tokio::test]
async fn five_wrong_passwords_rest_a_user_whoever_types_them() {
    let auth = with_passwords();
    let mut thief = Visit::of(&auth);
    let mut owner = thief.another_browser();
    let typed = |password| {
        [
            ("action", "approve"),
            ("username", "ada"),
            ("password", password),
        ]
    };
    thief.begin("").await;
    thief.page().await;
    for _ in 0..5 {
        thief.decide(&typed("guess")).await;
    }
    owner.begin("").await;
    owner.page().await;
    let answer = owner.decide(&typed("engine")).await;
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    owner.clock.advance(std::time::Duration::from_mins(1));
    let answer = owner.decide(&typed("engine")).await;
    assert_eq!(owner.caller(&answer).await.subject(), "ada");
}

#[tokio::test]
async fn a_person_grants_what_they_may_and_no_more() {
    let mut visit = Visit::of(&with_passwords());
    visit.begin("notes:read notes:write").await;
    visit.page().await;
    let answer = visit
        .decide(&[
            ("action", "approve"),
            ("username", "eve"),
            ("password", "apple"),
        ])
        .await;
    let caller = visit.caller(&answer).await;
    assert!(caller.has_scope("notes:read") && !caller.has_scope("notes:write"));
    assert_eq!(caller.claim("groups"), Some(&json!(["guests"])));
}

#[tokio::test]
async fn a_person_who_refuses_is_asked_no_more() {
    let mut visit = Visit::of(&auth());
    visit.begin("").await;
    visit.page().await;
    let answer = visit.decide(&[("action", "deny")]).await;
    let location = Visit::location(&answer);
    assert_eq!(
        visit::parameter(&location, "error").as_deref(),
        Some("access_denied")
    );
    assert_eq!(
        visit::parameter(&location, "iss").as_deref(),
        Some(BASE_URL)
    );
    assert_eq!(
        visit::parameter(&location, "state").as_deref(),
        Some("a state")
    );
    let again = visit
        .decide(&[("action", "approve"), ("username", "ada")])
        .await;
    assert_eq!(again.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_form_without_the_page_before_it_signs_nobody_in() {
    let mut visit = Visit::of(&auth());
    visit.begin("").await;
    visit.page().await;
    let mut stranger = visit.another_browser();
    stranger.borrow_form(&visit);
    let answer = stranger
        .decide(&[("action", "approve"), ("username", "ada")])
        .await;
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
}
