//! Every answer that is given before the body was read.

use super::*;

const LENGTH: usize = 300_000;

const JSON: &str = "content-type: application/json\r\n";

fn server() -> Server {
    let routes = Router::new()
        .route("/ignores", post(async || "not read"))
        .route("/alive", get(async || "yes"));
    protected().routes(routes)
}

/// The answer to a large body under `line` and `headers`, and whether the connection goes on.
async fn refuses(server: &Running, line: &str, headers: &str, status: u16) {
    let mut wire = Wire::to(server).await;
    for _ in 0..3 {
        let head = Head::new(line, headers).header(&format!("content-length: {LENGTH}"));
        wire.send(&head).await;
        wire.fill(LENGTH).await.unwrap();
        let answer = wire.answer().await;
        assert_eq!(
            (answer.status, answer.closes),
            (status, false),
            "{line} {headers}"
        );
    }
    goes_on(&mut wire).await;
}

#[tokio::test]
async fn each_leaves_the_connection_as_it_was() {
    let server = Running::start(server()).await;
    let typed = format!("{TOKEN}{JSON}");
    for (line, headers, status) in [
        ("POST /mcp HTTP/1.1", "", 401),
        (
            "POST /mcp HTTP/1.1",
            "authorization: Bearer nobody\r\n",
            401,
        ),
        (
            "POST /mcp HTTP/1.1",
            "origin: https://elsewhere.example\r\n",
            403,
        ),
        ("POST /nowhere HTTP/1.1", "", 404),
        ("POST /mcp/ HTTP/1.1", "", 307),
        ("OPTIONS /mcp HTTP/1.1", "", 204),
        ("PUT /mcp HTTP/1.1", TOKEN, 405),
        ("GET /mcp HTTP/1.1", TOKEN, 405),
        ("DELETE /mcp HTTP/1.1", TOKEN, 405),
        (
            "POST /mcp HTTP/1.1",
            &format!("{typed}accept: image/png\r\n"),
            406,
        ),
        ("POST /mcp HTTP/1.1", TOKEN, 415),
        (
            "POST /mcp HTTP/1.1",
            &format!("{typed}content-encoding: gzip\r\n"),
            415,
        ),
        (
            "POST /mcp HTTP/1.1",
            &format!("{typed}mcp-session-id: nobody's\r\n"),
            404,
        ),
        (
            "GET /mcp HTTP/1.1",
            &format!("{TOKEN}mcp-session-id: nobody's\r\n"),
            404,
        ),
        (
            "POST /.well-known/oauth-protected-resource/mcp HTTP/1.1",
            "",
            405,
        ),
        (
            "GET /.well-known/oauth-protected-resource/mcp HTTP/1.1",
            "",
            200,
        ),
        ("POST /ignores HTTP/1.1", "", 200),
        ("PUT /ignores HTTP/1.1", "", 405),
        ("POST /unknown HTTP/1.1", "", 404),
    ] {
        refuses(&server, line, headers, status).await;
    }
}

#[tokio::test]
async fn a_host_that_is_not_served_is_told_so() {
    let http = HttpSettings::new().allowed_hosts(["mcp.example.com"]);
    for server in [protected().http(http.clone()), server().http(http)] {
        let server = Running::start(server).await;
        for path in ["/mcp", "/ignores"] {
            let mut wire = Wire::to(&server).await;
            let line = format!("POST http://elsewhere.example{path} HTTP/1.1");
            for _ in 0..3 {
                let head = Head::new(&line, "").header(&format!("content-length: {LENGTH}"));
                wire.send(&head).await;
                wire.fill(LENGTH).await.unwrap();
                assert_eq!(wire.answer().await.status, 421, "{path}");
            }
        }
    }
}

#[tokio::test]
async fn a_body_over_the_limit_is_read_on_within_reason() {
    let limits = Limits::default().body_bytes(200_000);
    let server = Running::start(server().limits(limits)).await;
    refuses(
        &server,
        "POST /mcp HTTP/1.1",
        &format!("{TOKEN}{JSON}"),
        413,
    )
    .await;
}
