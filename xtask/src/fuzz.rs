//! `cargo xtask fuzz`: looks for bytes that a parser does not stand, guided by what each input
//! reaches (libFuzzer, with flags that stable Rust has).

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::repository;
use crate::steps::{Outcome, Steps};

/// How the compiler marks each branch and comparison, so that the engine sees what an input
/// reaches. `cfg(fuzzing)` is not set: some libraries leave out checks then.
const FLAGS: &str = "-Cpasses=sancov-module \
     -Cllvm-args=-sanitizer-coverage-level=4 \
     -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
     -Cllvm-args=-sanitizer-coverage-pc-table \
     -Cllvm-args=-sanitizer-coverage-trace-compares";

/// What a single input may take. One that takes more is a finding.
const LIMITS: [&str; 3] = ["-timeout=10", "-rss_limit_mb=2048", "-max_len=4096"];

/// What to run, and for how long.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// All targets when there is none.
    target: Option<String>,
    bound: Bound,
}

/// When a target has been run enough.
#[derive(Debug, PartialEq, Eq)]
enum Bound {
    Runs(u32),
    Seconds(u32),
}

impl Bound {
    /// As an argument of libFuzzer.
    fn argument(&self) -> String {
        match self {
            Self::Runs(runs) => format!("-runs={runs}"),
            Self::Seconds(seconds) => format!("-max_total_time={seconds}"),
        }
    }
}

impl Wanted {
    /// Reads the arguments: `[TARGET] [--runs N | --seconds N]`, each for one target. By default
    /// all targets together take two minutes.
    pub(crate) fn read(arguments: impl IntoIterator<Item = String>) -> Result<Self, String> {
        let mut arguments = arguments.into_iter();
        let (mut target, mut bound) = (None, None);
        while let Some(argument) = arguments.next() {
            let mut number = || {
                let number = arguments.next().unwrap_or_default();
                match number.parse() {
                    Ok(0) | Err(_) => Err(format!("{argument} needs a number from 1 on")),
                    Ok(number) => Ok(number),
                }
            };
            let is_new = match argument.as_str() {
                "--runs" => bound.replace(Bound::Runs(number()?)).is_none(),
                "--seconds" => bound.replace(Bound::Seconds(number()?)).is_none(),
                option if option.starts_with('-') => {
                    return Err(format!("`{option}` is neither --runs nor --seconds"));
                }
                name => target.replace(name.to_owned()).is_none(),
            };
            if !is_new {
                return Err(format!("`{argument}` is one argument too many"));
            }
        }
        Ok(Self {
            target,
            bound: bound.unwrap_or(Bound::Seconds(9)),
        })
    }
}

/// Builds the engine, and runs the targets one after the other.
pub(crate) fn run(steps: &mut Steps, wanted: &Wanted) -> Outcome {
    let corpus = repository::root().join("fuzz/corpus");
    let targets = steps.check("targets", || chosen(&corpus, wanted.target.as_deref()))?;
    let host = steps.check("host", host)?;
    // Only this host's code is instrumented: build scripts and macros do not have the engine.
    let made = repository::root().join("target/fuzz");
    steps.run(
        "the engine",
        repository::cargo()
            .args(["build", "--manifest-path", "fuzz/engine/Cargo.toml"])
            .args(["--target", &host, "--target-dir"])
            .arg(&made)
            .env("RUSTFLAGS", FLAGS)
            .env_remove("CARGO_ENCODED_RUSTFLAGS"),
    )?;
    let engine = made.join(&host).join("debug/fuzz-engine");
    let found = made.join("found");
    for target in targets {
        let grown = made.join("corpus").join(&target);
        steps.check(&format!("folders of {target}"), || {
            [&grown, &found]
                .into_iter()
                .try_for_each(fs::create_dir_all)
                .map_err(|error| format!("{}: {error}", grown.display()))
        })?;
        let prefix = found.join(format!("{target}-"));
        let outcome = steps.run(
            &target,
            Command::new(&engine)
                .env("THYRA_FUZZ_TARGET", &target)
                .args(LIMITS)
                .args(["-print_final_stats=1", &wanted.bound.argument()])
                .arg(format!("-artifact_prefix={}", prefix.display()))
                // What is found goes into the first folder; the second is only read.
                .args([&grown, &corpus.join(&target)]),
        );
        if outcome.is_err() {
            println!(
                "\nThe bytes are in {}. Copy them to fuzz/corpus/{target} under a name that says what \
                 they are: then `cargo test -p fuzz` runs them, too.",
                found.display()
            );
            return outcome;
        }
    }
    Ok(())
}

/// The targets to run: all, or the one that is wanted. Each has a folder in the corpus.
fn chosen(corpus: &Path, wanted: Option<&str>) -> Result<Vec<String>, String> {
    let unreadable = |error| format!("{}: {error}", corpus.display());
    let mut names = Vec::new();
    for entry in fs::read_dir(corpus).map_err(unreadable)? {
        let name = entry.map_err(unreadable)?.file_name();
        names.push(name.to_string_lossy().into_owned());
    }
    names.sort();
    match wanted {
        None => Ok(names),
        Some(wanted) if names.iter().any(|name| name == wanted) => Ok(vec![wanted.to_owned()]),
        Some(wanted) => Err(format!(
            "there is no target `{wanted}`; there are {}",
            names.join(", ")
        )),
    }
}

/// The triple of this machine.
fn host() -> Result<String, String> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc)
        .arg("-vV")
        .current_dir(repository::root())
        .output()
        .map_err(|error| format!("rustc cannot be started: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned)
        .ok_or_else(|| "rustc does not say what this machine is".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(arguments: &[&str]) -> Result<Wanted, String> {
        Wanted::read(arguments.iter().map(|&argument| argument.to_owned()))
    }

    #[test]
    fn a_target_and_a_bound_may_be_named() {
        let all = read(&[]).unwrap();
        assert_eq!(all.target, None);
        assert_eq!(all.bound.argument(), "-max_total_time=9");
        let one = read(&["token", "--runs", "500"]).unwrap();
        assert_eq!(one.target.as_deref(), Some("token"));
        assert_eq!(one.bound.argument(), "-runs=500");
        assert_eq!(read(&["--runs", "500", "token"]), Ok(one));
        assert_eq!(
            read(&["--seconds", "60"]).unwrap().bound,
            Bound::Seconds(60)
        );
    }

    #[test]
    fn other_arguments_are_refused() {
        for (arguments, wanted) in [
            (&["--runs"][..], "--runs needs a number from 1 on"),
            (&["--seconds", "0"], "--seconds needs a number from 1 on"),
            (&["--fast"], "`--fast` is neither --runs nor --seconds"),
            (&["a", "b"], "`b` is one argument too many"),
            (
                &["--runs", "1", "--seconds", "1"],
                "`--seconds` is one argument too many",
            ),
        ] {
            assert_eq!(read(arguments).unwrap_err(), wanted);
        }
    }

    #[test]
    fn a_target_that_is_not_there_is_named_with_those_that_are() {
        let corpus = repository::root().join("fuzz/corpus");
        let all = chosen(&corpus, None).unwrap();
        assert!(all.contains(&"token".to_owned()), "{all:?}");
        assert_eq!(chosen(&corpus, Some("token")).unwrap(), ["token"]);
        let refused = chosen(&corpus, Some("tokens")).unwrap_err();
        assert!(
            refused.starts_with("there is no target `tokens`; there are arguments, challenge"),
            "{refused}"
        );
    }
}
