use thyra_oauth::DpopOffer;

use super::*;
use crate::discovery::{AuthorizationServer, ProtectedResource};

/// What two servers say, by the algorithms that they list.
#[derive(Clone, Copy, Default)]
struct Said<'a> {
    /// In the challenge: whether Bearer tokens are taken as well.
    challenge: Option<(bool, &'a str)>,
    resource: &'a str,
    resource_requires: bool,
    server: &'a str,
    has_bound: bool,
}

fn list(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

fn demand(mode: Dpop, said: Said<'_>) -> Result<Option<Demand>, DpopError> {
    let discovered = Discovered {
        resource: ProtectedResource {
            dpop_algorithms: list(said.resource),
            requires_dpop: said.resource_requires,
            ..ProtectedResource::example()
        },
        authorization_server: AuthorizationServer {
            dpop_algorithms: list(said.server),
            ..AuthorizationServer::example()
        },
    };
    let mut challenge = Challenge::new();
    challenge.dpop = said.challenge.map(|(beside_bearer, algorithms)| DpopOffer {
        beside_bearer,
        algorithms: list(algorithms),
    });
    mode.demand(Some(&challenge), said.has_bound, &discovered)
}

#[test]
fn a_resource_that_takes_nothing_else_gets_bound_tokens() {
    let nothing = Said::default();
    for said in [
        Said {
            challenge: Some((false, "")),
            ..nothing
        },
        Said {
            challenge: Some((false, "RS256 ES256")),
            server: "ES256",
            ..nothing
        },
        Said {
            resource_requires: true,
            ..nothing
        },
        // It took a bound one, and its 403 does not repeat that.
        Said {
            has_bound: true,
            ..nothing
        },
    ] {
        assert_eq!(demand(Dpop::WhenAsked, said), Ok(Some(Demand::Required)));
        assert_eq!(demand(Dpop::Always, said), Ok(Some(Demand::Required)));
        assert_eq!(demand(Dpop::Never, said), Ok(None));
    }
    assert_eq!(demand(Dpop::Always, nothing), Ok(Some(Demand::Required)));
}

#[test]
fn a_choice_is_for_bound_tokens_where_both_servers_know_them() {
    let nothing = Said::default();
    for (said, wanted) in [
        (nothing, None),
        (
            Said {
                server: "ES256",
                ..nothing
            },
            None,
        ),
        (
            Said {
                challenge: Some((true, "ES256")),
                ..nothing
            },
            None,
        ),
        (
            Said {
                resource: "ES256",
                ..nothing
            },
            None,
        ),
        (
            Said {
                challenge: Some((true, "")),
                server: "ES256",
                ..nothing
            },
            Some(Demand::Preferred),
        ),
        (
            Said {
                resource: "PS256 ES256",
                server: "ES256",
                ..nothing
            },
            Some(Demand::Preferred),
        ),
        (
            Said {
                challenge: Some((true, "PS256")),
                server: "ES256",
                ..nothing
            },
            None,
        ),
        (
            Said {
                resource: "ES256",
                server: "PS256",
                ..nothing
            },
            None,
        ),
    ] {
        assert_eq!(demand(Dpop::WhenAsked, said), Ok(wanted));
        assert_eq!(demand(Dpop::Never, said), Ok(None));
    }
}

#[test]
fn a_demand_for_another_algorithm_cannot_be_met() {
    let nothing = Said::default();
    for (said, server) in [
        (
            Said {
                challenge: Some((false, "PS256 \u{7}")),
                ..nothing
            },
            "https://mcp.example.com/mcp",
        ),
        (
            Said {
                resource: "PS256 \u{7}",
                resource_requires: true,
                ..nothing
            },
            "https://mcp.example.com/mcp",
        ),
        (
            Said {
                challenge: Some((false, "ES256")),
                server: "PS256 \u{7}",
                ..nothing
            },
            "https://login.example.org",
        ),
    ] {
        let refused = demand(Dpop::WhenAsked, said).unwrap_err();
        assert_eq!(
            refused.to_string(),
            format!(
                "{server} takes DPoP proofs that are signed with PS256, \\u{{7}}, and this program signs with ES256"
            )
        );
    }
}

#[test]
fn each_login_has_a_key_of_its_own() {
    let discovered = Discovered {
        resource: ProtectedResource::example(),
        authorization_server: AuthorizationServer::example(),
    };
    let key = || {
        Dpop::Always
            .binding(None, false, &discovered)
            .unwrap()
            .unwrap()
            .key
    };
    assert_ne!(key().thumbprint(), key().thumbprint());
    assert!(
        Dpop::WhenAsked
            .binding(None, false, &discovered)
            .unwrap()
            .is_none()
    );
}
