//! Which scopes a login asks for.

use thyra_oauth::{OFFLINE_ACCESS, ScopeSet};

use crate::discovery::Discovered;

/// Chooses the scopes to ask for: those that the challenge names, else all that the resource knows,
/// else none; and always those that were granted before. `offline_access` comes on top when a
/// person logs in and the authorization server gives refresh tokens for it.
pub(crate) fn choose_scopes(
    challenged: Option<ScopeSet>,
    granted: Option<ScopeSet>,
    discovered: &Discovered,
    is_person: bool,
) -> Option<ScopeSet> {
    let wanted = challenged.or_else(|| discovered.resource.scopes_supported.clone());
    let scopes = match (granted, wanted) {
        (Some(granted), Some(wanted)) => granted.union(&wanted),
        (one, other) => one.or(other)?,
    };
    if is_person && discovered.authorization_server.offers_offline_access {
        return Some(scopes.union(&ScopeSet::parse(OFFLINE_ACCESS)));
    }
    Some(scopes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discovery::{AuthorizationServer, ProtectedResource};

    #[test]
    fn the_challenge_wins_and_what_was_granted_is_kept() {
        let set = |text: &str| (!text.is_empty()).then(|| ScopeSet::parse(text));
        for (challenged, granted, supported, offline, wanted) in [
            ("a", "", "b c", false, "a"),
            ("", "", "b c", false, "b c"),
            ("", "", "", false, ""),
            ("b", "a", "c", false, "a b"),
            ("a", "a b", "", false, "a b"),
            ("", "a", "", false, "a"),
            ("", "a", "b", false, "a b"),
            ("a", "", "", true, "a offline_access"),
            ("", "", "", true, ""),
        ] {
            let discovered = Discovered {
                resource: ProtectedResource {
                    scopes_supported: set(supported),
                    ..ProtectedResource::example()
                },
                authorization_server: AuthorizationServer {
                    offers_offline_access: offline,
                    ..AuthorizationServer::example()
                },
            };
            let chosen = |is_person| {
                let chosen = choose_scopes(set(challenged), set(granted), &discovered, is_person);
                chosen.map(|scopes| scopes.to_string()).unwrap_or_default()
            };
            assert_eq!(chosen(true), wanted);
            assert!(!chosen(false).contains(OFFLINE_ACCESS), "{wanted}");
        }
    }
}
