use super::*;

#[tokio::test]
async fn either_token_ends_the_login_and_a_public_client_needs_no_secret() {
    let rig = Rig::new();
    for hint in [None, Some("access_token"), Some("refresh_token"), Some("x")] {
        for kind in [0, 1] {
            let (access, refresh) = rig.tokens().await;
            assert!(rig.admit(&access).await.is_ok());
            let token = [&access, &refresh][kind];
            let mut form = vec![("token", token.as_str()), ("client_id", "one")];
            form.extend(hint.map(|hint| ("token_type_hint", hint)));
            let answer = rig.post("/revoke", &form).await;
            assert!(answer.is_ok(), "{answer:?}");
            assert!(rig.admit(&access).await.is_err());
            let refreshed = rig.refresh(&refresh, &[]).await;
            assert_eq!(refreshed.error(), (400, "invalid_grant"));
        }
    }
}

#[tokio::test]
async fn tokens_of_others_and_of_nobody_are_answered_alike_and_stay() {
    let rig = Rig::new();
    let (access, refresh) = rig.tokens().await;
    for (token, client) in [
        (&*access, "two"),
        (&*refresh, "two"),
        ("unknown", "one"),
        ("a.b.c", "one"),
        (&format!("{}.0.{}", "A".repeat(22), "A".repeat(43)), "one"),
    ] {
        let form = [("token", token), ("client_id", client)];
        assert!(rig.post("/revoke", &form).await.is_ok(), "{token}");
    }
    assert!(rig.admit(&access).await.is_ok());
    let nothing = rig.post("/revoke", &[("client_id", "one")]).await;
    assert_eq!(nothing.error(), (400, "invalid_request"));
    let nobody = [("token", &*access), ("client_id", "nobody")];
    assert_eq!(
        rig.post("/revoke", &nobody).await.error(),
        (401, "invalid_client")
    );
    let service = [("token", &*access), ("client_id", "service")];
    assert_eq!(
        rig.post("/revoke", &service).await.error(),
        (401, "invalid_client")
    );
}

#[tokio::test]
async fn a_token_that_has_ended_needs_no_revocation() {
    let rig = Rig::new();
    let (access, _) = rig.tokens().await;
    rig.advance(3700);
    let form = [("token", &*access), ("client_id", "one")];
    assert!(rig.post("/revoke", &form).await.is_ok());
}
