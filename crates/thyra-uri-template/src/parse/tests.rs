use crate::{MAX_TEMPLATE_LENGTH, MAX_VARIABLES, TemplateError, UriTemplate};

fn refused(text: &str) -> String {
    let error = UriTemplate::parse(text).expect_err(text);
    let message = error.to_string();
    if !matches!(error, TemplateError::TooLong { .. }) {
        let at = format!("at {}: ", error.position());
        assert!(message.starts_with(&at), "{message}");
    }
    message
}

#[test]
fn all_of_the_grammar_is_taken() {
    for text in [
        "",
        "notes://all",
        "{a}{+b}{#c}{.d}{/e}{;f}{?g}{&h}",
        "{a.b.c,_d,%C3%a9,9}",
        "{a:1}{b:9999}{c*}",
        "/é/%20/\u{e000}\u{10000}",
        "a[b]:@!$&()*+,;=?#~",
    ] {
        assert!(UriTemplate::parse(text).is_ok(), "{text}");
    }
}

#[test]
fn errors_say_where_and_what_to_write() {
    for (text, at, hint) in [
        ("a b", 1, "percent-encode it"),
        ("é\"", 2, "percent-encode it"),
        ("a'", 1, "percent-encode it"),
        ("a<", 1, "percent-encode it"),
        (r"a\b", 1, "percent-encode it"),
        ("a^", 1, "percent-encode it"),
        ("a`", 1, "percent-encode it"),
        ("a|", 1, "percent-encode it"),
        ("a\n", 1, "percent-encode it"),
        ("\u{80}", 0, "percent-encode it"),
        ("\u{fdd0}", 0, "percent-encode it"),
        ("\u{ffff}", 0, "percent-encode it"),
        ("\u{1ffff}", 0, "percent-encode it"),
        ("\u{e0001}", 0, "percent-encode it"),
        ("a%", 1, "write `%25`"),
        ("a%4", 1, "write `%25`"),
        ("a%4g", 1, "write `%25`"),
        ("ab}", 2, "write `{` before"),
        ("{a}}", 3, "write `{` before"),
        ("a{b", 1, "write `}` after"),
        ("a{b{c}}", 1, "write `}` after"),
        ("a{", 1, "write `}` after"),
        ("a{}", 2, "a variable needs a name"),
        ("a{?}", 3, "a variable needs a name"),
        ("a{b,}", 4, "a variable needs a name"),
        ("a{b,,c}", 4, "a variable needs a name"),
        ("a{*}", 2, "a variable needs a name"),
        ("a{:3}", 2, "a variable needs a name"),
        ("a{=b}", 2, "`=` is not an operator"),
        ("a{,b}", 2, "`,` is not an operator"),
        ("a{!b}", 2, "`!` is not an operator"),
        ("a{@b}", 2, "`@` is not an operator"),
        ("a{|b}", 2, "`|` is not an operator"),
        ("a{b-c}", 3, "rename the variable"),
        ("a{??b}", 3, "rename the variable"),
        ("a{b, c}", 4, "rename the variable"),
        ("a{é}", 2, "rename the variable"),
        ("a{b..c}", 4, "rename the variable"),
        ("a{+.b}", 3, "rename the variable"),
        ("a{b.}", 3, "rename the variable"),
        ("a{b%2}", 3, "write `%25`"),
        ("a{b:}", 3, "from 1 to 9999"),
        ("a{b:0}", 3, "from 1 to 9999"),
        ("a{b:03}", 3, "from 1 to 9999"),
        ("a{b:10000}", 3, "from 1 to 9999"),
        ("a{b:x}", 3, "from 1 to 9999"),
        ("a{b:3*}", 3, "from 1 to 9999"),
        ("a{b*:3}", 3, "leave out what follows it"),
        ("a{b**}", 3, "leave out what follows it"),
        ("a{b,b}", 4, "the variable `b` appears twice"),
        ("{b}{?b*}", 5, "the variable `b` appears twice"),
    ] {
        let message = refused(text);
        assert!(
            message.starts_with(&format!("at {at}: ")),
            "{text}: {message}"
        );
        assert!(message.contains(hint), "{text}: {message}");
    }
}

#[test]
fn a_template_has_bounds() {
    let longest = "a".repeat(MAX_TEMPLATE_LENGTH);
    assert!(UriTemplate::parse(&longest).is_ok());
    assert_eq!(
        refused(&(longest + "a")),
        "the URI template has 2049 bytes, and the limit is 2048: shorten it"
    );

    let names: Vec<String> = (0..MAX_VARIABLES)
        .map(|index| format!("{{v{index}}}"))
        .collect();
    let most = names.concat();
    assert!(UriTemplate::parse(&most).is_ok());
    let error = UriTemplate::parse(&(most.clone() + "{one}")).expect_err("one too many");
    assert_eq!(
        error,
        TemplateError::TooManyVariables { at: most.len() + 1 }
    );
}
