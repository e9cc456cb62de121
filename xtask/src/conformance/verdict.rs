//! The results of the conformance suite, read from the files that it leaves behind.

use std::collections::BTreeMap;
use std::path::Path;
use std::{fmt, fs};

use serde::Deserialize;

/// The only scenario without a check: the suite skips it whatever the server does.
const UNWRITTEN: &str = "tasks-status-notifications";

/// The length of the time that the suite appends to the name of a folder, including the hyphen.
const TIME_LENGTH: usize = "-2026-07-28T00-00-00-000Z".len();

/// The results for one revision: of the scenarios that the suite requires, and of those beyond.
#[derive(Debug)]
pub(crate) struct Verdict {
    required: BTreeMap<String, Scenario>,
    beyond: BTreeMap<String, Scenario>,
}

/// The result of one scenario.
#[derive(Debug)]
pub(super) struct Scenario {
    passed: usize,
    objections: Vec<String>,
}

impl Verdict {
    /// Reads the results of a run, which should include each of `beyond`.
    pub(crate) fn read(folder: &Path, beyond: &[&str]) -> Result<Self, String> {
        let unreadable = |error| format!("{}: {error}", folder.display());
        let mut verdict = Self {
            required: BTreeMap::new(),
            beyond: beyond
                .iter()
                .map(|name| ((*name).to_owned(), Scenario::not_run()))
                .collect(),
        };
        for entry in fs::read_dir(folder).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let file_name = entry.file_name();
            let Some(name) = scenario_name(&file_name.to_string_lossy()) else {
                continue;
            };
            let checks = entry.path().join("checks.json");
            let scenario = Scenario::read(&name, &checks, Skipped::Objection)?;
            match verdict.beyond.get_mut(&name) {
                Some(place) => *place = scenario,
                None => drop(verdict.required.insert(name, scenario)),
            }
        }
        Ok(verdict)
    }

    /// Fails unless `required` scenarios were run besides those beyond, and there is no objection
    /// to any.
    pub(crate) fn judge(&self, required: usize) -> Result<(), String> {
        let failed = self.all().filter(|(_, scenario)| !scenario.is_good());
        let names: Vec<_> = failed.map(|(name, _)| name.as_str()).collect();
        if !names.is_empty() {
            return Err(format!("failed: {}", names.join(", ")));
        }
        if self.required.len() == required {
            Ok(())
        } else {
            Err(format!(
                "{} required scenarios were run, and there are {required}",
                self.required.len()
            ))
        }
    }

    fn all(&self) -> impl Iterator<Item = (&String, &Scenario)> {
        self.required.iter().chain(&self.beyond)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, scenario) in self.all().filter(|(_, scenario)| !scenario.is_good()) {
            write!(f, "{name}\n{scenario}")?;
        }
        let good = |scenarios: &BTreeMap<String, Scenario>| {
            scenarios.values().filter(|one| one.is_good()).count()
        };
        let checks: usize = self.all().map(|(_, scenario)| scenario.passed).sum();
        writeln!(
            f,
            "{}/{} required scenarios passed, and {}/{} beyond them; {checks} checks passed",
            good(&self.required),
            self.required.len(),
            good(&self.beyond),
            self.beyond.len(),
        )
    }
}

impl Scenario {
    fn not_run() -> Self {
        Self {
            passed: 0,
            objections: vec!["was not run".to_owned()],
        }
    }

    /// Reads the checks of a scenario. One that was broken off has written none.
    pub(super) fn read(name: &str, checks: &Path, skipped: Skipped) -> Result<Self, String> {
        let Ok(text) = fs::read(checks) else {
            return Ok(Self {
                passed: 0,
                objections: vec!["was broken off; suite.txt may say why".to_owned()],
            });
        };
        let checks: Vec<Check> = serde_json::from_slice(&text)
            .map_err(|error| format!("{}: {error}", checks.display()))?;
        let passed = checks
            .iter()
            .filter(|check| check.status == Status::Success)
            .count();
        let objections = checks.iter().filter_map(|check| check.objection(skipped));
        let mut objections: Vec<_> = objections.collect();
        if name == UNWRITTEN {
            objections.clear();
        } else if passed == 0 && objections.is_empty() {
            objections.push("checked nothing".to_owned());
        }
        Ok(Self { passed, objections })
    }

    pub(super) fn is_good(&self) -> bool {
        self.objections.is_empty()
    }
}

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for objection in &self.objections {
            writeln!(f, "    {objection}")?;
        }
        Ok(())
    }
}

/// What a skipped check means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Skipped {
    /// It asks for what this revision does not have, such as a handshake.
    DoesNotApply,
    /// It asks for something that the server does not offer, though it should.
    Objection,
}

/// A check, as the suite writes it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Check {
    id: String,
    status: Status,
    #[serde(default)]
    error_message: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum Status {
    Success,
    Failure,
    /// Something that SHOULD be done.
    Warning,
    /// Something that does not apply, or is not offered.
    Skipped,
    Info,
}

impl Check {
    /// The objection, if any. A warning is as bad as a failure: the examples should do everything
    /// right.
    fn objection(&self, skipped: Skipped) -> Option<String> {
        let what = match self.status {
            Status::Success | Status::Info => return None,
            Status::Skipped if skipped == Skipped::DoesNotApply => return None,
            Status::Failure => "failed",
            Status::Warning => "does not do what it should",
            Status::Skipped => "was skipped",
        };
        let why = self.error_message.as_deref().unwrap_or("no reason given");
        Some(format!("{} {what}: {}", self.id, beginning(why)))
    }
}

/// The beginning of a reason, since some repeat a whole message. The results have the full text.
fn beginning(reason: &str) -> String {
    const LIMIT: usize = 300;
    let line = reason.lines().next().unwrap_or_default();
    match line.char_indices().nth(LIMIT) {
        Some((end, _)) => format!("{} ...", line.get(..end).unwrap_or_default()),
        None => line.to_owned(),
    }
}

/// The scenario whose results are in a folder of this name.
fn scenario_name(folder: &str) -> Option<String> {
    without_time(folder.strip_prefix("server-")?)
}

/// The name of a folder of results, without the time at its end.
pub(super) fn without_time(name: &str) -> Option<String> {
    let end = name.len().checked_sub(TIME_LENGTH)?;
    let (name, time) = name.split_at_checked(end)?;
    (time.starts_with("-2") && time.ends_with('Z')).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn results(scenarios: &[(&str, Option<&str>)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("suite.txt"), "").unwrap();
        for (name, checks) in scenarios {
            let scenario = folder
                .path()
                .join(format!("server-{name}-2026-07-28T01-02-03-004Z"));
            fs::create_dir(&scenario).unwrap();
            if let Some(checks) = checks {
                fs::write(scenario.join("checks.json"), checks).unwrap();
            }
        }
        folder
    }

    const GOOD: &str = r#"[{"id":"a","status":"SUCCESS","name":"A"},{"id":"b","status":"INFO"}]"#;

    #[test]
    fn scenarios_that_pass_are_counted() {
        let folder = results(&[
            ("ping", Some(GOOD)),
            ("server-sse-polling", Some(GOOD)),
            (UNWRITTEN, Some(r#"[{"id":"a","status":"SKIPPED"}]"#)),
        ]);
        let verdict = Verdict::read(folder.path(), &["server-sse-polling", UNWRITTEN]).unwrap();
        assert_eq!(verdict.judge(1), Ok(()));
        assert_eq!(
            verdict.to_string(),
            "1/1 required scenarios passed, and 2/2 beyond them; 2 checks passed\n"
        );
        assert_eq!(
            verdict.judge(2).unwrap_err(),
            "1 required scenarios were run, and there are 2"
        );
    }

    #[test]
    fn a_check_that_does_not_pass_is_an_objection() {
        for (status, objection) in [
            ("FAILURE", "failed"),
            ("WARNING", "does not do what it should"),
            ("SKIPPED", "was skipped"),
        ] {
            let checks = format!(
                r#"[{{"id":"a","status":"SUCCESS"}},{{"id":"b","status":"{status}","errorMessage":"so"}}]"#
            );
            let folder = results(&[("ping", Some(&checks))]);
            let verdict = Verdict::read(folder.path(), &[]).unwrap();
            assert_eq!(verdict.judge(1).unwrap_err(), "failed: ping");
            assert_eq!(
                verdict.to_string(),
                format!(
                    "ping\n    b {objection}: so\n\
                     0/1 required scenarios passed, and 0/0 beyond them; 1 checks passed\n"
                )
            );
        }
    }

    #[test]
    fn a_scenario_that_says_nothing_has_not_passed() {
        let folder = results(&[
            ("broken-off", None),
            ("empty", Some("[]")),
            ("vague", Some(r#"[{"id":"a","status":"INFO"}]"#)),
        ]);
        let verdict = Verdict::read(folder.path(), &["absent"]).unwrap();
        assert_eq!(
            verdict.judge(3).unwrap_err(),
            "failed: broken-off, empty, vague, absent"
        );
    }

    #[test]
    fn a_long_reason_is_cut_after_a_line_or_300_characters() {
        assert_eq!(beginning("one\ntwo"), "one");
        assert_eq!(beginning(&"\u{e9}".repeat(300)), "\u{e9}".repeat(300));
        let cut = format!("{} ...", "\u{e9}".repeat(300));
        assert_eq!(beginning(&"\u{e9}".repeat(301)), cut);
    }

    #[test]
    fn results_that_are_not_those_of_the_suite_are_refused() {
        let folder = results(&[("ping", Some(r#"[{"id":"a","status":"FINE"}]"#))]);
        let refusal = Verdict::read(folder.path(), &[]).unwrap_err();
        assert!(refusal.contains("checks.json"), "{refusal}");
        Verdict::read(&folder.path().join("nowhere"), &[]).unwrap_err();
    }

    #[test]
    fn a_folder_is_named_after_its_scenario_and_the_time() {
        assert_eq!(
            scenario_name("server-json-schema-2020-12-2026-11-24T16-00-45-693Z").as_deref(),
            Some("json-schema-2020-12")
        );
        for other in [
            "suite.txt",
            "server-",
            "server-ping",
            "client-ping-2026-11-24T16-00-45-693Z",
        ] {
            assert_eq!(scenario_name(other), None);
        }
    }
}
