//! The browser of the tests in `tests/interop`.

use std::env;
use std::path::PathBuf;

use crate::machine;
use crate::steps::{Failure, Steps};

/// The programs that drive like Chromium, the one of Debian first.
const PROGRAMS: [&str; 4] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/// Makes sure that there is a Chromium. Returns where its program is: what drives it wants a path,
/// not a name.
pub(crate) fn install(steps: &mut Steps) -> Result<PathBuf, Failure> {
    if let Some(program) = found() {
        return Ok(program);
    }
    machine::apt_install(steps, "Chromium", &["chromium"])?;
    steps.check("locate Chromium", || {
        found().ok_or_else(|| "none of its programs can be run".to_owned())
    })
}

fn found() -> Option<PathBuf> {
    let folders: Vec<_> = env::split_paths(&env::var_os("PATH")?).collect();
    let program = PROGRAMS
        .into_iter()
        .find(|program| machine::runs(program))?;
    let mut places = folders.iter().map(|folder| folder.join(program));
    places.find(|place| place.is_file())
}
