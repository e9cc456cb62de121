use super::*;

#[tokio::test]
async fn tokens_are_refreshed_and_the_old_ones_end() {
    let rig = Rig::new();
    let (access, refresh) = rig.tokens().await;
    rig.advance(1800);
    let next = rig.refresh(&refresh, &[("resource", RESOURCE)]).await;
    assert!(next.is_ok(), "{next:?}");
    assert_ne!(next.text("refresh_token"), refresh);
    assert!(rig.admit(&next.text("access_token")).await.is_ok());
    rig.advance(31);
    assert!(rig.admit(&access).await.is_err());
    assert!(rig.admit(&next.text("access_token")).await.is_ok());
}

#[tokio::test]
async fn a_thief_and_the_owner_cannot_both_go_on() {
    let rig = Rig::new();
    let (_, stolen) = rig.tokens().await;
    let thief = rig.refresh(&stolen, &[]).await;
    assert!(thief.is_ok());
    rig.advance(31);
    let owner = rig.refresh(&stolen, &[]).await;
    assert_eq!(owner.error(), (400, "invalid_grant"));
    assert!(rig.admit(&thief.text("access_token")).await.is_err());
    let thief = rig.refresh(&thief.text("refresh_token"), &[]).await;
    assert_eq!(thief.error(), (400, "invalid_grant"));
}

#[tokio::test]
async fn scopes_get_narrower_and_never_wider() {
    let rig = Rig::new();
    let (_, token) = rig.tokens().await;
    for scope in ["read admin", "admin", "\u{e9}"] {
        let outcome = rig.refresh(&token, &[("scope", scope)]).await;
        assert_eq!(outcome.error(), (400, "invalid_scope"), "{scope}");
    }
    let narrow = rig
        .refresh(&token, &[("scope", "read offline_access")])
        .await;
    assert_eq!(narrow.text("scope"), "read");
    let principal = rig.admit(&narrow.text("access_token")).await.unwrap();
    assert_eq!(principal.scopes(), &ScopeSet::parse("read"));
}

#[tokio::test]
async fn only_the_client_it_was_issued_to_can_use_a_refresh_token() {
    let rig = Rig::new();
    let (_, token) = rig.tokens().await;
    let form = |client| {
        vec![
            ("grant_type", "refresh_token"),
            ("refresh_token", &*token),
            ("client_id", client),
        ]
    };
    let other = rig.post("/token", &form("two")).await;
    assert_eq!(other.error(), (400, "invalid_grant"));
    let elsewhere = [("resource", "https://other.example/mcp")];
    let elsewhere = rig.refresh(&token, &elsewhere).await;
    assert_eq!(elsewhere.error(), (400, "invalid_target"));
    let missing = [("grant_type", "refresh_token"), ("client_id", "one")];
    let missing = rig.post("/token", &missing).await;
    assert_eq!(missing.error(), (400, "invalid_request"));
    assert!(rig.post("/token", &form("one")).await.is_ok());
}
