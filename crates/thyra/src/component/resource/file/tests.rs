use std::fs;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use thyra_protocol::{
    Era, ErrorCode, ErrorObject, ReadResourceResult, RequestId, ResourceContents, Revision,
};

use super::{Resource, ResourceTemplate};
use crate::context::RequestScope;
use crate::handler::CallError;

fn shown(result: Result<ReadResourceResult, CallError>) -> String {
    match result {
        Ok(result) => match result.contents.as_slice() {
            [ResourceContents::Text(text)] => {
                format!("{} {:?} {}", text.uri, text.mime_type, text.text)
            }
            [ResourceContents::Blob(blob)] => {
                format!("{} {:?} {}", blob.uri, blob.mime_type, blob.blob)
            }
            other => panic!("not one: {other:?}"),
        },
        Err(error) => {
            let not_found = |uri: &str| ErrorObject::resource_not_found(uri, Era::Handshake);
            let error = error.into_error("x", not_found);
            assert_eq!(error.code, ErrorCode::RESOURCE_NOT_FOUND, "{error:?}");
            "not found".to_owned()
        }
    }
}

fn scope() -> RequestScope {
    RequestScope::new(Revision::LATEST, RequestId::Number(1))
}

#[tokio::test]
async fn a_file_is_read_anew_each_time() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("today.md");
    let resource = Resource::file("notes://today", &path);
    assert_eq!(resource.problems(), [""; 0]);
    assert_eq!(
        resource.definition().mime_type.as_deref(),
        Some("text/markdown")
    );
    let read = async || shown(resource.read("notes://today", &scope()).await);
    assert_eq!(read().await, "not found");
    fs::write(&path, "one").expect("a file");
    assert_eq!(read().await, r#"notes://today Some("text/markdown") one"#);
    fs::write(&path, [255_u8]).expect("a file");
    assert_eq!(read().await, r#"notes://today Some("text/markdown") /w=="#);
    fs::remove_file(&path).expect("it is there");
    fs::create_dir(&path).expect("a folder");
    assert_eq!(read().await, "not found");
}

#[test]
fn paths_are_absolute() {
    assert_eq!(Resource::file("n://x", "x.md").problems().len(), 1);
    assert_eq!(Resource::directory("n://x", "x").problems().len(), 1);
    assert_eq!(
        ResourceTemplate::directory("n://{+x}", "x")
            .problems()
            .len(),
        1
    );
}

#[tokio::test]
async fn a_folder_is_read_below_itself() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("sub")).expect("a folder");
    fs::write(folder.path().join("sub/a b.txt"), "hi").expect("a file");
    for template in ["docs://{+path}", "docs://x{/path*}"] {
        let template = ResourceTemplate::directory(template, folder.path());
        assert_eq!(template.problems(), [""; 0]);
        let base = if template.uri_template().contains('x') {
            "docs://x/"
        } else {
            "docs://"
        };
        let read = async |path: &str| {
            let uri = format!("{base}{path}");
            let arguments = template.matches(&uri)?;
            Some(shown(template.read(&uri, &arguments, &scope()).await))
        };
        assert_eq!(
            read("sub/a%20b.txt").await.expect("it fits"),
            format!(r#"{base}sub/a%20b.txt Some("text/plain") hi"#)
        );
        assert_eq!(read("sub").await.expect("it fits"), "not found");
        assert_eq!(read("none").await.expect("it fits"), "not found");
        assert_eq!(read("sub/../sub/a%20b.txt").await, None);
        // Nor without the path security, which the first line of defence is.
        let open = template.clone().path_security(None);
        let uri = format!("{base}sub/../sub/a%20b.txt");
        let arguments = open.matches(&uri).expect("it fits");
        assert_eq!(
            shown(open.read(&uri, &arguments, &scope()).await),
            "not found"
        );
    }
    let two = ResourceTemplate::directory("docs://{a}/{b}", folder.path());
    assert_eq!(
        two.problems(),
        ["its URI has more than one variable, and a file has one path"]
    );
}

#[tokio::test]
async fn a_folder_lists_itself() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("a.md"), "hi").expect("a file");
    let resource = Resource::directory("docs://all", folder.path());
    assert_eq!(
        shown(resource.read("docs://all", &scope()).await),
        r#"docs://all Some("application/json") {"files":["a.md"],"complete":true}"#
    );
}

/// A pipe that nobody writes into would be opened for ever.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn what_is_no_file_is_not_there_and_holds_up_nobody() {
    let folder = tempfile::tempdir().expect("a folder");
    let pipe = folder.path().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.expect("mkfifo").success());
    for path in [pipe.as_path(), std::path::Path::new("/dev/zero")] {
        let resource = Resource::file("notes://pipe", path);
        assert_eq!(
            shown(resource.read("notes://pipe", &scope()).await),
            "not found"
        );
    }
    let template = ResourceTemplate::directory("docs://{+path}", folder.path());
    let uri = "docs://pipe";
    let arguments = template.matches(uri).expect("it fits");
    assert_eq!(
        shown(template.read(uri, &arguments, &scope()).await),
        "not found"
    );
}

/// Such a file says that it is empty.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_file_of_the_kernel_is_read_to_its_end() {
    let resource = Resource::file("proc://version", "/proc/version");
    let read = shown(resource.read("proc://version", &scope()).await);
    let bytes = STANDARD.encode(fs::read("/proc/version").expect("the kernel's file"));
    assert!(read.ends_with(&bytes), "{read}");
}
