//! Python and the packages of `tests/interop/python`, in an environment of their own under
//! `target`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::machine;
use crate::stamp::Stamp;
use crate::steps::{Failure, Outcome, Steps};

/// Installs what `requirements.txt` in `folder` names into `environment`, unless it is installed.
/// Returns the Python of that environment.
pub(crate) fn install(
    steps: &mut Steps,
    folder: &Path,
    environment: &Path,
) -> Result<PathBuf, Failure> {
    let requirements = folder.join("requirements.txt");
    let python = environment.join("bin/python");
    let stamp = Stamp::new(
        requirements.clone(),
        environment.join("installed-requirements.txt"),
    );

    if !(stamp.is_current() && machine::succeeds(Command::new(&python).arg("--version"))) {
        python_with_environments(steps)?;
        steps.check("clear the Python environment", || clear(environment))?;
        steps.run(
            "Python environment",
            Command::new("python3")
                .args(["-m", "venv"])
                .arg(environment),
        )?;
        // Only the dependencies that the file names, each in the version that it names.
        steps.run(
            "Python packages",
            Command::new(&python)
                .args([
                    "-m",
                    "pip",
                    "install",
                    "--quiet",
                    "--disable-pip-version-check",
                    "--no-deps",
                    "--requirement",
                ])
                .arg(&requirements),
        )?;
        steps.run(
            "Python packages fit each other",
            Command::new(&python).args(["-m", "pip", "--disable-pip-version-check", "check"]),
        )?;
        steps.check("note what is installed", || stamp.write())?;
    }
    steps.run("version of Python", Command::new(&python).arg("--version"))?;
    Ok(python)
}

/// Makes sure that there is a Python that can make an environment with pip. Debian has that part in
/// a separate package.
fn python_with_environments(steps: &mut Steps) -> Outcome {
    if machine::succeeds(Command::new("python3").args(["-c", "import ensurepip, venv"])) {
        return Ok(());
    }
    machine::apt_install(
        steps,
        "Python 3 with venv",
        &["python3", "python3-pip", "python3-venv"],
    )
}

fn clear(environment: &Path) -> Result<(), String> {
    match fs::remove_dir_all(environment) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(format!(
            "{} cannot be removed: {error}",
            environment.display()
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_environment_is_cleared_whether_it_is_there_or_not() {
        let folder = tempfile::tempdir().unwrap();
        let environment = folder.path().join("environment");
        clear(&environment).unwrap();
        fs::create_dir_all(environment.join("bin")).unwrap();
        clear(&environment).unwrap();
        assert!(!environment.exists());
    }
}
