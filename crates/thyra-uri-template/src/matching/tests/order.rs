//! What is taken when there are several ways to read a URI, and how long it takes to know.

use super::{assert_reads, read};
use crate::{MAX_URI_LENGTH, MAX_VARIABLES, UriTemplate, Value};

#[test]
fn earlier_variables_take_the_longest() {
    assert_reads(&[
        ("n://{a}-{b}", "n://x-y-z", "a=x-y b=z"),
        ("n://{a}{b}", "n://xyz", "a=xy b=z"),
        ("n://{a}{b}{c}", "n://xyz", "a=x b=y c=z"),
        ("n://{a}{b}{c}", "n://xy", "no"),
        ("n://{a}{b}", "n://aé", "a=a b=é"),
        ("n://{a}{b}", "n://éa", "a=é b=a"),
        ("n://{+a}/{b}", "n://1/2/3", "a=1/2 b=3"),
        ("n://{a}/{+b}", "n://1/2/3", "a=1 b=2/3"),
        ("n://{+a}{/b*}", "n://1/2/3", "a=1/2 b=[3]"),
        ("n://h{/a*}{/b*}", "n://h/1/2/3", "a=[1|2] b=[3]"),
    ]);
}

/// These have more ways to be read than there are atoms, and one by one they would never end.
#[test]
fn hostile_uris_do_not_take_long() {
    let all = |one: &dyn Fn(usize) -> String| (0..MAX_VARIABLES).map(one).collect::<String>();
    let long = "a".repeat(MAX_URI_LENGTH - 20);
    let slashes = "/a".repeat(MAX_URI_LENGTH / 2 - 20);
    let commas = "a,".repeat(MAX_URI_LENGTH / 2 - 20);
    for (template, tail) in [
        (all(&|index| format!("{{+v{index}}}")), &long),
        (all(&|index| format!("{{v{index}:9999}}")), &long),
        (all(&|index| format!("a{{v{index}}}a")), &long),
        (all(&|index| format!("{{/v{index}*}}")), &slashes),
        (all(&|index| format!("{{+v{index}*}}")), &commas),
        (
            all(&|index| format!("{{+v{index}}}{}", "a".repeat(50))),
            &long,
        ),
    ] {
        // Nothing ends with the `!`, so that all ways have to be tried.
        assert_eq!(
            read(&format!("n:/{template}!"), &format!("n:/{tail}")),
            "no"
        );
    }
    let template = UriTemplate::parse(&all(&|index| format!("{{+v{index}}}"))).expect("a template");
    let matched = template.matches(&long).expect("it fits");
    assert_eq!(matched.iter().len(), MAX_VARIABLES);
    let first = Value::Text("a".repeat(long.len() - MAX_VARIABLES + 1));
    assert_eq!(matched.get("v0"), Some(&first));
    assert_eq!(matched.get("v31"), Some(&Value::from("a")));
}
