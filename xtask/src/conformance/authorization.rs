//! The suite against our authorization server, the example `oauth_server`. The suite plays a client
//! that waits for a person, whom `conformance-authorization.mjs` plays.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::client::{Expected, Verdict};
use super::{Server, create, renew};
use crate::interop;
use crate::steps::{Failure, Steps};

/// Both scenarios of the suite. A warning fails one, too.
const EXPECTED: Expected = Expected {
    revision: "the authorization server",
    scenarios: 2,
    failing: &[],
};

/// The time limit of both; they take seconds.
const LIMIT: Duration = Duration::from_mins(2);

/// Runs the scenarios, and reads their results.
pub(super) fn judge(
    steps: &mut Steps,
    node: &Path,
    example: &Path,
    results: &Path,
) -> Result<(), Failure> {
    let folder = results.join("authorization");
    let (server, report) = steps.check("start `oauth_server`", || {
        renew(&folder)?;
        let server = Server::start("oauth_server", example, &folder.join("oauth_server.log"))?;
        Ok((server, create(&folder.join("suite.txt"))?))
    })?;
    let issuer = format!("http://{}", server.address);
    let mut suite = Command::new(node);
    suite
        .current_dir(interop::folder())
        .arg("conformance-authorization.mjs")
        .args([&issuer, &format!("{issuer}/mcp")])
        .arg(&folder)
        .stdout(report);
    let ended = steps.run_within(
        LIMIT,
        "conformance suite for the authorization server",
        &mut suite,
    );
    drop(server);
    steps.check("conformance of the authorization server", || {
        let verdict = Verdict::read(&folder)?;
        print!("{verdict}");
        println!("Results: {}", folder.display());
        verdict.judge(&EXPECTED)
    })?;
    ended
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn both_scenarios_must_pass_without_a_warning() {
        let judge = |status: &str| {
            let folder = tempfile::tempdir().unwrap();
            for (name, status) in [("metadata-endpoint", "SUCCESS"), ("code-grant", status)] {
                let name = format!("authorization-server-{name}-2026-07-28T01-02-03-004Z");
                let scenario = folder.path().join(name);
                fs::create_dir(&scenario).unwrap();
                let checks = format!(r#"[{{"id":"a","status":"{status}"}}]"#);
                fs::write(scenario.join("checks.json"), checks).unwrap();
            }
            Verdict::read(folder.path()).unwrap().judge(&EXPECTED)
        };
        assert_eq!(judge("SUCCESS"), Ok(()));
        for bad in ["FAILURE", "SKIPPED", "WARNING"] {
            assert_eq!(
                judge(bad),
                Err("failed: authorization-server-code-grant".to_owned())
            );
        }
    }
}
