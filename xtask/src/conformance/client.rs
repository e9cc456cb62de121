//! The suite against our client, the example `everything_client`: the suite is the server, and
//! starts the client once for each scenario.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::{fmt, fs};

use super::verdict::{Scenario, Skipped, without_time};
use super::{SCENARIO_LIMIT, SUITE_LIMIT, create, renew};
use crate::interop;
use crate::steps::{Failure, Steps};

/// The scenarios for one revision.
#[derive(Debug)]
pub(super) struct Expected {
    pub(super) revision: &'static str,
    /// How many the suite runs. The list is frozen with the revision.
    pub(super) scenarios: usize,
    /// Those that the client does not pass yet. One that it passes must not stay here.
    pub(super) failing: &'static [&'static str],
}

pub(super) const EXPECTED: [Expected; 2] = [
    Expected {
        revision: "2026-07-28",
        scenarios: 39,
        failing: &[],
    },
    Expected {
        revision: "2025-11-25",
        scenarios: 25,
        failing: &[],
    },
];

/// Scenarios that no revision requires: those of the extension for skills.
const SKILLS: Expected = Expected {
    revision: "the extension for skills",
    scenarios: SKILL_SCENARIOS.len(),
    failing: &[],
};
const SKILL_SCENARIOS: [&str; 4] = [
    "sep-2640-client-no-prefetch",
    "sep-2640-client-verify-digest",
    "sep-2640-client-verify-frontmatter",
    "sep-2640-client-verify-size",
];

/// Runs the scenarios for skills, one by one, and reads their results.
pub(super) fn judge_skills(
    steps: &mut Steps,
    node: &Path,
    example: &Path,
    results: &Path,
) -> Result<(), Failure> {
    let folder = results.join("client-skills");
    steps.check("results of the client for skills", || renew(&folder))?;
    for scenario in SKILL_SCENARIOS {
        let report = steps.check(&format!("report of {scenario}"), || {
            create(&folder.join(format!("{scenario}.txt")))
        })?;
        let mut suite = Command::new(node);
        suite
            .arg(interop::conformance())
            .args(["client", "--command"])
            .arg(example)
            .args(["--scenario", scenario, "--timeout", SCENARIO_LIMIT])
            .arg("--output-dir")
            .arg(&folder)
            .stdout(report);
        steps.run_within(SUITE_LIMIT, scenario, &mut suite)?;
    }
    steps.check("conformance of the client with skills", || {
        let verdict = Verdict::read(&folder)?;
        print!("{verdict}");
        verdict.judge(&SKILLS)
    })
}

/// Runs the scenarios of one revision, and reads their results. The suite's exit code says only
/// that some scenario failed, which is expected.
pub(super) fn judge(
    steps: &mut Steps,
    expected: &Expected,
    node: &Path,
    example: &Path,
    results: &Path,
) -> Result<(), Failure> {
    let revision = expected.revision;
    let folder = results.join(format!("client-{revision}"));
    let report = steps.check(&format!("results of the client for {revision}"), || {
        renew(&folder)?;
        create(&folder.join("suite.txt"))
    })?;
    let mut suite = Command::new(node);
    suite
        .arg(interop::conformance())
        .args(["client", "--command"])
        .arg(example)
        .args(["--requirements", revision])
        .args(["--timeout", SCENARIO_LIMIT])
        .arg("--output-dir")
        .arg(&folder)
        .stdout(report);
    let ended = steps.run_within(
        SUITE_LIMIT,
        &format!("conformance suite for the client and {revision}"),
        &mut suite,
    );
    steps.check(
        &format!("conformance of the client with {revision}"),
        || {
            let verdict = Verdict::read(&folder)?;
            print!("{verdict}");
            println!("Results: {}", folder.display());
            verdict.judge(expected)
        },
    )?;
    // With a scenario that is expected to fail, the suite ends with an error.
    if expected.failing.is_empty() {
        ended
    } else {
        Ok(())
    }
}

/// The results for one revision, by scenario.
#[derive(Debug, Default)]
pub(super) struct Verdict(BTreeMap<String, Scenario>);

impl Verdict {
    pub(super) fn read(folder: &Path) -> Result<Self, String> {
        let mut verdict = Self::default();
        verdict.read_folder(folder, "")?;
        Ok(verdict)
    }

    /// Reads the results below `folder`. A scenario `a/b` has a folder `b` in a folder `a`.
    fn read_folder(&mut self, folder: &Path, group: &str) -> Result<(), String> {
        let unreadable = |error| format!("{}: {error}", folder.display());
        for entry in fs::read_dir(folder).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            let Some(name) = path.file_name().map(|name| name.to_string_lossy()) else {
                continue;
            };
            if let Some(name) = without_time(&name) {
                let name = format!("{group}{name}");
                let checks = path.join("checks.json");
                let scenario = Scenario::read(&name, &checks, Skipped::DoesNotApply)?;
                self.0.insert(name, scenario);
            } else if path.is_dir() {
                self.read_folder(&path, &format!("{group}{name}/"))?;
            }
        }
        Ok(())
    }

    /// Fails unless all scenarios were run, and exactly those failed that are expected to.
    pub(super) fn judge(&self, expected: &Expected) -> Result<(), String> {
        let failed = |name: &str| self.0.get(name).is_none_or(|scenario| !scenario.is_good());
        let is_expected = |name: &str| expected.failing.contains(&name);
        let surprising = self.0.keys().map(String::as_str);
        let surprising: Vec<_> = surprising
            .filter(|name| failed(name) && !is_expected(name))
            .collect();
        if !surprising.is_empty() {
            return Err(format!("failed: {}", surprising.join(", ")));
        }
        let stale = expected.failing.iter().filter(|name| !failed(name));
        let stale: Vec<_> = stale.copied().collect();
        if !stale.is_empty() {
            return Err(format!(
                "passed, and must no longer be expected to fail: {}",
                stale.join(", ")
            ));
        }
        if self.0.len() == expected.scenarios {
            Ok(())
        } else {
            Err(format!(
                "{} scenarios were run, and there are {}",
                self.0.len(),
                expected.scenarios
            ))
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut passed = 0;
        for (name, scenario) in &self.0 {
            if scenario.is_good() {
                passed += 1;
            } else {
                write!(f, "{name}\n{scenario}")?;
            }
        }
        writeln!(f, "{passed}/{} scenarios passed", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"[{"id":"a","status":"SUCCESS"},{"id":"b","status":"SKIPPED"}]"#;
    const BAD: &str = r#"[{"id":"a","status":"SUCCESS"},{"id":"b","status":"WARNING"}]"#;

    fn read(scenarios: &[(&str, &str)]) -> Verdict {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("suite.txt"), "").unwrap();
        for (name, checks) in scenarios {
            let scenario = folder
                .path()
                .join(format!("{name}-2026-07-28T01-02-03-004Z"));
            fs::create_dir_all(&scenario).unwrap();
            fs::write(scenario.join("checks.json"), checks).unwrap();
        }
        Verdict::read(folder.path()).unwrap()
    }

    fn expected(scenarios: usize, failing: &'static [&'static str]) -> Expected {
        Expected {
            revision: "2026-07-28",
            scenarios,
            failing,
        }
    }

    #[test]
    fn exactly_the_expected_scenarios_may_fail() {
        let verdict = read(&[("ping", GOOD), ("auth/dpop", BAD)]);
        assert_eq!(verdict.judge(&expected(2, &["auth/dpop"])), Ok(()));
        for (expected, reason) in [
            (expected(2, &[]), "failed: auth/dpop"),
            (
                expected(2, &["auth/dpop", "ping"]),
                "passed, and must no longer be expected to fail: ping",
            ),
            (
                expected(3, &["auth/dpop"]),
                "2 scenarios were run, and there are 3",
            ),
            (
                expected(3, &["auth/dpop", "absent"]),
                "2 scenarios were run, and there are 3",
            ),
        ] {
            assert_eq!(verdict.judge(&expected).unwrap_err(), reason);
        }
        assert_eq!(
            verdict.to_string(),
            "auth/dpop\n    b does not do what it should: no reason given\n1/2 scenarios passed\n"
        );
    }
}
