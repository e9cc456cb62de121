//! Files from the disk: how much of one is read, and what it is.

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use cap_fs_ext::OpenOptionsSyncExt as _;
use cap_std::ambient_authority;
use cap_std::fs::{Dir, File, OpenOptions};

use super::mime_type_of;
use crate::handler::blocking;

/// The largest file that is read into a result, in bytes.
pub(crate) const LARGEST: u64 = 64 * 1024 * 1024;

/// A file's bytes and its media type, which must be of this `family`, such as `image`, if there is
/// one. The content tells the type where it is known, then the name.
///
/// # Errors
///
/// As [`open_file`] and [`read_bounded`], and when the file is of another family. The error names
/// the file.
pub(super) async fn open(
    path: PathBuf,
    family: Option<&'static str>,
) -> io::Result<(Vec<u8>, String)> {
    blocking(move || {
        let named =
            |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
        let bytes = open_file(&path)
            .and_then(|file| read_bounded(file, LARGEST))
            .map_err(named)?;
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

/// Opens the file at `path`, which the author chose.
///
/// # Errors
///
/// As [`std::fs::File::open`], and when it is no file: a pipe or a device may wait for ever to be
/// read.
pub(crate) fn open_file(path: &Path) -> io::Result<File> {
    is_file(File::open_ambient_with(
        path,
        &without_waiting(),
        ambient_authority(),
    )?)
}

/// Opens the file at `path` below `folder`. Nothing outside of the folder is opened, whatever
/// anybody does to it meanwhile.
///
/// # Errors
///
/// As [`open_file`], and when the path leads out of the folder.
pub(crate) fn open_below(folder: &Dir, path: &Path) -> io::Result<File> {
    is_file(folder.open_with(path, &without_waiting())?)
}

/// A pipe is opened at once, too, although nobody writes into it.
fn without_waiting() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).nonblock(true);
    options
}

/// What was opened is asked, since a path may mean something else a moment later.
fn is_file(file: File) -> io::Result<File> {
    if file.metadata()?.is_file() {
        return Ok(file);
    }
    let message = "it is a folder, a pipe or a device, and not a file";
    Err(io::Error::new(io::ErrorKind::NotFound, message))
}

/// Reads a file that is not larger than `largest` bytes, however large it says it is.
///
/// # Errors
///
/// When it cannot be read, or is larger.
pub(crate) fn read_bounded(mut file: File, largest: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.by_ref().take(largest).read_to_end(&mut bytes)?;
    if file.read(&mut [0])? > 0 {
        let message = format!("the file is larger than {largest} bytes");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
    }
    Ok(bytes)
}
