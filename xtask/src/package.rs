//! Checks that the crates can be published: each packs, and builds from its package.

use std::env;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use crate::repository;
use crate::steps::{Outcome, Steps};
use crate::workspace::{self, Member};

/// Packs the crates that are meant for others, and builds each of them alone.
pub(crate) fn run(steps: &mut Steps) -> Outcome {
    let members = steps.check("crates to publish", || {
        workspace::members(repository::root())
    })?;
    let (published, others): (Vec<_>, Vec<_>) =
        members.iter().partition(|member| member.is_published);

    steps.check("copies of earlier packages", || {
        let home = cargo_home().ok_or("neither CARGO_HOME nor a home folder is set")?;
        forget_earlier_copies(&home.join("registry/src"), &published)
            .map_err(|error| format!("a copy of an earlier package stays: {error}"))
    })?;
    // What was built from those copies is believed too, as a published crate never changes.
    let mut clean = repository::cargo();
    clean.args(["clean", "--offline"]);
    for member in &published {
        clean.args(["--package", &member.name]);
    }
    steps.run("builds of earlier packages", &mut clean)?;

    let mut cargo = repository::cargo();
    // The packages find each other on this machine; the registry does not have them yet.
    // Uncommitted changes are packed too, as every other step also uses them.
    cargo.args(["package", "--workspace", "--offline", "--allow-dirty"]);
    for member in others {
        cargo.args(["--exclude", &member.name]);
    }
    steps.run("cargo package", &mut cargo)
}

/// The folder where Cargo keeps what it downloaded and unpacked.
fn cargo_home() -> Option<PathBuf> {
    match env::var_os("CARGO_HOME") {
        Some(home) => Some(PathBuf::from(home)),
        None => env::home_dir().map(|home| home.join(".cargo")),
    }
}

/// Removes what an earlier run unpacked of `published` in `unpacked`.
///
/// Cargo knows an unpacked crate by its name and version. Ours keep both while they change, so a
/// crate would be built with an earlier state of those that it depends on.
fn forget_earlier_copies(unpacked: &Path, published: &[&Member]) -> io::Result<()> {
    let registries = match fs::read_dir(unpacked) {
        Ok(registries) => registries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    for registry in registries {
        let registry = registry?;
        // The folder of a registry is `HOST-HASH`, and one on this machine has no host.
        if !registry.file_name().to_string_lossy().starts_with('-') {
            continue;
        }
        for member in published {
            let copy = registry
                .path()
                .join(format!("{}-{}", member.name, member.version));
            match fs::remove_dir_all(copy) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_crates_from_this_machine_are_forgotten() {
        let unpacked = tempfile::tempdir().unwrap();
        let copies = [
            ("-22c3/ours-0.1.0", false),
            ("-22c3/ours-0.2.0", true),
            ("-22c3/theirs-0.1.0", true),
            ("-97af/ours-0.1.0", false),
            ("index.crates.io-1949/ours-0.1.0", true),
        ];
        for (copy, _) in copies {
            let source = unpacked.path().join(copy).join("src");
            fs::create_dir_all(&source).unwrap();
            fs::write(source.join("lib.rs"), "").unwrap();
        }

        let ours = Member {
            name: "ours".to_owned(),
            version: "0.1.0".to_owned(),
            folder: PathBuf::new(),
            is_published: true,
            dependencies: Vec::new(),
            features: Vec::new(),
        };
        forget_earlier_copies(unpacked.path(), &[&ours]).unwrap();

        for (copy, stays) in copies {
            assert_eq!(unpacked.path().join(copy).exists(), stays, "{copy}");
        }
    }

    #[test]
    fn a_machine_that_never_packed_has_nothing_to_forget() {
        let home = tempfile::tempdir().unwrap();
        forget_earlier_copies(&home.path().join("registry/src"), &[]).unwrap();
    }
}
