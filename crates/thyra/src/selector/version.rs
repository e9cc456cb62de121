//! The order of the versions of a component.

use std::cmp::Ordering;

/// Orders versions as people number them: `1.10` is above `1.9`, `2.0` is above `2.0-beta`, and a
/// leading `v` does not count.
///
/// Numbers are compared as numbers, anything else as text. A component without a version is below
/// all others.
pub(crate) fn compare(left: Option<&str>, right: Option<&str>) -> Ordering {
    match (left, right) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Less,
        (Some(_), None) => Ordering::Greater,
        (Some(left), Some(right)) => versions(left, right),
    }
}

/// Whether both spell the same version.
pub(crate) fn same(left: &str, right: &str) -> bool {
    versions(left, right) == Ordering::Equal
}

fn versions(left: &str, right: &str) -> Ordering {
    let (left, left_pre) = split(left);
    let (right, right_pre) = split(right);
    parts(left, right, true).then_with(|| match (left_pre, right_pre) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Greater,
        (Some(_), None) => Ordering::Less,
        (Some(left), Some(right)) => parts(left, right, false),
    })
}

/// Splits a version into its release and its pre-release part. Build metadata does not count.
fn split(version: &str) -> (&str, Option<&str>) {
    let version = version.trim().trim_start_matches(['v', 'V']);
    let version = version.split('+').next().unwrap_or(version);
    match version.split_once('-') {
        Some((release, pre)) => (release, Some(pre)),
        None => (version, None),
    }
}

fn parts(left: &str, right: &str, pad: bool) -> Ordering {
    let mut left = left.split('.');
    let mut right = right.split('.');
    loop {
        let order = match (left.next(), right.next()) {
            (None, None) => return Ordering::Equal,
            (Some(left), None) if pad => part(left, "0"),
            (None, Some(right)) if pad => part("0", right),
            (Some(_), None) => Ordering::Greater,
            (None, Some(_)) => Ordering::Less,
            (Some(left), Some(right)) => part(left, right),
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

fn part(left: &str, right: &str) -> Ordering {
    match (left.parse::<u64>(), right.parse::<u64>()) {
        (Ok(left), Ok(right)) => left.cmp(&right),
        (Ok(_), Err(_)) => Ordering::Less,
        (Err(_), Ok(_)) => Ordering::Greater,
        (Err(_), Err(_)) => left.cmp(right),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_in_the_order_in_which_people_count() {
        let order = [
            None,
            Some("0.9"),
            Some("v1.0-alpha.2"),
            Some("1.0-alpha.10"),
            Some("1.0-beta"),
            Some("1.0"),
            Some("1.9"),
            Some("1.10"),
            Some("2025-01-01"),
        ];
        for (index, left) in order.iter().enumerate() {
            for (other, right) in order.iter().enumerate() {
                assert_eq!(
                    compare(*left, *right),
                    index.cmp(&other),
                    "{left:?} {right:?}"
                );
            }
        }
    }

    #[test]
    fn spellings_of_one_version_are_the_same() {
        assert!(same("v1", "1.0.0+build.7"));
        assert!(!same("1", "1.0.1"));
    }
}
