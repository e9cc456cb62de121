use proptest::prelude::*;

use super::*;

/// What a terminal or a reader of logs would be led astray by.
fn misleads(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

#[test]
fn text_of_people_stays_as_it_is() {
    for text in [
        "",
        "all is well: \u{e9}",
        r#"it's "so" \ "#,
        "\u{5e2}\u{5d1}\u{5e8}\u{5d9}\u{5ea}",
        "\u{65e5}\u{672c}\u{8a9e}",
        "\u{939}\u{93f}\u{928}\u{94d}\u{926}\u{940}",
        "e\u{301}",
    ] {
        assert_eq!(printable(text), text);
        assert_eq!(Printable(text).to_string(), text);
    }
}

#[test]
fn what_a_terminal_would_obey_is_escaped() {
    for (text, wanted) in [
        ("a\u{1b}[31m\r\nb\t", r"a\u{1b}[31m\r\nb\t"),
        ("\u{7}\0\u{8}\u{7f}", r"\u{7}\0\u{8}\u{7f}"),
        ("\u{9b}31m\u{85}", r"\u{9b}31m\u{85}"),
        ("\u{202e}gpj.exe\u{2066}", r"\u{202e}gpj.exe\u{2066}"),
        ("a\u{2028}b\u{2029}c", r"a\u{2028}b\u{2029}c"),
        ("pay\u{200b}pal\u{feff}", r"pay\u{200b}pal\u{feff}"),
        ("\u{e0041}\u{ad}", r"\u{e0041}\u{ad}"),
        // Nothing can be put on the quote that stands before the text.
        ("\u{301}e", r"\u{301}e"),
    ] {
        assert_eq!(printable(text), wanted);
    }
}

#[test]
fn a_long_end_is_not_shown() {
    let long = "\u{e9}".repeat(MAX);
    assert_eq!(printable(&long), long);
    assert_eq!(printable(&format!("{long}x")), format!("{long}..."));
    // A value that is written in pieces is cut in the same place.
    let pieces = Printable(format_args!("{}{}{}", "ab", "cd", "ef"));
    assert_eq!(format!("{pieces:.4}"), "abcd...");
    assert_eq!(format!("{pieces:.6}"), "abcdef");
}

proptest! {
    #[test]
    fn whatever_comes_one_printable_line_is_shown(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let text = String::from_utf8_lossy(&bytes);
        prop_assert!(!printable(&text).chars().any(misleads));
    }

    #[test]
    fn whatever_is_said_one_printable_line_is_shown(text in any::<String>()) {
        let shown = Printable(&text).to_string();
        prop_assert!(!shown.chars().any(misleads), "{shown:?}");
        // What is shown stays as it is when it is shown again.
        prop_assert_eq!(Printable(&shown).to_string(), shown);
    }
}

#[test]
fn a_url_is_shown_without_what_may_be_a_secret() {
    for (text, shown) in [
        ("https://mcp.example.com/mcp", "https://mcp.example.com/mcp"),
        (
            "https://mcp.example.com?key=hush#hush",
            "https://mcp.example.com",
        ),
        (
            "https://ada:hush@mcp.example.com/mcp",
            "mcp.example.com/mcp",
        ),
        (
            "https://hush@mcp.example.com/mcp?a=hush",
            "mcp.example.com/mcp",
        ),
        ("https://ada:hu/sh@mcp.example.com/", "mcp.example.com/"),
        ("https://ada:hu?sh@mcp.example.com/", "mcp.example.com/"),
        ("https://ada:hu#sh@mcp.example.com/", "mcp.example.com/"),
        ("https://ada:hu@sh@mcp.example.com/", "mcp.example.com/"),
        ("ada:hush@mcp.example.com", "mcp.example.com"),
        (
            "https://mcp.example.com/@a/b",
            "https://mcp.example.com/@a/b",
        ),
        ("localhost:8000/mcp", "localhost:8000/mcp"),
        ("a\u{1b}b", r"a\u{1b}b"),
        ("", ""),
    ] {
        assert_eq!(printable_url(text), shown, "{text}");
    }
}
