//! Pictures, sound and files as the output of tools and prompts.

mod open;

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use thyra_protocol::{
    Annotations, AudioContent, BlobResourceContents, Content, EmbeddedResource, ImageContent,
    ResourceContents, TextResourceContents,
};

pub(crate) use self::open::{LARGEST, open_below, open_file, read_bounded};

/// A picture, as a tool or a prompt returns it.
///
/// ```
/// use thyra::prelude::*;
///
/// /// Draws a chart.
/// #[tool]
/// async fn chart() -> Image {
///     let png = b"\x89PNG..."; // what a drawing library made
///     Image::png(png)
/// }
///
/// /// Shows the floor plan.
/// #[tool]
/// async fn floor_plan() -> Result<Image, ToolError> {
///     Ok(Image::open("plans/floor.webp").await?)
/// }
/// ```
#[derive(Clone)]
pub struct Image(Media);

/// Sound, as a tool or a prompt returns it.
#[derive(Clone)]
pub struct Audio(Media);

/// A file within a result: text where its media type is one of text, bytes otherwise.
#[derive(Clone)]
pub struct File {
    media: Media,
    uri: String,
}

#[derive(Clone)]
struct Media {
    annotations: Option<Annotations>,
    bytes: Vec<u8>,
    mime_type: String,
}

macro_rules! media {
    ($kind:ident, $family:literal, [$($format:ident $mime_type:literal $name:literal),+]) => {
        impl $kind {
            #[doc = concat!("The bytes, and their media type, which begins with `", $family, "/`.")]
            pub fn new(bytes: impl Into<Vec<u8>>, mime_type: impl Into<String>) -> Self {
                Self(Media::new(bytes.into(), mime_type.into()))
            }

            $(
                #[doc = concat!("The bytes of ", $name, ": `", $mime_type, "`.")]
                pub fn $format(bytes: impl Into<Vec<u8>>) -> Self {
                    Self::new(bytes, $mime_type)
                }
            )+

            /// The file at `path`. Its content tells the media type, or else its name. Reading
            /// does not block the threads that serve requests.
            ///
            /// # Errors
            ///
            #[doc = concat!("It cannot be read, is larger than 64 MiB, or is not of a type `", $family, "/..`. The error names the path, which is not for callers.")]
            pub async fn open(path: impl Into<PathBuf>) -> io::Result<Self> {
                Media::open(path.into(), Some($family)).await.map(Self)
            }

            /// Hints for clients: who it is for, and how much it matters.
            #[must_use]
            pub fn annotations(mut self, annotations: Annotations) -> Self {
                self.0.annotations = Some(annotations);
                self
            }
        }

        impl fmt::Debug for $kind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt_as(stringify!($kind), f)
            }
        }
    };
}

media!(Image, "image", [
    gif "image/gif" "a GIF",
    jpeg "image/jpeg" "a JPEG",
    png "image/png" "a PNG",
    svg "image/svg+xml" "an SVG",
    webp "image/webp" "a WebP"
]);
media!(Audio, "audio", [
    flac "audio/flac" "a FLAC file",
    mp3 "audio/mpeg" "an MP3",
    ogg "audio/ogg" "an Ogg file",
    wav "audio/wav" "a WAV"
]);

impl File {
    /// A file called `name`, whose extension tells the media type.
    pub fn new(name: impl AsRef<str>, bytes: impl Into<Vec<u8>>) -> Self {
        let name = name.as_ref();
        Self {
            media: Media::new(bytes.into(), mime_type_of(Path::new(name))),
            uri: uri_of(name),
        }
    }

    /// A file of text called `name`. Its media type is `text/plain`, unless the name has the
    /// extension of another one for text, such as `.md`.
    pub fn text(name: impl AsRef<str>, text: impl Into<String>) -> Self {
        let file = Self::new(name, text.into());
        if is_text(&file.media.mime_type) {
            return file;
        }
        file.mime_type("text/plain")
    }

    /// The file at `path`, whose name tells the media type. Of the path, the client sees the last
    /// part only. Reading does not block the threads that serve requests.
    ///
    /// # Errors
    ///
    /// It cannot be read, or is larger than 64 MiB. The error names the path, which is not for
    /// callers.
    pub async fn open(path: impl Into<PathBuf>) -> io::Result<Self> {
        let path = path.into();
        let uri = uri_of(&path.file_name().unwrap_or_default().to_string_lossy());
        let media = Media::open(path, None).await?;
        Ok(Self { media, uri })
    }

    /// The media type, in place of the one found by the name.
    #[must_use]
    pub fn mime_type(mut self, mime_type: impl Into<String>) -> Self {
        self.media.mime_type = mime_type.into();
        self
    }

    /// Where the client may find it again. By default a `file:` URI with its name.
    #[must_use]
    pub fn uri(mut self, uri: impl Into<String>) -> Self {
        self.uri = uri.into();
        self
    }

    /// Hints for clients: who it is for, and how much it matters.
    #[must_use]
    pub fn annotations(mut self, annotations: Annotations) -> Self {
        self.media.annotations = Some(annotations);
        self
    }
}

impl Media {
    fn new(bytes: Vec<u8>, mime_type: String) -> Self {
        Self {
            annotations: None,
            bytes,
            mime_type,
        }
    }

    async fn open(path: PathBuf, family: Option<&'static str>) -> io::Result<Self> {
        let (bytes, mime_type) = open::open(path, family).await?;
        Ok(Self::new(bytes, mime_type))
    }

    /// The size of the data, not the data.
    fn fmt_as(&self, name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct(name)
            .field("mime_type", &self.mime_type)
            .field("bytes", &self.bytes.len())
            .finish_non_exhaustive()
    }
}

impl From<Image> for Content {
    fn from(Image(media): Image) -> Self {
        Content::Image(ImageContent {
            data: STANDARD.encode(media.bytes),
            mime_type: media.mime_type,
            annotations: media.annotations,
            meta: None,
        })
    }
}

impl From<Audio> for Content {
    fn from(Audio(media): Audio) -> Self {
        Content::Audio(AudioContent {
            data: STANDARD.encode(media.bytes),
            mime_type: media.mime_type,
            annotations: media.annotations,
            meta: None,
        })
    }
}

impl From<File> for Content {
    fn from(File { media, uri }: File) -> Self {
        Content::Resource(EmbeddedResource {
            resource: contents(media.bytes, uri, Some(media.mime_type)),
            annotations: media.annotations,
            meta: None,
        })
    }
}

impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.media.fmt_as("File", f)
    }
}

/// Bytes as the contents of a resource: text where the media type is one of text and they are
/// UTF-8, a blob otherwise.
pub(crate) fn contents(bytes: Vec<u8>, uri: String, mime_type: Option<String>) -> ResourceContents {
    let bytes = match mime_type.as_deref() {
        Some(kind) if is_text(kind) => match String::from_utf8(bytes) {
            Ok(text) => {
                return ResourceContents::Text(TextResourceContents {
                    uri,
                    mime_type,
                    text,
                    meta: None,
                });
            }
            Err(error) => error.into_bytes(),
        },
        _ => bytes,
    };
    ResourceContents::Blob(BlobResourceContents {
        uri,
        mime_type,
        blob: STANDARD.encode(bytes),
        meta: None,
    })
}

/// The media type of a file, by its name.
pub(crate) fn mime_type_of(path: &Path) -> String {
    mime_guess::from_path(path)
        .first_or_octet_stream()
        .essence_str()
        .to_owned()
}

fn is_text(mime_type: &str) -> bool {
    let (kind, of) = mime_type.split_once('/').unwrap_or_default();
    kind == "text"
        || of.ends_with("+json")
        || of.ends_with("+xml")
        || matches!(
            mime_type,
            "application/javascript"
                | "application/json"
                | "application/toml"
                | "application/x-sh"
                | "application/xml"
                | "application/yaml"
        )
}

/// A `file:` URI with nothing but a name.
fn uri_of(name: &str) -> String {
    let mut uri = String::from("file:///");
    uri.extend(
        url::form_urlencoded::byte_serialize(name.as_bytes()).map(|part| match part {
            "+" => "%20",
            part => part,
        }),
    );
    uri
}

#[cfg(test)]
mod tests;
