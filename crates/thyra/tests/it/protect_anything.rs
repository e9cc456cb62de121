//! The example `protect_anything`: a server of the official SDK behind our door.

use idp_emulator::{Emulator, Mint, Resource};
use serde_json::json;
use thyra::Revision;
use tokio::io::{AsyncBufReadExt, BufReader};

use crate::program::{Program, example};
use crate::support::{Ask, client, send, soon};

#[tokio::test]
async fn a_server_of_the_official_sdk_learns_who_calls_and_nobody_else_gets_in() {
    let emulator = Emulator::builder()
        .resource(Resource::new("res_1").scopes(["notes:read"]))
        .start()
        .await
        .unwrap();
    let mut command = example("protect_anything");
    command
        .args(["--http", "127.0.0.1:0"])
        .env("THYRA_BASE_URL", "http://127.0.0.1:1")
        .envs(emulator.variables());
    let mut program = Program::start(command);
    let mut lines = BufReader::new(program.take_errors()).lines();
    let announced = async {
        loop {
            let line = lines.next_line().await.unwrap().unwrap();
            if let Some(url) = line.strip_prefix("An rmcp server behind Scalekit listens at ") {
                return url.to_owned();
            }
        }
    };
    let url = soon("the address", announced).await;

    let whoami = Ask::call(Revision::V2026_07_28, "whoami", json!({}));
    let stranger = send(&client(), whoami.request(&url)).await;
    assert_eq!(stranger.status, 401, "{stranger:?}");
    assert_eq!(
        stranger.header("www-authenticate"),
        "Bearer resource_metadata=\"http://127.0.0.1:1/.well-known/oauth-protected-resource/mcp\""
    );

    let token = emulator.mint(&Mint::new().claim("sub", "usr_7")).unwrap();
    let known = whoami.header("authorization", &format!("Bearer {token}"));
    let known = send(&client(), known.request(&url)).await;
    assert_eq!(known.status, 200, "{known:?}");
    assert!(known.text().contains("\"usr_7\""), "{known:?}");
}
