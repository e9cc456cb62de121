//! The arrows between crates.

use crate::workspace::Member;

/// The arrows of a crate that the table does not allow. Those of its tests do not count.
pub(super) fn problems(member: &Member, table: &[(&str, &[&str])]) -> Vec<String> {
    let name = &member.name;
    let Some((_, allowed)) = table.iter().find(|(known, _)| known == name) else {
        return vec![format!(
            "{name}: it has no place; add it to CRATES in xtask/src/arrows/order.rs"
        )];
    };
    member
        .dependencies
        .iter()
        .filter(|dependency| dependency.path.is_some() && !dependency.is_for_tests())
        .map(|dependency| dependency.name.as_str())
        .filter(|known| !allowed.contains(known))
        .map(|known| {
            format!(
                "{name} may not know {known}; move what it needs to a crate that both may know, \
                 or draw the arrow in CRATES in xtask/src/arrows/order.rs"
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::workspace::Dependency;

    const TABLE: &[(&str, &[&str])] = &[("upper", &["lower"]), ("lower", &[])];

    fn member(name: &str, knows: &[(&str, Option<&str>)]) -> Member {
        let dependency = |(name, kind): &(&str, Option<&str>)| Dependency {
            name: (*name).to_owned(),
            kind: kind.map(str::to_owned),
            path: (*name != "serde").then(|| PathBuf::from("crates").join(name)),
        };
        Member {
            name: name.to_owned(),
            folder: PathBuf::from("crates").join(name),
            version: "0.1.0".to_owned(),
            is_published: true,
            dependencies: knows.iter().map(dependency).collect(),
            features: Vec::new(),
        }
    }

    #[test]
    fn an_arrow_down_is_fine() {
        let upper = member("upper", &[("lower", None), ("serde", None)]);
        assert!(problems(&upper, TABLE).is_empty());
    }

    #[test]
    fn an_arrow_up_is_a_problem() {
        assert_eq!(
            problems(&member("lower", &[("upper", None)]), TABLE),
            [
                "lower may not know upper; move what it needs to a crate that both may know, or \
                 draw the arrow in CRATES in xtask/src/arrows/order.rs"
            ]
        );
    }

    #[test]
    fn tests_may_know_everything() {
        let lower = member("lower", &[("upper", Some("dev"))]);
        assert!(problems(&lower, TABLE).is_empty());
    }

    #[test]
    fn a_crate_without_a_place_is_a_problem() {
        assert_eq!(
            problems(&member("new", &[]), TABLE),
            ["new: it has no place; add it to CRATES in xtask/src/arrows/order.rs"]
        );
    }
}
