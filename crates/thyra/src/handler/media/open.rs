//! Files from the disk: how much of one is read, and what it is.

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::mime_type_of;
use crate::handler::blocking;

/// The largest file that is read into a result, in bytes.
pub(crate) const LARGEST: u64 = 64 * 1024 * 1024;

/// A file's bytes and its media type, which must be of this `family`, such as `image`, if there is
/// one. The content tells the type where it is known, then the name.
///
/// # Errors
///
/// As [`read_bounded`], and when the file is of another family. The error names the file.
pub(super) async fn open(
    path: PathBuf,
    family: Option<&'static str>,
) -> io::Result<(Vec<u8>, String)> {
    blocking(move || {
        let named =
            |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
        let bytes = read_bounded(&path, LARGEST).map_err(named)?;
        let mime_type = match family {
            None => mime_type_of(&path),
            Some(family) => {
                let kind = content_type_of(&bytes).unwrap_or_else(|| mime_type_of(&path));
                check(&kind, family).map_err(named)?;
                kind
            }
        };
        Ok((bytes, mime_type))
    })
    .await
}

/// The media type that the first bytes tell.
fn content_type_of(bytes: &[u8]) -> Option<String> {
    // By the extension, because it has one registered media type and the content's table others,
    // such as `audio/x-wav`.
    let extension = infer::get(bytes)?.extension();
    let guess = mime_guess::from_ext(extension).first_raw()?;
    Some(guess.to_owned())
}

fn check(mime_type: &str, family: &str) -> io::Result<()> {
    let of_family = mime_type
        .strip_prefix(family)
        .is_some_and(|rest| rest.starts_with('/'));
    if of_family {
        return Ok(());
    }
    let message = format!("the file is of type `{mime_type}`, and not one of `{family}/..`");
    Err(io::Error::new(io::ErrorKind::InvalidData, message))
}

/// Reads a file that is not larger than `largest` bytes, however large it says it is.
///
/// # Errors
///
/// As [`std::fs::File::open`], and when it is larger.
pub(crate) fn read_bounded(path: &Path, largest: u64) -> io::Result<Vec<u8>> {
    let mut file = std::fs::File::open(path)?;
    let mut bytes = Vec::new();
    file.by_ref().take(largest).read_to_end(&mut bytes)?;
    if file.read(&mut [0])? > 0 {
        let message = format!("the file is larger than {largest} bytes");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
    }
    Ok(bytes)
}
