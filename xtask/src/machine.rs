//! What this machine has, and how to install what it lacks.

use std::process::{Command, Stdio};

use crate::steps::{Outcome, Steps};

/// Whether a program exists and can print its version.
pub(crate) fn runs(program: &str) -> bool {
    succeeds(Command::new(program).arg("--version"))
}

/// Whether a command succeeds. Its output is discarded.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Installs packages of the distribution if that works without asking; otherwise says what to do.
pub(crate) fn apt_install(steps: &mut Steps, what: &str, packages: &[&str]) -> Outcome {
    steps.check(&format!("look for {what}"), || {
        if is_root() && runs("apt-get") {
            println!("{what} cannot be run; installing with apt-get");
            Ok(())
        } else {
            Err(format!(
                "the tests need {what}, and cannot run it; install it (Debian: `apt-get install {}` as root), \
                 then run the command again",
                packages.join(" ")
            ))
        }
    })?;
    let apt = || {
        let mut command = Command::new("apt-get");
        command.env("DEBIAN_FRONTEND", "noninteractive");
        command
    };
    steps.run("package lists", apt().args(["update", "-q"]))?;
    steps.run(
        what,
        apt()
            .args(["install", "-q", "-y", "--no-install-recommends"])
            .args(packages),
    )
}

fn is_root() -> bool {
    Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_is_not_there_does_not_run() {
        assert!(!runs("thyra-no-such-program"));
    }

    #[test]
    fn a_command_that_fails_does_not_succeed() {
        assert!(succeeds(Command::new(env!("CARGO")).arg("--version")));
        assert!(!succeeds(
            Command::new(env!("CARGO")).arg("--no-such-option")
        ));
    }
}
