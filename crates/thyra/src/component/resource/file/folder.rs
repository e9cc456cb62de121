//! The files under one folder, and nothing else.

use std::collections::BTreeMap;
use std::io;
use std::path::{Component, Path, PathBuf};

use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use thyra_protocol::ReadResourceResult;

use super::{failed, read};
use crate::handler::{Call, CallError, Handler, IntoContents, Json, ToolError, blocking};

/// How many files are listed, and how deep.
const MOST: usize = 10_000;
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
            let listing = blocking(move || list(&root, MOST)).await.map_err(failed)?;
            Json(listing).into_contents()
        })
    }
}

/// The real path of `below`, if that is below `root`.
fn locate(root: &Path, below: &str) -> io::Result<PathBuf> {
    let outside = || io::Error::from(io::ErrorKind::NotFound);
    let below = Path::new(below);
    let is_plain = |part: Component<'_>| matches!(part, Component::Normal(_));
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

/// The files under `root`, sorted, at most `most` of them.
fn list(root: &Path, most: usize) -> io::Result<Listing> {
    let mut listing = Listing {
        files: Vec::new(),
        complete: true,
    };
    let mut folders = vec![(root.to_owned(), String::new(), 0)];
    'folders: while let Some((folder, prefix, depth)) = folders.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let entry = entry?;
            // Does not follow a symbolic link.
            let kind = entry.file_type()?;
            // A name that is no text has no URI either.
            let Ok(name) = entry.file_name().into_string() else {
                continue;
            };
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
        let whole = list(folder.path(), 3).expect("a list");
        assert_eq!(
            whole,
            Listing {
                files: vec!["b/a.md".into(), "b/c/d.md".into(), "z.md".into()],
                complete: true,
            }
        );
        let part = list(folder.path(), 2).expect("a list");
        assert_eq!((part.files.len(), part.complete), (2, false));
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
        let listing = list(&root, 10).expect("a list");
        assert_eq!(listing.files, ["open"]);
    }
}
