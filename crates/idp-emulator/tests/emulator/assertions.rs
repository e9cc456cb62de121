//! What others signed: clients about themselves, and issuers about their subjects. Another emulator
//! signs it here.

use idp_emulator::{Client, Emulator, Mint, MintKey};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{SERVER_URL, builder, post_form, start};

const TOKEN: &str = "/resources/res_123/oauth/token";

struct World {
    signer: Emulator,
    emulator: Emulator,
}

impl World {
    async fn new() -> Self {
        let signer = start().await;
        let keys = signer.jwks()["keys"].as_array().unwrap().clone();
        let emulator = builder()
            .client(
                Client::new("m2m_key")
                    .key(keys[0].clone())
                    .resource("res_123"),
            )
            .client(Client::new("m2m_secret").secret("s").resource("res_123"))
            .trusted_issuer(signer.url(), keys)
            .start()
            .await
            .unwrap();
        Self { signer, emulator }
    }

    fn signed(&self, mint: &Mint) -> String {
        self.signer.mint(mint).unwrap()
    }

    /// A good assertion about the client, with its own number.
    fn about_client(&self, number: u32) -> Mint {
        Mint::new()
            .claim("iss", "m2m_key")
            .claim("sub", "m2m_key")
            .claim("aud", self.emulator.resource_issuer("res_123"))
            .claim("jti", format!("jti_{number}"))
    }

    async fn token(&self, form: &[(&str, &str)]) -> (StatusCode, Value) {
        let response = post_form(&self.emulator, TOKEN, form).await;
        (response.status(), response.json().await.unwrap())
    }

    async fn authenticated(&self, assertion: &str) -> (StatusCode, Value) {
        let form = [
            ("grant_type", "client_credentials"),
            (
                "client_assertion_type",
                "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            ),
            ("client_assertion", assertion),
        ];
        self.token(&form).await
    }

    async fn redeemed(&self, assertion: &str) -> (StatusCode, Value) {
        let form = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
            ("assertion", assertion),
            ("client_id", "m2m_secret"),
            ("client_secret", "s"),
        ];
        self.token(&form).await
    }
}

#[tokio::test]
async fn a_client_proves_itself_with_its_key_once_for_each_assertion() {
    let world = World::new().await;
    let endpoint = format!("{}/oauth/token", world.emulator.resource_issuer("res_123"));
    for mint in [
        world.about_client(1),
        world.about_client(2).claim("aud", endpoint),
    ] {
        let good = world.signed(&mint);
        let (status, tokens) = world.authenticated(&good).await;
        assert_eq!(status, StatusCode::OK, "{tokens}");
        let (status, error) = world.authenticated(&good).await;
        assert_eq!(
            (status, &error["error"]),
            (StatusCode::UNAUTHORIZED, &json!("invalid_client"))
        );
    }
    for mint in [
        world.about_client(3).key(MintKey::Foreign),
        world.about_client(4).key(MintKey::Hs256Public),
        world.about_client(5).key(MintKey::None),
        world
            .about_client(6)
            .claim("aud", "https://login.example.org"),
        world.about_client(7).claim("exp", 1),
        world.about_client(8).claim("iss", "m2m_secret"),
        world.about_client(9).claim("sub", "m2m_nobody"),
        world.about_client(10).without("jti"),
    ] {
        let (status, error) = world.authenticated(&world.signed(&mint)).await;
        let found = (status, &error["error"]);
        assert_eq!(
            found,
            (StatusCode::UNAUTHORIZED, &json!("invalid_client")),
            "{mint:?}"
        );
    }
    // The identifier alone is no proof.
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", "m2m_key"),
    ];
    assert_eq!(world.token(&form).await.0, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn an_assertion_of_a_trusted_issuer_becomes_a_token_of_its_subject() {
    let world = World::new().await;
    let own = world.emulator.resource_issuer("res_123");
    let about = || {
        Mint::new()
            .claim("sub", "workload")
            .claim("aud", own.clone())
    };
    let (status, tokens) = world.redeemed(&world.signed(&about())).await;
    assert_eq!(status, StatusCode::OK, "{tokens}");

    let jag = || {
        about()
            .header("typ", "oauth-id-jag+jwt")
            .claim("client_id", "m2m_secret")
            .claim("resource", SERVER_URL)
    };
    assert_eq!(
        world.redeemed(&world.signed(&jag())).await.0,
        StatusCode::OK
    );
    for mint in [
        about().key(MintKey::Foreign),
        about().claim("iss", "https://login.example.org"),
        about().claim("aud", "https://login.example.org"),
        about().claim("exp", 1),
        jag().claim("client_id", "m2m_key"),
        jag().claim("resource", "https://mcp.example.com/mcp"),
        jag().without("resource"),
    ] {
        let (status, error) = world.redeemed(&world.signed(&mint)).await;
        let found = (status, &error["error"]);
        assert_eq!(
            found,
            (StatusCode::BAD_REQUEST, &json!("invalid_grant")),
            "{mint:?}"
        );
    }
}

#[tokio::test]
async fn only_a_token_of_the_client_is_exchanged() {
    let world = World::new().await;
    let exchange = async |subject: &str, wanted: &str| {
        let form = [
            (
                "grant_type",
                "urn:ietf:params:oauth:grant-type:token-exchange",
            ),
            ("client_id", "m2m_secret"),
            ("client_secret", "s"),
            ("subject_token", subject),
            (
                "subject_token_type",
                "urn:ietf:params:oauth:token-type:id_token",
            ),
            ("requested_token_type", wanted),
            ("audience", "https://login.example.org"),
            ("resource", "https://mcp.example.com/mcp"),
        ];
        world.token(&form).await
    };
    let own = Mint::new().claim("aud", json!(["m2m_secret"]));
    let own = world.emulator.mint(&own).unwrap();
    let (status, answer) = exchange(&own, "urn:ietf:params:oauth:token-type:id-jag").await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!(answer["token_type"], "N_A");
    assert_eq!(
        answer["issued_token_type"],
        "urn:ietf:params:oauth:token-type:id-jag"
    );
    let access = "urn:ietf:params:oauth:token-type:access_token";
    assert_eq!(exchange(&own, access).await.1["token_type"], "Bearer");

    assert_eq!(
        exchange(&own, "urn:ietf:params:oauth:token-type:jwt")
            .await
            .0,
        StatusCode::BAD_REQUEST
    );
    let of_another = world
        .emulator
        .mint(&Mint::new().claim("aud", "m2m_key"))
        .unwrap();
    let foreign = world.signed(&Mint::new().claim("aud", "m2m_secret"));
    for subject in [of_another.as_str(), &foreign, "x"] {
        let (status, error) = exchange(subject, access).await;
        assert_eq!(
            (status, &error["error"]),
            (StatusCode::BAD_REQUEST, &json!("invalid_grant"))
        );
    }
}
