use http_body_util::{BodyExt, Empty};

use super::*;
use crate::routes::{Cors, PublicRoutes};

const PATH_FORM: &str = "/.well-known/oauth-protected-resource/mcp";
const ROOT_FORM: &str = "/.well-known/oauth-protected-resource";

fn table_at(path: &str) -> PublicRoutes {
    let resource = ResourceUrl::new("https://my.example.com", path).unwrap();
    let metadata = ProtectedResourceMetadata::new(&resource, ["https://e/resources/res_1"]);
    let mut table = PublicRoutes::default();
    for route in protected_resource(&resource, &metadata) {
        assert!(table.add(route));
    }
    table
}

fn table() -> PublicRoutes {
    table_at("/mcp")
}

async fn ask(method: Method, path: &str) -> (Response<()>, Bytes) {
    ask_with(Request::builder().method(method).uri(path)).await
}

async fn ask_with(request: http::request::Builder) -> (Response<()>, Bytes) {
    let request = request.body(Empty::<Bytes>::new()).unwrap();
    let cors = Cors::new(
        HeaderValue::from_static("authorization, x-of-a-protocol"),
        HeaderValue::from_static("www-authenticate, x-of-a-protocol"),
    );
    let response = table().respond(request, &cors).await;
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    (Response::from_parts(parts, ()), body)
}

#[tokio::test]
async fn the_document_is_at_the_path_form_and_at_the_root_form() {
    for path in [PATH_FORM, ROOT_FORM] {
        let (response, body) = ask(Method::GET, path).await;
        assert_eq!(response.status(), StatusCode::OK);
        insta::allow_duplicates! {
            insta::assert_debug_snapshot!(response.headers(), @r#"
            {
                "content-type": "application/json",
                "cache-control": "public, max-age=3600",
                "access-control-allow-origin": "*",
                "access-control-expose-headers": "www-authenticate, x-of-a-protocol",
                "x-content-type-options": "nosniff",
            }
            "#);
            insta::assert_snapshot!(std::str::from_utf8(&body).unwrap(), @r#"{"resource":"https://my.example.com/mcp","authorization_servers":["https://e/resources/res_1"],"bearer_methods_supported":["header"]}"#);
        }
    }
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    let (_, document) = ask(Method::GET, PATH_FORM).await;
    let (response, body) = ask(Method::HEAD, PATH_FORM).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert!(body.is_empty());
    assert_eq!(
        response.headers()[header::CONTENT_LENGTH],
        document.len().to_string().as_str()
    );
    assert_eq!(response.headers()[header::CONTENT_TYPE], "application/json");
}

#[tokio::test]
async fn a_preflight_allows_what_browser_clients_send() {
    let request = Request::builder()
        .method(Method::OPTIONS)
        .uri(PATH_FORM)
        .header("origin", "http://localhost:6274")
        .header("access-control-request-method", "GET")
        .header("access-control-request-headers", "authorization");
    let (response, body) = ask_with(request).await;
    assert_eq!(response.status(), StatusCode::NO_CONTENT);
    assert!(body.is_empty());
    insta::assert_debug_snapshot!(response.headers(), @r#"
    {
        "allow": "GET, HEAD, OPTIONS",
        "access-control-allow-methods": "GET, HEAD, OPTIONS",
        "access-control-allow-headers": "authorization, x-of-a-protocol",
        "access-control-max-age": "7200",
        "access-control-allow-origin": "*",
        "access-control-expose-headers": "www-authenticate, x-of-a-protocol",
        "x-content-type-options": "nosniff",
    }
    "#);
}

#[tokio::test]
async fn options_without_an_origin_names_the_methods() {
    let (response, body) = ask(Method::OPTIONS, ROOT_FORM).await;
    assert_eq!(response.status(), StatusCode::NO_CONTENT);
    assert_eq!(response.headers()[header::ALLOW], "GET, HEAD, OPTIONS");
    assert!(body.is_empty());
}

#[tokio::test]
async fn other_methods_are_refused() {
    for method in [Method::POST, Method::PUT, Method::DELETE, Method::PATCH] {
        let (response, _) = ask(method, PATH_FORM).await;
        assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(response.headers()[header::ALLOW], "GET, HEAD, OPTIONS");
    }
}

#[tokio::test]
async fn only_exact_paths_are_answered() {
    let table = table();
    assert_eq!(table.paths().collect::<Vec<_>>(), [PATH_FORM, ROOT_FORM]);
    for path in [
        "/.well-known/oauth-protected-resource/",
        "/.well-known/oauth-protected-resource/mcp/",
        "/.well-known/oauth-protected-resource/other",
        "/.well-known/oauth-protected-resourcex",
        "/x/.well-known/oauth-protected-resource",
        "/.well-known//oauth-protected-resource",
        "/.WELL-KNOWN/oauth-protected-resource",
        "/.well-known/oauth-authorization-server",
        "/mcp",
        "/",
        "",
    ] {
        assert!(!table.answers(path), "{path}");
    }
    let (response, _) = ask(Method::GET, "/mcp").await;
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
}

#[test]
fn a_root_resource_has_one_path() {
    assert_eq!(table_at("/").paths().collect::<Vec<_>>(), [ROOT_FORM]);
}
