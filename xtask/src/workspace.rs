//! The crates of the workspace, as `cargo metadata` lists them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::repository;

/// A crate of the workspace.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) folder: PathBuf,
    pub(crate) is_published: bool,
    pub(crate) dependencies: Vec<Dependency>,
    /// The names of its features, without `default`.
    pub(crate) features: Vec<String>,
}

/// A dependency of a crate.
#[derive(Debug, Deserialize)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    /// `None` for a normal dependency, else `dev` or `build`.
    pub(crate) kind: Option<String>,
    /// The folder, if it is in the workspace.
    pub(crate) path: Option<PathBuf>,
}

impl Member {
    /// The file that declares the rooms, if the crate has one.
    pub(crate) fn root_file(&self) -> Option<PathBuf> {
        ["src/lib.rs", "src/main.rs"]
            .map(|file| self.folder.join(file))
            .into_iter()
            .find(|file| file.is_file())
    }
}

impl Dependency {
    /// Whether only tests, examples and benchmarks use it.
    pub(crate) fn is_for_tests(&self) -> bool {
        self.kind.as_deref() == Some("dev")
    }
}

/// The crates of the workspace, sorted by name.
pub(crate) fn members(root: &Path) -> Result<Vec<Member>, String> {
    let output = repository::cargo()
        .args(["metadata", "--no-deps", "--offline", "--format-version=1"])
        .current_dir(root)
        .output()
        .map_err(|error| format!("cargo metadata cannot be started: {error}"))?;
    if output.status.success() {
        parse(&output.stdout)
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

/// Reads what `cargo metadata --no-deps` printed.
fn parse(metadata: &[u8]) -> Result<Vec<Member>, String> {
    #[derive(Deserialize)]
    struct Metadata {
        packages: Vec<Package>,
    }
    #[derive(Deserialize)]
    struct Package {
        name: String,
        version: String,
        manifest_path: PathBuf,
        /// The registries that it may be published to; `None` for all.
        publish: Option<Vec<String>>,
        dependencies: Vec<Dependency>,
        features: BTreeMap<String, Vec<String>>,
    }

    let metadata: Metadata = serde_json::from_slice(metadata)
        .map_err(|error| format!("cargo metadata cannot be read: {error}"))?;
    let members = metadata.packages.into_iter().map(|package| Member {
        name: package.name,
        version: package.version,
        folder: package
            .manifest_path
            .parent()
            .map(Path::to_path_buf)
            .unwrap_or_default(),
        is_published: package
            .publish
            .is_none_or(|registries| !registries.is_empty()),
        dependencies: package.dependencies,
        features: package
            .features
            .into_keys()
            .filter(|feature| feature != "default")
            .collect(),
    });
    let mut members: Vec<_> = members.collect();
    members.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(members)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cargo_says_is_read() {
        let members = parse(
            br#"{"packages": [
                {"name": "upper", "version": "0.2.0", "manifest_path": "/w/upper/Cargo.toml",
                 "publish": null,
                 "dependencies": [
                    {"name": "serde", "kind": null},
                    {"name": "lower", "kind": "dev", "path": "/w/lower"}
                 ],
                 "features": {"axum": ["dep:axum"], "default": ["axum"]}},
                {"name": "lower", "version": "0.1.0", "manifest_path": "/w/lower/Cargo.toml",
                 "publish": [], "dependencies": [], "features": {}}
            ]}"#,
        )
        .unwrap();
        let [lower, upper] = members.as_slice() else {
            panic!("not two: {members:?}");
        };
        assert_eq!((lower.name.as_str(), lower.is_published), ("lower", false));
        assert!(upper.is_published);
        assert_eq!(upper.version, "0.2.0");
        assert_eq!(upper.folder, Path::new("/w/upper"));
        assert_eq!(upper.features, ["axum"]);
        let [serde, lower] = upper.dependencies.as_slice() else {
            panic!("not two: {upper:?}");
        };
        assert!(!serde.is_for_tests() && serde.path.is_none());
        assert!(lower.is_for_tests() && lower.path.is_some());
    }
}
