//! Checks that every arrow points down: between the crates, and between the rooms of a crate.
//!
//! A room is a module that `lib.rs` or `main.rs` declares. A room may know the rooms below it,
//! never those above; `order.rs` has the order.

mod crates;
mod order;
mod paths;
mod rooms;

use std::path::Path;

use crate::workspace;

/// Checks the arrows between the crates of the workspace and within each of them.
///
/// # Errors
///
/// All problems, one per line.
pub(crate) fn check(root: &Path) -> Result<(), String> {
    let members = workspace::members(root)?;
    let mut problems = Vec::new();
    let mut arrows = 0;
    for member in &members {
        problems.extend(crates::problems(member, order::CRATES));
        let Some(source) = member.root_file() else {
            continue;
        };
        let house = rooms::survey(&source, root)?;
        arrows += house.arrows.len();
        match order::floors(&member.name) {
            Some(floors) => problems.extend(house.problems(&floors)),
            None if house.rooms.is_empty() => {}
            None => problems.push(format!(
                "{}: its rooms have no order; add them to ROOMS in xtask/src/arrows/order.rs",
                member.name
            )),
        }
    }
    println!("{} crates, {arrows} arrows between rooms", members.len());
    if problems.is_empty() {
        Ok(())
    } else {
        Err(problems.join("\n"))
    }
}
