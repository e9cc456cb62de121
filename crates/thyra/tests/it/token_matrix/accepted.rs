//! Good tokens, and good tokens of somebody else's.

use idp_emulator::{IssuerMode, Mint};
use serde_json::{Value, json};
use thyra::Revision;

use super::{House, RESOURCE, SERVER_URL, refused, seen};
use crate::support::Ask;

#[tokio::test]
async fn a_user_is_known_on_every_revision() {
    let house = House::start().await;
    let expected = json!({
        "subject": "usr_1",
        "client_id": "m2m_mint",
        "org_id": "org_1",
        "scopes": ["notes:read", "notes:write"],
        "kind": "user",
        "issuer": house.emulator.url(),
    });
    let token = format!("Bearer {}", house.mint(&Mint::new()));
    for revision in Revision::ALL {
        let ask = Ask::call(revision, "whoami", json!({})).header("authorization", &token);
        let answer = house.ask(&ask).await;
        let text: Value = serde_json::from_str(&answer.tool_text()).unwrap();
        assert_eq!(text, expected, "{revision}");
        if revision.has_structured_output() {
            assert_eq!(seen(&answer), expected, "{revision}");
        }
    }
    assert_eq!(house.fetches(), 1);
}

#[tokio::test]
async fn users_of_every_kind() {
    let house = House::start().await;
    let env = house.emulator.url().to_owned();
    let resource_issuer = house.emulator.resource_issuer(RESOURCE);
    let cimd = "https://client.example.com/metadata.json";
    for (name, order, issuer, client) in [
        (
            "user.env",
            Mint::new().claim("iss", env.as_str()),
            &env,
            "m2m_mint",
        ),
        (
            "user.resource",
            Mint::new().claim("iss", resource_issuer.as_str()),
            &resource_issuer,
            "m2m_mint",
        ),
        (
            "user.cimd",
            Mint::new().claim("client_id", cimd),
            &env,
            cimd,
        ),
        (
            "user.aud_string",
            Mint::new().claim("aud", RESOURCE),
            &env,
            "m2m_mint",
        ),
        (
            "user.aud_url_and_res",
            Mint::new().claim("aud", json!([SERVER_URL, RESOURCE])),
            &env,
            "m2m_mint",
        ),
        (
            "custom_claims",
            Mint::new().claim("custom_claims", json!({ "plan": "pro" })),
            &env,
            "m2m_mint",
        ),
        (
            "token_template",
            Mint::new().claim("plan", "pro"),
            &env,
            "m2m_mint",
        ),
        (
            "resource",
            Mint::new().claim("resource", SERVER_URL),
            &env,
            "m2m_mint",
        ),
    ] {
        let caller = seen(&house.order(&order).await);
        assert_eq!(caller["subject"], "usr_1", "{name}");
        assert_eq!(caller["kind"], "user", "{name}");
        assert_eq!(caller["issuer"], issuer.as_str(), "{name}");
        assert_eq!(caller["client_id"], client, "{name}");
    }
    house.emulator.issuer(IssuerMode::Resource);
    let caller = seen(&house.order(&Mint::new()).await);
    assert_eq!(caller["issuer"], resource_issuer);
    assert_eq!(house.fetches(), 1);
}

#[tokio::test]
async fn machines_with_scopes_of_both_shapes() {
    let house = House::start().await;
    let machine = Mint::new()
        .bare()
        .claim("iss", house.emulator.url())
        .claim("sub", "m2m_1")
        .claim("client_id", "m2m_1")
        .claim("aud", json!([RESOURCE]))
        .claim("iat", house.emulator.now())
        .claim("exp", house.emulator.now() + 300);
    for order in [
        machine.clone().claim("scope", "notes:read"),
        machine.claim("scopes", json!(["notes:read"])),
    ] {
        let caller = seen(&house.order(&order).await);
        assert_eq!(
            caller,
            json!({
                "subject": "m2m_1",
                "client_id": "m2m_1",
                "org_id": null,
                "scopes": ["notes:read"],
                "kind": "machine",
                "issuer": house.emulator.url(),
            })
        );
    }
    let issued = house.machine_token("notes:read").await;
    let caller = seen(&house.whoami(&issued).await);
    assert_eq!(caller["subject"], "m2m_bot");
    assert_eq!(caller["kind"], "machine");
}

#[tokio::test]
async fn tokens_for_somebody_else_are_refused() {
    let house = House::start().await;
    let env = house.emulator.url().to_owned();
    let bare = |subject: &str| {
        Mint::new()
            .bare()
            .claim("iss", env.as_str())
            .claim("sub", subject)
            .claim("client_id", subject)
            .claim("iat", house.emulator.now())
            .claim("exp", house.emulator.now() + 300)
            .claim("scopes", json!(["notes:read", "notes:write"]))
    };
    for (name, order) in [
        (
            "user.aud_url_only",
            Mint::new().claim("aud", json!([SERVER_URL])),
        ),
        ("user.aud_url_only", Mint::new().claim("aud", SERVER_URL)),
        ("user.other_resource", Mint::new().resource("res_other")),
        (
            "user.resource",
            Mint::new().claim("resource", "https://other.example.com/mcp"),
        ),
        ("m2m.org", bare("m2morg_1")),
        ("env.management", bare("skc_1")),
        (
            "env.management",
            bare("skc_1").claim("aud", json!(["skc_1"])),
        ),
        (
            "agentkit.session",
            Mint::new()
                .claim("aud", format!("{env}/mcp/v3/mcs_1"))
                .claim("mcp_cfg", "cfg_1")
                .claim("ca_ids", json!(["ca_1"])),
        ),
        (
            "session.saaskit",
            Mint::new()
                .claim("aud", json!(["skc_1"]))
                .claim("sid", "ses_1"),
        ),
    ] {
        let token = house.mint(&order);
        let answer = house.whoami(&token).await;
        assert_eq!(answer.status, 401, "{name}");
        refused(&answer, &token);
    }
}
