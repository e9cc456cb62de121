//! How long a fetched document may be cached (RFC 9111 section 5.2.2), within our bounds.

use std::time::Duration;

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
}
