use std::fs;
use std::io::ErrorKind;

use thyra_protocol::{Annotations, Content, ResourceContents, Role};

use super::{Audio, File, Image, open_file, read_bounded};

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
    let Content::Image(image) = Content::from(Image::open(&path).await.expect("it is there"))
    else {
        panic!("not an image");
    };
    assert_eq!(
        (image.data.as_str(), image.mime_type.as_str()),
        ("AQI=", "image/png")
    );
    let ResourceContents::Blob(blob) = resource(File::open(&path).await.expect("it is there"))
    else {
        panic!("a picture is no text");
    };
    assert_eq!(blob.uri, "file:///dot.png");
    assert!(Audio::open(folder.path().join("none.wav")).await.is_err());
}

#[test]
fn the_common_formats_have_their_media_types() {
    let image = |image: Image| match Content::from(image) {
        Content::Image(image) => image.mime_type,
        other => panic!("not an image: {other:?}"),
    };
    assert_eq!(image(Image::gif("x")), "image/gif");
    assert_eq!(image(Image::jpeg("x")), "image/jpeg");
    assert_eq!(image(Image::png("x")), "image/png");
    assert_eq!(image(Image::svg("<svg/>")), "image/svg+xml");
    assert_eq!(image(Image::webp("x")), "image/webp");
    assert_eq!(sound(Audio::flac("x")), "audio/flac");
    assert_eq!(sound(Audio::mp3("x")), "audio/mpeg");
    assert_eq!(sound(Audio::ogg("x")), "audio/ogg");
    assert_eq!(sound(Audio::wav("x")), "audio/wav");
}

fn sound(audio: Audio) -> String {
    match Content::from(audio) {
        Content::Audio(audio) => audio.mime_type,
        other => panic!("no sound: {other:?}"),
    }
}

#[test]
fn a_file_of_text_is_text_whatever_its_name() {
    for (name, mime_type) in [
        ("notes", "text/plain"),
        ("notes.md", "text/markdown"),
        ("notes.png", "text/plain"),
    ] {
        let ResourceContents::Text(text) = resource(File::text(name, "# hi")) else {
            panic!("{name} is text");
        };
        assert_eq!(text.mime_type.as_deref(), Some(mime_type), "{name}");
    }
}

#[tokio::test]
async fn the_content_tells_the_type_before_the_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, content: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, content).expect("a file");
        path
    };
    let wav = b"RIFF\x24\0\0\0WAVEfmt ";
    let sounds: [(&str, &[u8], &str); 3] = [
        ("a", wav, "audio/wav"),
        ("a.mp3", b"fLaC\0\0\0\x22", "audio/flac"),
        ("b.ogg", b"nobody knows", "audio/ogg"),
    ];
    for (name, content, mime_type) in sounds {
        let audio = Audio::open(file(name, content)).await.expect("it is sound");
        assert_eq!(sound(audio), mime_type, "{name}");
    }
    let svg = Image::open(file("a.svg", b"<svg/>")).await.expect("an SVG");
    let Content::Image(svg) = Content::from(svg) else {
        panic!("not an image");
    };
    assert_eq!(svg.mime_type, "image/svg+xml");
    // Neither by its name nor by its content.
    for (name, content) in [("a.txt", &b"nobody knows"[..]), ("b.png", &wav[..])] {
        let path = file(name, content);
        let error = Image::open(&path).await.expect_err("it is no image");
        assert_eq!(error.kind(), ErrorKind::InvalidData);
        let text = error.to_string();
        assert!(text.starts_with(&path.display().to_string()), "{text}");
        assert!(text.ends_with("and not one of `image/..`"), "{text}");
    }
    let error = File::open(folder.path().join("none")).await;
    let error = error.expect_err("there is none");
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains("none: "), "{error}");
}

#[test]
fn reading_stops_where_it_is_told_to() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("four");
    fs::write(&path, "four").expect("a file");
    assert_eq!(
        read_bounded(open_file(&path).expect("a file"), 4).expect("it fits"),
        b"four"
    );
    let error = read_bounded(open_file(&path).expect("a file"), 3).expect_err("it does not fit");
    assert_eq!(error.to_string(), "the file is larger than 3 bytes");
}

#[test]
fn debugging_shows_no_bytes() {
    let shown = format!("{:?}", File::new("a.txt", "secret"));
    assert_eq!(shown, r#"File { mime_type: "text/plain", bytes: 6, .. }"#);
}

/// A tool that opens what its caller names would wait for ever for a writer.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_pipe_and_a_device_are_no_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let pipe = folder.path().join("pipe.png");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.expect("mkfifo").success());
    for path in [
        pipe.as_path(),
        std::path::Path::new("/dev/zero"),
        folder.path(),
    ] {
        let error = Image::open(path)
            .await
            .map(drop)
            .expect_err("it is no file");
        assert_eq!(error.kind(), ErrorKind::NotFound);
        let told = error.to_string();
        assert!(told.ends_with("and not a file"), "{told}");
    }
}
