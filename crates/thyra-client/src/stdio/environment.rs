//! The variables that a program inherits from its client: what it needs to run, and no secrets.

use std::ffi::OsString;

/// The variables that the official SDKs pass on.
#[cfg(not(windows))]
const SAFE: &[&str] = &["HOME", "LOGNAME", "PATH", "SHELL", "TERM", "USER"];
#[cfg(windows)]
const SAFE: &[&str] = &[
    "APPDATA",
    "HOMEDRIVE",
    "HOMEPATH",
    "LOCALAPPDATA",
    "PATH",
    "PATHEXT",
    "PROCESSOR_ARCHITECTURE",
    "PROGRAMFILES",
    "SYSTEMDRIVE",
    "SYSTEMROOT",
    "TEMP",
    "USERNAME",
    "USERPROFILE",
];

/// Those of `variables` that a program inherits.
pub(super) fn inherited(
    variables: impl Iterator<Item = (OsString, OsString)>,
) -> impl Iterator<Item = (OsString, OsString)> {
    variables.filter(|(name, value)| {
        let name = name.to_string_lossy();
        let is_safe = SAFE.iter().any(|safe| {
            if cfg!(windows) {
                safe.eq_ignore_ascii_case(&name)
            } else {
                *safe == name
            }
        });
        // Old shells export functions like this, and run them in the next shell.
        is_safe && !value.to_string_lossy().starts_with("()")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_program_needs_to_run_is_passed_on() {
        let variables = [
            ("PATH", "/bin"),
            ("GITHUB_TOKEN", "hush"),
            ("PATHOLOGY", "x"),
            ("TEMP", "() { evil; }"),
            ("SHELL", "() { evil; }"),
        ];
        let variables = variables.map(|(name, value)| (name.into(), value.into()));
        let passed: Vec<_> = inherited(variables.into_iter()).collect();
        assert_eq!(passed, [("PATH".into(), "/bin".into())]);
    }
}
