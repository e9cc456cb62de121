//! Text from outside, made fit for an error message.

/// The longest text that is repeated, in characters.
const MAX: usize = 200;

/// `text` without control characters and without an end that nobody would read.
pub(super) fn printable(text: &str) -> String {
    let mut shown: String = text
        .chars()
        .take(MAX)
        .map(|character| {
            if character.is_control() {
                ' '
            } else {
                character
            }
        })
        .collect();
    if text.chars().nth(MAX).is_some() {
        shown.push_str("...");
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::printable;

    #[test]
    fn control_characters_and_long_ends_are_dropped() {
        assert_eq!(printable("all is well: \u{e9}"), "all is well: \u{e9}");
        assert_eq!(printable("a\u{1b}[31m\r\nb"), "a [31m  b");
        assert_eq!(
            printable(&"x".repeat(201)),
            format!("{}...", "x".repeat(200))
        );
    }
}
