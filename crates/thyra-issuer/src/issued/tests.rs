use thyra_auth::SigningKey;

use super::*;
use crate::grant::testing::{ISSUER, RESOURCE, Rig, START, redeemed, upstream};
use crate::grant::{Exchange, Issued, RenewError};
use crate::record::SignedIn;

const HOUR: u64 = 3600;

fn verifier(rig: &Rig) -> IssuedVerifier {
    let clock: Arc<dyn Clock> = Arc::new(rig.clock.clone());
    IssuedVerifier::new(&rig.grants, RESOURCE, &clock, Vec::new()).unwrap()
}

async fn begun(rig: &Rig) -> (String, Issued) {
    let code = redeemed(Some(upstream(1, Some(START + HOUR))));
    let id = code.grant_id.clone();
    (id, rig.grants.begin(code, true).await.unwrap())
}

async fn verdict(verifier: &IssuedVerifier, issued: &Issued) -> Verdict {
    let token = BearerToken::new(issued.access_token.expose());
    verifier.verify(&token).await
}

fn rejected(verdict: &Verdict) -> Option<TokenRejected> {
    match verdict {
        Verdict::Rejected(reason) => Some(*reason),
        _ => None,
    }
}

#[tokio::test]
async fn a_principal_is_the_person_with_what_the_token_says() {
    let rig = Rig::new();
    let (id, issued) = begun(&rig).await;
    let verifier = verifier(&rig);
    let Verdict::Accepted(principal) = verdict(&verifier, &issued).await else {
        panic!("it is good")
    };
    assert_eq!(principal.issuer(), ISSUER);
    assert_eq!(principal.subject(), "ada");
    assert_eq!(principal.client_id(), Some("client"));
    assert_eq!(principal.scopes(), &ScopeSet::parse("read write"));
    assert_eq!(principal.claim("email").unwrap(), "ada@example.com");
    assert_eq!(principal.claim("sid").unwrap(), &*id);
    assert_eq!(principal.claim("aud").unwrap(), RESOURCE);
    assert_eq!(
        principal.expires_at(),
        Some(Duration::from_secs(START + HOUR))
    );
    // Nothing of the identity provider's tokens.
    let shown = format!("{:?}", principal.claims().iter().collect::<Vec<_>>());
    assert!(
        !shown.contains("access 1") && !shown.contains("refresh 1"),
        "{shown}"
    );
    let token = BearerToken::new(issued.access_token.expose());
    assert!(verifier.check_cached(&token).is_some());
    assert!(verifier.knows_issuer(ISSUER) && !verifier.knows_issuer("https://other"));
}

#[tokio::test]
async fn what_is_ended_here_ends_at_once_and_elsewhere_within_seconds() {
    let rig = Rig::new();
    let (id, issued) = begun(&rig).await;
    let here = verifier(&rig);
    let clock: Arc<dyn Clock> = Arc::new(rig.clock.clone());
    let elsewhere = IssuedVerifier::new(&rig.replica(), RESOURCE, &clock, Vec::new()).unwrap();
    let Verdict::Accepted(principal) = verdict(&here, &issued).await else {
        panic!("it is good")
    };
    assert!(matches!(
        verdict(&elsewhere, &issued).await,
        Verdict::Accepted(_)
    ));
    assert!(!here.is_revoked(&principal));
    let grant = rig.grants.find(&id).await.unwrap().unwrap();
    rig.grants.end(&id, &grant).await.unwrap();
    assert_eq!(
        rejected(&verdict(&here, &issued).await),
        Some(TokenRejected::Denied)
    );
    assert!(here.is_revoked(&principal));
    rig.advance(KEEP.as_secs());
    let late = verdict(&elsewhere, &issued).await;
    assert_eq!(rejected(&late), Some(TokenRejected::Inactive));
}

#[tokio::test]
async fn a_refresh_ends_the_access_token_before_it() {
    let rig = Rig::new();
    let (_, first) = begun(&rig).await;
    let verifier = verifier(&rig);
    rig.advance(60);
    let token = first.refresh_token.as_ref().unwrap().expose();
    let second = rig.grants.refresh(token, "client", None).await.unwrap();
    assert!(matches!(
        verdict(&verifier, &second).await,
        Verdict::Accepted(_)
    ));
    // In the grace window it works, and is not kept for longer.
    rig.advance(25);
    assert!(matches!(
        verdict(&verifier, &first).await,
        Verdict::Accepted(_)
    ));
    rig.advance(5);
    let late = verdict(&verifier, &first).await;
    assert_eq!(rejected(&late), Some(TokenRejected::Inactive));
    assert!(matches!(
        verdict(&verifier, &second).await,
        Verdict::Accepted(_)
    ));
}

#[tokio::test]
async fn the_login_upstream_is_renewed_unseen_and_its_claims_are_read_again() {
    let rig = Rig::new();
    let (_, issued) = begun(&rig).await;
    let verifier = verifier(&rig);
    let token = issued.refresh_token.as_ref().unwrap().expose();
    rig.advance(HOUR - 30);
    let issued = rig.grants.refresh(token, "client", None).await.unwrap();
    rig.advance(30);
    rig.provider.will(Ok(SignedIn {
        subject: "ada".to_owned(),
        claims: Map::from_iter([("email".to_owned(), "ada@new.example".into())]),
        scopes: Some(ScopeSet::parse("read")),
        tokens: Some(upstream(2, Some(START + 2 * HOUR))),
    }));
    let Verdict::Accepted(principal) = verdict(&verifier, &issued).await else {
        panic!("it is good")
    };
    assert_eq!(principal.claim("email").unwrap(), "ada@new.example");
    assert_eq!(principal.scopes(), &ScopeSet::parse("read"));
    assert_eq!(principal.claim("scope").unwrap(), "read");
}

#[tokio::test]
async fn a_login_that_is_over_upstream_is_401_and_an_outage_is_503() {
    let rig = Rig::new();
    let verifier = verifier(&rig);
    let (_, issued) = begun(&rig).await;
    let (_, other) = begun(&rig).await;
    let (_, third) = begun(&rig).await;
    let token = third.refresh_token.as_ref().unwrap().expose();
    rig.advance(HOUR - 60);
    for issued in [&issued, &other] {
        assert!(matches!(
            verdict(&verifier, issued).await,
            Verdict::Accepted(_)
        ));
    }
    rig.provider.will(Ok(SignedIn {
        subject: "ada".to_owned(),
        claims: Map::new(),
        scopes: None,
        tokens: Some(upstream(2, Some(START + 2 * HOUR))),
    }));
    let third = rig.grants.refresh(token, "client", None).await.unwrap();
    // Ours have five seconds of leeway beyond theirs.
    rig.advance(60);
    let retry_after = None;
    rig.provider
        .will(Err(RenewError::Unavailable { retry_after }));
    let outage = verdict(&verifier, &issued).await;
    assert!(matches!(outage, Verdict::Unavailable(_)), "{outage:?}");
    // It keeps nobody else out.
    assert!(matches!(
        verdict(&verifier, &third).await,
        Verdict::Accepted(_)
    ));
    rig.provider.will(Err(RenewError::Over));
    let over = verdict(&verifier, &other).await;
    assert_eq!(rejected(&over), Some(TokenRejected::Inactive));
}

#[tokio::test]
async fn tokens_of_others_are_refused() {
    let rig = Rig::new();
    let (id, issued) = begun(&rig).await;
    let clock: Arc<dyn Clock> = Arc::new(rig.clock.clone());
    // For another resource.
    let other = "https://issuer.example/other";
    let other = IssuedVerifier::new(&rig.grants, other, &clock, Vec::new()).unwrap();
    let outcome = verdict(&other, &issued).await;
    assert_eq!(rejected(&outcome), Some(TokenRejected::AudienceMismatch));
    // Signed with a key that is not ours, and of a grant that is not there.
    let verifier = verifier(&rig);
    let key = SigningKey::generate().unwrap().key_id("other");
    let claims = |sid: &str| {
        serde_json::json!({
            "iss": ISSUER, "aud": RESOURCE, "sub": "ada", "client_id": "client", "scope": "read",
            "iat": START, "exp": START + HOUR, "jti": format!("{sid}.x"), "sid": sid, "gen": 0,
        })
    };
    let typ = Map::from_iter([("typ".to_owned(), Value::from("at+jwt"))]);
    let forged = key.sign(typ, &claims(&id)).unwrap();
    let outcome = verifier.verify(&BearerToken::new(forged.expose())).await;
    assert_eq!(rejected(&outcome), Some(TokenRejected::UnknownKey));
    let unknown = rig
        .grants
        .keys()
        .sign(&claims(&"A".repeat(22)))
        .await
        .unwrap();
    let outcome = verifier.verify(&BearerToken::new(unknown.expose())).await;
    assert_eq!(rejected(&outcome), Some(TokenRejected::Inactive));
    // The refresh token is no access token.
    let refresh = issued.refresh_token.unwrap();
    let outcome = verifier.verify(&BearerToken::new(refresh.expose())).await;
    assert!(rejected(&outcome).is_some());
}

#[tokio::test]
async fn an_exchanged_token_is_narrower_says_who_acts_and_ends_with_its_grant() {
    let rig = Rig::new();
    let (id, issued) = begun(&rig).await;
    let clock: Arc<dyn Clock> = Arc::new(rig.clock.clone());
    let tokens = IssuedTokens::new(Arc::clone(&rig.grants), RESOURCE, clock).unwrap();
    rig.advance(600);
    let signed = tokens.read(issued.access_token.expose()).await.unwrap();
    let read = ScopeSet::parse("read");
    let exchange = Exchange {
        signed: &signed,
        client_id: "service",
        asked: Some(&read),
    };
    let narrower = rig.grants.exchange(exchange).await.unwrap();
    assert!(narrower.refresh_token.is_none());
    assert_eq!((narrower.expires_in, &narrower.scopes), (HOUR - 600, &read));
    let verifier = verifier(&rig);
    let Verdict::Accepted(principal) = verdict(&verifier, &narrower).await else {
        panic!("it is good")
    };
    assert_eq!(principal.subject(), "ada");
    assert_eq!(principal.client_id(), Some("service"));
    assert_eq!(principal.claim("act").unwrap()["sub"], "service");
    // It never becomes wider again, and names everybody who has had it.
    let signed = tokens.read(narrower.access_token.expose()).await.unwrap();
    let wider = Exchange {
        signed: &signed,
        client_id: "other",
        asked: Some(&ScopeSet::parse("read write")),
    };
    let outcome = rig.grants.exchange(wider).await;
    assert!(matches!(outcome, Err(GrantError::Scope)));
    let further = Exchange {
        asked: None,
        ..wider
    };
    let further = rig.grants.exchange(further).await.unwrap();
    let signed = tokens.read(further.access_token.expose()).await.unwrap();
    assert_eq!(signed.claim("act").unwrap()["act"]["sub"], "service");
    let grant = rig.grants.find(&id).await.unwrap().unwrap();
    rig.grants.end(&id, &grant).await.unwrap();
    let late = verdict(&verifier, &narrower).await;
    assert_eq!(rejected(&late), Some(TokenRejected::Denied));
    let outcome = rig.grants.exchange(exchange).await;
    assert!(matches!(outcome, Err(GrantError::Unknown)));
}
