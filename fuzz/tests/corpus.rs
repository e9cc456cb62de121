//! Every target over its corpus, and over small changes to it. `cargo xtask fuzz` goes on from
//! here.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::fs;
use std::path::PathBuf;

use fuzz::{TARGETS, Target};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

/// How many changed inputs each target gets.
const CHANGED: u32 = 1000;

fn corpus(target: &Target) -> Vec<Vec<u8>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("corpus")
        .join(target.name);
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files.iter().map(|file| fs::read(file).unwrap()).collect()
}

#[test]
fn every_folder_of_the_corpus_is_that_of_a_target() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let mut found: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    found.sort();
    let names: Vec<_> = TARGETS.iter().map(|target| target.name).collect();
    assert_eq!(found, names);
}

/// A piece of the corpus with bytes changed, taken out or put in.
fn changed(corpus: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let edit = (any::<prop::sample::Index>(), 0..4u8, any::<u8>());
    (
        prop::sample::select(corpus),
        prop::collection::vec(edit, 0..6),
    )
        .prop_map(|(mut bytes, edits)| {
            for (place, what, byte) in edits {
                let place = place.index(bytes.len() + 1);
                match what {
                    0 => bytes.insert(place, byte),
                    1 => bytes.truncate(place),
                    _ if place == bytes.len() => bytes.push(byte),
                    2 => bytes[place] = byte,
                    _ => {
                        bytes.remove(place);
                    }
                }
            }
            bytes
        })
}

fn run(name: &str) {
    let target = fuzz::target(name).unwrap();
    let corpus = corpus(&target);
    assert!(!corpus.is_empty(), "{name} has no corpus");
    for bytes in &corpus {
        (target.run)(bytes);
    }
    let config = ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(CHANGED)
    };
    TestRunner::new(config)
        .run(&changed(corpus), |bytes| {
            (target.run)(&bytes);
            Ok(())
        })
        .unwrap();
}

macro_rules! targets {
    ($($name:ident)*) => {
        $(#[test]
        fn $name() {
            run(stringify!($name));
        })*

        #[test]
        fn every_target_is_run() {
            let names: Vec<_> = TARGETS.iter().map(|target| target.name).collect();
            assert_eq!(names, [$(stringify!($name)),*]);
        }
    };
}

targets! {
    arguments challenge claims events form key_set message metadata proof redirect request request_state
    responses token uri_template
}
