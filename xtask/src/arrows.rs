//! Checks that every arrow points down: between the crates, and between the rooms of a crate.
//!
//! A room is a module that `lib.rs` or `main.rs` declares. A room may know the rooms below it,
//! never those above; `order.rs` has the order.

mod crates;
mod order;
mod paths;
mod rooms;

use std::collections::BTreeMap;
use std::path::Path;

use crate::workspace::{self, Member};

/// Checks the arrows between the crates of the workspace and within each of them.
///
/// # Errors
///
/// All problems, one per line.
pub(crate) fn check(root: &Path) -> Result<(), String> {
    let members = workspace::members(root)?;
    let mut problems: BTreeMap<&str, Vec<String>> = members
        .iter()
        .map(|member| {
            (
                member.name.as_str(),
                crates::problems(member, order::CRATES),
            )
        })
        .collect();
    let mut arrows = 0;
    for member in &members {
        let Some(source) = member.root_file() else {
            continue;
        };
        let house = rooms::survey(&source, root)?;
        arrows += house.arrows.len();
        let found = match order::floors(&member.name) {
            Some(floors) => house.problems(&floors),
            None if house.rooms.is_empty() => Vec::new(),
            None => vec![format!(
                "{}: its rooms have no order; add them to ROOMS in xtask/src/arrows/order.rs",
                member.name
            )],
        };
        problems.entry(&member.name).or_default().extend(found);
    }
    println!("{} crates, {arrows} arrows between rooms", members.len());
    verdict(&problems, &members, order::NOT_YET)
}

/// Excuses the crates that are not in order yet, and complains when they are.
fn verdict(
    problems: &BTreeMap<&str, Vec<String>>,
    members: &[Member],
    not_yet: &[&str],
) -> Result<(), String> {
    let mut wrong = Vec::new();
    for (name, found) in problems {
        if !not_yet.contains(name) {
            wrong.extend(found.iter().cloned());
        } else if found.is_empty() {
            wrong.push(format!("{name}: it is in order; take it out of NOT_YET"));
        } else {
            println!("{name}: not in order yet ({} problems)", found.len());
        }
    }
    for name in not_yet {
        if !members.iter().any(|member| member.name == *name) {
            wrong.push(format!("{name}: no such crate; take it out of NOT_YET"));
        }
    }
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(wrong.join("\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(name: &str) -> Member {
        Member {
            name: name.to_owned(),
            folder: Path::new("crates").join(name),
            is_published: true,
            dependencies: Vec::new(),
            features: Vec::new(),
        }
    }

    #[test]
    fn a_crate_may_be_out_of_order_only_while_it_is_excused() {
        let members = [member("upper")];
        let found = BTreeMap::from([("upper", vec!["an arrow".to_owned()])]);
        verdict(&found, &members, &["upper"]).unwrap();
        assert_eq!(verdict(&found, &members, &[]).unwrap_err(), "an arrow");
    }

    #[test]
    fn a_crate_in_order_needs_no_excuse() {
        let members = [member("upper")];
        let found = BTreeMap::from([("upper", Vec::new())]);
        verdict(&found, &members, &[]).unwrap();
        assert_eq!(
            verdict(&found, &members, &["upper"]).unwrap_err(),
            "upper: it is in order; take it out of NOT_YET"
        );
        assert_eq!(
            verdict(&found, &members, &["absent"]).unwrap_err(),
            "absent: no such crate; take it out of NOT_YET"
        );
    }
}
