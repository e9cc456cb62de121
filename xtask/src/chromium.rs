//! The browser of the tests in `tests/interop`.

use crate::machine;
use crate::steps::{Failure, Steps};

/// The programs that drive like Chromium, the one of Debian first.
const PROGRAMS: [&str; 4] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/// Makes sure that there is a Chromium. Returns its program.
pub(crate) fn install(steps: &mut Steps) -> Result<&'static str, Failure> {
    if let Some(program) = found() {
        return Ok(program);
    }
    machine::apt_install(steps, "Chromium", &["chromium"])?;
    steps.check("locate Chromium", || {
        found().ok_or_else(|| "none of its programs can be run".to_owned())
    })
}

fn found() -> Option<&'static str> {
    PROGRAMS.into_iter().find(|program| machine::runs(program))
}
