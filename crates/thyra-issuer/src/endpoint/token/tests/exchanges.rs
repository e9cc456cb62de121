use super::*;

const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

fn rig() -> Rig {
    Rig::with(Store::memory(), |proxy| proxy.token_exchange(true))
}

fn form<'a>(token: &'a str, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut form = vec![
        (
            "grant_type",
            "urn:ietf:params:oauth:grant-type:token-exchange",
        ),
        ("subject_token", token),
        ("subject_token_type", ACCESS_TOKEN),
        ("client_id", "service"),
        ("client_secret", SECRET),
    ];
    for (name, value) in more {
        form.retain(|(other, _)| other != name);
        form.push((name, value));
    }
    form
}

#[tokio::test]
async fn a_service_gets_a_token_of_its_own_for_the_person_who_called_it() {
    let rig = rig();
    let (access, _) = rig.tokens().await;
    let answer = rig
        .post("/token", &form(&access, &[("scope", "read")]))
        .await;
    assert!(answer.is_ok(), "{answer:?}");
    assert_eq!(answer.text("issued_token_type"), ACCESS_TOKEN);
    assert_eq!(answer.text("scope"), "read");
    assert_eq!(answer.body["refresh_token"], Value::Null);
    let principal = rig.admit(&answer.text("access_token")).await.unwrap();
    assert_eq!(
        (principal.subject(), principal.client_id()),
        ("ada", Some("service"))
    );
    assert_eq!(principal.claim("act").unwrap()["sub"], "service");
    // It ends with the login that it came of.
    let revoke = [("token", &*access), ("client_id", "one")];
    assert!(rig.post("/revoke", &revoke).await.is_ok());
    assert!(rig.admit(&answer.text("access_token")).await.is_err());
}

#[tokio::test]
async fn only_services_exchange_and_only_good_tokens_of_this_server() {
    let rig = rig();
    let (access, refresh) = rig.tokens().await;
    for (what, token, change, error) in [
        (
            "a public client",
            &access,
            ("client_id", "one"),
            (400, "unauthorized_client"),
        ),
        (
            "a wrong secret",
            &access,
            ("client_secret", "x"),
            (401, "invalid_client"),
        ),
        (
            "more scopes",
            &access,
            ("scope", "read admin"),
            (400, "invalid_scope"),
        ),
        (
            "a refresh token",
            &refresh,
            ("scope", "read"),
            (400, "invalid_request"),
        ),
        (
            "another resource",
            &access,
            ("resource", "https://other.example"),
            (400, "invalid_target"),
        ),
        (
            "another audience",
            &access,
            ("audience", "https://other.example"),
            (400, "invalid_target"),
        ),
        (
            "an actor",
            &access,
            ("actor_token", "x"),
            (400, "invalid_request"),
        ),
        (
            "another kind of token",
            &access,
            (
                "subject_token_type",
                "urn:ietf:params:oauth:token-type:id_token",
            ),
            (400, "invalid_request"),
        ),
        (
            "a refresh token in return",
            &access,
            (
                "requested_token_type",
                "urn:ietf:params:oauth:token-type:refresh_token",
            ),
            (400, "invalid_request"),
        ),
    ] {
        let mut form = form(token, &[change]);
        if change.0 == "client_id" {
            form.retain(|(name, _)| *name != "client_secret");
        }
        let answer = rig.post("/token", &form).await;
        assert_eq!(answer.error(), error, "{what}");
    }
    let revoke = [("token", &*refresh), ("client_id", "one")];
    assert!(rig.post("/revoke", &revoke).await.is_ok());
    let late = rig.post("/token", &form(&access, &[])).await;
    assert_eq!(late.error(), (400, "invalid_request"));
}
