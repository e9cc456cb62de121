//! The formats that text in a form can have (`StringSchema`, from 2025-06-18).

use url::Url;

/// The format of a text in a form (`StringSchema`, from 2025-06-18).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TextFormat {
    /// RFC 3339 `full-date`.
    Date,
    /// RFC 3339 `date-time`.
    DateTime,
    /// An email address.
    Email,
    /// An absolute URI.
    Uri,
}

impl TextFormat {
    /// All formats.
    pub const ALL: [Self; 4] = [Self::Date, Self::DateTime, Self::Email, Self::Uri];

    /// The name in JSON Schema.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Date => "date",
            Self::DateTime => "date-time",
            Self::Email => "email",
            Self::Uri => "uri",
        }
    }

    /// What such a text is, for people, with an example where that helps.
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Date => "a date such as 2026-07-28",
            Self::DateTime => "a date and a time such as 2026-07-28T12:00:00Z",
            Self::Email => "an email address",
            Self::Uri => "a URI such as https://example.com",
        }
    }

    /// Whether a text has the format. An address of a mailbox is only held to have two sides: more
    /// than that only sending a mail can tell.
    pub fn accepts(self, text: &str) -> bool {
        match self {
            Self::Date => is_date(text),
            Self::DateTime => is_date_time(text),
            Self::Email => is_email(text),
            Self::Uri => Url::parse(text).is_ok(),
        }
    }
}

/// Something on both sides of the last `@`, and no blanks.
fn is_email(text: &str) -> bool {
    let no_blanks = !text.chars().any(|c| c.is_whitespace() || c.is_control());
    let has_sides = text
        .rsplit_once('@')
        .is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty());
    no_blanks && has_sides
}

/// `YYYY-MM-DD`, of a day that exists.
fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts.as_slice() else {
        return false;
    };
    let (Some(year), Some(month), Some(day)) = (digits(year, 4), digits(month, 2), digits(day, 2))
    else {
        return false;
    };
    (1..=days(year, month)).contains(&day)
}

/// `DATE T HH:MM:SS[.F] (Z | +HH:MM)`.
fn is_date_time(text: &str) -> bool {
    let Some((date, time)) = text.split_once(['T', 't', ' ']) else {
        return false;
    };
    let Some(at) = time.find(['Z', 'z', '+', '-']) else {
        return false;
    };
    let (time, offset) = time.split_at(at);
    is_date(date) && is_time(time) && is_offset(offset)
}

fn is_time(time: &str) -> bool {
    let (time, fraction) = match time.split_once('.') {
        Some((time, fraction)) => (time, Some(fraction)),
        None => (time, None),
    };
    let parts: Vec<&str> = time.split(':').collect();
    let [hour, minute, second] = parts.as_slice() else {
        return false;
    };
    let within = |part: &str, most: u32| digits(part, 2).is_some_and(|number| number <= most);
    // A leap second counts as a second.
    within(hour, 23)
        && within(minute, 59)
        && within(second, 60)
        && fraction.is_none_or(|fraction| {
            !fraction.is_empty() && fraction.bytes().all(|byte| byte.is_ascii_digit())
        })
}

fn is_offset(offset: &str) -> bool {
    if offset.eq_ignore_ascii_case("z") {
        return true;
    }
    let Some((hours, minutes)) = offset
        .strip_prefix(['+', '-'])
        .and_then(|offset| offset.split_once(':'))
    else {
        return false;
    };
    digits(hours, 2).is_some_and(|hours| hours <= 23)
        && digits(minutes, 2).is_some_and(|minutes| minutes <= 59)
}

fn digits(text: &str, count: usize) -> Option<u32> {
    let all = text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    if all { text.parse().ok() } else { None }
}

fn days(year: u32, month: u32) -> u32 {
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    }
}
