//! The files under one folder, and nothing else.

use std::collections::BTreeMap;
use std::io;
use std::path::{Component, Path, PathBuf};

use cap_std::ambient_authority;
use cap_std::fs::{Dir, File};
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use thyra_protocol::ReadResourceResult;

use super::{READERS, failed, read};
use crate::handler::media::open_below;
use crate::handler::{Call, CallError, Handler, IntoContents, Json, ToolError, blocking_on};
use crate::throttled::throttled;

/// How many files are listed, how many entries of folders are looked at for that, and how deep.
const MOST: usize = 10_000;
const MOST_ENTRIES: usize = 4 * MOST;
const DEEPEST: usize = 32;

/// A file under the folder, whose path below it is the one argument.
pub(super) struct FilesUnder(pub(super) PathBuf);

/// The list of the files under the folder.
pub(super) struct ListOf(pub(super) PathBuf);

#[derive(Debug, Default, PartialEq, Eq, Serialize)]
struct Listing {
    files: Vec<String>,
    complete: bool,
}

/// The value of a variable.
#[derive(Deserialize)]
#[serde(untagged)]
enum Below {
    Path(String),
    Segments(Vec<String>),
}

impl Handler<ReadResourceResult> for FilesUnder {
    fn call<'a>(&'a self, call: Call<'a>) -> BoxFuture<'a, Result<ReadResourceResult, CallError>> {
        Box::pin(async move {
            let arguments = call.arguments().map_or("{}", RawValue::get);
            let arguments: BTreeMap<String, Below> =
                serde_json::from_str(arguments).map_err(ToolError::internal)?;
            let below = match arguments.into_values().next() {
                Some(Below::Path(path)) => path,
                Some(Below::Segments(segments)) => segments.join("/"),
                None => return Err(ToolError::not_found().into()),
            };
            let root = self.0.clone();
            read(move || open(&root, &below)).await
        })
    }
}

impl Handler<ReadResourceResult> for ListOf {
    fn call<'a>(&'a self, _: Call<'a>) -> BoxFuture<'a, Result<ReadResourceResult, CallError>> {
        Box::pin(async move {
            let root = self.0.clone();
            let listing = blocking_on(&READERS, move || list(&root, MOST, MOST_ENTRIES))
                .await
                .map_err(failed)?;
            Json(listing).into_contents()
        })
    }
}

/// The file `below`, and its name, if it is below `root` and stays there.
fn open(root: &Path, below: &str) -> io::Result<(File, PathBuf)> {
    let root = root.canonicalize()?;
    let path = locate(&root, below)?;
    let folder = Dir::open_ambient_dir(&root, ambient_authority())?;
    Ok((open_below(&folder, &path)?, path))
}

/// The real path of `below`, below `root`, which is a real path itself.
fn locate(root: &Path, below: &str) -> io::Result<PathBuf> {
    let outside = || io::Error::from(io::ErrorKind::NotFound);
    let below = Path::new(below);
    let is_plain = |part: Component<'_>| match part {
        Component::Normal(name) => !is_hidden(name.as_encoded_bytes()),
        _ => false,
    };
    if below.as_os_str().is_empty()
        || below.as_os_str().as_encoded_bytes().contains(&0)
        || !below.components().all(is_plain)
    {
        return Err(outside());
    }
    let path = root.join(below).canonicalize()?;
    let Ok(path) = path.strip_prefix(root) else {
        throttled!(
            warn,
            "a symbolic link leads out of the folder that is served",
            about = ""
        );
        return Err(outside());
    };
    Ok(path.to_owned())
}

/// Whether a file or folder is one that people do not mean when they share a folder: `.git`,
/// `.env`.
fn is_hidden(name: &[u8]) -> bool {
    name.starts_with(b".")
}

/// The files under `root`, sorted, at most `most` of them. A folder within that cannot be read
/// leaves the list incomplete.
fn list(root: &Path, most: usize, most_entries: usize) -> io::Result<Listing> {
    let mut listing = Listing {
        files: Vec::new(),
        complete: true,
    };
    let root = Dir::open_ambient_dir(root, ambient_authority())?;
    let mut entries = 0;
    // Each with the path below `root` that it begins with. They are opened from there, so a link
    // that takes the place of one leads nowhere else.
    let mut folders = vec![(String::new(), 0)];
    'folders: while let Some((prefix, depth)) = folders.pop() {
        let read = match prefix.as_str() {
            "" => root.entries(),
            below => root.read_dir(below),
        };
        let read = match read {
            Err(_) if depth > 0 => {
                listing.complete = false;
                continue;
            }
            read => read?,
        };
        for entry in read {
            entries += 1;
            if entries > most_entries {
                listing.complete = false;
                break 'folders;
            }
            // Does not follow a symbolic link.
            let Ok((kind, name)) =
                entry.and_then(|entry| Ok((entry.file_type()?, entry.file_name())))
            else {
                listing.complete = false;
                continue;
            };
            // A name that is no text has no URI either.
            let Ok(name) = name.into_string() else {
                continue;
            };
            if is_hidden(name.as_bytes()) {
                continue;
            }
            if kind.is_dir() && depth < DEEPEST {
                folders.push((format!("{prefix}{name}/"), depth + 1));
            } else if kind.is_dir() {
                listing.complete = false;
            } else if kind.is_file() {
                if listing.files.len() == most {
                    listing.complete = false;
                    break 'folders;
                }
                listing.files.push(format!("{prefix}{name}"));
            }
        }
    }
    listing.files.sort();
    Ok(listing)
}

#[cfg(test)]
mod tests;
