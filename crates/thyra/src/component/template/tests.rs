use insta::assert_snapshot;
use schemars::JsonSchema;
use serde::Deserialize;
use thyra_protocol::{
    Era, ErrorCode, ErrorObject, ReadResourceResult, RequestId, ResourceContents, Revision,
};

use super::{PathSecurity, ResourceTemplate};
use crate::component::completion::completion_values;
use crate::context::RequestScope;
use crate::handler::{Args, CallError};

#[derive(Deserialize, JsonSchema)]
struct Which {
    id: u64,
    tags: Option<Vec<String>>,
    #[serde(default)]
    full: bool,
}

fn notes() -> ResourceTemplate {
    ResourceTemplate::new(
        "notes://{id}{?tags*,full}",
        "note",
        |Args(which): Args<Which>| async move {
            format!(
                "{} {} {}",
                which.id,
                which.tags.unwrap_or_default().join("+"),
                which.full
            )
        },
    )
}

async fn read(
    template: &ResourceTemplate,
    uri: &str,
) -> Option<Result<ReadResourceResult, CallError>> {
    let arguments = template.matches(uri)?;
    let scope = RequestScope::new(Revision::LATEST, RequestId::Number(1));
    Some(template.read(uri, &arguments, &scope).await)
}

#[tokio::test]
async fn variables_are_the_arguments() {
    let template = notes();
    assert_eq!(template.problems(), [""; 0]);
    for (uri, text) in [
        ("notes://7", "7  false"),
        ("notes://7?tags=a&tags=b&full=true", "7 a+b true"),
    ] {
        let result = read(&template, uri)
            .await
            .expect("it fits")
            .expect("a note");
        let [ResourceContents::Text(contents)] = result.contents.as_slice() else {
            panic!("not one text: {result:?}");
        };
        assert_eq!(contents.text, text);
        assert_eq!(contents.uri, uri);
        assert_eq!(contents.mime_type.as_deref(), Some("text/plain"));
    }
    assert!(read(&template, "other://7").await.is_none());
}

#[tokio::test]
async fn a_value_of_another_type_is_an_error_that_says_so() {
    let error = read(&notes(), "notes://seven")
        .await
        .expect("it fits")
        .expect_err("that is no number");
    let error = error.into_error("notes://seven", |uri| {
        ErrorObject::resource_not_found(uri, Era::Handshake)
    });
    assert_eq!(error.code, ErrorCode::INVALID_PARAMS);
    assert_snapshot!(error.message, @r#"
    Invalid arguments for resource `notes://seven`:
    - `id`: expected an integer of at least 0, got the string "seven"
    "#);
}

#[test]
fn variables_and_arguments_fit_together() {
    let problems = |uri_template: &str| {
        let template =
            ResourceTemplate::new(uri_template, "x", |Args(_): Args<Which>| async { "x" });
        template.problems().join("; ")
    };
    assert_eq!(problems("notes://{id}"), "");
    assert_eq!(
        problems("notes://{name}"),
        "it takes the argument `id`, and its URI has no `{id}` to take it from"
    );
    assert_eq!(
        problems("notes://x{?id}"),
        "its variable `id` may be left out of the URI, so the argument `id` has to be an `Option`, or have a default"
    );
    assert_eq!(
        problems("notes://{id"),
        "its URI template `notes://{id` cannot be read, at 8: nothing closes this `{`: write `}` after the variable"
    );
    let none = ResourceTemplate::new("notes://{id}", "x", || async { "x" });
    assert_eq!(
        none.problems(),
        ["its URI has the variable `id`, and no argument takes it"]
    );
}

#[test]
fn values_that_leave_their_folder_fit_nothing() {
    #[derive(Deserialize, JsonSchema)]
    struct Path {
        #[expect(dead_code, reason = "only the schema looks at it")]
        path: String,
    }
    let files =
        || ResourceTemplate::new("files://{+path}", "x", |Args(_): Args<Path>| async { "x" });
    let fits = |template: &ResourceTemplate, uri: &str| template.matches(uri).is_some();
    let bad = [
        "files://../x",
        "files://a/%2e%2e/x",
        "files://%2Fetc",
        "files:///etc/passwd",
        "files://a%5C..%5Cb",
        "files://C:/x",
        "files://a%00",
    ];
    for uri in bad {
        assert!(!fits(&files(), uri), "{uri}");
        assert!(fits(&files().path_security(None), uri), "{uri}");
        let exempt = files().path_security(PathSecurity::default().exempt("path"));
        assert!(fits(&exempt, uri), "{uri}");
    }
    assert!(fits(&files(), "files://a/b..c/d"));
    assert_eq!(
        files()
            .path_security(PathSecurity::default().exempt("other"))
            .problems(),
        ["its path security exempts `other`, and its URI has no such variable"]
    );
}

#[test]
fn values_of_a_list_are_judged_one_by_one_and_together() {
    #[derive(Deserialize, JsonSchema)]
    struct Path {
        #[expect(dead_code, reason = "only the schema looks at it")]
        path: Vec<String>,
    }
    let files = ResourceTemplate::new("files://x{/path*}", "x", |Args(_): Args<Path>| async {
        "x"
    });
    assert!(files.matches("files://x/a/b").is_some());
    assert!(files.matches("files://x/a/../b").is_none());
    assert!(files.matches("files://x/%2Fetc").is_none());
}

#[test]
fn variables_are_completed() {
    let template = notes().completion("id", completion_values(["7", "8"]));
    assert_eq!(template.problems(), [""; 0]);
    assert!(template.completer("id").is_some());
    assert!(template.completer("full").is_some());
    assert!(template.completer("tags").is_none() && template.has_argument("tags"));
    assert_eq!(
        notes().completion("x", completion_values(["7"])).problems(),
        ["it completes `x`, and it has no such argument"]
    );
}
