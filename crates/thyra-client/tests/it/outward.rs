//! Which way requests leave: through a proxy, or with an HTTP client of one's own.

use std::error::Error;
use std::sync::{Arc, Mutex};

use futures_util::future::BoxFuture;
use futures_util::{FutureExt as _, StreamExt as _};
use serde_json::{Value, json};
use thyra_client::protocol::Revision;
use thyra_client::{
    Client, ClientBuilder, ClientError, ClientGroup, ConfiguredServer, Fetcher, HttpBody,
    HttpClient, HttpRequest, McpServers, OAuth, PrintUrl,
};

use crate::scripted::Scripted;

#[tokio::test]
async fn a_proxy_carries_the_requests() {
    let proxy = Scripted::start(|asked| asked.result(&json!({ "tools": [] }))).await;
    let url = format!("http://ada:hush@{}", proxy.address());
    let client = Client::builder("http://mcp.example/mcp").proxy(url);
    let client = client.revision(Revision::V2026_07_28).build().unwrap();
    assert!(client.list_tools().await.unwrap().is_empty());
    let head = &proxy.asked()[0].head;
    assert!(
        head.starts_with("post http://mcp.example/mcp http/1.1"),
        "{head}"
    );
    assert!(head.contains("proxy-authorization: basic "), "{head}");
    assert!(!format!("{client:?}").contains("hush"));

    let refused = Client::builder("http://mcp.example/mcp").proxy("socks5://ada:hush@a");
    let error = refused.build().unwrap_err();
    assert!(matches!(error, ClientError::Fetcher(_)), "{error:?}");
    assert!(!format!("{error} {error:?}").contains("hush"), "{error:?}");
    let refused = Client::builder("http://mcp.example/mcp").certificate_authority("none");
    let error = refused.build().unwrap_err();
    assert!(matches!(error, ClientError::Fetcher(_)), "{error:?}");
}

/// Notes what it is asked, and knows nobody.
#[derive(Clone, Default)]
struct Noting(Arc<Mutex<Vec<String>>>);

impl HttpClient for Noting {
    fn send(
        &self,
        request: HttpRequest,
    ) -> BoxFuture<'static, Result<http::Response<HttpBody>, Box<dyn Error + Send + Sync>>> {
        self.0.lock().unwrap().push(request.url.to_string());
        async move {
            let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
            let result = json!({ "jsonrpc": "2.0", "id": body["id"], "result": { "tools": [] } });
            let (status, result) = match request.headers.get("authorization") {
                Some(_) => (200, result.to_string()),
                None => (401, String::new()),
            };
            let body: HttpBody = futures_util::stream::iter([Ok(result.into())]).boxed();
            let response = http::Response::builder().status(status);
            let response = response.header("content-type", "application/json");
            Ok(response.body(body)?)
        }
        .boxed()
    }
}

impl Noting {
    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

#[tokio::test]
async fn a_client_of_ones_own_carries_the_login_as_well() {
    let noting = Noting::default();
    let fetcher = Fetcher::over(noting.clone());
    let builder = || {
        let builder = Client::builder("https://mcp.example/mcp").fetcher(fetcher.clone());
        builder.revision(Revision::V2026_07_28)
    };
    let known = builder()
        .header("Authorization", "Basic x")
        .build()
        .unwrap();
    known.list_tools().await.unwrap();
    assert_eq!(noting.asked(), ["https://mcp.example/mcp"]);

    let unknown = builder().oauth(OAuth::new(PrintUrl)).build().unwrap();
    unknown.list_tools().await.unwrap_err();
    let asked = noting.asked();
    assert_eq!(asked[0], "https://mcp.example/mcp");
    let document = "https://mcp.example/.well-known/oauth-protected-resource/mcp";
    assert_eq!(asked[1], document);

    // A login that has a fetcher keeps it.
    let other = Noting::default();
    let oauth = OAuth::new(PrintUrl).fetcher(Fetcher::over(other.clone()));
    let unknown = builder().oauth(oauth).build().unwrap();
    unknown.list_tools().await.unwrap_err();
    assert_eq!(noting.asked(), ["https://mcp.example/mcp"]);
    assert_eq!(other.asked()[0], document);
}

#[tokio::test]
async fn the_servers_of_a_file_share_one() {
    let noting = Noting::default();
    let fetcher = Fetcher::over(noting.clone());
    let json =
        r#"{ "a": { "url": "https://a.example/mcp", "auth": "x" }, "b": { "command": "x" } }"#;
    let servers = McpServers::from_json(json).unwrap();
    let set_up = |_: &str, client: ClientBuilder<ConfiguredServer>| {
        client
            .fetcher(fetcher.clone())
            .revision(Revision::V2026_07_28)
    };
    let group = ClientGroup::from_servers(&servers, set_up).unwrap();
    group.client("a").unwrap().list_tools().await.unwrap();
    assert_eq!(noting.asked(), ["https://a.example/mcp"]);
}
