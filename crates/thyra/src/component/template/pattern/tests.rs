use super::{Found, Pattern};

/// The values as `name=value` and `name=[a|b]`; `-` when the URI does not fit.
fn values(template: &str, uri: &str) -> String {
    let pattern = Pattern::parse(template).expect("the template is one");
    let Some(values) = pattern.values(uri) else {
        return "-".to_owned();
    };
    let values = values.into_iter().map(|(name, found)| match found {
        Found::One(value) => format!("{name}={value}"),
        Found::Many(values) => format!("{name}=[{}]", values.join("|")),
    });
    values.collect::<Vec<_>>().join(" ")
}

#[test]
fn values_are_read_out_of_the_path() {
    for (template, uri, expected) in [
        ("n://{id}", "n://5", "id=5"),
        ("n://{id}", "n://a%20b%C3%A4", "id=a bä"),
        ("n://{id}", "n://a,b", "id=a,b"),
        ("n://{id}", "n://a/b", "-"),
        ("n://{id}", "n://", "-"),
        ("n://{id}", "n://a?x", "-"),
        ("n://{id}", "n://a#x", "-"),
        ("n://{id}", "N://a", "-"),
        ("n://{id}", "n://%ff", "-"),
        ("n://{id}/x", "n://a/x", "id=a"),
        ("n://{id}/x", "n://a/xy", "-"),
        ("n.x://{id}", "nyx://a", "-"),
        ("n://{a}/{b}", "n://1/2", "a=1 b=2"),
        ("n://{a,b}", "n://1,2", "a=1 b=2"),
        ("n://{a,b}", "n://1", "-"),
        ("n://{list*}", "n://1,2%2C3", "list=[1|2,3]"),
        ("n://{+path}", "n://a/b/c.md", "path=a/b/c.md"),
        ("n://{+path}/end", "n://a/b/end", "path=a/b"),
        ("n://{+a,b}", "n://x/y,z", "a=x/y b=z"),
        ("n://x{/a,b}", "n://x/1/2", "a=1 b=2"),
        ("n://x{/path*}", "n://x/1/2%2F3", "path=[1|2/3]"),
        ("n://x{/path*}", "n://x", "-"),
        ("n://x{.ext}", "n://x.md", "ext=md"),
        ("n://x{.parts*}", "n://x.tar.gz", "parts=[tar|gz]"),
        ("n://x{;a,b}", "n://x;a=1;b=2", "a=1 b=2"),
        ("n://x{;a,b}", "n://x;b=2", "b=2"),
        ("n://x{;a*}", "n://x;a=1;a=2", "a=[1|2]"),
        ("n://x{#part}", "n://x#top", "part=top"),
        ("n://x{#part}", "n://x", "-"),
        ("n://{a.b_1}", "n://5", "a.b_1=5"),
    ] {
        assert_eq!(values(template, uri), expected, "{template} {uri}");
    }
}

#[test]
fn values_are_read_out_of_the_query_in_any_order() {
    for (template, uri, expected) in [
        ("n://x{?q,limit}", "n://x?limit=5&q=a%26b", "q=a&b limit=5"),
        ("n://x{?q,limit}", "n://x?q=", "q="),
        ("n://x{?q,limit}", "n://x", ""),
        ("n://x{?q}", "n://x?q=1&other=2", "q=1"),
        ("n://x{?q}", "n://x?q=1&q=2", "-"),
        ("n://x{?q*}", "n://x?q=1&q=2", "q=[1|2]"),
        ("n://x{?q}", "n://x?q=1#part", "-"),
        ("n://x?kind=note{&q}", "n://x?q=1&kind=note", "q=1"),
        ("n://x?kind=note{&q}", "n://x?q=1", "-"),
        ("n://{id}{?q}", "n://5?q=1", "id=5 q=1"),
    ] {
        assert_eq!(values(template, uri), expected, "{template} {uri}");
    }
}

#[test]
fn what_cannot_be_read_backwards_is_refused() {
    for template in [
        "n://{",
        "n://}",
        "n://{}",
        "n://{a b}",
        "n://{a}{a}",
        "n://{a:3}",
        "n://{=a}",
        "n://{{a}}",
        "n://x y/{a}",
        "n://{a}?x={b}",
        "n://x",
        "{scheme}://x",
        "x/{a}",
        "1n://{a}",
    ] {
        assert!(Pattern::parse(template).is_err(), "{template}");
    }
}

#[test]
fn a_long_uri_fits_nothing_and_a_hostile_one_costs_little() {
    let long = format!("n://{}", "a".repeat(super::LONGEST));
    assert_eq!(values("n://{id}", &long), "-");
    // A matcher that tries every way would not come back from this.
    let hostile = format!("n://{}", "a".repeat(8000));
    let template = "n://{+a}a{+b}a{+c}a{+d}a{+e}b";
    assert_eq!(values(template, &hostile), "-");
}
