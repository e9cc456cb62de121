//! The arrows between crates, as `cargo metadata` tells them.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::repository;

/// A crate of the workspace.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) name: String,
    pub(super) folder: PathBuf,
    /// The crates of the workspace that it needs, except those that only its tests need.
    pub(super) knows: Vec<String>,
}

impl Member {
    /// The file that declares the rooms, if the crate has one.
    pub(super) fn root_file(&self) -> Option<PathBuf> {
        ["src/lib.rs", "src/main.rs"]
            .map(|file| self.folder.join(file))
            .into_iter()
            .find(|file| file.is_file())
    }
}

/// The crates of the workspace.
pub(super) fn members(root: &Path) -> Result<Vec<Member>, String> {
    let output = repository::cargo()
        .args(["metadata", "--no-deps", "--offline", "--format-version=1"])
        .current_dir(root)
        .output()
        .map_err(|error| format!("cargo metadata cannot be started: {error}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    parse(&output.stdout)
}

/// The arrows of a crate that the table does not allow.
pub(super) fn problems(member: &Member, table: &[(&str, &[&str])]) -> Vec<String> {
    let name = &member.name;
    let Some((_, allowed)) = table.iter().find(|(known, _)| known == name) else {
        return vec![format!(
            "{name}: it has no place; add it to CRATES in xtask/src/arrows/order.rs"
        )];
    };
    member
        .knows
        .iter()
        .filter(|known| !allowed.contains(&known.as_str()))
        .map(|known| {
            format!(
                "{}: {name} may not know {known}; move what it needs to a crate that both may know",
                member.folder.join("Cargo.toml").display()
            )
        })
        .collect()
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
        manifest_path: PathBuf,
        dependencies: Vec<Dependency>,
    }
    #[derive(Deserialize)]
    struct Dependency {
        name: String,
        kind: Option<String>,
        path: Option<PathBuf>,
    }

    let metadata: Metadata = serde_json::from_slice(metadata)
        .map_err(|error| format!("cargo metadata cannot be read: {error}"))?;
    let members = metadata.packages.into_iter().map(|package| Member {
        name: package.name,
        folder: package
            .manifest_path
            .parent()
            .map(Path::to_path_buf)
            .unwrap_or_default(),
        knows: package
            .dependencies
            .into_iter()
            .filter(|dependency| {
                dependency.path.is_some() && dependency.kind.as_deref() != Some("dev")
            })
            .map(|dependency| dependency.name)
            .collect(),
    });
    Ok(members.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &[(&str, &[&str])] = &[("upper", &["lower"]), ("lower", &[])];

    fn member(name: &str, knows: &[&str]) -> Member {
        Member {
            name: name.to_owned(),
            folder: PathBuf::from("crates").join(name),
            knows: knows.iter().map(|known| (*known).to_owned()).collect(),
        }
    }

    #[test]
    fn an_arrow_down_is_fine() {
        assert!(problems(&member("upper", &["lower"]), TABLE).is_empty());
    }

    #[test]
    fn an_arrow_up_is_named_with_its_manifest() {
        let found = problems(&member("lower", &["upper"]), TABLE);
        assert_eq!(
            found,
            [
                "crates/lower/Cargo.toml: lower may not know upper; move what it needs to a crate \
              that both may know"
            ]
        );
    }

    #[test]
    fn a_crate_without_a_place_is_a_problem() {
        let found = problems(&member("new", &[]), TABLE);
        assert_eq!(
            found,
            ["new: it has no place; add it to CRATES in xtask/src/arrows/order.rs"]
        );
    }

    #[test]
    fn what_only_tests_need_does_not_count() {
        let members = parse(
            br#"{"packages": [{"name": "lower", "manifest_path": "/w/lower/Cargo.toml", "dependencies": [
                {"name": "serde", "kind": null, "path": null},
                {"name": "upper", "kind": "dev", "path": "/w/upper"},
                {"name": "beside", "kind": null, "path": "/w/beside"}
            ]}]}"#,
        )
        .unwrap();
        assert_eq!(members[0].knows, ["beside"]);
        assert_eq!(members[0].folder, Path::new("/w/lower"));
    }
}
