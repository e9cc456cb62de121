//! Node.js and the packages of `tests/interop`.
//!
//! Any Node.js with npm can install the packages. One of them is a Node.js of an exact version,
//! which runs the tests.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::machine;
use crate::stamp::Stamp;
use crate::steps::{Failure, Outcome, Steps};

/// Installs what `package-lock.json` in `folder` names, unless it is installed. Returns the pinned
/// Node.js.
pub(crate) fn install(steps: &mut Steps, folder: &Path) -> Result<PathBuf, Failure> {
    let packages = folder.join("node_modules");
    let stamp = Stamp::new(
        folder.join("package-lock.json"),
        packages.join(".installed-lock.json"),
    );

    if !stamp.is_current() {
        npm(steps)?;
        steps.run(
            "npm packages",
            Command::new("npm").arg("ci").current_dir(folder),
        )?;
        steps.check("note what is installed", || stamp.write())?;
    }
    let node = steps.check("locate the pinned Node.js", || pinned(&packages))?;
    steps.run("version of Node.js", Command::new(&node).arg("--version"))?;
    Ok(node)
}

/// The Node.js among the packages. There is one package per kind of machine, and npm installs the
/// one that fits. We look for it by its own name, since not every npm links it into `.bin`.
fn pinned(packages: &Path) -> Result<PathBuf, String> {
    let unreadable = |error| format!("{}: {error}", packages.display());
    for entry in fs::read_dir(packages).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let node = entry.path().join("bin/node");
        if entry.file_name().to_string_lossy().starts_with("node-") && node.is_file() {
            return Ok(node);
        }
    }
    Err(format!(
        "there is no Node.js for this machine ({} on {}) in {}; add its package to optionalDependencies \
         in tests/interop/package.json",
        std::env::consts::OS,
        std::env::consts::ARCH,
        packages.display(),
    ))
}

/// Makes sure that npm is installed.
fn npm(steps: &mut Steps) -> Outcome {
    if machine::runs("node") && machine::runs("npm") {
        return Ok(());
    }
    machine::apt_install(steps, "Node.js and npm", &["nodejs", "npm"])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pinned_node_is_the_one_package_that_fits_the_machine() {
        let packages = tempfile::tempdir().unwrap();
        fs::create_dir_all(packages.path().join("node-fetch")).unwrap();
        let missing = pinned(packages.path()).unwrap_err();
        assert!(
            missing.starts_with("there is no Node.js for this machine"),
            "{missing}"
        );

        let folder = packages.path().join("node-anything-x64/bin");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("node"), "").unwrap();
        assert_eq!(pinned(packages.path()).unwrap(), folder.join("node"));
    }
}
