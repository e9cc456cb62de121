use std::fs;
use std::io::Read as _;
use std::path::Path;

use super::{Listing, list, locate, open};

/// What is served of `below`.
fn served(root: &Path, below: &str) -> Option<String> {
    let mut text = String::new();
    let (mut file, _) = open(root, below).ok()?;
    file.read_to_string(&mut text).ok()?;
    Some(text)
}

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
    assert_eq!(served(folder.path(), ".env"), None);
    assert_eq!(served(folder.path(), ".git/config"), None);
    assert!(served(folder.path(), "a..md").is_some());
}

#[test]
fn what_is_not_below_the_folder_is_not_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path().join("root");
    fs::create_dir_all(root.join("sub")).expect("folders");
    fs::write(folder.path().join("secret"), "x").expect("a file");
    fs::write(root.join("sub/open.md"), "x").expect("a file");
    assert!(served(&root, "sub/open.md").is_some());
    assert!(served(&root, "sub//open.md").is_some());
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
        assert_eq!(served(&root, path), None, "{path}");
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
    assert!(served(&root, "in").is_some());
    assert_eq!(served(&root, "out"), None);
    assert_eq!(served(&root, "up/secret"), None);
    let listing = list(&root, 10, 10).expect("a list");
    assert_eq!(listing.files, ["open"]);
}

#[cfg(unix)]
#[test]
fn a_link_that_takes_the_place_of_a_file_after_it_was_looked_at_leads_nowhere() {
    use std::os::unix::fs::symlink;

    use cap_std::ambient_authority;
    use cap_std::fs::Dir;

    use crate::handler::media::open_below;

    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path().join("root");
    fs::create_dir_all(root.join("sub")).expect("folders");
    fs::create_dir(folder.path().join("other")).expect("a folder");
    for file in ["other/open", "root/sub/open", "root/top"] {
        fs::write(folder.path().join(file), file).expect("a file");
    }
    let root = root.canonicalize().expect("a real path");
    let served = Dir::open_ambient_dir(&root, ambient_authority()).expect("a folder");
    let below = locate(&root, "sub/open").expect("it is below");
    let top = locate(&root, "top").expect("it is below");
    assert!(open_below(&served, &below).is_ok());

    fs::rename(root.join("sub"), root.join("old")).expect("it is there");
    symlink(folder.path().join("other"), root.join("sub")).expect("a link");
    assert!(open_below(&served, &below).is_err());
    fs::remove_file(root.join("sub")).expect("it is there");
    symlink("../other", root.join("sub")).expect("a link");
    assert!(open_below(&served, &below).is_err());
    fs::remove_file(root.join("top")).expect("it is there");
    symlink(folder.path().join("other/open"), root.join("top")).expect("a link");
    assert!(open_below(&served, &top).is_err());
}

#[cfg(unix)]
#[test]
fn names_that_are_strange_are_served_and_names_that_are_no_text_are_not_listed() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;

    let folder = tempfile::tempdir().expect("a folder");
    let strange = ["a\nb", "a b\u{202e}", "\u{1b}[31m", "-rf", "a%2Fb", "\\"];
    for name in strange {
        fs::write(folder.path().join(name), name).expect("a file");
    }
    fs::write(folder.path().join(OsStr::from_bytes(b"\xff")), "x").expect("a file");
    let listing = list(folder.path(), 10, 10).expect("a list");
    assert_eq!(
        (listing.files.len(), listing.complete),
        (strange.len(), true)
    );
    for name in strange {
        assert!(listing.files.iter().any(|listed| listed == name), "{name}");
        assert_eq!(served(folder.path(), name).as_deref(), Some(name));
    }
}

/// A name of the kernel's longest, and a path longer than it takes.
#[test]
fn a_path_of_any_length_is_only_not_there() {
    let folder = tempfile::tempdir().expect("a folder");
    for below in ["x".repeat(100_000), "x/".repeat(100_000)] {
        assert!(open(folder.path(), &below).is_err());
    }
}
