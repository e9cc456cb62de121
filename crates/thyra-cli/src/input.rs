//! Files and standard input, as the source of arguments.

use std::fs::File;
use std::io::{self, Read};

use thyra_client::Printable;

use crate::failure::Failure;

/// The most bytes that one argument may have.
const MOST: u64 = 16 * 1024 * 1024;

/// The text of the file `name`, or of standard input for `-`.
pub(crate) fn read(name: &str) -> Result<String, Failure> {
    if name == "-" {
        return text(io::stdin().lock(), "standard input");
    }
    let shown = format!("`{:.200}`", Printable(name));
    match File::open(name) {
        Ok(file) => text(file, &shown),
        Err(error) => Err(unreadable(&shown, &error)),
    }
}

fn text(source: impl Read, shown: &str) -> Result<String, Failure> {
    let mut text = String::new();
    let mut source = source.take(MOST + 1);
    match source.read_to_string(&mut text) {
        Ok(_) if text.len() as u64 > MOST => Err(Failure::Usage(format!(
            "{shown} has more than {} MiB, which is too much for an argument",
            MOST / 1024 / 1024
        ))),
        Ok(_) => Ok(text),
        Err(error) => Err(unreadable(shown, &error)),
    }
}

fn unreadable(shown: &str, error: &io::Error) -> Failure {
    Failure::Usage(format!("{shown} cannot be read: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_text_of_a_bounded_size() {
        assert_eq!(text(&b"two\nlines\n"[..], "x").unwrap(), "two\nlines\n");
        let error = text(io::repeat(b'a'), "standard input").unwrap_err();
        assert!(error.told().contains("more than 16 MiB"), "{error}");
        let error = text(&b"\xff"[..], "`x`").unwrap_err();
        assert!(error.told().starts_with("`x` cannot be read"), "{error}");
        let error = read("/no/such\nfile").unwrap_err();
        assert!(
            error.told().starts_with(r"`/no/such\nfile` cannot be read"),
            "{error}"
        );
    }
}
