//! `cargo xtask conformance`: the official conformance suite of MCP against the examples
//! `everything`, `everything_client` and `oauth_server`.

use std::fs::File;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{fs, io, thread};

use crate::conformance::verdict::Verdict;
use crate::steps::{Failure, Outcome, Steps};
use crate::{interop, node, repository};

mod authorization;
mod client;
mod verdict;

/// The scenarios for one revision: those that the suite requires, and others that we also want to
/// pass.
#[derive(Debug)]
struct Requirements {
    revision: &'static str,
    /// The number of scenarios that the suite requires. The list is frozen with the revision.
    required: usize,
    /// Scenarios that the suite also runs, but does not require to pass.
    beyond: &'static [&'static str],
}

const REQUIREMENTS: [Requirements; 2] = [
    Requirements {
        revision: "2026-07-28",
        required: 37,
        beyond: &[
            "http-custom-header-server-validation",
            "http-header-validation",
            "json-schema-2020-12",
            "tasks-capability-negotiation",
            "tasks-dispatch-and-envelope",
            "tasks-lifecycle",
            "tasks-mrtr-composition",
            "tasks-mrtr-input",
            "tasks-request-headers",
            "tasks-request-state-removal",
            "tasks-required-task-error",
            "tasks-status-notifications",
            "tasks-wire-fields",
        ],
    },
    Requirements {
        revision: "2025-11-25",
        required: 30,
        beyond: &[
            "json-schema-2020-12",
            "server-session-lifecycle",
            "server-sse-polling",
        ],
    },
];

/// The time limit of a scenario, in milliseconds.
const SCENARIO_LIMIT: &str = "120000";

/// The time limit of one revision's scenarios. They run one after the other, and take seconds in
/// all.
const SUITE_LIMIT: Duration = Duration::from_mins(15);

/// How long the example may take until it accepts connections.
const START_LIMIT: Duration = Duration::from_mins(1);

/// Builds the example, then runs the suite for each revision against a process of its own.
pub(crate) fn run(steps: &mut Steps) -> Outcome {
    interop::build(steps)?;
    let node = node::install(steps, &interop::folder())?;
    let (examples, results) = steps.check("locate the examples and the results", || {
        let programs = repository::programs()?;
        let results = programs.parent().unwrap_or(&programs).join("conformance");
        let example = |name| example(&programs, name);
        let examples = [
            example("everything")?,
            example("everything_client")?,
            example("oauth_server")?,
        ];
        Ok((examples, results))
    })?;
    let [server, client, authorization] = examples;

    // Every revision is tried before the first that fails ends the command.
    let servers =
        REQUIREMENTS.map(|requirements| judge(steps, &requirements, &node, &server, &results));
    let clients =
        client::EXPECTED.map(|expected| client::judge(steps, &expected, &node, &client, &results));
    let skills = client::judge_skills(steps, &node, &client, &results);
    let authorization = authorization::judge(steps, &node, &authorization, &results);
    let all = servers.into_iter().chain(clients);
    all.chain([skills, authorization]).collect()
}

/// The program of an example.
fn example(programs: &Path, name: &str) -> Result<PathBuf, String> {
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    let example = programs.join("examples").join(file);
    if example.is_file() {
        Ok(example)
    } else {
        Err(format!("{} was not built", example.display()))
    }
}

/// Runs the scenarios of one revision, and reads their results.
fn judge(
    steps: &mut Steps,
    requirements: &Requirements,
    node: &Path,
    example: &Path,
    results: &Path,
) -> Result<(), Failure> {
    let revision = requirements.revision;
    let folder = results.join(revision);
    let (server, report) = steps.check(&format!("start `everything` for {revision}"), || {
        renew(&folder)?;
        let server = Server::start("everything", example, &folder.join("everything.log"))?;
        Ok((server, create(&folder.join("suite.txt"))?))
    })?;
    let ended = steps.run_within(
        SUITE_LIMIT,
        &format!("conformance suite for {revision}"),
        suite(node, requirements, &server, &folder).stdout(report),
    );
    drop(server);

    // The results say which scenario failed; the suite's exit code says only that one did.
    steps.check(&format!("conformance with {revision}"), || {
        let verdict = Verdict::read(&folder, requirements.beyond)?;
        print!("{verdict}");
        println!("Results: {}", folder.display());
        verdict.judge(requirements.required)
    })?;
    ended
}

/// The suite's own program. It runs one scenario after the other.
fn suite(node: &Path, requirements: &Requirements, server: &Server, folder: &Path) -> Command {
    let mut command = Command::new(node);
    command
        .arg(interop::conformance())
        .args(["server", "--url"])
        .arg(format!("http://{}/mcp", server.address))
        .args(["--requirements", requirements.revision])
        .args(["--timeout", SCENARIO_LIMIT])
        .arg("--output-dir")
        .arg(folder);
    command
}

/// The running example. It stops when this value is dropped.
#[derive(Debug)]
struct Server {
    name: &'static str,
    process: Child,
    address: SocketAddr,
}

impl Server {
    /// Starts it on a free port of the loopback interface, and waits until it accepts connections.
    fn start(name: &'static str, example: &Path, log: &Path) -> Result<Self, String> {
        let address = free_address()
            .map_err(|error| format!("there is no free port on 127.0.0.1: {error}"))?;
        let output = create(log)?;
        let errors = output
            .try_clone()
            .map_err(|error| format!("{} cannot be shared: {error}", log.display()))?;
        let mut command = Command::new(example);
        command
            .arg("--http")
            .arg(address.to_string())
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("THYRA") {
                command.env_remove(name);
            }
        }
        let process = command
            .spawn()
            .map_err(|error| format!("{} cannot be started: {error}", example.display()))?;
        let mut server = Self {
            name,
            process,
            address,
        };
        server.wait_until_it_accepts().map_err(|reason| {
            let printed = fs::read_to_string(log).unwrap_or_default();
            format!("{reason}. It printed:\n{printed}")
        })?;
        Ok(server)
    }

    fn wait_until_it_accepts(&mut self) -> Result<(), String> {
        const PAUSE: Duration = Duration::from_millis(20);
        let name = self.name;
        let started = Instant::now();
        while started.elapsed() < START_LIMIT {
            match self.process.try_wait() {
                Ok(None) => {}
                Ok(Some(status)) => {
                    return Err(format!("`{name}` ended with {status} at once"));
                }
                Err(error) => return Err(format!("`{name}` cannot be waited for: {error}")),
            }
            if TcpStream::connect_timeout(&self.address, Duration::from_secs(1)).is_ok() {
                return Ok(());
            }
            thread::sleep(PAUSE);
        }
        Err(format!(
            "`{name}` accepted no connection at {} within {} s",
            self.address,
            START_LIMIT.as_secs()
        ))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already: then there is nothing to kill.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// An address that is free at the moment.
fn free_address() -> io::Result<SocketAddr> {
    TcpListener::bind("127.0.0.1:0")?.local_addr()
}

/// Makes an empty folder, and removes what was there.
fn renew(folder: &Path) -> Result<(), String> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(format!("{} cannot be removed: {error}", folder.display()));
        }
        _ => {}
    }
    fs::create_dir_all(folder)
        .map_err(|error| format!("{} cannot be created: {error}", folder.display()))
}

fn create(path: &Path) -> Result<File, String> {
    File::create(path).map_err(|error| format!("{} cannot be created: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_renewed_whether_it_is_there_or_not() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("a/b");
        renew(&folder).unwrap();
        fs::write(folder.join("old"), "").unwrap();
        renew(&folder).unwrap();
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
    }

    #[cfg(unix)]
    #[test]
    fn a_server_that_ends_at_once_is_told_with_what_it_printed() {
        let folder = tempfile::tempdir().unwrap();
        // `echo` only prints its arguments.
        let log = folder.path().join("log");
        let reason = Server::start("everything", Path::new("echo"), &log).unwrap_err();
        assert!(
            reason.starts_with(
                "`everything` ended with exit status: 0 at once. It printed:\n--http 127.0.0.1:"
            ),
            "{reason}"
        );
    }

    #[test]
    fn a_program_that_is_not_there_cannot_be_started() {
        let folder = tempfile::tempdir().unwrap();
        let program = Path::new("thyra-no-such-program");
        let reason = Server::start("x", program, &folder.path().join("log")).unwrap_err();
        assert!(
            reason.starts_with("thyra-no-such-program cannot be started"),
            "{reason}"
        );
    }
}
