use std::fs;

use thyra_protocol::{Annotations, Content, ResourceContents, Role};

use super::{Audio, File, Image, read_bounded};

#[test]
fn bytes_become_blocks() {
    let Content::Image(image) = Content::from(Image::new([0_u8, 1, 255], "image/png")) else {
        panic!("not an image");
    };
    assert_eq!(
        (image.data.as_str(), image.mime_type.as_str()),
        ("AAH/", "image/png")
    );
    let annotations = Annotations {
        audience: vec![Role::User],
        ..Annotations::default()
    };
    let audio = Audio::new([0_u8, 1, 255], "audio/wav").annotations(annotations.clone());
    let Content::Audio(audio) = Content::from(audio) else {
        panic!("no sound");
    };
    assert_eq!(
        (audio.data.as_str(), audio.mime_type.as_str()),
        ("AAH/", "audio/wav")
    );
    assert_eq!(audio.annotations, Some(annotations));
}

fn resource(file: File) -> ResourceContents {
    match Content::from(file) {
        Content::Resource(embedded) => embedded.resource,
        other => panic!("not a resource: {other:?}"),
    }
}

#[test]
fn files_are_text_where_they_can_be() {
    let ResourceContents::Text(text) = resource(File::new("my notes.md", "# hi")) else {
        panic!("markdown is text");
    };
    assert_eq!(text.uri, "file:///my%20notes.md");
    assert_eq!(text.mime_type.as_deref(), Some("text/markdown"));
    assert_eq!(text.text, "# hi");
    let ResourceContents::Blob(blob) = resource(File::new("notes.md", [255_u8])) else {
        panic!("that is no UTF-8");
    };
    assert_eq!(blob.blob, "/w==");
    let ResourceContents::Blob(blob) = resource(File::new("data", "x")) else {
        panic!("nobody knows what that is");
    };
    assert_eq!(blob.mime_type.as_deref(), Some("application/octet-stream"));
    let own = File::new("data", "{}")
        .mime_type("application/geo+json")
        .uri("geo://x");
    let ResourceContents::Text(text) = resource(own) else {
        panic!("JSON is text");
    };
    assert_eq!(text.uri, "geo://x");
}

#[tokio::test]
async fn files_are_read_by_their_path() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("dot.png");
    fs::write(&path, [1_u8, 2]).expect("a file");
    let Content::Image(image) = Content::from(Image::read(&path).await.expect("it is there"))
    else {
        panic!("not an image");
    };
    assert_eq!(
        (image.data.as_str(), image.mime_type.as_str()),
        ("AQI=", "image/png")
    );
    let ResourceContents::Blob(blob) = resource(File::read(&path).await.expect("it is there"))
    else {
        panic!("a picture is no text");
    };
    assert_eq!(blob.uri, "file:///dot.png");
    assert!(Audio::read(folder.path().join("none.wav")).await.is_err());
}

#[test]
fn reading_stops_where_it_is_told_to() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("four");
    fs::write(&path, "four").expect("a file");
    assert_eq!(read_bounded(&path, 4).expect("it fits"), b"four");
    let error = read_bounded(&path, 3).expect_err("it does not fit");
    assert_eq!(error.to_string(), "the file is larger than 3 bytes");
}

#[test]
fn debugging_shows_no_bytes() {
    let shown = format!("{:?}", File::new("a.txt", "secret"));
    assert_eq!(shown, r#"File { mime_type: "text/plain", bytes: 6, .. }"#);
}
