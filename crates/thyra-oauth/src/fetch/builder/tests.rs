use std::io;
use std::net::IpAddr;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use super::*;
use crate::fetch::{FetchError, FetchLimits, Trust};

const LIMITS: FetchLimits = FetchLimits {
    max_bytes: 100,
    timeout: Duration::from_secs(10),
};

fn url(url: &str) -> Url {
    Url::parse(url).unwrap()
}

/// Reads the head of a request and answers it.
async fn answer(mut stream: impl AsyncRead + AsyncWrite + Unpin, answer: &str) -> String {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        request.push(stream.read_u8().await.unwrap());
    }
    stream.write_all(answer.as_bytes()).await.unwrap();
    stream.flush().await.unwrap();
    String::from_utf8(request).unwrap()
}

/// A proxy on a free port, which answers one request and tells what it was.
async fn proxy(reply: &'static str) -> (String, JoinSet<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let mut tasks = JoinSet::new();
    tasks.spawn(async move { answer(listener.accept().await.unwrap().0, reply).await });
    (address, tasks)
}

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

#[tokio::test]
async fn a_proxy_gets_the_request_and_its_own_password() {
    let (address, mut asked) = proxy(OK).await;
    let proxy = format!("http://ada:hu%20sh@{address}");
    let fetcher = Fetcher::builder().proxy(proxy).build().unwrap();
    let target = url("http://mcp.example/a?b");
    let reply = fetcher.get(&target, LIMITS, Trust::WithoutSecrets).await;
    assert_eq!(reply.unwrap().body, "ok");
    let asked = asked.join_next().await.unwrap().unwrap();
    assert!(
        asked.starts_with("GET http://mcp.example/a?b HTTP/1.1\r\n"),
        "{asked}"
    );
    // `ada:hu sh`
    let password = "proxy-authorization: Basic YWRhOmh1IHNo";
    assert!(asked.contains(password), "{asked}");
}

#[tokio::test]
async fn what_is_encrypted_goes_through_a_tunnel() {
    let refused = "HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n";
    let (address, mut asked) = proxy(refused).await;
    // Its scheme is left out.
    let variable = |name: &str| (name == "https_proxy").then(|| address.clone());
    let fetcher = Fetcher::builder().proxy_from(variable).build().unwrap();
    let target = url("https://mcp.example/a?hush");
    let error = fetcher.get(&target, LIMITS, Trust::Configured).await;
    assert!(
        matches!(error, Err(FetchError::NotConnected { .. })),
        "{error:?}"
    );
    assert!(!format!("{error:?}").contains("hush"), "{error:?}");
    let asked = asked.join_next().await.unwrap().unwrap();
    assert!(
        asked.starts_with("CONNECT mcp.example:443 HTTP/1.1\r\n"),
        "{asked}"
    );
}

#[tokio::test]
async fn this_machine_and_what_needs_no_proxy_are_reached_without_it() {
    // Nobody listens there.
    let builder = || Fetcher::builder().proxy("http://127.0.0.1:1");
    let (address, _asked) = proxy(OK).await;
    let target = url(&format!("http://{address}/"));
    let reply = builder().build().unwrap();
    let reply = reply.get(&target, LIMITS, Trust::Configured).await;
    assert_eq!(reply.unwrap().body, "ok");

    let (address, _asked) = proxy(OK).await;
    let port = address.rsplit(':').next().unwrap().to_owned();
    let target = url(&format!("http://mcp.example:{port}/"));
    let builder = builder().no_proxy("other.example, .example");
    let fetcher = builder.build_with(Arc::new(Here)).unwrap();
    let reply = fetcher.get(&target, LIMITS, Trust::WithoutSecrets).await;
    assert_eq!(reply.unwrap().body, "ok");
}

/// Every name is this machine.
struct Here;

impl Lookup for Here {
    fn lookup(&self, _: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        async { Ok(vec![IpAddr::from([127, 0, 0, 1])]) }.boxed()
    }
}

#[tokio::test]
async fn a_proxy_may_be_where_what_others_name_may_not() {
    let (address, mut asked) = proxy(OK).await;
    let port = address.rsplit(':').next().unwrap();
    let trust = Trust::Learned {
        from: url("https://issuer.example"),
    };
    let target = url("https://learned.example/");
    let builder = Fetcher::builder().proxy(format!("http://proxy.example:{port}"));
    let fetcher = builder.build_with(Arc::new(Here)).unwrap();
    let _ = fetcher.get(&target, LIMITS, trust.clone()).await;
    let asked = asked.join_next().await.unwrap().unwrap();
    assert!(asked.starts_with("CONNECT learned.example:443 "), "{asked}");
    // An address that must not be reached stays refused.
    let target = url("https://10.0.0.1/");
    let reply = fetcher.get(&target, LIMITS, trust);
    let error = reply.await.unwrap_err();
    assert!(
        matches!(error, FetchError::AddressRefused { .. }),
        "{error:?}"
    );
}

#[tokio::test]
async fn what_others_name_does_not_lead_to_the_proxy_itself() {
    // The proxy is for `http` only, so that `https` goes straight where the name leads.
    let (address, mut asked) = proxy(OK).await;
    let port = address.rsplit(':').next().unwrap();
    let variable = |name: &str| (name == "HTTP_PROXY").then(|| "proxy.example:1".to_owned());
    let builder = Fetcher::builder().proxy_from(variable);
    let fetcher = builder.build_with(Arc::new(Here)).unwrap();
    let target = url(&format!("https://proxy.example:{port}/"));
    let from = url("https://issuer.example");
    for trust in [Trust::Public, Trust::Learned { from }] {
        let reply = fetcher.get(&target, LIMITS, trust).await;
        assert!(
            matches!(reply, Err(FetchError::AddressRefused { .. })),
            "{reply:?}"
        );
    }
    assert!(asked.try_join_next().is_none());
}

#[test]
fn the_environment_names_proxies() {
    let read = |variables: &[(&str, &str)]| {
        let variable = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let builder = Fetcher::builder().proxy_from(variable);
        let shown = |url: Option<Secret>| url.map_or_else(String::new, |url| url.expose().clone());
        (shown(builder.http), shown(builder.https), builder.no_proxy)
    };
    let of = |http: &str, https: &str| (http.to_owned(), https.to_owned(), None);
    assert_eq!(read(&[]), of("", ""));
    assert_eq!(
        read(&[("ALL_PROXY", "http://a")]),
        of("http://a", "http://a")
    );
    assert_eq!(
        read(&[
            ("HTTP_PROXY", "a:1"),
            ("http_proxy", "b"),
            ("https_proxy", "https://c")
        ]),
        of("http://a:1", "https://c")
    );
    assert_eq!(
        read(&[("HTTPS_PROXY", " "), ("all_proxy", "d")]),
        of("http://d", "http://d")
    );
    // In CGI, `HTTP_PROXY` is a header of the request.
    let cgi = [("REQUEST_METHOD", "GET"), ("HTTP_PROXY", "http://evil")];
    assert_eq!(read(&cgi), of("", ""));
    assert_eq!(read(&[("no_proxy", "a,b")]).2.as_deref(), Some("a,b"));
}

#[test]
fn what_cannot_be_used_is_refused_without_being_shown() {
    for (proxy, problem) in [
        (
            "ada:hush@proxy",
            "the scheme of its URL must be http or https",
        ),
        (
            "socks5://ada:hush@proxy",
            "the scheme of its URL must be http or https",
        ),
        ("//ada:hush@proxy", "its URL is no absolute URL"),
    ] {
        let error = Fetcher::builder().proxy(proxy).build().unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("the proxy cannot be used: {problem}")
        );
        assert!(!format!("{error:?}").contains("hush"), "{error:?}");
    }
    let shown = format!("{:?}", Fetcher::builder().proxy("http://ada:hush@proxy"));
    assert!(!shown.contains("hush"), "{shown}");
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    for pem in ["", "hello", "-----BEGIN CERTIFICATE-----\n", broken] {
        let refused = Fetcher::builder().certificate_authority(pem).build();
        assert!(refused.is_err(), "{pem:?}");
    }
}

#[tokio::test]
async fn a_certificate_authority_of_ones_own_is_trusted() {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new([]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = params.self_signed(&key).unwrap();
    let issuer = Issuer::new(params, key);
    let key = KeyPair::generate().unwrap();
    let server = CertificateParams::new(["localhost".to_owned()]).unwrap();
    let server = server.signed_by(&key, &issuer).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![server.der().clone()],
            PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
        )
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = format!(
        "https://localhost:{}/",
        listener.local_addr().unwrap().port()
    );
    let target = url(&target);
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            if let Ok(stream) = acceptor.accept(stream).await {
                answer(stream, OK).await;
            }
        }
    });
    let fetch = async |builder: FetcherBuilder| {
        let fetcher = builder.build_with(Arc::new(Here)).unwrap();
        fetcher.get(&target, LIMITS, Trust::Configured).await
    };
    let error = fetch(Fetcher::builder()).await.unwrap_err();
    assert!(
        matches!(error, FetchError::NotConnected { .. }),
        "{error:?}"
    );
    let trusting = Fetcher::builder().certificate_authority(authority.pem());
    assert_eq!(fetch(trusting).await.unwrap().body, "ok");
}
