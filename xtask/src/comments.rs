//! Checks that comments are narrow enough to read.

use std::path::Path;

use crate::source;

/// The maximum width of a comment, in columns.
const WIDTH: usize = 100;

/// Checks every line of every Rust file that is a comment. A comment with a single long word, such
/// as a link, is fine, and so are tables and headings.
///
/// # Errors
///
/// The places, one per line.
pub(crate) fn check(root: &Path) -> Result<(), String> {
    let mut problems = Vec::new();
    let files = source::files(root)?;
    for path in &files {
        let text = source::read(path)?;
        problems.extend(wide(&text).map(|line| {
            format!(
                "{}:{line}: wrap this comment at {WIDTH} columns",
                source::shown(path, root)
            )
        }));
    }
    println!("{} files", files.len());
    if problems.is_empty() {
        Ok(())
    } else {
        Err(problems.join("\n"))
    }
}

/// The numbers of the lines with comments that are too wide.
fn wide(text: &str) -> impl Iterator<Item = usize> {
    let mut in_code = false;
    text.lines().enumerate().filter_map(move |(index, line)| {
        let comment = line.trim_start();
        let Some(words) = comment.strip_prefix("//") else {
            in_code = false;
            return None;
        };
        let words = words.trim_start_matches(['/', '!']).trim();
        if words.starts_with("```") {
            in_code = !in_code;
        }
        let cannot_be_wrapped = in_code
            || words.starts_with(['|', '#'])
            || !words
                .trim_start_matches(['*', '-'])
                .trim_start()
                .contains(' ')
            || words.starts_with('[') && words.contains("]: ");
        (line.chars().count() > WIDTH && !cannot_be_wrapped).then_some(index + 1)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_is_at_most_a_hundred_columns_wide() {
        let fits = "x".repeat(46);
        for (start, is_wide) in [("    // ab ", false), ("    // abc ", true)] {
            let text = format!("fn f() {{\n{start}{fits} {}\n}}", &fits[..43]);
            let found: Vec<_> = wide(&text).collect();
            assert_eq!(!found.is_empty(), is_wide, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_wrapped_may_be_wide() {
        let long = "y".repeat(120);
        for text in [
            format!("// {long}"),
            format!("/// * {long}"),
            format!("/// | a | {long} |"),
            format!("//! [name]: https://{long} \"a title\""),
            format!("/// ```\n/// let {long} = 1;\n/// ```"),
            format!("let a = \"// {long} b\";"),
        ] {
            assert_eq!(wide(&text).count(), 0, "{text}");
        }
        assert_eq!(wide(&format!("/// a {long}")).count(), 1);
    }
}
