//! Node.js and the packages of `tests/interop`.
//!
//! Any Node.js with npm will do to install the packages; one of them is the Node.js, of an exact version, that runs the
//! tests.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::steps::{Failure, Outcome, Steps};

/// Installs what `package-lock.json` in `folder` names, unless it is installed. Answers with the pinned Node.js.
pub(crate) fn install(steps: &mut Steps, folder: &Path) -> Result<PathBuf, Failure> {
    let lock = folder.join("package-lock.json");
    let packages = folder.join("node_modules");
    let stamp = packages.join(".installed-lock.json");

    if !same_content(&lock, &stamp) {
        npm(steps)?;
        steps.run(
            "npm packages",
            Command::new("npm").arg("ci").current_dir(folder),
        )?;
        steps.check("note what is installed", || {
            fs::copy(&lock, &stamp)
                .map_err(|error| format!("{} cannot be written: {error}", stamp.display()))
        })?;
    }
    let node = steps.check("locate the pinned Node.js", || pinned(&packages))?;
    steps.run("version of Node.js", Command::new(&node).arg("--version"))?;
    Ok(node)
}

/// The Node.js among the packages. There is one package for each kind of machine, and npm installs the one that fits; it
/// is found by its own name, since not every npm links it into `.bin`.
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

/// Makes sure that npm is there.
fn npm(steps: &mut Steps) -> Outcome {
    if runs("node") && runs("npm") {
        return Ok(());
    }
    steps.check("look for Node.js", || {
        if is_root() && runs("apt-get") {
            println!("Node.js or npm is missing; they are installed with apt-get");
            Ok(())
        } else {
            Err("the interop tests need Node.js and npm, and they are not on the PATH; install them \
                 (Debian: `apt-get install nodejs npm` as root), then run the command again"
                .to_owned())
        }
    })?;
    let apt = || {
        let mut command = Command::new("apt-get");
        command.env("DEBIAN_FRONTEND", "noninteractive");
        command
    };
    steps.run("package lists", apt().args(["update", "-q"]))?;
    steps.run(
        "Node.js and npm",
        apt().args([
            "install",
            "-q",
            "-y",
            "--no-install-recommends",
            "nodejs",
            "npm",
        ]),
    )
}

fn runs(program: &str) -> bool {
    Command::new(program)
        .arg("--version")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

fn is_root() -> bool {
    Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

fn same_content(one: &Path, other: &Path) -> bool {
    match (fs::read(one), fs::read(other)) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_absent_stamp_is_not_the_lock() {
        let folder = tempfile::tempdir().unwrap();
        let (lock, stamp) = (folder.path().join("lock"), folder.path().join("stamp"));
        fs::write(&lock, "1").unwrap();
        assert!(!same_content(&lock, &stamp));
        fs::write(&stamp, "2").unwrap();
        assert!(!same_content(&lock, &stamp));
        fs::write(&stamp, "1").unwrap();
        assert!(same_content(&lock, &stamp));
    }

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

    #[test]
    fn a_program_that_is_not_there_does_not_run() {
        assert!(!runs("thyra-no-such-program"));
    }
}
