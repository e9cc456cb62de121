//! Standard output: the answer, and nothing else.

use std::fmt::Write as _;
use std::io::{self, Write};

use serde::Serialize;
use thyra_client::Printable;

use crate::failure::Failure;

/// Whether somebody still reads standard output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reader {
    Gone,
    There,
}

/// Prints text. A reader who has gone, as in `thyra list ... | head`, has had what it wanted.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    print_until_gone(text).map(|_| ())
}

/// Prints text of an answer that goes on for as long as somebody reads it.
pub(crate) fn print_until_gone(text: &str) -> Result<Reader, Failure> {
    write_to(io::stdout().lock(), text.as_bytes())
}

/// Prints each text on a line of its own.
pub(crate) fn print_lines(lines: &[String]) -> Result<(), Failure> {
    match lines {
        [] => Ok(()),
        lines => print(&(lines.join("\n") + "\n")),
    }
}

/// Prints bytes as they are.
pub(crate) fn print_bytes(bytes: &[u8]) -> Result<(), Failure> {
    write_to(io::stdout().lock(), bytes).map(|_| ())
}

/// Prints one JSON document. What a terminal would obey is written as `\u` escapes, so that the
/// document means the same.
pub(crate) fn print_json(value: &impl Serialize) -> Result<(), Failure> {
    let mut json = json_of(value)?;
    json.push('\n');
    print(&json)
}

/// Prints one JSON document on one line.
pub(crate) fn print_json_line(value: &impl Serialize) -> Result<Reader, Failure> {
    let json = serde_json::to_string(value).map_err(|error| unwritten(&error))?;
    print_until_gone(&(printable(&json) + "\n"))
}

fn write_to(mut out: impl Write, bytes: &[u8]) -> Result<Reader, Failure> {
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Reader::Gone),
        written => Ok(written.map(|()| Reader::There)?),
    }
}

/// The value as JSON on several lines.
fn json_of(value: &impl Serialize) -> Result<String, Failure> {
    let json = serde_json::to_string_pretty(value).map_err(|error| unwritten(&error))?;
    Ok(printable(&json))
}

fn unwritten(error: &serde_json::Error) -> Failure {
    Failure::Machine(format!("the answer cannot be written: {error}"))
}

/// JSON without characters that cannot be printed. It has them in its strings only, where an escape
/// means the same; white space between its parts stays.
fn printable(json: &str) -> String {
    let mut printable = String::with_capacity(json.len());
    for c in json.chars() {
        // The standard library knows which characters cannot be printed.
        if c.is_ascii_graphic() || matches!(c, ' ' | '\n') || c.escape_debug().len() == 1 {
            printable.push(c);
        } else if matches!(c, '\r' | '\t') {
            printable.push(' ');
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // A text takes whatever is written to it.
                let _ = write!(printable, "\\u{unit:04x}");
            }
        }
    }
    printable
}

/// Text of a server, ready for a terminal: line breaks and tabs stay, and everything else that a
/// terminal would obey is shown instead.
pub(crate) fn shown(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let (line, end) = match line.strip_suffix('\n') {
            Some(line) => (line.strip_suffix('\r').unwrap_or(line), "\n"),
            None => (line, ""),
        };
        for (index, part) in line.split('\t').enumerate() {
            if index > 0 {
                shown.push('\t');
            }
            shown.push_str(&Printable(part).to_string());
        }
        shown.push_str(end);
    }
    shown
}

#[cfg(test)]
mod tests {
    use serde_json::value::RawValue;
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn text_keeps_its_lines_and_nothing_that_a_terminal_obeys() {
        assert_eq!(
            shown("caf\u{e9}\tx\r\n\u{1b}[2J\u{9b}31m \"quoted\"\rover\u{202e}\n"),
            "caf\u{e9}\tx\n\\u{1b}[2J\\u{9b}31m \"quoted\"\\rover\\u{202e}\n"
        );
        assert_eq!(shown(""), "");
        assert_eq!(shown("\n\n"), "\n\n");
    }

    #[test]
    fn json_means_the_same_and_holds_nothing_that_a_terminal_obeys() {
        let odd = "\u{1b}]0;x\u{7}\u{7f}\u{9b}2J\u{202e}\u{2028}\u{e0041} \u{e9} \u{1f600}\n\"";
        let raw = serde_json::to_string(&json!({ "odd": odd })).unwrap();
        let raw = RawValue::from_string(format!("\n{raw}\t")).unwrap();
        let json = json_of(&json!({ odd: odd, "list": [1, 2], "none": {} })).unwrap();
        let of_raw = json_of(&raw).unwrap();
        for text in [&json, &of_raw] {
            assert!(
                text.chars()
                    .all(|c| c == '\n' || c.escape_debug().len() == 1 || "\"\\'".contains(c)),
                "{text}"
            );
            assert!(text.contains("\u{e9} \u{1f600}"), "{text}");
        }
        let read: Value = serde_json::from_str(&json).unwrap();
        assert_eq!(read[odd], odd);
        assert_eq!(read["list"], json!([1, 2]));
        let read: Value = serde_json::from_str(&of_raw).unwrap();
        assert_eq!(read["odd"], odd);
    }

    #[test]
    fn a_reader_who_has_gone_is_no_error_and_a_full_disk_is_one() {
        struct Failing(io::ErrorKind);
        impl Write for Failing {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(self.0.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let gone = write_to(Failing(io::ErrorKind::BrokenPipe), b"x");
        assert_eq!(gone.unwrap(), Reader::Gone);
        assert_eq!(write_to(Vec::new(), b"x").unwrap(), Reader::There);
        assert!(write_to(Failing(io::ErrorKind::StorageFull), b"x").is_err());
    }
}
