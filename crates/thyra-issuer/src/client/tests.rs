use std::time::Duration;

use serde_json::json;
use thyra_oauth::{ManualClock, Secret};

use super::*;

fn rules(configured: Vec<IssuerClient>) -> ClientRules {
    ClientRules {
        configured,
        redirect_patterns: None,
        registration: RegistrationPolicy::open(),
        identity_assertion: false,
        valid_scopes: ScopeSet::default(),
        documents: DocumentReach::Public,
        issuer: "https://as.example".to_owned(),
        token_endpoint: "https://as.example/token".to_owned(),
    }
}

fn clients(rules: ClientRules) -> Result<Clients, IssuerClientError> {
    let clock = ManualClock::new(Duration::from_hours(495_000));
    Clients::new(rules, Store::memory(), Fetcher::new(), Arc::new(clock))
}

fn reports() -> IssuerClient {
    IssuerClient::new("reports", ["https://reports.example/cb"])
}

#[tokio::test]
async fn clients_are_set_up_or_have_registered() {
    let reports = reports().name("Re\u{202e}ports").scopes(["read"]);
    let clients = clients(rules(vec![reports])).unwrap();
    let client = clients.find("reports").await.unwrap();
    assert_eq!(client.kind, ClientKind::Configured);
    assert_eq!(client.name.as_deref(), Some("Reports"));
    assert_eq!(client.scopes, Some(ScopeSet::from(["read"])));
    assert!(client.grant_types.contain(GrantType::JwtBearer));
    assert!(client.accepts("https://reports.example/cb").is_ok());
    let only = client.only_redirect_uri().unwrap();
    assert_eq!(only.as_str(), "https://reports.example/cb");

    let body = json!({ "redirect_uris": ["http://localhost/cb", "cursor://cb"] }).to_string();
    let answer = clients.register(body.as_bytes()).await.unwrap();
    let client = clients
        .find(answer["client_id"].as_str().unwrap())
        .await
        .unwrap();
    assert_eq!(client.kind, ClientKind::Registered);
    assert!(client.accepts("http://localhost:1/cb").is_ok());
    assert!(client.only_redirect_uri().is_none());
    clients.confirm(&client).await;

    for unknown in [
        "",
        "Reports",
        "AAAAAAAAAAAAAAAAAAAAAA",
        "a b",
        "\u{e9}",
        &"x".repeat(100_000),
    ] {
        let error = clients.find(unknown).await.unwrap_err();
        assert!(
            matches!(error, ClientError::Unknown),
            "{unknown:.30}: {error:?}"
        );
    }
}

#[tokio::test]
async fn patterns_narrow_what_clients_have_registered() {
    let patterns = |patterns: &[&str]| ClientRules {
        redirect_patterns: Some(RedirectPatterns::new(patterns).unwrap()),
        ..rules(vec![reports()])
    };
    let some = clients(patterns(&["https://*.example", "http://localhost"])).unwrap();
    let client = some.find("reports").await.unwrap();
    assert!(client.accepts("https://reports.example/cb").is_ok());
    // Allowed, but not the client's.
    assert_eq!(
        client.accepts("https://other.example/cb"),
        Err(RedirectRefused::NotRegistered)
    );
    let body = json!({ "redirect_uris": ["http://localhost/cb"] }).to_string();
    let answer = some.register(body.as_bytes()).await.unwrap();
    let registered = some
        .find(answer["client_id"].as_str().unwrap())
        .await
        .unwrap();
    assert!(registered.accepts("http://localhost:7/cb").is_ok());

    let none = clients(patterns(&[])).unwrap();
    let client = none.find("reports").await.unwrap();
    assert_eq!(
        client.accepts("https://reports.example/cb"),
        Err(RedirectRefused::NotAllowed)
    );
    assert!(client.only_redirect_uri().is_none());
    assert!(none.register(body.as_bytes()).await.is_err());
}

#[test]
fn a_client_that_cannot_be_used_is_an_error_at_the_start() {
    let secret = |text: &str| Secret::new(text.to_owned());
    for (configured, sentence) in [
        (vec![reports(), reports()], "`reports` is set up twice"),
        (
            vec![IssuerClient::new("", [""; 0])],
            "its identifier must have",
        ),
        (
            vec![IssuerClient::new("a\nb", [""; 0])],
            "its identifier must have",
        ),
        (
            vec![IssuerClient::new("https://a.example/b", [""; 0])],
            "be no URL",
        ),
        (
            vec![IssuerClient::new("x".repeat(257), [""; 0])],
            "its identifier must have",
        ),
        (
            vec![reports().secret(secret(""))],
            "its secret must have at least 16 bytes",
        ),
        (
            vec![reports().secret(secret("fifteen bytes!!"))],
            "its secret must have at least 16 bytes",
        ),
        (
            vec![reports().secret(secret("not visible: \u{e9}\u{e9}\u{e9}"))],
            "all visible ASCII",
        ),
        (
            vec![IssuerClient::new("a", ["http://a.example"])],
            "`http://a.example`: http is for this machine",
        ),
        (
            vec![IssuerClient::new("a", ["javascript:x"])],
            "its scheme is not one",
        ),
    ] {
        let error = clients(rules(configured)).unwrap_err().to_string();
        assert!(error.contains(sentence), "{error}");
        assert!(!error.contains("fifteen"), "{error}");
    }
}

#[test]
fn the_methods_of_authentication_are_those_that_some_client_has() {
    let methods = |change: &dyn Fn(&mut ClientRules)| {
        let mut rules = ClientRules {
            documents: DocumentReach::None,
            ..rules(vec![reports()])
        };
        change(&mut rules);
        let clients = clients(rules).unwrap();
        let has_algorithms = !clients.assertion_algorithms().is_empty();
        (clients.authentication_methods(), has_algorithms)
    };
    assert_eq!(methods(&|_| ()), (vec!["none"], false));
    let with_documents = methods(&|rules| rules.documents = DocumentReach::Public);
    assert_eq!(with_documents, (vec!["none", "private_key_jwt"], true));
    let with_a_secret = methods(&|rules| {
        let secret = "a secret of many bytes".to_owned();
        rules.configured = vec![reports().secret(secret)];
    });
    let wanted = vec!["none", "client_secret_basic", "client_secret_post"];
    assert_eq!(with_a_secret, (wanted, false));
}
