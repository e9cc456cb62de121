//! Which characters the values of OAuth are made of.

/// Whether `text` is made of the characters of URLs only (RFC 3986 section 2).
pub fn is_of_urls(text: &str) -> bool {
    text.bytes().all(|byte| {
        byte.is_ascii_graphic()
            && !matches!(
                byte,
                b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}'
            )
    })
}

/// Whether `text` may be an `error` or `error_description` (RFC 6749 appendices A.7 and A.8,
/// NQSCHAR; RFC 6750 section 3).
pub(crate) fn is_of_errors(text: &str) -> bool {
    text.bytes()
        .all(|byte| matches!(byte, b' ' | b'!' | b'#'..=b'[' | b']'..=b'~'))
}

/// Whether `text` may be a client identifier, a client secret, a code or a token (RFC 6749
/// appendices A.1, A.2, A.11, A.12 and A.17, VSCHAR).
pub fn is_of_credentials(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_value_has_its_characters() {
        let all = (0..=0xff).map(char::from);
        let allowed = |rule: fn(&str) -> bool| {
            all.clone()
                .filter(|character| rule(&character.to_string()))
                .collect::<String>()
        };
        assert_eq!(
            allowed(is_of_urls),
            "!#$%&'()*+,-./0123456789:;=?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]_abcdefghijklmnopqrstuvwxyz~"
        );
        let visible: String = (' '..='~').collect();
        assert_eq!(allowed(is_of_credentials), visible);
        assert_eq!(allowed(is_of_errors), visible.replace(['"', '\\'], ""));
    }
}
