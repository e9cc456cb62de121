use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt, stream};
use http::Response;
use serde_json::json;
use thyra_auth::{Fetcher, SigningKey};
use thyra_oauth::{
    ClientAuthentication, ClientCredentials, Grant, HttpBody, HttpClient, HttpRequest, TokenRequest,
};

use super::*;
use crate::assertion::IdentityAssertion;

const IDP: &str = "https://login.corp.example";

/// An identity provider that publishes one key.
struct Publishes(Bytes);

impl HttpClient for Publishes {
    fn send(
        &self,
        _: HttpRequest,
    ) -> BoxFuture<'static, Result<Response<HttpBody>, Box<dyn std::error::Error + Send + Sync>>>
    {
        let keys = self.0.clone();
        let body: HttpBody = stream::once(async move { Ok(keys) }).boxed();
        async move { Ok(Response::new(body)) }.boxed()
    }
}

fn rig() -> (Rig, SigningKey) {
    let key = SigningKey::generate().unwrap().key_id("idp");
    let mut jwk = key.public_jwk();
    jwk["kid"] = "idp".into();
    let keys = json!({ "keys": [jwk] }).to_string();
    let settings = IdentityAssertion::new([IDP])
        .jwks_uri(IDP, "https://login.corp.example/keys")
        .access_token_lifetime(Duration::from_mins(2));
    let rig = Rig::with(Store::memory(), |proxy| {
        let fetcher = Fetcher::over(Publishes(keys.into()));
        proxy.identity_assertion(settings).fetcher(fetcher)
    });
    (rig, key)
}

fn assertion(key: &SigningKey, jti: &str, changes: &Value) -> Secret {
    let mut claims = json!({
        "iss": IDP, "sub": "u1", "aud": BASE, "client_id": "one", "resource": RESOURCE,
        "jti": jti, "iat": NOW, "exp": NOW + 300, "scope": "read write admin",
    });
    for (name, value) in changes.as_object().unwrap() {
        claims[name] = value.clone();
    }
    let header = Map::from_iter([("typ".to_owned(), Value::from("oauth-id-jag+jwt"))]);
    key.sign(header, &claims).unwrap()
}

/// The request of our own client.
async fn ask(rig: &Rig, assertion: &Secret, scope: Option<&str>) -> Answer {
    let scope = scope.map(ScopeSet::parse);
    let client = ClientCredentials {
        client_id: "one".to_owned(),
        authentication: ClientAuthentication::None,
    };
    let request = TokenRequest {
        grant: Grant::JwtBearer {
            assertion,
            scope: scope.as_ref(),
        },
        client: &client,
        resource: Some(RESOURCE),
    };
    let form = "application/x-www-form-urlencoded";
    rig.send("/token", form, request.body().expose().clone())
        .await
}

#[tokio::test]
async fn an_assertion_becomes_a_short_lived_token_and_no_refresh_token() {
    let (rig, key) = rig();
    let answer = ask(&rig, &assertion(&key, "a", &json!({})), None).await;
    assert!(answer.is_ok(), "{answer:?}");
    assert_eq!(answer.body["expires_in"], 120);
    assert_eq!(answer.body["refresh_token"], Value::Null);
    // As far as this server knows the scopes.
    assert_eq!(answer.text("scope"), "read write");
    let token = answer.text("access_token");
    let principal = rig.admit(&token).await.unwrap();
    assert_eq!(principal.subject(), format!("{IDP} u1"));
    assert_eq!(principal.issuer(), BASE);
    assert_eq!(principal.claim("assertion_iss").unwrap(), IDP);
    let form = [("token", &*token), ("client_id", "one")];
    assert!(rig.post("/revoke", &form).await.is_ok());
    assert!(rig.admit(&token).await.is_err());
}

#[tokio::test]
async fn an_assertion_is_good_once_and_tells_nothing_when_it_is_not() {
    let (rig, key) = rig();
    let good = assertion(&key, "a", &json!({}));
    let other = assertion(&key, "a", &json!({ "client_id": "two" }));
    let refused = ask(&rig, &other, None).await;
    assert_eq!(refused.error(), (400, "invalid_grant"));
    assert!(ask(&rig, &good, None).await.is_ok());
    let again = ask(&rig, &good, None).await;
    assert_eq!(again.error(), (400, "invalid_grant"));
    assert_eq!(
        again.text("error_description"),
        refused.text("error_description")
    );
    // It is no access token either.
    assert!(
        rig.admit(assertion(&key, "b", &json!({})).expose())
            .await
            .is_err()
    );
}

#[tokio::test]
async fn a_client_may_ask_for_fewer_scopes_and_gets_no_more_than_was_asserted() {
    let (rig, key) = rig();
    for (n, asserted, asked, granted) in [
        (0, "read write", Some("read"), Some("read")),
        (1, "read write", Some("write"), Some("read write")),
        (2, "read", Some("read write"), Some("read")),
        (3, "read", Some("write"), None),
        (4, "write", None, None),
        (5, "admin", None, None),
        (6, "read", Some("offline_access"), Some("read")),
    ] {
        let assertion = assertion(&key, &n.to_string(), &json!({ "scope": asserted }));
        let answer = ask(&rig, &assertion, asked).await;
        match granted {
            Some(granted) => assert_eq!(answer.text("scope"), granted, "{n}"),
            None => assert_eq!(answer.error(), (400, "invalid_scope"), "{n}"),
        }
    }
}
