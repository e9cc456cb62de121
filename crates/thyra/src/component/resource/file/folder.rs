//! The files under one folder, and nothing else.

use std::collections::BTreeMap;
use std::io;
use std::path::{Component, Path, PathBuf};

use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use thyra_protocol::ReadResourceResult;

use super::{READERS, failed, read};
use crate::handler::{Call, CallError, Handler, IntoContents, Json, ToolError, blocking_on};

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
            read(move || locate(&root, &below)).await
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

/// The real path of `below`, if that is below `root`.
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
    let root = root.canonicalize()?;
    let path = root.join(below).canonicalize()?;
    if path.starts_with(&root) {
        Ok(path)
    } else {
        tracing::warn!("a symbolic link leads out of the folder that is served");
        Err(outside())
    }
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
    let mut entries = 0;
    let mut folders = vec![(root.to_owned(), String::new(), 0)];
    'folders: while let Some((folder, prefix, depth)) = folders.pop() {
        let read = match std::fs::read_dir(&folder) {
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
            let Ok((entry, kind)) = entry
                .and_then(|entry| Ok((entry.file_type()?, entry)))
                .map(|(kind, entry)| (entry, kind))
            else {
                listing.complete = false;
                continue;
            };
            // A name that is no text has no URI either.
            let Ok(name) = entry.file_name().into_string() else {
                continue;
            };
            if is_hidden(name.as_bytes()) {
                continue;
            }
            if kind.is_dir() && depth < DEEPEST {
                let prefix = format!("{prefix}{name}/");
                folders.push((entry.path(), prefix, depth + 1));
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
mod tests {
    use std::fs;

    use super::{Listing, list, locate};

    #[test]
    fn a_list_is_recursive_sorted_and_bounded() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir_all(folder.path().join("b/c")).expect("folders");
        for file in ["z.md", "b/a.md", "b/c/d.md"] {
            fs::write(folder.path().join(file), "x").expect("a file");
        }
        let whole = list(folder.path(), 3, 10).expect("a list");
        assert_eq!(
            whole,
            Listing {
                files: vec!["b/a.md".into(), "b/c/d.md".into(), "z.md".into()],
                complete: true,
            }
        );
        let part = list(folder.path(), 2, 10).expect("a list");
        assert_eq!((part.files.len(), part.complete), (2, false));
        // Folders without files cost as much to look at.
        fs::create_dir_all(folder.path().join("e/f/g")).expect("folders");
        let part = list(folder.path(), 3, 5).expect("a list");
        assert!(!part.complete);
    }

    #[test]
    fn hidden_files_are_neither_listed_nor_served() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir_all(folder.path().join(".git")).expect("a folder");
        for file in [".env", ".git/config", "a..md"] {
            fs::write(folder.path().join(file), "x").expect("a file");
        }
        let listing = list(folder.path(), 10, 10).expect("a list");
        assert_eq!(listing.files, ["a..md"]);
        assert!(locate(folder.path(), ".env").is_err());
        assert!(locate(folder.path(), ".git/config").is_err());
        assert!(locate(folder.path(), "a..md").is_ok());
    }

    #[test]
    fn what_is_not_below_the_folder_is_not_there() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().join("root");
        fs::create_dir_all(root.join("sub")).expect("folders");
        fs::write(folder.path().join("secret"), "x").expect("a file");
        fs::write(root.join("sub/open.md"), "x").expect("a file");
        assert!(locate(&root, "sub/open.md").is_ok());
        assert!(locate(&root, "sub//open.md").is_ok());
        let secret = folder.path().join("secret");
        for path in [
            "",
            "..",
            "../secret",
            "sub/../../secret",
            "/etc/passwd",
            "./sub/open.md",
            "none",
            "sub/open.md\0",
            secret.to_str().expect("text"),
        ] {
            assert!(locate(&root, path).is_err(), "{path}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_may_lead_within_the_folder_only() {
        use std::os::unix::fs::symlink;

        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().join("root");
        fs::create_dir_all(&root).expect("folders");
        fs::write(folder.path().join("secret"), "x").expect("a file");
        fs::write(root.join("open"), "x").expect("a file");
        symlink(folder.path().join("secret"), root.join("out")).expect("a link");
        symlink(folder.path(), root.join("up")).expect("a link");
        symlink(root.join("open"), root.join("in")).expect("a link");
        assert!(locate(&root, "in").is_ok());
        assert!(locate(&root, "out").is_err());
        assert!(locate(&root, "up/secret").is_err());
        let listing = list(&root, 10, 10).expect("a list");
        assert_eq!(listing.files, ["open"]);
    }
}
