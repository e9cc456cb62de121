//! What clients call themselves, made safe to show to a person who decides by it.

/// The longest name that is shown, in characters.
const MAX_CHARACTERS: usize = 200;

/// The name as it is shown: on one line, cut, and without what is invisible or turns the direction
/// of the text around it. `None` when nothing is left.
pub(super) fn clean(name: &str) -> Option<String> {
    let shown = |character: char| {
        if character.is_whitespace() {
            ' '
        } else {
            character
        }
    };
    let name: String = name.chars().map(shown).filter(|c| is_visible(*c)).collect();
    let words: Vec<_> = name.split_whitespace().collect();
    let name: String = words.join(" ").chars().take(MAX_CHARACTERS).collect();
    let name = name.trim_end();
    (!name.is_empty()).then(|| name.to_owned())
}

/// The standard library knows which characters cannot be printed. Accents cannot without the letter
/// before them, and it also escapes three that can.
fn is_visible(character: char) -> bool {
    if matches!(character, '"' | '\'' | '\\') {
        return true;
    }
    let after_a_letter = String::from_iter(['a', character]);
    after_a_letter.escape_debug().count() == 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_shown_as_it_is_in_any_script() {
        for name in [
            "Claude",
            "Zed's \"editor\" \\o/",
            "caf\u{e9} cafe\u{301}",
            "\u{645}\u{62d}\u{631}\u{631}",
            "\u{939}\u{93f}\u{928}\u{94d}\u{926}\u{940}",
            "\u{7f16}\u{8f91}\u{5668} \u{1f680}",
            "<script>alert(1)</script>",
        ] {
            assert_eq!(clean(name).as_deref(), Some(name));
        }
    }

    #[test]
    fn nothing_invisible_is_left_in_a_name() {
        for (name, wanted) in [
            ("", None),
            (" \t\n\u{200b}\u{202e}", None),
            ("Claude\u{202e}moc.live", Some("Claudemoc.live")),
            ("\u{2066}Claude\u{2069}", Some("Claude")),
            ("Cl\u{200b}au\u{ad}de", Some("Claude")),
            (
                "  Claude \r\n\t Desktop\u{2028}now ",
                Some("Claude Desktop now"),
            ),
            ("a\u{0}b\u{1b}[31mc\u{7f}\u{85}", Some("ab[31mc")),
            ("\u{feff}a\u{e000}", Some("a")),
        ] {
            assert_eq!(clean(name).as_deref(), wanted, "{name:?}");
        }
        let long = clean(&"\u{e9}".repeat(1000)).unwrap();
        assert_eq!(long.chars().count(), MAX_CHARACTERS);
    }
}
