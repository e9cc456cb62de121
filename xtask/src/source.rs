//! Our Rust sources.

mod tests_apart;

use std::fs;
use std::path::{Path, PathBuf};

pub(crate) use self::tests_apart::remove_tests;

/// The `.rs` files below a folder, sorted; none if there is no such folder. Build output is left
/// out.
pub(crate) fn files(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let mut found = Vec::new();
    if folder.is_dir() {
        collect(folder, &mut found)?;
    }
    found.sort();
    Ok(found)
}

/// The text of a file.
pub(crate) fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// The syntax of a file.
pub(crate) fn parse(path: &Path) -> Result<syn::File, String> {
    syn::parse_file(&read(path)?).map_err(|error| format!("{}: {error}", path.display()))
}

/// A path to show to people: relative to the repository.
pub(crate) fn shown(path: &Path, root: &Path) -> String {
    path.strip_prefix(root)
        .unwrap_or(path)
        .display()
        .to_string()
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), String> {
    let unreadable = |error| format!("{}: {error}", folder.display());
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.is_dir() {
            let left_out = ["target", "node_modules"].map(|name| folder.join(name));
            if !left_out.contains(&path) {
                collect(&path, found)?;
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_found_at_every_depth() {
        let root = tempfile::tempdir().unwrap();
        for name in ["b.rs", "a/c.rs", "a/notes.md", "target/d.rs"] {
            let path = root.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let found = files(root.path()).unwrap();
        let names: Vec<_> = found.iter().map(|path| shown(path, root.path())).collect();
        assert_eq!(names, ["a/c.rs", "b.rs"]);
        assert!(files(&root.path().join("absent")).unwrap().is_empty());
    }
}
