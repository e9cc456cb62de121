//! Percent-encoding, and which characters need none (RFC 3986, section 2).

/// RFC 3986, section 2.3.
pub(crate) fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

/// RFC 3986, section 2.2.
pub(crate) fn is_reserved(byte: u8) -> bool {
    b":/?#[]@!$&'()*+,;=".contains(&byte)
}

/// The percent-encoded byte that `text` begins with.
pub(crate) fn triplet(text: &[u8]) -> Option<u8> {
    let [b'%', high, low, ..] = text else {
        return None;
    };
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(*high)? * 16 + digit(*low)?).ok()
}

/// Appends `byte` in percent-encoding.
pub(crate) fn encode(byte: u8, into: &mut String) {
    let digit =
        |nibble: u8| char::from_digit(nibble.into(), 16).map(|digit| digit.to_ascii_uppercase());
    into.push('%');
    into.extend(digit(byte >> 4));
    into.extend(digit(byte & 15));
}
