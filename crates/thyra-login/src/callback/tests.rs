use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::connection::MAX_HEAD;
use super::*;

fn state() -> Secret {
    Secret::new("right".to_owned())
}

fn judged(query: &str) -> Result<String, Refused> {
    let callback = read(&Method::GET, PATH, Some(query), &state())?;
    let outcome = match callback.code {
        Ok(code) => format!("code {}", code.expose()),
        Err(Denied { error, description }) => format!("error {error} {description:?}"),
    };
    Ok(format!("{outcome} from {:?}", callback.issuer))
}

#[test]
fn an_answer_is_read_and_everything_else_is_told_apart() {
    assert_eq!(
        judged("code=a%20b&state=right&x=y"),
        Ok("code a b from None".to_owned())
    );
    assert_eq!(
        judged("error=access_denied&error_description=no&state=right&iss=https%3A%2F%2Fa"),
        Ok("error access_denied Some(\"no\") from Some(\"https://a\")".to_owned())
    );
    for query in [
        "code=a",
        "code=a&state=",
        "code=a&state=wrong",
        "code=a&state=right%00",
        "code=a&state=Right",
        "",
    ] {
        assert_eq!(
            judged(query),
            Err(Refused::Query(NoAnswer::State)),
            "{query}"
        );
    }
    for query in [
        "state=right",
        "code=&state=right",
        "code=a%1B%5B2J&state=right",
        "code=a%C2%9B&state=right",
        "code=a%E2%80%AE&state=right",
        "code=a&error=b&state=right",
        "code=a&code=b&state=right",
        "code=a&state=right&state=right",
        "code=a&state=right&iss=a&iss=b",
    ] {
        assert_eq!(
            judged(query),
            Err(Refused::Query(NoAnswer::Malformed)),
            "{query}"
        );
    }
    let query = Some("code=a&state=right");
    assert_eq!(
        read(&Method::POST, PATH, query, &state()).unwrap_err(),
        Refused::Method
    );
    assert_eq!(
        read(&Method::GET, "/callback/", query, &state()).unwrap_err(),
        Refused::Path
    );
}

async fn get(address: SocketAddr, target: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {target} HTTP/1.1\r\nHost: {address}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).await.unwrap();
    reply
}

#[tokio::test]
async fn strangers_are_turned_away_and_the_right_answer_ends_the_wait() {
    let listener = CallbackListener::bind(None).await.unwrap();
    let address = listener.address;
    let strays = Mutex::new(false);
    let state = state();
    let browser = async {
        // A connection that says nothing must not be in the way.
        let silent = TcpStream::connect(address).await.unwrap();
        let replies = [
            get(address, "/favicon.ico").await,
            get(address, "/callback?code=evil&state=wrong").await,
            get(address, "/callback?code=%3Cb%3E&state=right&code=twice").await,
            get(address, "/callback?code=good&state=right").await,
        ];
        drop(silent);
        replies
    };
    let (callback, replies) = tokio::join!(listener.wait(&state, &strays), browser);
    assert_eq!(callback.unwrap().code.unwrap().expose(), "good");
    assert!(strays.into_inner().unwrap());
    let statuses = replies.each_ref().map(|reply| &reply[..12]);
    assert_eq!(
        statuses,
        [
            "HTTP/1.1 404",
            "HTTP/1.1 400",
            "HTTP/1.1 400",
            "HTTP/1.1 200"
        ]
    );
    for reply in &replies {
        assert!(reply.contains("x-frame-options: DENY"));
        assert!(!reply.contains("<b>") && !reply.contains("evil") && !reply.contains("good"));
    }
}

#[tokio::test]
async fn a_large_request_is_refused_and_does_not_end_the_wait() {
    let listener = CallbackListener::bind(None).await.unwrap();
    let address = listener.address;
    let strays = Mutex::new(false);
    let state = state();
    let browser = async {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = format!(
            "GET /callback?code={} HTTP/1.1\r\n",
            "x".repeat(2 * MAX_HEAD)
        );
        // The listener may hang up before all is written.
        let _ = stream.write_all(request.as_bytes()).await;
        let mut reply = Vec::new();
        let _ = stream.read_to_end(&mut reply).await;
        assert!(!reply.starts_with(b"HTTP/1.1 200"));
        get(address, "/callback?error=access_denied&state=right").await
    };
    let (callback, reply) = tokio::join!(listener.wait(&state, &strays), browser);
    assert_eq!(callback.unwrap().code.unwrap_err().error, "access_denied");
    assert!(reply.starts_with("HTTP/1.1 400"));
}

#[tokio::test]
async fn a_head_may_come_in_pieces() {
    let listener = CallbackListener::bind(None).await.unwrap();
    let address = listener.address;
    let strays = Mutex::new(false);
    let state = state();
    let browser = async {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        for piece in [
            "G",
            "ET /callback?code=go",
            "od&state=right HT",
            "TP/1.1\r",
            "\nHost: localhost\r\n\r",
            "\n",
        ] {
            stream.write_all(piece.as_bytes()).await.unwrap();
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let mut reply = String::new();
        stream.read_to_string(&mut reply).await.unwrap();
        reply
    };
    let (callback, reply) = tokio::join!(listener.wait(&state, &strays), browser);
    assert_eq!(callback.unwrap().code.unwrap().expose(), "good");
    assert!(reply.starts_with("HTTP/1.1 200 OK\r\n"));
    assert!(reply.contains("\r\nconnection: close\r\n"));
    let (head, body) = reply.split_once("\r\n\r\n").unwrap();
    assert!(head.contains(&format!("\r\ncontent-length: {}\r\n", body.len())));
    assert!(!strays.into_inner().unwrap());
}

#[tokio::test]
async fn garbage_is_refused_and_does_not_end_the_wait() {
    let listener = CallbackListener::bind(None).await.unwrap();
    let address = listener.address;
    let strays = Mutex::new(false);
    let state = state();
    let browser = async {
        for garbage in [
            &b"\x16\x03\x01\x02\x00"[..],
            b"GET /callback?code=a&state=right HTTP/9.9\r\n\r\n",
            b"GET :// HTTP/1.1\r\n\r\n",
            b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        ] {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(garbage).await.unwrap();
            let mut reply = Vec::new();
            stream.read_to_end(&mut reply).await.unwrap();
            let reply = String::from_utf8(reply).unwrap();
            assert!(reply.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{reply}");
            assert!(reply.ends_with("\r\n\r\n"), "{reply}");
        }
        // One that hangs up in the middle gets no answer.
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET /call").await.unwrap();
        stream.shutdown().await.unwrap();
        let mut reply = Vec::new();
        stream.read_to_end(&mut reply).await.unwrap();
        assert!(reply.is_empty());
        get(address, "/callback?code=good&state=right").await
    };
    let (callback, reply) = tokio::join!(listener.wait(&state, &strays), browser);
    assert_eq!(callback.unwrap().code.unwrap().expose(), "good");
    assert!(reply.starts_with("HTTP/1.1 200"));
    assert!(!strays.into_inner().unwrap());
}

#[tokio::test]
async fn a_port_that_is_taken_is_replaced_by_a_free_one() {
    let first = CallbackListener::bind(None).await.unwrap();
    let second = CallbackListener::bind(Some(first.port())).await.unwrap();
    assert_ne!(first.port(), second.port());
    let port = first.port();
    drop(first);
    let third = CallbackListener::bind(Some(port)).await.unwrap();
    assert_eq!(
        third.redirect_uri(),
        format!("http://127.0.0.1:{port}/callback")
    );
}
