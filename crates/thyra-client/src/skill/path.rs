//! Where a file of a skill may lie.

use percent_encoding::percent_decode_str;

/// The most folders in a path, and the longest name in it, in bytes.
const DEEPEST: usize = 32;
const LONGEST: usize = 255;

/// The names that no file may have on Windows, whatever follows the first dot.
const DEVICES: [&str; 6] = ["aux", "con", "conin$", "conout$", "nul", "prn"];

/// The path of a file whose URI ends with `rest` below the folder of the skill, with `/` between
/// its parts. `None` if it could lie elsewhere, or is no path on every system.
pub(super) fn path(rest: &str) -> Option<String> {
    if rest.contains(['?', '#']) {
        return None;
    }
    let mut parts = Vec::new();
    for part in rest.split('/') {
        let part = percent_decode_str(part).decode_utf8().ok()?;
        if !is_name(&part) {
            return None;
        }
        parts.push(part);
    }
    (parts.len() <= DEEPEST).then(|| parts.join("/"))
}

fn is_name(part: &str) -> bool {
    let stem = part.split('.').next().unwrap_or_default();
    let stem = stem.trim_end().to_ascii_lowercase();
    let is_port = (stem.starts_with("com") || stem.starts_with("lpt"))
        && stem.chars().count() == 4
        && stem
            .ends_with(|last: char| last.is_ascii_digit() || "\u{b9}\u{b2}\u{b3}".contains(last));
    !part.is_empty()
        && part.len() <= LONGEST
        && !part.ends_with(['.', ' '])
        && !part.contains(['/', '\\', ':', '*', '?', '"', '<', '>', '|'])
        && !part.contains(char::is_control)
        && !DEVICES.contains(&stem.as_str())
        && !is_port
}
