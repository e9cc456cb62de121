//! What is asked for at all, and where.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;

#[tokio::test]
async fn only_some_urls_are_those_of_documents() {
    let rig = Rig::new();
    let long = format!("https://app.example/{}", "x".repeat(2000));
    for (url, problem) in [
        ("http://app.example/client", "it is not https"),
        ("http://localhost/client", "it is not https"),
        ("https://app.example", "it has no path"),
        ("https://app.example/", "it has no path"),
        ("https://app.example?x", "it has no path"),
        ("https://app.example/client#x", "it has a fragment"),
        (
            "https://app.example/a/../client",
            "its path has a dot segment",
        ),
        (
            "https://app.example/a/%2e%2e/client",
            "its path has a dot segment",
        ),
        ("https://app.example/./client", "its path has a dot segment"),
        ("https://user@app.example/client", "user name"),
        ("https://app.example@evil.example/client", "user name"),
        ("https://evil.example\\@app.example/client", "character"),
        ("https://app.example/cl ient", "character"),
        ("https://127.1/client", "does not begin with the host"),
        (
            "https:///app.example/client",
            "does not begin with the host",
        ),
        ("ftp://app.example/client", "scheme"),
        ("javascript://app.example/client", "scheme"),
        ("file:///etc/passwd", "scheme"),
        (&long, "longer than 2000 bytes"),
    ] {
        let error = rig.find(url).await.unwrap_err();
        assert!(matches!(error, DocumentError::Url(_)), "{url}: {error:?}");
        assert!(error.to_string().contains(problem), "{url}: {error}");
        assert!(!error.is_temporary());
    }
    assert_eq!(rig.web.asked(), 0);
    let web = Web::default();
    let off = Rig::with(Fetcher::over(web.clone()), web, |rules| {
        rules.documents = DocumentReach::None;
    });
    off.web.serve(&document());
    let error = off.clients.find(URL).await.unwrap_err();
    assert!(matches!(error, ClientError::Unknown), "{error:?}");
    assert!(!off.clients.have_documents() && rig.clients.have_documents());
    assert_eq!(off.web.asked(), 0);
}

/// Every address that is not one of the public web, in all ways of writing it that a URL has.
#[tokio::test]
async fn no_document_is_fetched_from_an_inner_address() {
    let rig = Rig::with(Fetcher::new(), Web::default(), |_| ());
    for host in [
        "127.0.0.1",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "192.0.2.1",
        "198.18.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "[::1]",
        "[::]",
        "[fe80::1]",
        "[fc00::1]",
        "[fd00:ec2::254]",
        "[ff02::1]",
        "[::ffff:7f00:1]",
        "[::ffff:a9fe:a9fe]",
        "[64:ff9b::a00:1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[2001:db8::1]",
        "localhost",
    ] {
        let error = rig
            .find(&format!("https://{host}/client"))
            .await
            .unwrap_err();
        let DocumentError::Fetch { source, .. } = &error else {
            panic!("{host}: {error:?}")
        };
        assert!(
            matches!(**source, FetchError::AddressRefused { .. }),
            "{host}: {source:?}"
        );
        assert!(!error.is_temporary());
        // Whoever asks does not hear what the name stands for.
        assert!(!error.to_string().contains("address"), "{error}");
    }
}

/// Answers each connection with the next answer, and says what it was asked.
async fn server(answers: Vec<String>) -> (String, tokio::task::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let task = tokio::spawn(async move {
        let mut asked = Vec::new();
        for answer in answers {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                request.push(stream.read_u8().await.unwrap());
            }
            stream.write_all(answer.as_bytes()).await.unwrap();
            asked.push(String::from_utf8(request).unwrap());
        }
        asked
    });
    (origin, task)
}

#[tokio::test]
async fn over_the_wire_redirects_are_not_followed_and_loopback_needs_its_own_setting() {
    let redirect =
        "HTTP/1.1 302 Found\r\nlocation: /other\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
    let large = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n{}",
        " ".repeat(6000)
    );
    let (origin, server) = server(vec![redirect.to_owned(), large]).await;
    let insecure = Rig::with(Fetcher::new(), Web::default(), |rules| {
        rules.documents = DocumentReach::PublicAndLoopback;
    });
    let error = insecure.find(&format!("{origin}/one")).await.unwrap_err();
    assert!(
        matches!(error, DocumentError::Status { status: 302 }),
        "{error:?}"
    );
    let error = insecure.find(&format!("{origin}/two")).await.unwrap_err();
    let DocumentError::Fetch { source, .. } = &error else {
        panic!("{error:?}")
    };
    assert!(
        matches!(**source, FetchError::TooLarge { .. }),
        "{source:?}"
    );
    let asked = server.await.unwrap();
    assert!(
        asked[0].starts_with("GET /one ") && asked[1].starts_with("GET /two "),
        "{asked:?}"
    );
    // Other machines still need https, and public addresses.
    for (url, is_url) in [
        ("http://10.0.0.1/client", false),
        ("https://10.0.0.1/client", true),
    ] {
        let error = insecure.find(url).await.unwrap_err();
        assert_eq!(
            matches!(error, DocumentError::Fetch { .. }),
            is_url,
            "{error:?}"
        );
    }
}
