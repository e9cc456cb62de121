use std::io;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt};
use reqwest::dns::Resolve as _;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::resolve::{GuardedResolver, Lookup};
use super::*;

const LIMITS: FetchLimits = FetchLimits {
    max_bytes: 10,
    timeout: Duration::from_secs(10),
};

/// Answers every connection with the same bytes.
async fn server(answer: &'static str) -> (Url, JoinSet<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!(
        "http://{}/keys?secret=1",
        listener.local_addr().unwrap()
    ))
    .unwrap();
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            request.push(stream.read_u8().await.unwrap());
        }
        stream.write_all(answer.as_bytes()).await.unwrap();
        String::from_utf8(request).unwrap()
    });
    (url, tasks)
}

async fn fetch(answer: &'static str) -> Result<Fetched, FetchError> {
    let (url, _server) = server(answer).await;
    Fetcher::new().get(&url, LIMITS, Trust::Configured).await
}

#[tokio::test]
async fn an_answer_comes_whole_and_the_request_says_who_asks() {
    let (url, mut server) =
        server("HTTP/1.1 201 Created\r\nx-a: b\r\ncontent-length: 5\r\n\r\nhello").await;
    let fetched = Fetcher::new()
        .get(&url, LIMITS, Trust::Configured)
        .await
        .unwrap();
    assert_eq!(fetched.status, StatusCode::CREATED);
    assert_eq!(fetched.headers["x-a"], "b");
    assert_eq!(fetched.body, "hello");
    let request = server.join_next().await.unwrap().unwrap();
    assert!(
        request.starts_with("GET /keys?secret=1 HTTP/1.1\r\n"),
        "{request}"
    );
    assert!(
        request.contains(&format!("user-agent: {USER_AGENT}\r\n")),
        "{request}"
    );
    assert!(
        !request.contains("cookie") && !request.contains("referer"),
        "{request}"
    );
}

#[tokio::test]
async fn redirects_are_answers() {
    let fetched =
        fetch("HTTP/1.1 302 Found\r\nlocation: http://localhost:1/\r\ncontent-length: 0\r\n\r\n")
            .await;
    assert_eq!(fetched.unwrap().status, StatusCode::FOUND);
}

#[tokio::test]
async fn a_large_body_is_refused_announced_or_not() {
    for answer in [
        "HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n",
        "HTTP/1.1 200 OK\r\n\r\n01234567890",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n6\r\n012345\r\n5\r\n67890\r\n0\r\n\r\n",
    ] {
        let error = fetch(answer).await.unwrap_err();
        assert!(
            matches!(error, FetchError::TooLarge { max_bytes: 10, .. }),
            "{error:?}"
        );
    }
    assert_eq!(
        fetch("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n0123456789")
            .await
            .unwrap()
            .body
            .len(),
        10
    );
}

#[tokio::test]
async fn a_slow_answer_is_given_up() {
    let (url, _server) = server("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhe").await;
    let limits = FetchLimits {
        timeout: Duration::from_millis(50),
        ..LIMITS
    };
    // The connection is closed only when the server's task ends, which it does at once; so a server
    // that never answers is needed.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent = Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
    let error = Fetcher::new()
        .get(&silent, limits, Trust::Configured)
        .await
        .unwrap_err();
    assert!(matches!(error, FetchError::Timeout { .. }), "{error:?}");
    let error = Fetcher::new()
        .get(&url, LIMITS, Trust::Configured)
        .await
        .unwrap_err();
    assert!(matches!(error, FetchError::Failed { .. }), "{error:?}");
}

#[tokio::test]
async fn it_is_known_whether_the_host_got_anything() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
    let fetcher = Fetcher::new();
    let get = || fetcher.get(&url, LIMITS, Trust::Configured);
    let hang_up = async { drop(listener.accept().await.unwrap()) };
    let (error, ()) = tokio::join!(get(), hang_up);
    let error = error.unwrap_err();
    assert!(matches!(error, FetchError::Failed { .. }), "{error:?}");
    drop(listener);
    let error = get().await.unwrap_err();
    assert!(
        matches!(error, FetchError::NotConnected { .. }),
        "{error:?}"
    );
    assert_eq!(error.to_string(), "127.0.0.1 could not be reached");
}

#[tokio::test]
async fn errors_name_the_host_and_not_the_query() {
    let (url, _server) = server("nonsense\r\n\r\n").await;
    let error = Fetcher::new()
        .get(&url, LIMITS, Trust::Configured)
        .await
        .unwrap_err();
    let mut text = format!("{error} {error:?}");
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text} {error} {error:?}");
        source = error.source();
    }
    assert!(text.contains("127.0.0.1"), "{text}");
    assert!(!text.contains("secret"), "{text}");
}

/// Knows two names.
struct Names;

impl Lookup for Names {
    fn lookup(&self, name: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        let addresses: &[&str] = match name.as_str() {
            "rebound.example" => &["127.0.0.1", "10.0.0.1"],
            "localhost" => &["192.0.2.1", "127.0.0.1"],
            "stray.localhost" => &["1.1.1.1"],
            _ => &[],
        };
        let addresses = addresses.iter().map(|text| text.parse().unwrap()).collect();
        async { Ok(addresses) }.boxed()
    }
}

#[tokio::test]
async fn names_are_judged_by_their_addresses() {
    let fetcher = FetcherBuilder::default()
        .build_with(Arc::new(Names))
        .unwrap();
    let issuer = Url::parse("https://issuer.example").unwrap();
    for (url, trust) in [
        ("https://rebound.example/", Trust::Learned { from: issuer }),
        ("http://stray.localhost/", Trust::Configured),
        ("https://rebound.example/", Trust::Public),
    ] {
        let url = Url::parse(url).unwrap();
        let error = fetcher.get(&url, LIMITS, trust).await.unwrap_err();
        assert!(
            matches!(error, FetchError::AddressRefused { .. }),
            "{error:?}"
        );
    }
    // Of several addresses, only those within reach are connected to.
    let (mut url, _server) = server("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await;
    url.set_host(Some("localhost")).unwrap();
    assert_eq!(
        fetcher
            .get(&url, LIMITS, Trust::Configured)
            .await
            .unwrap()
            .body,
        "ok"
    );
}

/// First it says that a name is somewhere else, and then that it is here.
#[derive(Default)]
struct Fickle(AtomicUsize);

impl Lookup for Fickle {
    fn lookup(&self, _: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        let addresses: &[&str] = match self.0.fetch_add(1, Ordering::Relaxed) {
            0 => &["1.1.1.1", "127.0.0.1"],
            1 => &["127.0.0.1"],
            _ => &["::ffff:169.254.169.254"],
        };
        let addresses = addresses.iter().map(|text| text.parse().unwrap()).collect();
        async { Ok(addresses) }.boxed()
    }
}

#[tokio::test]
async fn a_name_that_changes_its_mind_is_judged_each_time() {
    let resolver = GuardedResolver {
        lookup: Arc::new(Fickle::default()),
        reach: address::Reach::Public,
        proxy_hosts: Arc::default(),
    };
    let resolve = || resolver.resolve("rebound.example".parse().unwrap());
    // What is connected to is what was judged, so it cannot change in between.
    let connected: Vec<_> = resolve().await.unwrap().map(|socket| socket.ip()).collect();
    assert_eq!(connected, ["1.1.1.1".parse::<IpAddr>().unwrap()]);
    for _ in 0..2 {
        let refused = resolve().await.err().unwrap();
        assert!(refused.is::<AddressRefused>(), "{refused:?}");
    }
}

/// A service within this process.
struct Within;

impl HttpClient for Within {
    fn send(
        &self,
        request: HttpRequest,
    ) -> BoxFuture<'static, Result<http::Response<HttpBody>, Box<dyn StdError + Send + Sync>>> {
        async move {
            if request.url.path() == "/broken" {
                return Err("out of order".into());
            }
            if request.url.path() == "/away" {
                let host = "a.example".to_owned();
                let source = "refused".into();
                return Err(FetchError::NotConnected { host, source }.into());
            }
            let asked = format!("{} {}", request.method, request.url.path());
            let agent = request.headers[USER_AGENT_HEADER].clone();
            let pieces = [Bytes::from(asked), request.body].map(Ok);
            let body: HttpBody = futures_util::stream::iter(pieces).boxed();
            let response = http::Response::builder()
                .status(201)
                .header("x-agent", agent);
            Ok(response.body(body)?)
        }
        .boxed()
    }
}

#[tokio::test]
async fn a_client_of_ones_own_gets_the_requests_within_the_same_bounds() {
    let fetcher = Fetcher::over(Within);
    let trust = || Trust::Configured;
    let get = |url: &str| {
        let url = Url::parse(url).unwrap();
        let fetcher = fetcher.clone();
        async move { fetcher.get(&url, LIMITS, trust()).await }
    };
    let reply = get("https://a.example/b").await.unwrap();
    assert_eq!((reply.status.as_u16(), &*reply.body), (201, &b"GET /b"[..]));
    assert_eq!(reply.headers["x-agent"], USER_AGENT);
    let url = Url::parse("https://a.example/").unwrap();
    let body = Bytes::from_static(b"?");
    let posted = fetcher.post(&url, HeaderMap::new(), body, LIMITS, trust());
    assert_eq!(posted.await.unwrap().body, "POST /?");
    let too_large = get("https://a.example/longer").await.unwrap_err();
    assert!(
        matches!(too_large, FetchError::TooLarge { .. }),
        "{too_large:?}"
    );
    let failed = get("https://a.example/broken").await.unwrap_err();
    assert!(matches!(failed, FetchError::Failed { .. }), "{failed:?}");
    let away = get("https://a.example/away").await.unwrap_err();
    assert!(matches!(away, FetchError::NotConnected { .. }), "{away:?}");
    let refused = get("https://169.254.169.254/").await.unwrap_err();
    assert!(
        matches!(refused, FetchError::AddressRefused { .. }),
        "{refused:?}"
    );
}
