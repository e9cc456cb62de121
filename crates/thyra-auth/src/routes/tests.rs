use std::sync::atomic::{AtomicUsize, Ordering};

use http_body_util::StreamBody;
use http_body_util::combinators::BoxBody;

use super::*;

/// Tells what it was asked, and counts how often.
fn echo(methods: impl IntoIterator<Item = Method>) -> (PublicRoute, Arc<AtomicUsize>) {
    let calls = Arc::<AtomicUsize>::default();
    let counted = Arc::clone(&calls);
    let route = PublicRoute::new("/echo", methods, move |request: Request<Bytes>| {
        counted.fetch_add(1, Ordering::Relaxed);
        async move {
            let query = request.uri().query().unwrap_or("-").to_owned();
            let body = String::from_utf8_lossy(request.body()).into_owned();
            Response::new(Bytes::from(format!("{} {query} {body}", request.method())))
        }
    });
    (route, calls)
}

fn table(route: PublicRoute) -> PublicRoutes {
    let mut table = PublicRoutes::default();
    assert!(table.add(route));
    table
}

async fn ask<B: Body>(table: &PublicRoutes, request: Request<B>) -> (Response<()>, String) {
    ask_with(table, request, &Cors::default()).await
}

async fn ask_with<B: Body>(
    table: &PublicRoutes,
    request: Request<B>,
    cors: &Cors,
) -> (Response<()>, String) {
    let (parts, body) = table.respond(request, cors).await.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let text = String::from_utf8(body.to_vec()).unwrap();
    (Response::from_parts(parts, ()), text)
}

fn post(body: &'static str) -> Request<Full<Bytes>> {
    let request = Request::post("/echo?code=1&state=a%20b");
    request.body(Full::from(body)).unwrap()
}

/// A body that does not say how long it is.
fn chunks(chunks: &[&'static str]) -> Request<BoxBody<Bytes, std::io::Error>> {
    let frames: Vec<_> = chunks
        .iter()
        .map(|chunk| match *chunk {
            "broken" => Err(std::io::Error::other("gone")),
            chunk => Ok(http_body::Frame::data(Bytes::from_static(chunk.as_bytes()))),
        })
        .collect();
    let body = BodyExt::boxed(StreamBody::new(futures_util::stream::iter(frames)));
    Request::post("/echo").body(body).unwrap()
}

#[tokio::test]
async fn a_route_may_be_at_a_second_path() {
    let (route, calls) = echo([Method::POST]);
    let route = route.body_limit(16).any_origin();
    let mut table = table(route.clone());
    assert!(!table.add(route.at("/echo")));
    assert!(table.add(route.at("/api/echo")));
    assert_eq!(table.paths().collect::<Vec<_>>(), ["/echo", "/api/echo"]);
    for path in ["/echo", "/api/echo"] {
        let mut request = post("code=2");
        *request.uri_mut() = path.parse().unwrap();
        let (response, text) = ask(&table, request).await;
        assert_eq!(text, "POST - code=2", "{path}");
        let headers = response.headers();
        assert!(
            headers.contains_key("access-control-allow-origin"),
            "{path}"
        );
    }
    assert_eq!(calls.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn a_handler_sees_method_query_and_body() {
    let (route, _) = echo([Method::POST]);
    let table = table(route.body_limit(16));
    let (response, text) = ask(&table, post("code=2")).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(text, "POST code=1&state=a%20b code=2");
    assert!(response.headers().is_empty(), "{:?}", response.headers());
}

#[tokio::test]
async fn a_body_is_bounded_before_the_handler_is_called() {
    let (route, calls) = echo([Method::POST]);
    let table = table(route.body_limit(8));
    for (request, status) in [
        (chunks(&["12345678"]), StatusCode::OK),
        (chunks(&["1234", "5678"]), StatusCode::OK),
        (chunks(&["1234", "56789"]), StatusCode::PAYLOAD_TOO_LARGE),
        (chunks(&["1", "broken"]), StatusCode::BAD_REQUEST),
    ] {
        assert_eq!(ask(&table, request).await.0.status(), status);
    }
    let (announced, _) = ask(&table, post("123456789")).await;
    assert_eq!(announced.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(calls.load(Ordering::Relaxed), 2);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_arrive_is_not_waited_for() {
    let (route, calls) = echo([Method::POST]);
    let table = table(route.body_limit(8));
    let never = futures_util::stream::pending::<Result<http_body::Frame<Bytes>, std::io::Error>>();
    let request = Request::post("/echo").body(StreamBody::new(never)).unwrap();
    let (response, _) = ask(&table, request).await;
    assert_eq!(response.status(), StatusCode::REQUEST_TIMEOUT);
    assert_eq!(calls.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn a_route_without_a_limit_reads_no_body() {
    let (route, _) = echo([Method::POST]);
    let table = table(route);
    let never = futures_util::stream::pending::<Result<http_body::Frame<Bytes>, std::io::Error>>();
    let request = Request::post("/echo").body(StreamBody::new(never)).unwrap();
    assert_eq!(ask(&table, request).await.1, "POST - ");
}

#[tokio::test]
async fn only_the_methods_of_a_route_reach_its_handler() {
    let (route, calls) = echo([Method::GET, Method::POST]);
    let table = table(route);
    let request = |method: Method| {
        let request = Request::builder().method(method).uri("/echo");
        request.body(Full::<Bytes>::default()).unwrap()
    };
    let (head, body) = ask(&table, request(Method::HEAD)).await;
    assert_eq!(body, "");
    assert_eq!(head.headers()[header::CONTENT_LENGTH], "7");
    let (options, _) = ask(&table, request(Method::OPTIONS)).await;
    assert_eq!(options.status(), StatusCode::NO_CONTENT);
    assert_eq!(options.headers()[header::ALLOW], "GET, HEAD, POST, OPTIONS");
    for method in [Method::PUT, Method::DELETE, Method::PATCH, Method::TRACE] {
        let (refused, _) = ask(&table, request(method)).await;
        assert_eq!(refused.status(), StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(refused.headers()[header::ALLOW], "GET, HEAD, POST, OPTIONS");
    }
    assert_eq!(calls.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn other_origins_read_only_what_is_for_them() {
    let preflight = || {
        let request = Request::options("/echo").header("access-control-request-method", "GET");
        request.body(Full::<Bytes>::default()).unwrap()
    };
    let (route, _) = echo([Method::GET]);
    let (response, _) = ask(&table(route.clone()), preflight()).await;
    let foreign = header::ACCESS_CONTROL_ALLOW_ORIGIN;
    assert!(!response.headers().contains_key(&foreign));
    assert!(
        !response
            .headers()
            .contains_key(header::ACCESS_CONTROL_ALLOW_HEADERS)
    );

    let table = table(route.any_origin());
    let (response, _) = ask(&table, preflight()).await;
    assert_eq!(response.headers()[&foreign], "*");
    let allowed = header::ACCESS_CONTROL_ALLOW_HEADERS;
    assert_eq!(response.headers()[&allowed], "authorization, *");
    let cors = Cors::new(
        HeaderValue::from_static("x-in"),
        HeaderValue::from_static("x-out"),
    );
    let (response, _) = ask_with(&table, preflight(), &cors).await;
    assert_eq!(response.headers()[&allowed], "x-in");
    assert_eq!(
        response.headers()[header::ACCESS_CONTROL_EXPOSE_HEADERS],
        "x-out"
    );
}

#[test]
fn a_path_has_one_route() {
    let (route, _) = echo([Method::GET]);
    let mut table = table(route.clone());
    assert!(!table.add(route));
    assert_eq!(table.paths().collect::<Vec<_>>(), ["/echo"]);
}
