//! Clients that sign.

use serde_json::Map;
use thyra_oauth::Clock as _;

use super::*;

#[tokio::test]
async fn the_keys_of_a_document_are_as_guarded_as_itself() {
    let web = Web::default();
    let rig = Rig::with(Fetcher::over(web.clone()), web, |_| ());
    let hosts = [
        "127.0.0.1",
        "169.254.169.254",
        "[::ffff:7f00:1]",
        "10.1.2.3",
    ];
    for (at, host) in hosts.into_iter().enumerate() {
        let url = format!("https://app.example/{at}");
        let mut document = document();
        document["client_id"] = url.as_str().into();
        document["token_endpoint_auth_method"] = "private_key_jwt".into();
        document["jwks_uri"] = format!("https://{host}/keys").into();
        rig.web.serve(&document);
        let before = rig.web.asked();
        let status = assert(&rig, &url, &SigningKey::generate().unwrap()).await;
        assert_eq!(status, Err(503), "{host}");
        assert_eq!(rig.web.asked(), before + 1, "only the document");
    }
}

/// The client, or the status of the refusal.
async fn assert(rig: &Rig, client_id: &str, key: &SigningKey) -> Result<String, u16> {
    let now = rig.clock.unix().as_secs();
    let id = thyra_oauth::unguessable::<8>().unwrap();
    let claims = json!({
        "iss": client_id, "sub": client_id, "aud": ISSUER, "jti": id.expose(), "exp": now + 60,
    });
    let assertion = key.sign(Map::new(), &claims).unwrap();
    let kind = "urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer";
    let query = format!(
        "client_assertion_type={kind}&client_assertion={}",
        assertion.expose()
    );
    let form = Form::of_query(&query).unwrap();
    let outcome = rig
        .clients
        .authenticate(&http::HeaderMap::new(), &form)
        .await;
    outcome
        .map(|client| client.id)
        .map_err(|error| error.answer().status().as_u16())
}

#[tokio::test]
async fn a_client_signs_with_the_keys_that_its_document_holds_or_names() {
    let rig = Rig::new();
    let [one, other] = [1, 2].map(|_| SigningKey::generate().unwrap());
    let jwks = |key: &SigningKey| json!({ "keys": [key.public_jwk()] });
    let inline = json!({ "token_endpoint_auth_method": "private_key_jwt", "jwks": jwks(&one) });
    rig.web.serve(&changed(&inline));
    assert_eq!(assert(&rig, URL, &one).await.as_deref(), Ok(URL));
    assert_eq!(assert(&rig, URL, &other).await, Err(401));
    // Without an assertion it is nobody.
    let form = Form::of_query(&format!("client_id={URL}")).unwrap();
    assert!(
        rig.clients
            .authenticate(&http::HeaderMap::new(), &form)
            .await
            .is_err()
    );

    let url = "https://app.example/remote";
    let keys = "https://keys.example/of/app";
    rig.web.serve(&changed(&json!({
        "client_id": url, "token_endpoint_auth_method": "private_key_jwt", "jwks_uri": keys,
    })));
    rig.web.put(
        keys,
        Answer::Says(StatusCode::OK, Vec::new(), jwks(&other).to_string()),
    );
    assert_eq!(assert(&rig, url, &other).await.as_deref(), Ok(url));
    assert_eq!(assert(&rig, url, &one).await, Err(401));
    // Of another client, although the key is good.
    assert_eq!(assert(&rig, URL, &other).await, Err(401));
    // The keys outlive the document that names them.
    let asked = rig.web.asked();
    rig.clock.advance(Duration::from_mins(11));
    assert_eq!(assert(&rig, url, &other).await.as_deref(), Ok(url));
    assert!(
        rig.web.asked() <= asked + 2,
        "the document, and perhaps keys past their time"
    );
}
