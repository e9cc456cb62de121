//! What vendors put into claims of their own.

use super::*;
use crate::principal::IdentityClaims;

/// A verifier whose claims have these names, and the verdict on changed claims.
async fn verdict(
    builder: JwtVerifierBuilder,
    changes: &Value,
) -> Result<Arc<Principal>, TokenRejected> {
    let token = testing::ec().token(&with(changes));
    judge(&builder.build().unwrap(), &token).await
}

fn ours() -> JwtVerifierBuilder {
    builder(key_set(&[testing::ec()]))
}

#[tokio::test]
async fn further_claims_hold_scopes() {
    let permissions = || ours().scope_claims(["permissions", "https://acme.example/scopes"]);
    for (changes, expected) in [
        (json!({}), "openid todo:read"),
        (json!({ "permissions": ["a", "b"] }), "openid todo:read a b"),
        (json!({ "permissions": "a b" }), "openid todo:read a b"),
        (
            json!({ "scope": "", "https://acme.example/scopes": ["c"] }),
            "c",
        ),
        (json!({ "Permissions": ["a"] }), "openid todo:read"),
    ] {
        let principal = verdict(permissions(), &changes).await.unwrap();
        assert_eq!(principal.scopes(), &ScopeSet::parse(expected), "{changes}");
    }
    for changes in [
        json!({ "permissions": { "a": true } }),
        json!({ "permissions": ["a", 1] }),
        json!({ "permissions": ["a b"] }),
        json!({ "permissions": 1 }),
    ] {
        assert_eq!(
            verdict(permissions(), &changes).await.unwrap_err(),
            TokenRejected::InvalidClaim(ClaimName::MoreScopes),
            "{changes}"
        );
    }
    let plain = verdict(ours(), &json!({ "permissions": ["a"] }))
        .await
        .unwrap();
    assert!(!plain.has_scope("a"), "only where it was asked for");
}

#[tokio::test]
async fn further_claims_name_the_client() {
    let clients = || ours().client_id_claims(["cid", "appid"]);
    for (changes, expected) in [
        (json!({ "cid": "c" }), Some("m2m_1")),
        (
            json!({ "client_id": null, "azp": "z", "cid": "c" }),
            Some("z"),
        ),
        (
            json!({ "client_id": null, "cid": "c", "appid": "a" }),
            Some("c"),
        ),
        (
            json!({ "client_id": "", "cid": " ", "appid": "a" }),
            Some("a"),
        ),
        (json!({ "client_id": null }), None),
    ] {
        let principal = verdict(clients(), &changes).await.unwrap();
        assert_eq!(principal.client_id(), expected, "{changes}");
    }
    let wrong = json!({ "client_id": null, "cid": 7 });
    assert_eq!(
        verdict(clients(), &wrong).await.unwrap_err(),
        TokenRejected::InvalidClaim(ClaimName::ClientId)
    );
    let own = json!({ "client_id": null, "cid": "usr_1" });
    let machine = verdict(clients(), &own).await.unwrap();
    assert_eq!(machine.kind(), PrincipalKind::Machine);
}

#[tokio::test]
async fn a_claim_may_have_to_have_a_value() {
    let access = || ours().required_claim("token_use", "access");
    assert!(
        verdict(access(), &json!({ "token_use": "access" }))
            .await
            .is_ok()
    );
    for changes in [
        json!({}),
        json!({ "token_use": "id" }),
        json!({ "token_use": "Access" }),
        json!({ "token_use": null }),
        json!({ "token_use": ["access"] }),
    ] {
        assert_eq!(
            verdict(access(), &changes).await.unwrap_err(),
            TokenRejected::ClaimNotAccepted,
            "{changes}"
        );
    }
    let either = || {
        access()
            .required_claim("token_use", "dpop")
            .required_claim("v", "2")
    };
    for (changes, good) in [
        (json!({ "token_use": "dpop", "v": "2" }), true),
        (json!({ "token_use": "access", "v": "2" }), true),
        (json!({ "token_use": "access", "v": 2 }), false),
        (json!({ "token_use": "dpop" }), false),
    ] {
        assert_eq!(verdict(either(), &changes).await.is_ok(), good, "{changes}");
    }
}

#[tokio::test]
async fn another_claim_may_stand_in_for_the_audience() {
    let client = || ours().audience_claim("client_id");
    // `aud` names this server, but it is not what counts.
    assert_eq!(
        verdict(client(), &json!({})).await.unwrap_err(),
        TokenRejected::AudienceMismatch
    );
    let ours_without_aud = json!({ "client_id": AUDIENCE, "aud": null });
    assert!(verdict(client(), &ours_without_aud).await.is_ok());
    for (changes, expected) in [
        (
            json!({ "client_id": "res_2" }),
            TokenRejected::AudienceMismatch,
        ),
        (json!({ "client_id": "" }), TokenRejected::AudienceMismatch),
        (
            json!({ "client_id": null }),
            TokenRejected::InvalidClaim(ClaimName::Aud),
        ),
    ] {
        assert_eq!(
            verdict(client(), &changes).await.unwrap_err(),
            expected,
            "{changes}"
        );
    }
    let mut claims = claims();
    claims.as_object_mut().unwrap().remove("client_id");
    let token = testing::ec().token(&claims);
    assert_eq!(
        judge(&client().build().unwrap(), &token).await.unwrap_err(),
        TokenRejected::MissingClaim(ClaimName::Aud)
    );
}

#[tokio::test]
async fn a_claim_may_say_that_the_client_acts_for_itself() {
    let grant = || ours().machine_claim("gty", "client-credentials");
    let kind = async |changes: Value| verdict(grant(), &changes).await.unwrap().kind();
    assert_eq!(kind(json!({})).await, PrincipalKind::User);
    assert_eq!(
        kind(json!({ "gty": "password" })).await,
        PrincipalKind::User
    );
    assert_eq!(
        kind(json!({ "gty": ["client-credentials"] })).await,
        PrincipalKind::User
    );
    let machine = kind(json!({ "gty": "client-credentials" })).await;
    assert_eq!(machine, PrincipalKind::Machine);
}

#[tokio::test]
async fn the_identity_is_read_from_the_claims_of_the_vendor() {
    let roles = IdentityClaims::default().roles(["realm_access", "roles"]);
    let changes = json!({ "realm_access": { "roles": ["admin"] }, "email": "ada@example.com" });
    let ada = verdict(ours().identity(roles), &changes).await.unwrap();
    assert_eq!(ada.roles().collect::<Vec<_>>(), ["admin"]);
    assert_eq!(ada.email(), Some("ada@example.com"));
    assert_eq!(ada.tenant(), Some("org_1"));
    let plain = verdict(ours(), &changes).await.unwrap();
    assert_eq!(plain.roles().count(), 0);
}

#[tokio::test]
async fn issuers_may_follow_a_pattern() {
    let pattern = IssuerPattern::new("https://login.example.com/", "/v2.0").unwrap();
    let issuers = Issuers::matching(pattern.segment_equals_claim("tid"));
    let audience = Audience::any_of([AUDIENCE]).unwrap();
    let verifier = JwtVerifier::builder(key_set(&[testing::ec()]), issuers, audience)
        .clock(clock())
        .build()
        .unwrap();
    let judged = async |iss: &str, tid: Value| {
        let claims = with(&json!({ "iss": iss, "tid": tid }));
        judge(&verifier, &testing::ec().token(&claims)).await
    };
    let issuer = "https://login.example.com/t1/v2.0";
    assert_eq!(judged(issuer, json!("t1")).await.unwrap().issuer(), issuer);
    for (iss, tid) in [
        (issuer, json!("t2")),
        (issuer, json!(null)),
        ("https://login.example.com/t2/v2.0", json!("t1")),
        ("https://login.example.com/t1/v1.0", json!("t1")),
        (ISSUER, json!("t1")),
    ] {
        assert_eq!(
            judged(iss, tid).await.unwrap_err(),
            TokenRejected::IssuerMismatch,
            "{iss}"
        );
    }
}
