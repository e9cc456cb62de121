use std::collections::HashMap;

use serde_json::{Value, json};

use super::*;
use crate::client_authentication::ClientAuthentication;

fn good() -> Value {
    json!({
        "device_code": "GmRhmhcxhwAzkoEqiMEg_DnyEysNkuNhszIySk9eS",
        "user_code": "WDJB-MJHT",
        "verification_uri": "https://example.com/device",
        "verification_uri_complete": "https://example.com/device?user_code=WDJB-MJHT",
        "expires_in": 1800,
        "interval": 7,
    })
}

fn with(name: &str, value: Value) -> Result<DeviceResponse, TokenError> {
    let mut answer = good();
    answer[name] = value;
    DeviceResponse::read(200, answer.to_string().as_bytes())
}

#[test]
fn the_answer_of_the_rfc_is_read() {
    let response = DeviceResponse::read(200, good().to_string().as_bytes()).unwrap();
    assert_eq!(response.user_code, "WDJB-MJHT");
    assert_eq!(response.verification_uri, "https://example.com/device");
    assert!(response.verification_uri_complete.is_some());
    assert_eq!(response.expires_in, Duration::from_mins(30));
    assert_eq!(response.interval, Duration::from_secs(7));
    assert!(!format!("{response:?}").contains("GmRhmhcx"));
    let silent = with("interval", Value::Null).unwrap();
    assert_eq!(silent.interval, Duration::from_secs(5));
    // As some servers spell it.
    let mut answer = good();
    answer["verification_url"] = answer["verification_uri"].take();
    answer.as_object_mut().unwrap().remove("verification_uri");
    assert!(DeviceResponse::read(200, answer.to_string().as_bytes()).is_ok());
}

#[test]
fn nobody_is_sent_to_an_odd_page_or_shown_an_odd_code() {
    for (name, value) in [
        ("device_code", json!("")),
        ("device_code", json!("a\r\nb")),
        ("device_code", json!("x".repeat(MAX_DEVICE_CODE + 1))),
        ("user_code", json!("")),
        ("user_code", json!(" A")),
        ("user_code", json!("\u{1b}[2J")),
        ("user_code", json!("A\u{202e}B")),
        ("user_code", json!("A".repeat(MAX_USER_CODE + 1))),
        ("verification_uri", json!("javascript:alert(1)")),
        ("verification_uri", json!("http://example.com/device")),
        ("verification_uri", json!("https://user@example.com/device")),
        ("verification_uri", json!("/device")),
        (
            "verification_uri",
            json!(format!("https://example.com/{}", "x".repeat(MAX_URL))),
        ),
        ("expires_in", Value::Null),
        ("expires_in", json!(-1)),
    ] {
        assert!(with(name, value.clone()).is_err(), "{name} {value}");
    }
    // The page can be used without this one.
    for odd in ["javascript:alert(1)", "https://user@example.com/"] {
        let response = with("verification_uri_complete", json!(odd)).unwrap();
        assert_eq!(response.verification_uri_complete, None);
    }
}

#[test]
fn refusals_are_told_from_trouble_and_no_error_holds_a_code() {
    let refused = DeviceResponse::read(400, br#"{"error":"invalid_scope"}"#).unwrap_err();
    assert!(!refused.is_transient());
    assert!(DeviceResponse::read(503, b"").unwrap_err().is_transient());
    let error = with("device_code", json!(["hush"])).unwrap_err();
    assert!(!format!("{error} {error:?}").contains("hush"));
}

#[test]
fn the_form_holds_the_client_and_what_it_wants() {
    let scopes = ScopeSet::parse("a b");
    let client = ClientCredentials {
        client_id: "c 1".to_owned(),
        authentication: ClientAuthentication::None,
    };
    let request = DeviceRequest {
        client: &client,
        scope: Some(&scopes),
        resource: Some("https://mcp.example.com/mcp"),
    };
    let body = request.body();
    let form: HashMap<_, _> = form_urlencoded::parse(body.expose().as_bytes())
        .into_owned()
        .collect();
    assert_eq!(form.len(), 3);
    assert_eq!(form["client_id"], "c 1");
    assert_eq!(form["scope"], "a b");
    assert_eq!(form["resource"], "https://mcp.example.com/mcp");
    assert_eq!(
        request.headers()["content-type"],
        "application/x-www-form-urlencoded"
    );
}
