//! Text from outside, made safe to print.

use std::fmt::{self, Write};

use url::Url;

/// The longest text that [`printable`] shows, in characters.
const MAX: usize = 200;

/// Shows a value on one line and without what a terminal or a log would obey instead of show.
///
/// Control characters, line separators, marks that turn the direction of text around, invisible
/// characters and spaces other than the usual one become escapes such as `\n` and `\u{1b}`.
/// Everything else stays as it is, in any script. A precision cuts the value after so many
/// characters, and `...` says so.
///
/// ```
/// use thyra_oauth::Printable;
///
/// assert_eq!(Printable("caf\u{e9} \u{1b}[31m").to_string(), "caf\u{e9} \\u{1b}[31m");
/// assert_eq!(format!("{:.3}", Printable("a long name")), "a l...");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Printable<T>(pub T);

impl<T: fmt::Display> fmt::Display for Printable<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut escaping = Escaping {
            room: f.precision(),
            was_cut: false,
            out: f,
        };
        write!(escaping, "{}", self.0)?;
        if escaping.was_cut {
            escaping.out.write_str("...")?;
        }
        Ok(())
    }
}

/// `text` as [`Printable`] shows it, cut after 200 characters.
pub fn printable(text: &str) -> String {
    format!("{:.MAX$}", Printable(text))
}

/// The URL that somebody wrote, as [`printable`] shows it, without what may be a secret: user name,
/// password, query and fragment. It need not be a URL.
///
/// ```
/// use thyra_oauth::printable_url;
///
/// assert_eq!(printable_url("https://mcp.example.com/mcp?key=hush"), "https://mcp.example.com/mcp");
/// assert_eq!(printable_url("https://ada:hush@mcp.example.com/mcp"), "mcp.example.com/mcp");
/// ```
pub fn printable_url(text: &str) -> String {
    let names_nobody =
        |url: Url| url.has_host() && url.username().is_empty() && url.password().is_none();
    let shown = match text.rsplit_once('@') {
        // A password that is not encoded may spoil the URL, and is one all the same.
        Some((_, shown)) if !Url::parse(text).is_ok_and(names_nobody) => shown,
        _ => text,
    };
    let shown = shown.split(['?', '#']).next().unwrap_or_default();
    printable(shown)
}

/// Escapes what is written to it.
struct Escaping<'f, 'o> {
    out: &'f mut fmt::Formatter<'o>,
    /// How many more characters are shown, if that is bounded.
    room: Option<usize>,
    was_cut: bool,
}

impl Write for Escaping<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let shown = match &mut self.room {
            None => text,
            Some(room) => match text.char_indices().nth(*room) {
                None => {
                    *room -= text.chars().count();
                    text
                }
                Some((end, _)) => {
                    *room = 0;
                    self.was_cut = true;
                    text.get(..end).unwrap_or_default()
                }
            },
        };
        // The standard library knows which characters cannot be printed. It also escapes these
        // three, which can.
        for piece in shown.split_inclusive(['"', '\'', '\\']) {
            let plain = piece.trim_end_matches(['"', '\'', '\\']);
            write!(self.out, "{}", plain.escape_debug())?;
            self.out
                .write_str(piece.get(plain.len()..).unwrap_or_default())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
