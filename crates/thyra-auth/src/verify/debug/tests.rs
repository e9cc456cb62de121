use super::*;

async fn judge(verifier: &DebugVerifier, token: &str) -> Result<Arc<Principal>, TokenRejected> {
    let token = BearerToken::new(token);
    assert!(
        verifier.check_cached(&token).is_none(),
        "nothing is remembered"
    );
    match verifier.verify(&token).await {
        Verdict::Accepted(principal) => Ok(principal),
        Verdict::Rejected(reason) => Err(reason),
        Verdict::Unavailable(_) => panic!("nothing can be unavailable"),
    }
}

#[tokio::test]
async fn the_function_decides() {
    let ada = Principal::builder("https://issuer.example", "ada").build();
    let now = DebugVerifier::accepting(|token| token.starts_with("dev-")).principal(ada.clone());
    let later = DebugVerifier::accepting_async(async |token: Secret| {
        tokio::task::yield_now().await;
        token.expose().starts_with("dev-")
    })
    .principal(ada);
    for verifier in [now, later] {
        assert_eq!(judge(&verifier, "dev-1").await.unwrap().subject(), "ada");
        assert_eq!(
            judge(&verifier, "prod-1").await.unwrap_err(),
            TokenRejected::UnknownToken
        );
    }
}

#[tokio::test]
async fn without_a_principal_the_caller_is_nobody_in_particular() {
    let verifier = DebugVerifier::accepting(|_| true);
    let principal = judge(&verifier, "anything").await.unwrap();
    assert_eq!(
        (principal.subject(), principal.issuer()),
        ("debug", "urn:thyra:debug")
    );
    assert!(principal.scopes().is_empty());
}

#[tokio::test]
async fn a_blank_or_endless_token_is_refused_without_asking() {
    let verifier = DebugVerifier::accepting(|token| panic!("asked about {} bytes", token.len()));
    for blank in ["", " ", "\t\n"] {
        assert_eq!(
            judge(&verifier, blank).await.unwrap_err(),
            TokenRejected::Malformed
        );
    }
    assert_eq!(
        judge(&verifier, &"a".repeat(MAX_TOKEN + 1))
            .await
            .unwrap_err(),
        TokenRejected::TooLarge
    );
}

#[tokio::test]
async fn a_function_that_panics_refuses() {
    let now = DebugVerifier::accepting(|_| panic!("broken"));
    let at_once = DebugVerifier::accepting_async(|_| -> BoxFuture<'static, bool> {
        panic!("broken before it began")
    });
    let later = DebugVerifier::accepting_async(async |_| {
        tokio::task::yield_now().await;
        panic!("broken")
    });
    for verifier in [now, at_once, later] {
        for _ in 0..2 {
            assert_eq!(
                judge(&verifier, "token").await.unwrap_err(),
                TokenRejected::UnknownToken
            );
        }
    }
}

#[test]
fn it_says_what_it_is_and_shows_no_token() {
    let verifier = DebugVerifier::accepting(|token| token == "hunter2");
    let warnings = verifier.warnings();
    assert!(
        warnings.len() == 1 && warnings[0].starts_with("DEBUG: "),
        "{warnings:?}"
    );
    let shown = format!("{verifier:?}");
    assert!(
        shown.starts_with("DebugVerifier") && !shown.contains("hunter2"),
        "{shown}"
    );
}
