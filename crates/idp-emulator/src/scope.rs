//! Scope lists: what was asked, what may be had.

/// The scopes of a space-separated list (RFC 6749 section 3.3), each once, in order.
pub(crate) fn parse(list: &str) -> Vec<String> {
    let mut scopes: Vec<String> = Vec::new();
    for scope in list.split(' ').filter(|scope| !scope.is_empty()) {
        if !scopes.iter().any(|held| held == scope) {
            scopes.push(scope.to_owned());
        }
    }
    scopes
}

/// What a user may grant of a request: the part of it that `allowed` or the vendor's `own` holds. A
/// request that names no scope is taken to ask for all of `allowed`.
pub(crate) fn of_user(requested: Option<&str>, allowed: &[String], own: &[&str]) -> Vec<String> {
    grant(requested, allowed, own)
}

/// What a machine gets of a request: as [`of_user`], without the vendor's own.
pub(crate) fn of_machine(requested: Option<&str>, allowed: &[String]) -> Vec<String> {
    grant(requested, allowed, &[])
}

fn grant(requested: Option<&str>, allowed: &[String], always: &[&str]) -> Vec<String> {
    let requested = requested.map(parse).unwrap_or_default();
    if requested.is_empty() {
        return allowed.to_vec();
    }
    requested
        .into_iter()
        .filter(|scope| allowed.contains(scope) || always.contains(&scope.as_str()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grant_is_what_was_asked_and_is_allowed() {
        let allowed = ["a".to_owned(), "b".to_owned()];
        assert_eq!(
            of_user(Some("b openid c b"), &allowed, &["openid"]),
            ["b", "openid"]
        );
        assert_eq!(of_machine(Some("b openid c b"), &allowed), ["b"]);
        assert_eq!(of_user(None, &allowed, &[]), allowed);
        assert_eq!(of_user(Some("  "), &allowed, &[]), allowed);
        assert!(of_machine(Some("c"), &allowed).is_empty());
    }
}
