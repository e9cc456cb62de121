//! The places of the repository, of programs and of test material.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The root of the repository.
pub(crate) fn root() -> &'static Path {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask)
}

/// The folder where Cargo puts programs, which is the folder of this program.
pub(crate) fn programs() -> Result<PathBuf, String> {
    let own = env::current_exe()
        .map_err(|error| format!("the path of this program is unknown: {error}"))?;
    own.parent()
        .map(Path::to_path_buf)
        .ok_or_else(|| format!("{} is in no folder", own.display()))
}

/// The path of one of our programs, which must have been built.
pub(crate) fn program(name: &str) -> Result<PathBuf, String> {
    let path = programs()?.join(format!("{name}{}", env::consts::EXE_SUFFIX));
    if path.is_file() {
        Ok(path)
    } else {
        Err(format!("{} was not built", path.display()))
    }
}

/// The Cargo that runs this program, at the root of the repository.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    if let Some(shared) = shared() {
        command.env("THYRA_SHARED", shared);
    }
    command
}

/// The folder with test material that is not in the repository: `THYRA_SHARED`, or `shared` beside
/// the repository.
pub(crate) fn shared() -> Option<PathBuf> {
    let folder =
        env::var_os("THYRA_SHARED").map_or_else(|| root().join("../shared"), PathBuf::from);
    folder.canonicalize().ok().filter(|folder| folder.is_dir())
}
