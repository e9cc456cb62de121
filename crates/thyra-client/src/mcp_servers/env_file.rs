//! Files of variables for a program (`envFile`).

use std::fs::{self, File};
use std::io::Read as _;
use std::path::Path;

use super::error::EntryProblem;

/// The most bytes of a file.
const MAX_BYTES: u64 = 1024 * 1024;

/// The variables of the file at `path`, a line each.
pub(super) fn read(path: &Path) -> Result<Vec<(String, String)>, EntryProblem> {
    let failed = |problem: String| EntryProblem::EnvFile {
        path: path.to_owned(),
        problem,
    };
    let mut bytes = Vec::new();
    // A pipe or a terminal would be waited for.
    let is_file = fs::metadata(path).map_err(|error| failed(error.to_string()))?;
    if !is_file.is_file() {
        return Err(failed("it is not a file".to_owned()));
    }
    File::open(path)
        .and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes))
        .map_err(|error| failed(error.to_string()))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(failed(format!("it has more than {MAX_BYTES} bytes")));
    }
    let variables = dotenvy::from_read_iter(bytes.as_slice());
    let variables: Result<_, _> = variables.collect();
    // The error repeats the line, which may hold a secret.
    variables.map_err(|_| failed("a line of it is no `NAME=value`".to_owned()))
}
