//! What handlers learn of the HTTP request beside its headers.

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full};
use serde_json::{Value, json};
use thyra::prelude::*;
use thyra::{PeerAddr, RequestTarget, Revision};
use tower_service::Service;

use crate::support::{Ask, Running};

/// Says where the request comes from and where it went.
#[tool]
async fn whence(peer: Option<PeerAddr>, target: Option<RequestTarget>, ctx: Context) -> String {
    assert_eq!(ctx.peer_addr(), peer.map(|PeerAddr(address)| address));
    assert_eq!(
        ctx.target(),
        target.as_ref().map(|RequestTarget(target)| target)
    );
    let peer = peer.map(|PeerAddr(address)| address.ip().to_string());
    let target = target.map(|RequestTarget(target)| target.to_string());
    format!(
        "{} {} {}",
        peer.as_deref().unwrap_or("nowhere"),
        target.as_deref().unwrap_or("nothing"),
        ctx.headers().is_some()
    )
}

/// Wants both.
#[tool]
async fn strict(PeerAddr(_): PeerAddr, RequestTarget(_): RequestTarget) -> &'static str {
    "both"
}

fn server() -> Server {
    Server::new("Whence").tool(whence).tool(strict)
}

#[tokio::test]
async fn the_address_and_the_url_reach_the_handler_on_every_revision() {
    let running = Running::start(server()).await;
    for revision in Revision::ALL {
        let ask = Ask::call(revision, "whence", json!({}));
        let url = format!("{}?team=blue", running.url());
        let answer = running.send(ask.request(&url)).await;
        assert_eq!(answer.tool_text(), "127.0.0.1 /mcp?team=blue true");
        let ask = Ask::call(revision, "strict", json!({}));
        assert_eq!(running.ask(&ask).await.tool_text(), "both");
    }
}

#[tokio::test]
async fn a_service_of_ones_own_says_the_address_with_an_extension() {
    let service = server().into_service().unwrap();
    let ask = Ask::call(Revision::LATEST, "whence", json!({}));
    let address = std::net::SocketAddr::from(([192, 0, 2, 7], 50_000));
    let text = async |mut request: Request<Bytes>, known: bool| {
        if known {
            request.extensions_mut().insert(PeerAddr(address));
        }
        let response = service.clone().call(request.map(Full::new)).await.unwrap();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let body: Value = serde_json::from_slice(&body).unwrap();
        let text = &body["result"]["content"][0]["text"];
        text.as_str().unwrap().to_owned()
    };
    let request = || ask.request("http://localhost/mcp");
    assert_eq!(text(request(), true).await, "192.0.2.7 /mcp true");
    assert_eq!(text(request(), false).await, "nowhere /mcp true");
}

#[cfg(feature = "axum")]
#[tokio::test]
async fn axum_says_the_address_with_its_connect_info() {
    let router = server().into_router().unwrap();
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0))
        .await
        .unwrap();
    let address = listener.local_addr().unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    let service = router.into_make_service_with_connect_info::<std::net::SocketAddr>();
    tasks.spawn(async move { axum::serve(listener, service).await });
    let ask = Ask::call(Revision::LATEST, "whence", json!({}));
    let answer = Running::at(address).ask(&ask).await;
    assert_eq!(answer.tool_text(), "127.0.0.1 /mcp true");
}

#[tokio::test]
async fn without_http_there_is_neither() {
    let own = server();
    let said = own.call_tool("whence", &json!({})).await.unwrap();
    assert_eq!(said.content[0].as_text(), Some("nowhere nothing false"));
    let refused = own.call_tool("strict", &json!({})).await.unwrap();
    assert!(refused.is_error);
    assert_eq!(
        refused.content[0].as_text(),
        Some(
            "The call was rejected: it needs the address of the client, and the server does not know it."
        )
    );
}
