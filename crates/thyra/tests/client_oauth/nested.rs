//! A server that somebody's application nests under a prefix.

use axum::Router;
use idp_emulator::{Emulator, Resource};
use thyra::client::{Client, FollowRedirects, OAuth};
use thyra::prelude::*;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::world::{whoami, whoami_of};

#[tokio::test]
async fn a_client_logs_in_at_an_endpoint_under_a_prefix() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}/api", listener.local_addr().unwrap());
    let url = format!("{base_url}/mcp");
    let resource = Resource::new("res_1").uri(&url).scopes(["notes:read"]);
    let emulator = Emulator::builder()
        .resource(resource)
        .auto_consent(true)
        .start()
        .await
        .unwrap();
    let provider = ScalekitProvider::builder()
        .environment_url(emulator.url())
        .resource_id("res_1")
        .base_url(base_url)
        .build()
        .unwrap();
    let mcp = Server::new("notes").tool(whoami).auth(provider);
    let mcp = mcp.into_routers().unwrap();
    let app = Router::new()
        .nest("/api", mcp.endpoint)
        .merge(mcp.public_routes);
    let mut serving = JoinSet::new();
    serving.spawn(async move { axum::serve(listener, app).await.unwrap() });

    let client = Client::builder(&url)
        .oauth(OAuth::new(FollowRedirects::new()))
        .build()
        .unwrap();
    let caller = whoami_of(&client).await.unwrap();
    assert!(caller.ends_with(" notes:read"), "{caller}");
}
