//! What an answer says about time: how long a document may be cached (RFC 9111 section 5.2.2), and
//! when to come back (RFC 9110 section 10.2.3).

use std::time::{Duration, UNIX_EPOCH};

use http::{HeaderMap, header};

/// How long a document is fresh when its response does not say.
pub const DEFAULT_LIFETIME: Duration = Duration::from_mins(5);
/// Bounds on what the response says.
const MIN_LIFETIME: Duration = Duration::from_secs(30);
const MAX_LIFETIME: Duration = Duration::from_hours(1);

/// How long a response may be cached, if it says so.
pub fn max_age(headers: &HeaderMap) -> Option<Duration> {
    let directives = headers
        .get_all(header::CACHE_CONTROL)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim);
    let mut max_age = None;
    for directive in directives {
        if directive.eq_ignore_ascii_case("no-store") || directive.eq_ignore_ascii_case("no-cache")
        {
            return Some(Duration::ZERO);
        }
        if let Some((name, seconds)) = directive.split_once('=')
            && name.eq_ignore_ascii_case("max-age")
            && let Ok(seconds) = seconds.trim_matches('"').parse()
        {
            max_age = Some(Duration::from_secs(seconds));
        }
    }
    max_age
}

/// How long a document with this [`max_age`] is fresh: at least 30 seconds, at most an hour.
pub fn lifetime(max_age: Option<Duration>) -> Duration {
    max_age
        .unwrap_or(DEFAULT_LIFETIME)
        .clamp(MIN_LIFETIME, MAX_LIFETIME)
}

/// After how long the server wants to be asked again (`Retry-After`), if it says so: it gives a
/// number of seconds, or a date. `now` is the time since 1970.
pub fn retry_after(headers: &HeaderMap, now: Duration) -> Option<Duration> {
    let value = headers.get(header::RETRY_AFTER)?.to_str().ok()?;
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    let date = date.duration_since(UNIX_EPOCH).ok()?;
    Some(date.saturating_sub(now))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_answer_says_about_keeping_it() {
        for (value, seconds) in [
            ("", None),
            ("public", None),
            ("max-age=60", Some(60)),
            ("public, Max-Age=\"120\"", Some(120)),
            ("max-age=many", None),
            ("max-age=-1", None),
            ("max-age=600, no-store", Some(0)),
            ("no-cache", Some(0)),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::CACHE_CONTROL, value.parse().unwrap());
            assert_eq!(
                max_age(&headers),
                seconds.map(Duration::from_secs),
                "{value}"
            );
        }
        assert_eq!(max_age(&HeaderMap::new()), None);
    }

    #[test]
    fn what_the_answer_says_is_bounded() {
        assert_eq!(lifetime(None), DEFAULT_LIFETIME);
        assert_eq!(lifetime(Some(Duration::ZERO)), MIN_LIFETIME);
        assert_eq!(
            lifetime(Some(Duration::from_mins(1))),
            Duration::from_mins(1)
        );
        assert_eq!(lifetime(Some(Duration::MAX)), MAX_LIFETIME);
    }

    #[test]
    fn a_server_says_in_seconds_or_as_a_date_when_to_come_back() {
        let now = Duration::from_millis(1_500);
        for (value, millis) in [
            ("0", Some(0)),
            ("7", Some(7_000)),
            ("Thu, 01 Jan 1970 00:00:09 GMT", Some(7_500)),
            ("Thu, 01 Jan 1970 00:00:01 GMT", Some(0)),
            ("-1", None),
            ("99999999999999999999", None),
            ("soon", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::RETRY_AFTER, value.parse().unwrap());
            let wanted = millis.map(Duration::from_millis);
            assert_eq!(retry_after(&headers, now), wanted, "{value}");
        }
        assert_eq!(retry_after(&HeaderMap::new(), now), None);
    }
}
