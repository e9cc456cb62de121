//! Extensions of a server.

use futures_util::future::BoxFuture;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value, json};
use thyra::extend::RequestScope;
use thyra::prelude::*;
use thyra::{Error, ErrorObject, Extension, ExtensionError, Revision};

use super::{Talk, fails, hello};
use crate::support::{Ask, Running};

/// Answers `NAME/echo` with its params.
struct Named {
    name: &'static str,
    identifier: String,
}

impl Named {
    fn new(name: &'static str) -> Self {
        Self {
            name,
            identifier: format!("com.example/{name}"),
        }
    }
}

impl Extension for Named {
    fn identifier(&self) -> &str {
        &self.identifier
    }

    fn settings(&self) -> Map<String, Value> {
        Map::from_iter([("level".to_owned(), json!(3))])
    }

    fn methods(&self) -> Vec<String> {
        vec![
            format!("{}/echo", self.name),
            format!("{}/refuse", self.name),
        ]
    }

    fn call<'a>(
        &'a self,
        method: &'a str,
        params: Option<&'a RawValue>,
        request: &'a RequestScope,
    ) -> BoxFuture<'a, Result<Box<RawValue>, ErrorObject>> {
        Box::pin(async move {
            if method.ends_with("/refuse") {
                return Err(ErrorObject::invalid_params("Not today"));
            }
            let echoed =
                json!({ "params": params, "revision": request.revision(), "by": self.name });
            to_raw_value(&echoed).map_err(|_| ErrorObject::internal("no JSON"))
        })
    }
}

/// Answers its methods with what the test says.
#[derive(Clone)]
struct Plain {
    identifier: &'static str,
    methods: &'static [&'static str],
    answer: Value,
}

impl Plain {
    fn new(identifier: &'static str, methods: &'static [&'static str]) -> Self {
        Self {
            identifier,
            methods,
            answer: json!({}),
        }
    }
}

impl Extension for Plain {
    fn identifier(&self) -> &str {
        self.identifier
    }

    fn methods(&self) -> Vec<String> {
        self.methods.iter().map(|&name| name.to_owned()).collect()
    }

    fn call<'a>(
        &'a self,
        _: &'a str,
        _: Option<&'a RawValue>,
        _: &'a RequestScope,
    ) -> BoxFuture<'a, Result<Box<RawValue>, ErrorObject>> {
        let answer = to_raw_value(&self.answer).map_err(|_| ErrorObject::internal("no JSON"));
        Box::pin(async { answer })
    }
}

async fn start() -> Running {
    let server = Server::new("Extended")
        .extension(Named::new("first"))
        .extension(Named::new("second"));
    Running::start(server).await
}

#[tokio::test]
async fn extensions_are_announced_where_the_revision_has_them() {
    let server = start().await;
    let discovered = Talk::alone(&server)
        .ask("server/discover", json!({}))
        .await
        .result();
    for identifier in ["com.example/first", "com.example/second"] {
        let announced = &discovered["capabilities"]["extensions"][identifier];
        assert_eq!(announced, &json!({ "level": 3 }), "{discovered}");
    }
    let greeting = server.ask(&hello(json!({}))).await.result();
    assert!(
        greeting["capabilities"].get("extensions").is_none(),
        "{greeting}"
    );
}

#[tokio::test]
async fn a_method_of_an_extension_is_answered_by_it() {
    let server = start().await;
    let talk = Talk::alone(&server);
    for by in ["first", "second"] {
        let result = talk
            .ask(&format!("{by}/echo"), json!({ "a": [1, "x"] }))
            .await
            .result();
        assert_eq!(result["by"], by);
        assert_eq!(result["params"]["a"], json!([1, "x"]));
        assert_eq!(result["revision"], "2026-07-28");
        assert_eq!(result["resultType"], "complete");
        let server_info = &result["_meta"]["io.modelcontextprotocol/serverInfo"];
        assert_eq!(server_info["name"], "Extended", "{result}");
        let refused = talk.ask(&format!("{by}/refuse"), json!({})).await;
        assert_eq!(fails(&refused, -32602), "Not today");
    }
}

#[tokio::test]
async fn a_result_keeps_what_its_extension_says() {
    let own = json!({
        "resultType": "com.example/later",
        "_meta": { "io.modelcontextprotocol/serverInfo": { "name": "Other", "version": "2" } },
    });
    let extension = Plain {
        answer: own.clone(),
        ..Plain::new("com.example/a", &["a/now"])
    };
    let server = Running::start(Server::new("Extended").extension(extension)).await;
    let result = Talk::alone(&server).ask("a/now", json!({})).await.result();
    assert_eq!(result, own);
}

#[tokio::test]
async fn a_result_that_is_no_object_is_an_internal_error() {
    for answer in [
        json!(5),
        json!([]),
        json!(null),
        json!({ "_meta": 5 }),
        json!({ "resultType": 5 }),
    ] {
        let extension = Plain {
            answer: answer.clone(),
            ..Plain::new("com.example/a", &["a/now"])
        };
        let server = Running::start(Server::new("Extended").extension(extension)).await;
        let answered = Talk::alone(&server).ask("a/now", json!({})).await;
        assert_eq!(fails(&answered, -32603), "Internal error", "{answer}");
    }
}

#[test]
fn a_server_whose_extensions_cannot_be_told_apart_is_not_built() {
    let built = |extensions: &[Plain]| {
        let server = extensions
            .iter()
            .cloned()
            .fold(Server::new("Extended"), Server::extension);
        server.into_service().map(drop)
    };
    let a = Plain::new("com.example/a", &["a/now"]);
    let b = Plain::new("com.example/b", &["b/now"]);
    built(&[a.clone(), b.clone()]).unwrap();

    for identifier in ["audit", "com.example/", "io.modelcontextprotocol/tasks"] {
        let error = built(&[Plain::new(identifier, &[]), b.clone()]).unwrap_err();
        assert!(
            matches!(&error, Error::Extension(ExtensionError::Identifier { identifier: named, .. }) if named == identifier),
            "{error}"
        );
    }
    let error = built(&[a.clone(), b.clone(), a.clone()]).unwrap_err();
    assert!(
        matches!(&error, Error::Extension(ExtensionError::Identifier { identifier, .. }) if identifier == "com.example/a"),
        "{error}"
    );
    for (methods, taken) in [
        (
            &["c/now", "tools/list"] as &'static [&'static str],
            "tools/list",
        ),
        (&["ping"], "ping"),
        (&["c/now", "a/now"], "a/now"),
    ] {
        let error =
            built(&[a.clone(), b.clone(), Plain::new("com.example/c", methods)]).unwrap_err();
        assert!(
            matches!(
                &error,
                Error::Extension(ExtensionError::Method { identifier, method, .. })
                    if identifier == "com.example/c" && method == taken
            ),
            "{error}"
        );
    }
}

#[tokio::test]
async fn methods_of_no_extension_stay_unknown() {
    let server = start().await;
    let talk = Talk::alone(&server);
    for method in ["third/echo", "first/Echo", "first", "echo", "first/echo/"] {
        talk.ask(method, json!({})).await.refused(404, -32601);
    }
}

#[tokio::test]
async fn a_revision_without_extensions_has_none_of_their_methods() {
    let server = start().await;
    let [_, session] = Talk::each(&server).await;
    fails(&session.ask("first/echo", json!({})).await, -32601);
    for revision in [
        Revision::V2024_11_05,
        Revision::V2025_03_26,
        Revision::V2025_11_25,
    ] {
        let answer = server
            .ask(&Ask::on(revision, "first/echo", json!({})))
            .await;
        answer.refused(200, -32601);
    }
}
