//! Texts that have a form: what the keyword `format` asks for, in words, and whether a text looks
//! like it.
//!
//! The type's own parser decides. What is checked here only says where to look, and tells the
//! alternatives of a union apart.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::Url;

/// A form that texts have.
pub(super) struct Format {
    pub(super) in_words: &'static str,
    pub(super) looks_like: fn(&str) -> bool,
}

/// The format `name`: those of JSON Schema, and those that schemars writes for the types of chrono
/// and jiff.
pub(super) fn known(name: &str) -> Option<Format> {
    let (in_words, looks_like): (_, fn(&str) -> bool) = match name {
        "date" => ("a date such as `2026-01-31`", is_date),
        "date-time" => (
            "a date and time with an offset, such as `2026-01-31T13:05:00Z`",
            |text| with_time(text, |time| is_time(time) && has_offset(time)),
        ),
        "duration" => ("a duration such as `PT1H30M`", |text| {
            text.bytes().any(|byte| byte.is_ascii_digit())
        }),
        "email" => ("an e-mail address", |text| text.contains('@')),
        "ip" => (
            "an IP address such as `192.0.2.1` or `2001:db8::1`",
            |text| text.parse::<IpAddr>().is_ok(),
        ),
        "ipv4" => ("an IPv4 address such as `192.0.2.1`", |text| {
            text.parse::<Ipv4Addr>().is_ok()
        }),
        "ipv6" => ("an IPv6 address such as `2001:db8::1`", |text| {
            text.parse::<Ipv6Addr>().is_ok()
        }),
        "partial-date-time" => ("a date and time such as `2026-01-31T13:05:00`", |text| {
            with_time(text, is_time)
        }),
        "partial-time" => ("a time such as `13:05:00`", is_time),
        "time" => ("a time with an offset, such as `13:05:00Z`", |text| {
            is_time(text) && has_offset(text)
        }),
        "uri" => ("a URL such as `https://example.com/page`", |text| {
            Url::parse(text).is_ok()
        }),
        "uuid" => (
            "a UUID such as `67e55044-10b1-426f-9247-bb680e5fe0c8`",
            is_uuid,
        ),
        "zoned-date-time" => (
            "a date and time with a zone, such as `2026-01-31T13:05:00+02:00[Europe/Athens]`",
            |text| with_time(text, is_time) && text.ends_with(']'),
        ),
        _ => return None,
    };
    Some(Format {
        in_words,
        looks_like,
    })
}

fn is_date(text: &str) -> bool {
    let (sign, digits) = text.split_at(usize::from(text.starts_with(['+', '-'])));
    let parts: Vec<&str> = digits.split('-').collect();
    match *parts.as_slice() {
        [year, month, day] => {
            let last = match number(month) {
                Some(2) => 29,
                Some(4 | 6 | 9 | 11) => 30,
                Some(1..=12) => 31,
                _ => 0,
            };
            number(year).is_some() && number(day).is_some_and(|day| (1..=last).contains(&day))
        }
        // The basic form of ISO 8601.
        [date] => sign.is_empty() && date.len() == 8 && number(date).is_some(),
        _ => false,
    }
}

fn with_time(text: &str, is_right: impl FnOnce(&str) -> bool) -> bool {
    text.split_once(['T', 't', ' '])
        .is_some_and(|(date, time)| is_date(date) && is_right(time))
}

fn is_time(text: &str) -> bool {
    let hour = text.get(..2).and_then(number);
    hour.is_some_and(|hour| hour < 25) && text.len() > 3
}

fn has_offset(time: &str) -> bool {
    time.ends_with(['Z', 'z']) || time.contains(['+', '-'])
}

fn is_uuid(text: &str) -> bool {
    let text = text.strip_prefix("urn:uuid:").unwrap_or(text);
    let text = text.trim_start_matches('{').trim_end_matches('}');
    let digits = text.bytes().filter(u8::is_ascii_hexdigit).count();
    let dashes = text.bytes().filter(|byte| *byte == b'-').count();
    digits == 32 && digits + dashes == text.len() && matches!(dashes, 0 | 4)
}

fn number(text: &str) -> Option<u32> {
    text.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| text.parse().ok())
        .flatten()
}
