//! Text from outside, made safe to print.

/// The longest text that is shown, in characters.
const MAX: usize = 200;

/// `text` for an error message or a terminal: control characters become spaces, and it is cut after
/// 200 characters.
pub fn printable(text: &str) -> String {
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
    fn control_characters_and_long_ends_are_not_shown() {
        assert_eq!(printable("all is well: \u{e9}"), "all is well: \u{e9}");
        assert_eq!(printable("a\u{1b}[31m\r\nb"), "a [31m  b");
        assert_eq!(
            printable(&"x".repeat(201)),
            format!("{}...", "x".repeat(200))
        );
    }
}
