//! Runs the steps of a command one after the other, and prints each step, its time, and why it
//! failed.

use std::error::Error;
use std::ffi::OsStr;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{fmt, io, thread};

/// How a step, and so a command, ends.
pub(crate) type Outcome = Result<(), Failure>;

/// The step that failed, and why.
#[derive(Debug)]
pub(crate) struct Failure {
    step: String,
    reason: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.step, self.reason)
    }
}

impl Error for Failure {}

/// The steps of one command.
#[derive(Debug)]
pub(crate) struct Steps {
    started: Instant,
    done: Vec<(String, Duration)>,
}

impl Steps {
    /// Starts counting the time.
    pub(crate) fn start() -> Self {
        Self {
            started: Instant::now(),
            done: Vec::new(),
        }
    }

    /// Runs a program to its end; it gets no standard input.
    pub(crate) fn run(&mut self, step: &str, command: &mut Command) -> Outcome {
        let line = command_line(command);
        self.step(step, || {
            println!("$ {line}");
            let status = command
                .stdin(Stdio::null())
                .status()
                .map_err(|error| not_started(command, &error))?;
            if status.success() {
                Ok(())
            } else {
                Err(format!("`{line}` ended with {status}"))
            }
        })
    }

    /// Runs a program that must end within `limit`; otherwise it is killed and the step fails.
    pub(crate) fn run_within(
        &mut self,
        limit: Duration,
        step: &str,
        command: &mut Command,
    ) -> Outcome {
        const PAUSE: Duration = Duration::from_millis(50);
        let line = command_line(command);
        self.step(step, || {
            println!("$ {line}");
            let mut child = command
                .stdin(Stdio::null())
                .spawn()
                .map_err(|error| not_started(command, &error))?;
            let started = Instant::now();
            loop {
                let ended = child
                    .try_wait()
                    .map_err(|error| format!("`{line}` cannot be waited for: {error}"))?;
                match ended {
                    Some(status) if status.success() => return Ok(()),
                    Some(status) => return Err(format!("`{line}` ended with {status}")),
                    None if started.elapsed() < limit => thread::sleep(PAUSE),
                    None => {
                        let killed = child.kill().and_then(|()| child.wait());
                        return Err(match killed {
                            Ok(_) => format!("`{line}` did not end within {} s", limit.as_secs()),
                            Err(error) => {
                                format!("`{line}` did not end, and cannot be killed: {error}")
                            }
                        });
                    }
                }
            }
        })
    }

    /// Does work in this process; its error says what is wrong.
    pub(crate) fn check<T>(
        &mut self,
        step: &str,
        work: impl FnOnce() -> Result<T, String>,
    ) -> Result<T, Failure> {
        self.step(step, work)
    }

    /// Prints how the command went, step by step.
    pub(crate) fn conclude(&self, outcome: &Outcome) {
        println!();
        for (step, took) in &self.done {
            println!("{:>8.1} s  {step}", took.as_secs_f64());
        }
        let all = self.started.elapsed().as_secs_f64();
        match outcome {
            Ok(()) => println!("{all:>8.1} s  all steps passed"),
            Err(failure) => println!("{all:>8.1} s  FAILED: {failure}"),
        }
    }

    fn step<T>(
        &mut self,
        step: &str,
        work: impl FnOnce() -> Result<T, String>,
    ) -> Result<T, Failure> {
        println!("\n==> {step}");
        let started = Instant::now();
        let result = work();
        let took = started.elapsed();
        let seconds = took.as_secs_f64();
        match result {
            Ok(value) => {
                println!("<== {step}: {seconds:.1} s");
                self.done.push((step.to_owned(), took));
                Ok(value)
            }
            Err(reason) => {
                println!("<== FAILED {step} after {seconds:.1} s: {reason}");
                Err(Failure {
                    step: step.to_owned(),
                    reason,
                })
            }
        }
    }
}

/// Why a program could not be started.
fn not_started(command: &Command, error: &io::Error) -> String {
    let program = command.get_program().to_string_lossy();
    if error.kind() == io::ErrorKind::NotFound {
        format!("`{program}` is not installed, or not on the PATH")
    } else {
        format!("`{program}` cannot be started: {error}")
    }
}

/// The command as one would type it.
fn command_line(command: &Command) -> String {
    std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(OsStr::to_string_lossy)
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cargo() -> Command {
        Command::new(env!("CARGO"))
    }

    #[test]
    fn a_step_that_succeeds_is_listed() {
        let mut steps = Steps::start();
        steps.run("version", cargo().arg("--version")).unwrap();
        steps.check("nothing", || Ok(())).unwrap();
        let names: Vec<_> = steps.done.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["version", "nothing"]);
    }

    #[test]
    fn a_program_that_fails_is_named_with_its_step() {
        let failure = Steps::start()
            .run("odd", cargo().arg("--no-such-option"))
            .unwrap_err();
        let text = failure.to_string();
        assert!(
            text.starts_with("odd: `") && text.contains("--no-such-option` ended with"),
            "{text}"
        );
    }

    #[test]
    fn a_program_that_is_not_there_is_said_to_be_missing() {
        let failure = Steps::start()
            .run("absent", &mut Command::new("thyra-no-such-program"))
            .unwrap_err();
        assert_eq!(
            failure.to_string(),
            "absent: `thyra-no-such-program` is not installed, or not on the PATH"
        );
    }

    #[test]
    fn a_program_may_end_within_its_limit() {
        Steps::start()
            .run_within(Duration::from_mins(1), "quick", cargo().arg("--version"))
            .unwrap();
        Steps::start()
            .run_within(
                Duration::from_mins(1),
                "odd",
                cargo().arg("--no-such-option"),
            )
            .unwrap_err();
    }

    #[cfg(unix)]
    #[test]
    fn a_program_that_outlives_its_limit_is_killed() {
        let failure = Steps::start()
            .run_within(Duration::ZERO, "endless", Command::new("sleep").arg("600"))
            .unwrap_err();
        assert_eq!(
            failure.to_string(),
            "endless: `sleep 600` did not end within 0 s"
        );
    }
}
