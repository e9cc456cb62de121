//! Checks that every crate builds with each feature alone, with none and with all.

use crate::repository;
use crate::steps::{Outcome, Steps};
use crate::workspace;

/// Lints the library of each crate that has features, once for each set of them.
pub(crate) fn run(steps: &mut Steps) -> Outcome {
    let members = steps.check("features of the crates", || {
        workspace::members(repository::root())
    })?;
    for member in members {
        for features in sets(&member.features) {
            let named = if features.is_empty() {
                "no feature"
            } else {
                &features
            };
            steps.run(
                &format!("{} with {named}", member.name),
                repository::cargo()
                    .args(["clippy", "--lib", "--package", &member.name])
                    .args(["--no-default-features", "--features", &features])
                    .args(["--", "--deny", "warnings"]),
            )?;
        }
    }
    Ok(())
}

/// The arguments for Cargo: no feature, each alone, and all together. Empty for a crate without
/// features.
fn sets(features: &[String]) -> Vec<String> {
    if features.is_empty() {
        return Vec::new();
    }
    let mut sets = vec![String::new()];
    sets.extend_from_slice(features);
    if features.len() > 1 {
        sets.push(features.join(","));
    }
    sets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_are_tried_alone_and_together() {
        let named = |names: &[&str]| sets(&names.iter().map(|&n| n.to_owned()).collect::<Vec<_>>());
        assert!(named(&[]).is_empty());
        assert_eq!(named(&["axum"]), ["", "axum"]);
        assert_eq!(
            named(&["axum", "client"]),
            ["", "axum", "client", "axum,client"]
        );
    }
}
