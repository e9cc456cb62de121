//! Where an answer goes: to people on the terminal, or as it is into a file or a pipe.

mod picture;

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use thyra_client::Printable;

use self::picture::Graphics;
use crate::content::{Media, Piece};
use crate::failure::Failure;
use crate::output::{print, print_bytes, shown};

/// Where an answer goes.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct Delivery {
    /// Write the answer to this file, byte for byte; `-` is standard output
    #[arg(short, long, value_name = "FILE", conflicts_with = "json")]
    output: Option<PathBuf>,
}

impl Delivery {
    /// Delivers the answer.
    pub(crate) fn deliver(&self, pieces: &[Piece]) -> Result<(), Failure> {
        match &self.output {
            None => show(pieces),
            Some(file) if file.as_os_str() == "-" => print_bytes(&exact(pieces)?),
            Some(file) => {
                let bytes = exact(pieces)?;
                std::fs::write(file, bytes).map_err(|error| not_saved(file, &error))
            }
        }
    }
}

/// Prints the pieces for people, with nothing that a terminal would obey except pictures that it
/// can show. What cannot be printed is saved in a new file.
fn show(pieces: &[Piece]) -> Result<(), Failure> {
    let graphics = std::io::stdout()
        .is_terminal()
        .then(|| Graphics::of(|name| std::env::var(name).ok()))
        .flatten();
    for piece in pieces {
        match piece {
            Piece::Text(text) => {
                let mut text = shown(text);
                if !text.ends_with('\n') {
                    text.push('\n');
                }
                print(&text)?;
            }
            Piece::Bytes(media) => match graphics.and_then(|graphics| graphics.draw(media)) {
                Some(picture) => print(&picture)?,
                None => print(&save(media)?)?,
            },
        }
    }
    Ok(())
}

/// Saves bytes in a new file that only this person can read, and says where it is.
fn save(media: &Media) -> Result<String, Failure> {
    let kind = media.mime_type.as_deref();
    let file = tempfile::Builder::new()
        .prefix("thyra-")
        .suffix(extension(kind.unwrap_or_default()))
        .tempfile()
        .map_err(|error| not_saved(&std::env::temp_dir(), &error))?;
    std::fs::write(file.path(), &media.bytes).map_err(|error| not_saved(file.path(), &error))?;
    let (_, path) = file
        .keep()
        .map_err(|error| not_saved(error.file.path(), &error.error))?;
    Ok(format!(
        "({}, {:.100}, {} bytes, saved as {})\n",
        media.what,
        Printable(kind.unwrap_or("of unknown type")),
        media.bytes.len(),
        Printable(path.display())
    ))
}

/// The ending of a file of this media type. It comes from here, never from the server.
fn extension(mime_type: &str) -> &'static str {
    match mime_type {
        "application/json" => ".json",
        "application/pdf" => ".pdf",
        "application/zip" => ".zip",
        "audio/mpeg" => ".mp3",
        "audio/ogg" => ".ogg",
        "audio/wav" | "audio/x-wav" => ".wav",
        "image/gif" => ".gif",
        "image/jpeg" => ".jpg",
        "image/png" => ".png",
        "image/svg+xml" => ".svg",
        "image/webp" => ".webp",
        "text/csv" => ".csv",
        "text/html" => ".html",
        "text/plain" => ".txt",
        "video/mp4" => ".mp4",
        _ => ".bin",
    }
}

/// The answer byte for byte. Several texts are lines; bytes must be the only piece.
fn exact(pieces: &[Piece]) -> Result<Vec<u8>, Failure> {
    if let [Piece::Bytes(media)] = pieces {
        return Ok(media.bytes.clone());
    }
    let mut texts = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Text(text) => texts.push(text.as_str()),
            Piece::Bytes(_) => {
                return Err(Failure::Machine(format!(
                    "the answer has {} parts, and not all are text, so one file cannot hold them; \
                     use --json",
                    pieces.len()
                )));
            }
        }
    }
    Ok(texts.join("\n").into_bytes())
}

fn not_saved(place: &Path, error: &std::io::Error) -> Failure {
    let place = Printable(place.display());
    Failure::Machine(format!("{place} cannot be written: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn media(mime_type: Option<&str>) -> Media {
        Media {
            what: "picture",
            mime_type: mime_type.map(str::to_owned),
            bytes: vec![0, 1, 2],
        }
    }

    #[test]
    fn bytes_are_saved_in_a_private_file_whose_name_the_server_does_not_choose() {
        for (kind, ending) in [
            (Some("image/png"), ".png"),
            (Some("../../evil\u{1b}[31m"), ".bin"),
            (None, ".bin"),
        ] {
            let told = save(&media(kind)).unwrap();
            assert!(
                told.chars().all(|c| matches!(c, ' '..='~' | '\n')),
                "{told:?}"
            );
            let path = told.rsplit_once("saved as ").unwrap().1;
            let path = Path::new(path.strip_suffix(")\n").unwrap());
            assert_eq!(path.parent(), Some(&*std::env::temp_dir()));
            assert!(path.to_str().unwrap().ends_with(ending), "{path:?}");
            assert_eq!(std::fs::read(path).unwrap(), [0, 1, 2]);
            #[cfg(unix)]
            {
                use std::os::unix::fs::PermissionsExt as _;
                let mode = std::fs::metadata(path).unwrap().permissions().mode();
                assert_eq!(mode & 0o777, 0o600);
            }
            std::fs::remove_file(path).unwrap();
        }
    }

    #[test]
    fn a_file_holds_the_answer_byte_for_byte() {
        let text = |text: &str| Piece::Text(text.to_owned());
        assert_eq!(exact(&[text("\u{1b}[31m\n")]).unwrap(), b"\x1b[31m\n");
        assert_eq!(exact(&[text("a"), text("b")]).unwrap(), b"a\nb");
        assert_eq!(exact(&[]).unwrap(), b"");
        assert_eq!(exact(&[Piece::Bytes(media(None))]).unwrap(), [0, 1, 2]);
        let several = [text("a"), Piece::Bytes(media(None))];
        let error = exact(&several).unwrap_err().told();
        assert!(error.contains("2 parts"), "{error}");

        let folder = tempfile::tempdir().unwrap();
        let delivery = Delivery {
            output: Some(folder.path().join("no/such/folder")),
        };
        let error = delivery.deliver(&[text("a")]).unwrap_err().told();
        assert!(error.contains("cannot be written"), "{error}");
    }
}
