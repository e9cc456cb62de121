//! A whole login at an emulated vendor that follows the standards.

use idp_emulator::{Client, ClockChange, Emulator, Faults, Resource, TokenFault, Vendor};
use thyra_auth::{Audience, Issuers, Jwks, JwtVerifier};
use thyra_oauth::{CodeVerifier, FetchLimits, Trust};

use super::*;

const RESOURCE: &str = "https://mcp.example/mcp";
const CALLBACK: &str = "https://mcp.example/auth/callback";

async fn emulator() -> Emulator {
    let client = Client::new("app")
        .secret("development-secret")
        .redirect_uris([CALLBACK]);
    let resource = Resource::new("mcp").uri(RESOURCE).scopes(["notes:read"]);
    Emulator::of(Vendor::Oidc)
        .client(client)
        .resource(resource)
        .auto_consent(true)
        .start()
        .await
        .unwrap()
}

/// This server, as one client of the emulator.
fn settings_at(emulator: &Emulator) -> UpstreamSettings {
    let url = format!("{}/.well-known/openid-configuration", emulator.url());
    let discovery = Discovery::of_document(&url).unwrap().build().unwrap();
    let id_tokens = IdTokens::discovered(&discovery, "app", Vec::new()).unwrap();
    UpstreamSettings {
        forward_resource: true,
        ..UpstreamSettings::new(
            Endpoints::Discovered(discovery),
            "app",
            ClientProof::Basic(secret("development-secret")),
            CALLBACK,
            Identity::IdToken(id_tokens),
        )
    }
}

struct Sent {
    code: Secret,
    code_verifier: Secret,
    iss: Option<String>,
}

const SCOPES: &str = "openid email offline_access notes:read";

/// Sends a person to the emulator, who agrees at once.
async fn send(upstream: &Upstream) -> Sent {
    let verifier = CodeVerifier::random().unwrap();
    let code_verifier = secret(verifier.expose());
    let request = UpstreamRequest {
        state: "state",
        code_verifier: &code_verifier,
        nonce: &secret("nonce"),
        scopes: &ScopeSet::parse(SCOPES),
        resource: RESOURCE,
    };
    let url = upstream.authorization_url(&request).await.unwrap();
    let limits = FetchLimits {
        max_bytes: 10_000,
        timeout: Duration::from_secs(10),
    };
    let answer = Fetcher::new()
        .get(&url, limits, Trust::Configured)
        .await
        .unwrap();
    let location = answer.headers[http::header::LOCATION].to_str().unwrap();
    let location = Url::parse(location).unwrap();
    let one = |name: &str| {
        let mut pairs = location.query_pairs();
        pairs
            .find(|(held, _)| held == name)
            .map(|(_, value)| value.into_owned())
    };
    assert_eq!(one("state").as_deref(), Some("state"));
    Sent {
        code: secret(&one("code").unwrap()),
        code_verifier,
        iss: one("iss"),
    }
}

async fn come_back(upstream: &Upstream, sent: &Sent) -> Result<SignedIn, UpstreamError> {
    let callback = Redeem {
        code: &sent.code,
        code_verifier: &sent.code_verifier,
        nonce: &secret("nonce"),
        scopes: &ScopeSet::parse(SCOPES),
        resource: RESOURCE,
    };
    upstream.redeem(callback).await
}

async fn again(upstream: &Upstream, login: &SignedIn) -> Result<SignedIn, UpstreamError> {
    let renewal = Renewal {
        tokens: login.tokens.as_ref().unwrap(),
        subject: &login.subject,
        claims: &login.claims,
        scopes: &ScopeSet::parse(SCOPES),
        resource: RESOURCE,
    };
    upstream.renew(renewal).await
}

#[tokio::test]
async fn a_login_goes_on_until_the_vendor_ends_it() {
    let emulator = emulator().await;
    let upstream = Upstream::new(settings_at(&emulator)).unwrap();
    let sent = send(&upstream).await;
    upstream.check_issuer(sent.iss.as_deref()).await.unwrap();
    upstream.check_issuer(None).await.unwrap_err();
    let login = come_back(&upstream, &sent).await.unwrap();
    assert_eq!(login.subject, "user-1");
    assert_eq!(login.claims["email"], "ada@example.com");
    assert!(login.scopes.as_ref().unwrap().contains("notes:read"));

    // A code is good once.
    let error = come_back(&upstream, &sent).await.unwrap_err();
    assert!(matches!(error, UpstreamError::Refused { .. }), "{error:?}");

    let login = come_back(&upstream, &send(&upstream).await).await.unwrap();
    let renewed = again(&upstream, &login).await.unwrap();
    assert_eq!(renewed.subject, login.subject);
    assert_eq!(renewed.claims["email"], "ada@example.com");
    let (old, new) = (
        login.tokens.as_ref().unwrap(),
        renewed.tokens.as_ref().unwrap(),
    );
    assert!(old.access_token != new.access_token);

    emulator.faults(Faults {
        token: TokenFault::Status500,
        ..Faults::default()
    });
    let error = again(&upstream, &renewed).await.unwrap_err();
    assert!(!error.ends_login(), "{error:?}");
    emulator.faults(Faults {
        token: TokenFault::Page,
        ..Faults::default()
    });
    let error = again(&upstream, &renewed).await.unwrap_err();
    assert!(!error.ends_login(), "{error:?}");
    emulator.faults(Faults::default());

    upstream.revoke(new).await.unwrap();
    let error = again(&upstream, &renewed).await.unwrap_err();
    assert!(matches!(error, UpstreamError::Refused { .. }), "{error:?}");
}

#[tokio::test]
async fn the_access_token_may_say_who_signed_in() {
    let emulator = emulator().await;
    let issuers = Issuers::any_of([emulator.resource_issuer("mcp")]).unwrap();
    let keys = Jwks::new(&format!("{}/jwks", emulator.url())).unwrap();
    for (audience, is_ours) in [(RESOURCE, true), ("https://other.example/mcp", false)] {
        let audience = Audience::any_of([audience]).unwrap();
        let verifier = JwtVerifier::builder(keys.clone(), issuers.clone(), audience);
        let verifier = verifier.build().unwrap();
        let settings = UpstreamSettings {
            identity: Identity::AccessToken(Arc::new(verifier)),
            ..settings_at(&emulator)
        };
        let upstream = Upstream::new(settings).unwrap();
        let outcome = come_back(&upstream, &send(&upstream).await).await;
        match outcome {
            Ok(login) => assert!(is_ours && login.subject == "user-1"),
            Err(error) => assert!(!is_ours && error.ends_login(), "{error:?}"),
        }
    }
}

#[tokio::test]
async fn a_client_with_the_wrong_secret_is_for_the_operator() {
    let emulator = emulator().await;
    let settings = UpstreamSettings {
        proof: ClientProof::Post(secret("wrong")),
        ..settings_at(&emulator)
    };
    let upstream = Upstream::new(settings).unwrap();
    let error = come_back(&upstream, &send(&upstream).await)
        .await
        .unwrap_err();
    assert!(matches!(error, UpstreamError::Client { .. }), "{error:?}");
}

#[tokio::test]
async fn a_code_ends_after_its_time() {
    let emulator = emulator().await;
    let upstream = Upstream::new(settings_at(&emulator)).unwrap();
    let sent = send(&upstream).await;
    emulator.clock(ClockChange::Advance(61));
    let error = come_back(&upstream, &sent).await.unwrap_err();
    assert!(matches!(error, UpstreamError::Refused { .. }), "{error:?}");
}
