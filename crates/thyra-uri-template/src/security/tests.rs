use super::{Danger, PathSecurity, UnsafeValue};
use crate::{Matched, UriTemplate, Value, Values};

fn check(security: &PathSecurity, value: impl Into<Value>) -> Result<(), Danger> {
    let matched = Matched::new(Values::new().with("other", "a").with("path", value));
    security.check(&matched).map_err(|error| {
        assert_eq!(error.variable, "path");
        error.danger
    })
}

fn list(items: &[&str]) -> Value {
    Value::List(items.iter().map(ToString::to_string).collect())
}

const REFUSED: [(&str, Danger); 12] = [
    ("..", Danger::Climbs),
    ("../x", Danger::Climbs),
    ("a/../b", Danger::Climbs),
    ("a/..", Danger::Climbs),
    (r"a\..\b", Danger::Climbs),
    (r"a/..\b", Danger::Climbs),
    ("/etc", Danger::Absolute),
    (r"\\host", Danger::Absolute),
    ("C:", Danger::Absolute),
    ("c:/x", Danger::Absolute),
    ("\0", Danger::NullByte),
    ("a\0b", Danger::NullByte),
];

#[test]
fn what_leaves_its_folder_is_refused() {
    let security = PathSecurity::default();
    for (value, danger) in REFUSED {
        assert_eq!(check(&security, value), Err(danger), "{value}");
        assert_eq!(
            check(&security, list(&["a", value])),
            Err(danger),
            "{value}"
        );
        let pairs = |name: &str, value: &str| vec![(name.to_owned(), value.to_owned())];
        assert_eq!(check(&security, pairs("a", value)), Err(danger), "{value}");
        assert_eq!(check(&security, pairs(value, "a")), Err(danger), "{value}");
    }
    for value in [
        "a", "a/b", "..a", "a..", "...", "ab:c", "10:30", "1:", "", ".", "a/",
    ] {
        assert_eq!(check(&security, value), Ok(()), "{value}");
    }
    // Each is safe, and what they make together is not.
    assert_eq!(check(&security, list(&["", "etc"])), Err(Danger::Absolute));
    assert_eq!(check(&security, list(&["a", "b", ""])), Ok(()));
}

#[test]
fn a_check_can_be_switched_off() {
    for (value, danger) in REFUSED {
        let security = PathSecurity::default().allow(danger);
        assert_eq!(check(&security, value), Ok(()), "{value}");
        for (other, also) in REFUSED {
            let allowed = check(&security, other).is_ok();
            assert_eq!(
                allowed,
                also == danger,
                "{other} when {danger:?} is allowed"
            );
        }
    }
}

#[test]
fn a_variable_can_be_exempt() {
    let security = PathSecurity::default().exempt("path");
    for (value, _) in REFUSED {
        assert_eq!(check(&security, value), Ok(()), "{value}");
        let other = PathSecurity::default().exempt("other");
        assert!(check(&other, value).is_err(), "{value}");
    }
    assert_eq!(security.exempted().collect::<Vec<_>>(), ["path"]);
}

#[test]
fn values_are_judged_decoded() {
    let template = UriTemplate::parse("files://x/{+path}{?q}").expect("a template");
    for uri in [
        "files://x/a/%2e%2e/b",
        "files://x/a%2F..%5cb",
        "files://x/%2Fetc",
        "files://x//etc",
        "files://x/C%3A/x",
        "files://x/a%00",
        "files://x/a?q=%2E.",
    ] {
        let matched = template.matches(uri).expect("it fits");
        assert!(PathSecurity::default().check(&matched).is_err(), "{uri}");
    }
    let matched = template.matches("files://x/a/b..c?q=x").expect("it fits");
    assert_eq!(PathSecurity::default().check(&matched), Ok(()));
}

#[test]
fn errors_name_the_variable_and_not_the_value() {
    let error = |danger| {
        let variable = "path".to_owned();
        UnsafeValue { variable, danger }.to_string()
    };
    assert_eq!(
        [Danger::Climbs, Danger::Absolute, Danger::NullByte].map(error),
        [
            "the value of `path` has `..` as a component: name the resource without it",
            "the value of `path` is an absolute path: name the resource by a relative one",
            "the value of `path` holds a null byte: leave it out",
        ]
    );
}
